"""The rows of a file of users, checked by the rules of the single changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models import (
    AuthenticatorSettings,
    Role,
    RoleAssignment,
    User,
    UserAction,
    UserSettings,
    UserStatus,
)
from models.numbers import (
    is_blank,
    is_uuid,
)
from models.refusals import Conflict, Invalid, NotFound, Refusal
from models.user_files import COLUMNS, DELETE, LETTERS, NUMBER, UPDATE, Row, cells_of
from resolvers import roles
from resolvers.context import Context
from resolvers.user_cells import READ, UNITS, Terms, cpr_number, meant
from resolvers.user_rules import disallowed, must_be_alterable
from resolvers.users import PersonIdentifier

ARGUMENTS = {  # the columns of what the single changes call otherwise
    "pNumber": "production_unit",
    "seNumber": "vat_unit",
    "eanNumber": "ean",
    "referenceText": "reference_text",
    "isAnonymous": "is_anonymous",
    "targetAssuranceLevel": "target_assurance_level",
    "dateOfBirth": "date_of_birth",
}


@dataclass
class CheckedRow:
    """What a row asks for, and what is wrong with it, by the heading of the column."""

    line: int
    action: Any = None
    given: dict[str, Any] = field(default_factory=dict)  # as the single change takes it
    user: User | None = None
    identity: str = ""
    faults: list[tuple[str | None, Refusal]] = field(default_factory=list)

    def tell(self, name: str | None, fault: Refusal) -> None:
        heading = COLUMNS[NUMBER[name]].heading if name else None
        self.faults.append((heading, fault))


async def terms_of(context: Context) -> Terms:
    """What holds for all rows at this moment."""
    here: dict[str, Any] = {"organisation_id": context.organisation_id}
    role = Role.ORGANISATION_ADMINISTRATOR
    holders = RoleAssignment.filter(**here, role=role).values_list("user_id", flat=True)
    return Terms(
        context,
        await context.organisation(),
        await UserSettings.get(**here),
        frozenset((await AuthenticatorSettings.get(**here)).allowed_kinds),
        {
            name: {getattr(one, model.named_by): one for one in await model.filter(**here)}
            for name, model in UNITS.items()
        },
        await roles.lasting_administrators(context),
        {*await holders},
    )


async def meet(rows: Iterable[Row], terms: Terms) -> None:
    """Looks up the users whom some rows name, all at once."""
    here = {"organisation_id": terms.organisation.id}
    named = [*names(rows, terms)]
    uuids = [one for one in named if isinstance(one, UUID)]
    hashes = [one for one in named if isinstance(one, str)]
    terms.by_uuid = {one.uuid: one for one in await User.filter(**here, uuid__in=uuids)}
    terms.by_cpr_number = {}
    sharing = User.filter(**here, cpr_number_hash__in=hashes, status__not=UserStatus.DELETED)
    for user in await sharing:
        terms.by_cpr_number.setdefault(str(user.cpr_number_hash), []).append(user)


def names(rows: Iterable[Row], terms: Terms) -> Iterator[UUID | str]:
    for row in rows:
        if len(row.cells) < len(COLUMNS) or row.cells[0].strip().upper() == "C":
            continue
        if is_uuid(uuid := row.cells[NUMBER["uuid"]].strip()):
            yield UUID(uuid)
        if cpr := row.cells[NUMBER["cpr_number"]]:
            try:
                yield terms.fingerprint(cpr_number(cpr, terms))
            except Invalid:
                continue


def check(row: Row, terms: Terms) -> CheckedRow:
    """What a row asks for; everything that is wrong with it is told at once."""
    found = CheckedRow(row.line)
    try:
        cells = cells_of(row)
    except Invalid as fault:
        found.tell(None, fault)
        return found
    found.action = read_action(cells.pop("action", ""), found)
    given = read_cells(cells, found, terms)
    match found.action:
        case "CREATE":
            identify(given, found)
        case "UPDATE" | "DELETE":
            found.user = find(given, found, terms)
    found.given = given
    for refusal in disallowed(given, terms.settings, terms.organisation, terms.context.today):
        found.tell(ARGUMENTS[refusal.argument], refusal)
    if given.get("imported_login") and given["imported_login"] not in terms.login_kinds:
        found.tell("login", Invalid("AUTHENTICATOR_FORBIDDEN"))
    try:
        must_be_possible(found, terms)
    except Refusal as refusal:
        found.tell(None, refusal)
    if not found.faults:
        take(found, terms)
    return found


def read_action(cell: str, found: CheckedRow) -> Any:
    """What the row does, or is likely to be meant to do; then the rest is checked for that."""
    written = cell.strip()
    if written in LETTERS:
        return LETTERS[written]
    guess = meant("action", written)
    fault = Invalid("ACTION_UNKNOWN", suggestion=guess) if written else Invalid("REQUIRED")
    found.tell("action", fault)
    return LETTERS[guess] if guess else None


def read_cells(cells: dict[str, str], found: CheckedRow, terms: Terms) -> dict[str, Any]:
    """The values of the cells that the action uses, by the name of the column."""
    given: dict[str, Any] = {}
    for column in COLUMNS[1:]:
        name, cell = column.name, cells.get(column.name, "")
        is_needed = found.action in column.needed_by
        try:
            if not cell or is_blank(cell):
                if is_needed:
                    raise Invalid("REQUIRED")
                if cell:
                    raise Invalid("CELL_LOOKS_EMPTY")
                continue
            if found.action and found.action not in column.used_by:
                raise Invalid("MUST_BE_EMPTY")
            given[name] = READ[name](cell, terms)
        except Invalid as fault:
            found.tell(name, fault)
    if found.action is UPDATE and given.pop("is_anonymous", False):
        found.tell("is_anonymous", Invalid("ANONYMITY_ONLY_AT_CREATION"))
    if "login" in given:
        given["imported_login"] = given.pop("login")
    return given


def identify(given: dict[str, Any], found: CheckedRow) -> None:
    """Whom a row creates: a CPR number or a date of birth, and not both."""
    number, born = given.pop("cpr_number", None), given.pop("date_of_birth", None)
    is_wrong = any(heading in ("CPR", "Foedselsdato") for heading, _ in found.faults)
    if (number and born) or not (number or born or is_wrong):
        found.tell("cpr_number", Invalid("CPR_OR_DATE_OF_BIRTH"))
    elif number or born:
        given["person"] = PersonIdentifier(number, born)


def find(given: dict[str, Any], found: CheckedRow, terms: Terms) -> User | None:
    """The user whom a row names by UUID, by CPR number, or by both."""
    uuid, number = given.pop("uuid", None), given.pop("cpr_number", None)
    if found.line in terms.planned:
        return terms.planned[found.line]
    sharing = terms.by_cpr_number.get(terms.fingerprint(number), []) if number else []
    is_wrong = any(heading in ("UUID", "CPR") for heading, _ in found.faults)
    if uuid:
        user = terms.by_uuid.get(uuid)
        if user is None:
            found.tell("uuid", Invalid("UUID_UNKNOWN"))
        elif number and user.cpr_number_hash != terms.fingerprint(number):
            found.tell("cpr_number", NotFound())
        return user
    if not number:
        if not is_wrong:
            found.tell("uuid", Invalid("REQUIRED"))
        return None
    if not sharing:
        found.tell("cpr_number", NotFound())
    if len(sharing) > 1:
        found.tell("cpr_number", Invalid("CPR_AMBIGUOUS"))
    return sharing[0] if len(sharing) == 1 else None


def must_be_possible(found: CheckedRow, terms: Terms) -> None:
    """Refuses what the user's state forbids, as the single change would."""
    user = found.user
    if user is None:
        return
    if found.action is UPDATE:
        # What could not be read was given all the same.
        given = found.given or dict.fromkeys(str(heading) for heading, _ in found.faults)
        must_be_alterable(user, given)
    else:
        before = user.status
        user.take(UserAction.DELETE)
        user.status = before
        if user.id in terms.role_holders:
            roles.must_remain(terms.administrators, user)


def take(found: CheckedRow, terms: Terms) -> None:
    """Counts a good row; refuses it if a row before was about the same user."""
    if found.line in terms.planned:
        return
    found.identity = identity(found, terms)
    if found.identity in terms.taken:
        found.tell(None, Conflict("ROW_REPEATS_USER"))
        return
    terms.taken.add(found.identity)
    if found.action is DELETE and found.user:
        terms.administrators.discard(found.user.id)


def identity(found: CheckedRow, terms: Terms) -> str:
    """A hash of who a row is about: two rows that would create one person with one address are
    about the same user; two jobs of one person have two addresses.
    """
    if found.user:
        return terms.fingerprint(str(found.user.id))
    given, person = found.given, found.given["person"]
    name = f"{given['first_name']} {given['surname']}".casefold()
    who = person.cpr_number or f"{name} {person.date_of_birth}"
    return terms.fingerprint(f"{who} {given['email'].casefold()}")
