"""A CSV file of users as spreadsheets write it: its encoding, its headings, its rows and cells."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models.refusals import Invalid, Refusals

LARGEST = 50_000_000  # bytes
MOST_ROWS = 100_000
SEPARATORS = ",\t|"  # what stands in files that are not separated by semicolons
FORMULA = tuple("=+-@\t\r\n")  # what a cell begins with that a spreadsheet would run


class ImportAction(StrEnum):
    """ImportAction tells what a row does, by its first column.

    CREATE: C: create a user.
    UPDATE: U: change a user.
    DELETE: D: delete a user.
    """

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


CREATE, UPDATE, DELETE = ImportAction
LETTERS = {action.value[0]: action for action in ImportAction}


@dataclass(frozen=True)
class Column:
    """One of the 15 columns: its heading, other headings for it, and which actions use it."""

    name: str
    heading: str
    aliases: tuple[str, ...] = ()
    used_by: frozenset[ImportAction] = frozenset(ImportAction)
    needed_by: frozenset[ImportAction] = frozenset()


def column(name: str, heading: str, *aliases: str, used: str = "CUD", needed: str = "") -> Column:
    return Column(name, heading, aliases, actions(used), actions(needed))


def actions(letters: str) -> frozenset[ImportAction]:
    return frozenset(LETTERS[one] for one in letters)


COLUMNS = (
    column("action", "Aktion", "Action", "Handling", needed="CUD"),
    column("uuid", "UUID", "Bruger-UUID", used="UD"),
    column("first_name", "Fornavn", "Fornavne", "First name", used="C", needed="C"),
    column("surname", "Efternavn", "Surname", "Last name", used="C", needed="C"),
    column("cpr_number", "CPR", "CPR-nummer", "CPR nummer", "CPR number"),
    column("date_of_birth", "Foedselsdato", "Date of birth", used="C"),
    column("email", "Email", "E-mail", "E-mailadresse", used="CU", needed="C"),
    column("phone_number", "Telefon", "Telefonnummer", "Phone", used="CU"),
    column("is_anonymous", "Anonym", "Anonymous", used="CU"),
    column("reference_text", "Referencetekst", "Reference", "Reference text", used="CU"),
    column("target_assurance_level", "TargetIAL", "Target IAL", "IAL", used="CU", needed="C"),
    column("ean", "EAN", "EAN-nummer", "EAN nummer", "EAN number", used="CU"),
    column("production_unit", "P-nummer", "Pnummer", "P nummer", "P number", used="CU"),
    column("vat_unit", "SE-nummer", "SEnummer", "SE nummer", "SE number", used="CU"),
    column("login", "Loginmiddel", "Login means", "Login", used="CU"),
)
HEADINGS = tuple(one.heading for one in COLUMNS)
NUMBER = {one.name: at for at, one in enumerate(COLUMNS)}
ERRORS = "Fejl"  # the 16th column of a correction file
MARK = "\ufeff"  # by which spreadsheets know UTF-8
WITH_O = "fødselsdato"


@dataclass(frozen=True)
class Row:
    """A row of a file: the line that it begins on, and its cells."""

    line: int
    cells: list[str]


def template() -> bytes:
    """The empty file with its headings."""
    return begun(HEADINGS)


def begun(headings: Sequence[str]) -> bytes:
    """The beginning of a file, as spreadsheets open it."""
    return MARK.encode() + written([headings])


def written(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as spreadsheets read them, none of whose cells they run as a formula."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerows(map(quoted, row) for row in rows)
    return text.getvalue().encode()


def corrigible(cells: list[str], errors: str) -> list[str]:
    """A bad row with what is wrong in the column after the last; further cells stay, behind it."""
    missing = [""] * (len(COLUMNS) - len(cells))
    return [*cells[: len(COLUMNS)], *missing, errors, *cells[len(COLUMNS) :]]


def decoded(content: bytes) -> str:
    """The text of a file; refuses what is neither UTF-8 nor Windows-1252."""
    if len(content) > LARGEST:
        raise Invalid("FILE_TOO_LARGE")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            raise Invalid("FILE_ENCODING_UNKNOWN") from None
    return text


def read(text: str) -> Iterator[Row]:
    """The rows below the headings, the entirely empty ones aside; refuses a file as a whole.

    What is wrong with the headings is told at once; too many rows only when they are reached.
    """
    if "\0" in text:  # UTF-16, most likely
        raise Invalid("FILE_ENCODING_UNKNOWN")
    text = text.removeprefix(MARK)
    # A line at a time: no second copy of a large text.
    lines = csv.reader((one[0] for one in re.finditer(r"[^\n]*\n|[^\n]+", text)), delimiter=";")
    records = numbered(lines)
    head = next(records, None)
    if head and [one.lower() for one in head.cells] == ["sep=", ""]:  # Excel's own first line
        head = next(records, None)
    if head is None:
        raise Invalid("FILE_EMPTY")
    width = check_headings(head.cells)
    count = 0
    for row in records:
        if any(row.cells):
            count += 1
            if count > MOST_ROWS:
                raise Invalid("FILE_TOO_LARGE")
            yield Row(row.line, trimmed(row.cells, width))
    if not count:
        raise Invalid("FILE_EMPTY")


def numbered(lines: Any) -> Iterator[Row]:
    """Rows with the lines that they begin on: a cell in quotes may run over several."""
    line = 1
    try:
        for cells in lines:
            yield Row(line, cells)
            line = lines.line_num + 1
    except csv.Error:  # one cell as long as a file
        raise Invalid("FILE_NOT_SEMICOLON_SEPARATED") from None


def trimmed(cells: list[str], width: int) -> list[str]:
    """Cells without empty ones beyond the last column, and without a correction file's errors."""
    end = len(cells)
    while end > len(COLUMNS) and (end <= width or not cells[end - 1]):
        end -= 1
    return cells[:end]


