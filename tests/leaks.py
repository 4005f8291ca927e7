"""Listens to all that the suite brings about, for CPR numbers that should be nowhere in it.

Numbers are gathered where they come in: from requests, from tests that make people, and from what
is sealed or hashed. What leaves is searched: letters and answers that are kept, answers with their
errors, logs with their traces, and what the tables show.
"""

import csv
import io
import json
import logging
import re
from collections.abc import Iterable
from typing import Any

from httpx import Request, Response
from tortoise.connection import get_connection

from gateways import Vault
from models.user_files import COLUMNS

FORM = re.compile(r"(?<!\d)(\d{6})-?(\d{4})(?!\d)")
GIVEN = re.compile(r"cpr(?:Number)?\W{1,5}(\d{6}-?\d{4})(?!\d)", re.IGNORECASE)
ROWS = "[["  # how the rows of a file of users begin, which are sealed for the numbers in them
PEOPLE = (1, 4)  # the columns of them that may name a person by number
REVEALING = "revealCprNumber"  # in whose answer alone a number may stand
CORRECTIONS = "corrections-"  # and in the file of this name, but not in its column of errors
WORKBENCH = "/whoami"  # the documents to begin with, in one of which a number is to be given
SHOWN = """
select 'history_entry' as name, string_agg(concat_ws(' ', summary, reason, changes::text), ' ')
  as text from history_entry
union all select 'actor', string_agg(name, ' ') from actor
union all select 'letter', string_agg(concat_ws(' ', subject, failure_reason), ' ') from letter
"""


class Leaks:
    """The numbers that have been used, and what looks like one, with where it was."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.seen: dict[tuple[str, str], str] = {}

    def use(self, *numbers: str) -> None:
        self.used |= {one.replace("-", "") for one in numbers}

    def search(self, where: str, text: str) -> None:
        for one in FORM.finditer(text):
            around = f"{text[: one.start()][-60:]}<here>{text[one.end() :][:60]}"
            self.seen["".join(one.groups()), where] = f"{where}: {around}"

    def found(self) -> list[str]:
        """Tell where a used number was seen, and what stands around it; then forget all."""
        found = sorted(told for (number, _), told in self.seen.items() if number in self.used)
        self.seen.clear()
        return found

    async def hear_request(self, request: Request) -> None:
        text = (await request.aread()).decode(errors="replace").replace("\\", "")
        self.use(*GIVEN.findall(text))

    async def hear_response(self, response: Response) -> None:
        """Searches an answer; of one that gives numbers out only the errors."""
        text = (await response.aread()).decode(errors="replace")
        if response.request.url.path == WORKBENCH:
            return
        if REVEALING.encode() in response.request.content:
            text = json.dumps(errors_in(response.json()))
        if CORRECTIONS in response.headers.get("content-disposition", ""):
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=";")
            text = " ".join(row[len(COLUMNS)] for row in rows)
        self.search("an answer", f"{text} {response.headers}")

    async def look(self) -> None:
        """Searches what the tables show."""
        for row in await get_connection("default").execute_query_dict(SHOWN):
            self.search(f"the table {row['name']}", row["text"] or "")


def errors_in(value: Any) -> Iterable[Any]:
    """The errors of an answer, however deep."""
    match value:
        case dict():
            found = [value["errors"]] if value.get("errors") else []
            return found + [one for inner in value.values() for one in errors_in(inner)]
        case list():
            return [one for inner in value for one in errors_in(inner)]
        case _:
            return []


LEAKS = Leaks()  # of the whole suite


class Ear(logging.Handler):
    """Searches every line that is logged, with its trace."""

    def emit(self, record: logging.LogRecord) -> None:
        LEAKS.search(f"the log {record.name}", self.format(record))


class WatchedVault(Vault):
    """A vault that tells which numbers it keeps, and of other texts whether one stands in them."""

    def __init__(self, vault: Vault) -> None:
        vars(self).update(vars(vault))

    def seal(self, text: str) -> bytes:
        self._hear(text)
        return super().seal(text)

    def fingerprint(self, text: str) -> str:
        if FORM.fullmatch(text):
            LEAKS.use(text)
        return super().fingerprint(text)

    def _hear(self, text: str) -> None:
        if FORM.fullmatch(text):
            LEAKS.use(text)
        elif text.startswith(ROWS):
            cells = [cells[at] for _, cells in json.loads(text) for at in PEOPLE if at < len(cells)]
            LEAKS.use(*filter(FORM.fullmatch, cells))
        else:
            LEAKS.search("a letter or an answer that is kept", text)
