"""The cells of a file of users, each read by the rule of its column."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models import (
    AssuranceLevel,
    AuthenticatorKind,
    EanLocation,
    Organisation,
    ProductionUnit,
    User,
    UserSettings,
    VatUnit,
)
from models.numbers import (
    check_cpr_number,
    check_ean_number,
    check_email,
    check_file_date,
    check_p_number,
    check_phone_number,
    check_se_number,
    check_text,
    check_uuid,
    mask_cpr_number,
)
from models.refusals import Invalid
from models.texts import Line, Name
from resolvers.context import Context

UNITS: dict[str, Any] = {"ean": EanLocation, "production_unit": ProductionUnit, "vat_unit": VatUnit}
WORDS = {  # what people write instead of a code, in whatever case
    "action": {"C": "c opret opr create", "U": "u ret rediger r update", "D": "d slet s delete"},
    "is_anonymous": {"J": "j ja y yes true sand 1", "N": "n nej no false falsk 0"},
    "target_assurance_level": {
        "3": "3,0 3.0 betydelig substantial ial3",
        "4": "4,0 4.0 høj hoej high ial4",
    },
    "login": {"PrivatID": "privatid privat privat-id privatmitid privat_mitid mitid"},
}


@dataclass
class Terms:
    """What rows are checked against: what the organisation has and allows, and whom rows name."""

    context: Context
    organisation: Organisation
    settings: UserSettings
    login_kinds: frozenset[str]
    units: dict[str, dict[str, Any]]
    administrators: set[UUID]  # who can give roles, less those whom rows have removed
    role_holders: set[Any]
    by_uuid: dict[UUID, User] = field(default_factory=dict)
    by_cpr_number: dict[str, list[User]] = field(default_factory=dict)
    planned: dict[int, User | None] = field(default_factory=dict)  # by line, in a file that is run
    taken: set[str] = field(default_factory=set)  # the identities of good rows

    @property
    def names(self) -> dict[UUID, str]:
        """The numbers of the units, by id."""
        return {one.id: key for units in self.units.values() for key, one in units.items()}

    def fingerprint(self, text: str) -> str:
        return self.context.gateways.vault.fingerprint(text)


def meant(name: str, written: str) -> str | None:
    """The code that somebody may have meant by a word."""
    word = written.casefold()
    return next((code for code, words in WORDS[name].items() if word in words.split()), None)


def code(name: str, values: dict[str, Any]) -> Callable[[str, Terms], Any]:
    """What reads a cell that holds one of a few codes."""

    def read(cell: str, terms: Terms) -> Any:
        written = cell.strip()
        if written not in values:
            raise Invalid("MALFORMED", constraint=name, suggestion=meant(name, written))
        return values[written]

    return read


def text(length: Any) -> Callable[[str, Terms], Any]:
    (limits,) = length.__metadata__
    return lambda cell, _: check_text(cell, least=limits.least, most=limits.most)


def unit(name: str, check: Callable[[str, Terms], str]) -> Callable[[str, Terms], Any]:
    """What reads a number that must be registered to the organisation."""

    def read(cell: str, terms: Terms) -> Any:
        registered = terms.units[name].get(check(cell, terms))
        if registered is None:
            raise Invalid(UNITS[name].missing)
        return registered

    return read


def cpr_number(cell: str, terms: Terms) -> Any:
    """A CPR number; where a zero is lost, the number that is meant is suggested, masked."""
    today, admits = terms.context.today, terms.context.rules.admits_replacement_numbers
    try:
        return check_cpr_number(cell, today=today, replacements=admits)
    except Invalid as fault:
        if fault.code == "LEADING_ZERO_LOST":
            try:
                whole = check_cpr_number(f"0{cell.strip()}", today=today, replacements=admits)
                fault.suggestion = mask_cpr_number(whole)
            except Invalid:
                pass
        raise


def date_of_birth(cell: str, terms: Terms) -> Any:
    """A day; one that a spreadsheet has turned round or cut is suggested as it should be."""
    try:
        return check_file_date(cell)
    except Invalid as fault:
        fault.suggestion = whole_day(cell.strip())
        raise


def whole_day(written: str) -> str | None:
    parts = re.fullmatch(r"([0-9]{1,2})[-./ ]([0-9]{1,2})[-./ ]([0-9]{4})", written)
    digits = f"{int(parts[1]):02}{int(parts[2]):02}{parts[3]}" if parts else ""
    if parts := re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", written):
        digits = f"{parts[3]}{parts[2]}{parts[1]}"
    if re.fullmatch(r"[1-9][0-9]{6}", written):
        digits = f"0{written}"
    try:
        check_file_date(digits)
    except Invalid:
        return None
    return digits


def se_number(cell: str, terms: Terms) -> Any:
    admits = terms.context.rules.admits_test_organisations
    return check_se_number(cell, test_organisations=admits)


READ: dict[str, Callable[[str, Terms], Any]] = {
    "uuid": lambda cell, _: check_uuid(cell),
    "first_name": text(Name),
    "surname": text(Name),
    "cpr_number": cpr_number,
    "date_of_birth": date_of_birth,
    "email": lambda cell, _: check_email(cell),
    "phone_number": lambda cell, _: check_phone_number(cell),
    "is_anonymous": code("is_anonymous", {"J": True, "N": False}),
    "reference_text": text(Line),
    "target_assurance_level": code(
        "target_assurance_level", {str(int(one)): one for one in AssuranceLevel}
    ),
    "ean": unit("ean", lambda cell, _: check_ean_number(cell)),
    "production_unit": unit("production_unit", lambda cell, _: check_p_number(cell)),
    "vat_unit": unit("vat_unit", se_number),
    "login": code("login", {"PrivatID": AuthenticatorKind.PRIVATE_MITID}),
}
