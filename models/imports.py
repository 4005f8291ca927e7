"""Files of users on their way: what each row does, what is wrong, and the file itself, sealed."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import Entity, Record
from models.refusals import Conflict, Invalid
from models.user_files import ImportAction

BRAKE = 0.2  # the share of the active users that a file may remove unless their number is confirmed
RUN_ONCE = timedelta(days=30)  # how long the same file is not run again
REHEARSED = timedelta(days=1)  # how long a file is kept that was uploaded to be checked only
LASTS = 30  # days that a file can be started, corrected and undone, unless the settings say fewer


class ImportStatus(StrEnum):
    """ImportStatus tells how far a file of users has come.

    CHECKING: The rows are being checked.
    READY: Checked; waits to be started.
    RUNNING: The changes are being made.
    DONE: All good rows have been run.
    FAILED: Stopped; nothing more will happen.
    CANCELLED: Cancelled by an administrator.
    UNDONE: Undone by an administrator.
    """

    CHECKING = "CHECKING"
    READY = "READY"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNDONE = "UNDONE"


CHECKING, READY, RUNNING, DONE, FAILED, CANCELLED, UNDONE = ImportStatus
ENDED = (DONE, FAILED, CANCELLED, UNDONE)


class ImportPolicy(StrEnum):
    """ImportPolicy tells what bad rows do to the rest of a file.

    REJECT_FILE: One bad row stops the whole file.
    SKIP_BAD_ROWS: Bad rows are left out, the rest is run.
    """

    REJECT_FILE = "REJECT_FILE"
    SKIP_BAD_ROWS = "SKIP_BAD_ROWS"


# Whether bad rows are kept, to be downloaded and corrected.
HAS_BAD_ROWS = """exists (select 1 from user_import_part part
 where part.user_import_id = {id} and part.bad_rows_sealed is not null)"""


class UserImport(Entity):
    """A file of users on its way: checked, run, and told of in a receipt."""

    status = fields.CharEnumField(ImportStatus, max_length=20, default=CHECKING)
    file_name = fields.CharField(200)
    file_hash = fields.CharField(64)
    policy = fields.CharEnumField(ImportPolicy, max_length=20)
    is_dry_run = fields.BooleanField(default=False)
    starts_when_ready = fields.BooleanField(default=False)
    confirmed_removals = fields.IntField(null=True)
    uploaded_by: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, on_delete=fields.RESTRICT
    )
    # As whom the rows are run.
    started_by: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.Actor", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    uploaded_by_id: UUID
    started_by_id: UUID | None
    request_uuid = fields.UUIDField()  # by which it was uploaded or, later, started
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)
    failure_code = fields.CharField(60, null=True)
    stumble_count = fields.IntField(default=0)  # how often its work met a fault
    row_count = fields.IntField()
    checked_count = fields.IntField(default=0)
    create_count = fields.IntField(default=0)
    update_count = fields.IntField(default=0)
    delete_count = fields.IntField(default=0)
    bad_count = fields.IntField(default=0)
    done_count = fields.IntField(default=0)
    done_through = fields.IntField(default=0)  # the last line that has been run
    removal_count = fields.IntField(default=0)  # of active users
    active_count = fields.IntField(default=0)  # before the file is run

    noun = "user_import"
    expressions = {"has_bad_rows": HAS_BAD_ROWS}

    class Meta:
        table = "user_import"
        indexes = (("organisation_id", "id"), ("organisation_id", "file_hash"), ("status",))

    @property
    def known_as(self) -> str:
        return self.file_name

    @property
    def needs_confirmation(self) -> bool:
        return must_be_confirmed(self.removal_count, self.active_count)

    def must_be_startable(self) -> None:
        """Refuses a file that is not checked, has bad rows that stop it, or has been started."""
        if self.is_dry_run:
            raise Conflict("IMPORT_IS_DRY_RUN", current=self)
        if self.status is RUNNING:
            raise Conflict("IMPORT_ALREADY_STARTED", current=self)
        if self.status in ENDED:
            raise Conflict("IMPORT_FINISHED", current=self)
        if self.status is CHECKING or not self.has_what_it_takes:
            raise Conflict("IMPORT_NOT_READY", current=self)

    @property
    def has_what_it_takes(self) -> bool:
        """Whether there is a good row, and no bad one that stops the file."""
        return self.bad_count == 0 or (
            self.policy is ImportPolicy.SKIP_BAD_ROWS and self.bad_count < self.row_count
        )

    def must_be_confirmed(self, number: int | None) -> None:
        """The brake: refuses to remove many users unless their exact number is stated."""
        told = {"path": ("confirmRemovals",), "removals": self.removal_count}
        if number is None and self.needs_confirmation:
            raise Invalid("REMOVALS_NOT_CONFIRMED", **told)  # type: ignore[arg-type]
        if number is not None and number != self.removal_count:
            raise Invalid("REMOVALS_COUNT_WRONG", **told)  # type: ignore[arg-type]

    def start(self, by: Any, at: datetime, request_uuid: UUID) -> None:
        self.status, self.started_at, self.started_by = RUNNING, at, by
        self.request_uuid = request_uuid

    def cancel(self, at: datetime) -> None:
        """Stops what has not ended."""
        if self.status in ENDED:
            raise Conflict("IMPORT_FINISHED", current=self)
        self.status, self.finished_at = CANCELLED, at

    def undo(self, at: datetime, lasts: timedelta) -> None:
        """Takes back what has been run, unless that is too long ago."""
        if self.is_dry_run:
            raise Conflict("IMPORT_IS_DRY_RUN", current=self)
        if self.status is UNDONE:
            raise Conflict("IMPORT_FINISHED", current=self)
        if self.status is RUNNING:
            raise Conflict("IMPORT_ALREADY_STARTED", current=self)
        if self.started_at is None or self.finished_at is None:
            raise Conflict("NOTHING_TO_CHANGE", current=self)
        if self.finished_at <= at - lasts:
            raise Conflict("UNDO_WINDOW_OVER", current=self)
        self.status = UNDONE


def must_be_confirmed(removals: int, active: int) -> bool:
    """Whether so many of the active users would go that the number must be stated."""
    return removals > BRAKE * active


def lasts(retention_days: int) -> timedelta:
    """How long a file lasts where deleted users are erased after so many days."""
    return timedelta(days=min(LASTS, retention_days))


class UserImportPart(Record):
    """Some rows of a file, sealed, since they hold CPR numbers; the bad ones outlast the run."""

    user_import: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.UserImport", related_name=False, on_delete=fields.CASCADE
    )
    user_import_id: UUID
    number = fields.IntField()
    rows_sealed = fields.BinaryField(null=True)  # none when the import has ended
    bad_rows_sealed = fields.BinaryField(null=True)
    is_checked = fields.BooleanField(default=False)
    is_run = fields.BooleanField(default=False)

    class Meta:
        table = "user_import_part"
        unique_together = (("user_import", "number"),)


class UserImportRow(Record):
    """A good row of a file and what it does; a new user has its id before it is created."""

    user_import: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.UserImport", related_name="rows", on_delete=fields.CASCADE
    )
    user: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.User", related_name="import_rows", db_constraint=False, on_delete=fields.NO_ACTION
    )
    user_import_id: UUID
    user_id: UUID
    line = fields.IntField()
    action = fields.CharEnumField(ImportAction, max_length=10)
    changes = fields.JSONField[list[dict[str, str | None]]](default=list)
    identity_hash = fields.CharField(64)  # of two rows with the same one the second is bad

    class Meta:
        table = "user_import_row"
        unique_together = (("user_import", "line"),)
        indexes = (("user_import_id", "identity_hash"), ("user_id",))


# A new user is planned before there is one. Tortoise's migrations make the constraint nevertheless.
PLAN_AHEAD = "alter table user_import_row drop constraint user_import_row_user_id_fkey"
PLAN_AHEAD_NO_MORE = "select 1"


class UserImportRowError(Record):
    """One thing wrong in one row of a file."""

    user_import: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.UserImport", related_name="row_errors", on_delete=fields.CASCADE
    )
    user_import_id: UUID
    line = fields.IntField()
    column = fields.CharField(40, null=True)
    code = fields.CharField(60)
    # What the message says beside the code; never what stood in the cell.
    constraint = fields.CharField(60, null=True)
    values = fields.JSONField[dict[str, Any]](default=dict)
    suggestion = fields.CharField(254, null=True)

    class Meta:
        table = "user_import_row_error"
        indexes = (("user_import_id", "line", "id"),)


# So that an address that was suggested is found when its user is erased.
FIND_GUESSES = """create index user_import_guesses on user_import_row_error
 (organisation_id, lower(suggestion)) where suggestion is not null"""
FIND_NO_GUESSES = "drop index user_import_guesses"


def said(
    language: str, code: str, column: str | None, constraint: str | None, values: dict[str, Any]
) -> str:
    """What is told of a bad row, as the single change would tell it."""
    return Invalid(code, constraint=constraint, **values).message(language, field=column)
