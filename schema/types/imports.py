"""Files of users on their way."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import models
from models import ImportAction, ImportStatus, messages
from models.imports import ENDED, must_be_confirmed, said
from planner.conditions import Among, Compared, Within
from resolvers import downloads
from schema.fields import column, computed, edge, facet, page, part, shows
from schema.filters import DateTimeRange, filters, where
from schema.problems import ProblemCode
from schema.types.users import USER_ORDER, UserFilter
from schema.types.words import Entity, FieldChange, Node

# Of a row: that it has been run.
DONE = "{line} <= (select done_through from user_import file where file.id = {user_import_id})"
SAID = ("code", "column", "constraint", "values")


@filters
class UserImportFilter:
    """A UserImportFilter holds conditions on files of users.

    status: In one of these states.
    uploaded_at: Uploaded in this span.
    """

    status: list[ImportStatus] = where(Among("status"))
    uploaded_at: DateTimeRange = where(Within("created_at"))


@shows(models.UserImport, is_facet=True)
class ImportCounts:
    """ImportCounts tell how many rows a file has of each kind."""

    rows: int = column("All rows.", "row_count")
    creates: int = column("Good rows that create a user.", "create_count")
    updates: int = column("Good rows that change a user.", "update_count")
    deletes: int = column("Good rows that delete a user.", "delete_count")
    bad: int = column("Bad rows.", "bad_count")
    done: int = column("Rows that have been run.", "done_count")


@shows(models.UserImport, is_facet=True)
class ImportRemovals:
    """ImportRemovals tell how many users a file would delete."""

    count: int = column("The number to confirm.", "removal_count")

    @computed(
        "The share of all active users, from 0 to 1.",
        "Decimal",
        needs=("removal_count", "active_count"),
    )
    def share(removals: int, active: int) -> Decimal:
        return Decimal(removals) / active if active else Decimal(0)

    @computed(
        "Whether the number must be confirmed before the file runs.",
        "bool",
        needs=("removal_count", "active_count"),
    )
    def is_confirmation_needed(removals: int, active: int) -> bool:
        return must_be_confirmed(removals, active)


@shows(models.UserImportRow, many="user import rows", allow="user_import:read")
class UserImportRow(Node):
    """A UserImportRow is one good row of a file and what it does."""

    line: int = column("The line in the file; the heading is line 1.")
    action: ImportAction = column("What the row does.")
    user = edge("User", "The user; null before a new one is created.", allow="user:read")

    @computed("Whether it has been run.", "bool", needs=("line", "user_import.done_through"))
    def is_done(line: int, done_through: int) -> bool:
        return line <= done_through

    @computed("The values that change, old and new.", "list[FieldChange]", needs=("changes",))
    def changes(changes: list[dict[str, Any]]) -> list[Any]:
        return [FieldChange(**one) for one in changes]


@shows(models.UserImportRowError, many="user import row errors", allow="user_import:read")
class UserImportRowError(Node):
    """A UserImportRowError is one thing wrong in one row of a file."""

    line: int = column("The line in the file; the heading is line 1.")
    column_: str | None = column(
        "The heading of the column; null when it is about the whole row.", "column"
    )
    suggestion: str | None = column("A value that would do, where one can be guessed.")

    @computed(
        "What is wrong, the same code as the single change would give.",
        "ProblemCode",
        needs=("code",),
    )
    def code(code: str) -> ProblemCode:
        return ProblemCode(code)

    @computed("What is wrong and what to do, in Danish.", "str", needs=SAID)
    def message_in_danish(*facts: Any) -> str:
        return said("da", *facts)

    @computed("What is wrong and what to do, in English.", "str", needs=SAID)
    def message_in_english(*facts: Any) -> str:
        return said("en", *facts)


@shows(models.UserImport, many="user imports", allow="user_import:read")
class UserImport(Entity):
    """A UserImport is a file of users on its way: checked, run, and told of in a receipt."""

    status: ImportStatus = column("How far it has come.")
    file_name: str = column("The name of the file.")
    policy: models.ImportPolicy = column("What bad rows do to the rest.")
    is_dry_run: bool = column("Whether it was uploaded to be checked only.")
    uploaded_by = part("Actor", "Who uploaded it.", is_sure=True)
    started_at: datetime | None = column("When it began to run.")
    finished_at: datetime | None = column("When it ended.")
    counts = facet("ImportCounts", "How many rows of each kind.")
    removals = facet(
        "ImportRemovals",
        "How many users the file would delete, and whether that must be confirmed.",
    )
    plan = page(
        "UserImportRow",
        "What each good row does or did, with old and new values.",
        allow="user_import:read",
        along="rows",
        order=("line",),
        chosen_by={"action": (ImportAction, "Only rows that do this.", Compared("action"))},
    )
    row_errors = page(
        "UserImportRowError",
        "What is wrong in the bad rows.",
        allow="user_import:read",
        order=("line",),
        chosen_by={"code": (ProblemCode, "Only this kind of error.", Compared("code"))},
    )
    users = page(
        "User",
        "The users that the file created or changed.",
        allow="user:list",
        along=None,
        through=("import_rows.user_import_id", DONE),
        filter=UserFilter,
        order_by=USER_ORDER,
    )

    @computed(
        "Why it failed, in the language of the one who asks.",
        "Optional[str]",
        needs=("failure_code",),
        asks=True,
    )
    def failure_reason(asking: Any, code: str | None) -> str | None:
        return code and messages.message(code, asking.context.language)

    @computed(
        "How much of the present stage is done, from 0 to 100.",
        "int",
        needs=("status", "row_count", "checked_count", "bad_count", "done_count", "started_at"),
    )
    def percent_done(
        status: ImportStatus, rows: int, checked: int, bad: int, done: int, started: Any
    ) -> int:
        if status is ImportStatus.CHECKING or (status in ENDED and started is None):
            return 100 * checked // rows
        good = rows - bad
        return 100 * done // good if started and good else 100

    @computed(
        "Every row and what became of it, as a CSV file.",
        "Optional[Download]",
        needs=("id", "status"),
        asks=True,
        allow="user_import:read",
    )
    def receipt(asking: Any, key: Any, status: ImportStatus) -> Any:
        is_checked = status is not ImportStatus.CHECKING
        return downloads.offer(asking.context, "receipt", str(key)) if is_checked else None

    @computed(
        "The bad rows with an error column, to be corrected and uploaded again; null when there"
        " are none.",
        "Optional[Download]",
        needs=("id", "status", "has_bad_rows"),
        asks=True,
        allow="user_import:read",
    )
    def correction_file(asking: Any, key: Any, status: ImportStatus, has_bad_rows: bool) -> Any:
        is_there = has_bad_rows and status is not ImportStatus.CHECKING
        return downloads.offer(asking.context, "corrections", str(key)) if is_there else None


def template(asking: Any, action: ImportAction) -> Any:
    """The address of the empty file."""
    return downloads.offer_template(asking.context, action)