def check_headings(cells: list[str]) -> int:
    """Tells how many columns there are; refuses headings other than the template's, in its order.

    There are 15, or 16 in a correction file.
    """
    given = [plain(one) for one in cells]
    width = len(COLUMNS)
    if len(cells) == 1 and any(one in cells[0] for one in SEPARATORS):
        raise Invalid("FILE_NOT_SEMICOLON_SEPARATED")
    if len(given) == len(COLUMNS) + 1 and given[-1] == plain(ERRORS):
        given.pop()
        width += 1
    while len(given) > len(COLUMNS) and not given[-1]:
        given.pop()
    if len(given) != len(COLUMNS):
        raise Invalid("COLUMN_COUNT_WRONG", count=len(given))
    faults = [
        Invalid("HEADER_NEEDS_OE")
        if heading == WITH_O and column.name == "date_of_birth"
        else Invalid("HEADER_WRONG", expected=column.heading)
        for heading, column in zip(given, COLUMNS, strict=True)
        if heading not in {plain(one) for one in (column.heading, *column.aliases)}
    ]
    if faults:
        raise Refusals(faults)
    return width


def plain(heading: str) -> str:
    return " ".join(heading.replace("_", " ").split()).casefold()


def cells_of(row: Row) -> dict[str, str]:
    """The cells of a row that hold something, by the name of the column."""
    if len(row.cells) != len(COLUMNS):
        raise Invalid("COLUMN_COUNT_WRONG", count=len(row.cells))
    given = zip(COLUMNS, row.cells, strict=True)
    return {column.name: unquoted(cell) for column, cell in given if cell}


def quoted(cell: str) -> str:
    """A cell with the sign that keeps a spreadsheet from running it as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def unquoted(cell: str) -> str:
    """A cell without the sign that keeps a spreadsheet from running it as a formula."""
    is_kept = cell[:1] == "'" and cell[1:].startswith(FORMULA)
    return cell[1:] if is_kept else cell
