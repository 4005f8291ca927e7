"""The form of values: read what a client or a file wrote, or tell what is wrong with it.

Every check takes whatever was sent, trims blanks, and returns the value as it is stored. What it
refuses, it refuses with an Invalid whose texts never repeat the value: it may be a CPR number.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import NewType
from uuid import UUID

from stdnum import ean
from stdnum.dk import cvr

from models.refusals import Invalid

CvrNumber = NewType("CvrNumber", str)
PNumber = NewType("PNumber", str)
SeNumber = NewType("SeNumber", str)
EanNumber = NewType("EanNumber", str)
CprNumber = NewType("CprNumber", str)
MaskedCprNumber = NewType("MaskedCprNumber", str)
Email = NewType("Email", str)
AsciiEmail = NewType("AsciiEmail", Email)
PhoneNumber = NewType("PhoneNumber", str)

EMAIL_LIMIT = 254  # characters; RFC 5321 leaves no more for an address inside < and >
LONGEST_NORMALISED = 1_000
REPLACEMENT = 60  # what a replacement CPR number adds to the day of birth
LAST_OLD_P_NUMBER = 1006959421

# Telephones and office programs wrap what is copied from them in marks that nobody sees.
_INVISIBLE = "\u200b\u200e\u200f\u202a\u202b\u202c\u2060\ufeff"
_BLANKS = _INVISIBLE + "".join(char for char in map(chr, range(0x3001)) if char.isspace())
# Control characters, and what turns the direction of writing or has no UTF-8.
_UNWRITTEN = re.compile("[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]{1,3}")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)
_UUID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}(\1[0-9a-f]{4}){2}\1[0-9a-f]{12}", re.I | re.A)
# WHATWG's valid e-mail address; the domain may have letters beyond a to z, and needs a dot.
_LABEL = r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"
_EMAIL = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})+")


def check_cvr_number(text: object, *, test_organisations: bool = False) -> CvrNumber:
    """Read a CVR number; those of public test organisations break the check."""
    is_right = _any if test_organisations else _is_cvr_number
    return CvrNumber(_number(text, "cvr_number", r"[1-9][0-9]{7}", is_right, _without_signs))


def check_se_number(text: object, *, test_organisations: bool = False) -> SeNumber:
    """Read an SE-number, which is made like a CVR number."""
    is_right = _any if test_organisations else _is_cvr_number
    return SeNumber(_number(text, "se_number", r"[1-9][0-9]{7}", is_right, _without_signs))


def check_p_number(text: object) -> PNumber:
    """Read a production unit's P-number."""
    # Nothing is suggested: a CPR number in the wrong field has ten digits too.
    return PNumber(_number(text, "p_number", r"[1-9][0-9]{9}", _is_p_number, _nothing))


def check_ean_number(text: object) -> EanNumber:
    """Read an EAN number (GLN) for invoices."""
    return EanNumber(_number(text, "ean_number", r"[0-9]{13}", ean.is_valid, _without_signs))


def check_phone_number(text: object) -> PhoneNumber:
    """Read a Danish telephone number."""
    return PhoneNumber(_number(text, "phone_number", r"[0-9]{8}", _any, _without_country_code))


def check_cpr_number(text: object, *, today: date, replacements: bool = False) -> CprNumber:
    """Read a CPR number of 10 digits, or of 12 with the whole year.

    Modulus 11 is not asked: since 2007 numbers are given that fail it. Replacement numbers, for
    people without a CPR number and for demonstrations, add 60 to the day.
    """
    number = _ten_digits(text)
    try:
        born = birth_date(number)
    except ValueError:
        raise Invalid("DATE_DOES_NOT_EXIST", constraint="cpr_number") from None
    if born.day != int(number[:2]) and not replacements:
        raise Invalid("DATE_DOES_NOT_EXIST", constraint="cpr_number")
    if born > today:
        raise Invalid("DATE_IN_FUTURE", constraint="cpr_number")
    return number


def _ten_digits(text: object) -> CprNumber:
    written = _given(text, "cpr_number")
    parts = re.fullmatch(r"([0-9]{4})([0-9]{2})?([0-9]{2})-?([0-9]{4})", written)
    if not parts:
        _refuse_spreadsheet(written, "cpr_number", r"[1-9]([0-9]{2}){4,5}")
        raise Invalid("MALFORMED", constraint="cpr_number")
    day_and_month, century, year, serial = parts.groups()
    number = CprNumber(day_and_month + year + serial)
    if century and int(century + year) != _birth_year(number):
        raise Invalid("CENTURY_DISAGREES")
    return number


def mask_cpr_number(number: CprNumber) -> MaskedCprNumber:
    """Hide the last four digits, as in 010190-****."""
    return MaskedCprNumber(f"{number[:6]}-****")


def birth_date(number: CprNumber) -> date:
    """Tell the day of birth, its century from the seventh digit; a ValueError if there is none."""
    day = int(number[:2])
    if day > REPLACEMENT:
        day -= REPLACEMENT
    return date(_birth_year(number), int(number[2:4]), day)


def check_email(text: object) -> Email:
    """Read an e-mail address; a domain with letters beyond a to z stays as it is written."""
    address = _given(text, "email")
    if len(address) > EMAIL_LIMIT:
        raise Invalid("TOO_LONG", constraint="email", limit=EMAIL_LIMIT)
    if not _EMAIL.fullmatch(address):
        guess = _without_trimmings(address)
        raise Invalid(
            "MALFORMED", constraint="email", suggestion=guess if _EMAIL.fullmatch(guess) else None
        )
    return Email(address)


def check_ascii_email(text: object) -> AsciiEmail:
    """Read an e-mail address that a certificate can bear."""
    if not _given(text, "email").isascii():
        raise Invalid("EMAIL_NOT_ASCII")
    return AsciiEmail(check_email(text))


def check_date(text: object) -> date:
    """Read a day, as in 2027-02-01; a day written the Danish way round is suggested in this one."""
    written = _given(text, "date")
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", written):
        return _day(*written.split("-"), constraint="date")
    raise Invalid("MALFORMED", constraint="date", suggestion=_danish_day(written))


def check_file_date(text: object) -> date:
    """Read a day as files of users write it: DDMMYYYY."""
    written = _given(text, "file_date")
    if parts := re.fullmatch(r"([0-9]{2})([0-9]{2})([0-9]{4})", written):
        return _day(*reversed(parts.groups()), constraint="file_date")
    _refuse_spreadsheet(written, "file_date", r"[1-9][0-9]{6}")
    raise Invalid("MALFORMED", constraint="file_date")


def check_past(day: date, *, today: date) -> date:
    """Take only a day before today, as a date of birth is."""
    if day >= today:
        raise Invalid("DATE_IN_FUTURE")
    return day


def check_date_time(text: object) -> datetime:
    """Read a moment with its offset (RFC 3339), and give it in UTC."""
    written = _given(text, "date_time").upper()
    parts = _MOMENT.fullmatch(written)
    if not parts:
        raise Invalid("MALFORMED", constraint="date_time")
    _day(*parts[1].split("-"), constraint="date_time")
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("MALFORMED", constraint="date_time") from None


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID as it stands."""
    return bool(_UUID.fullmatch(text))


def check_uuid(text: object) -> UUID:
    """Read a UUID of 32 hexadecimal digits, with its hyphens or without."""
    written = _given(text, "uuid")
    if not _UUID.fullmatch(written):
        _refuse_spreadsheet(written, "uuid")
        raise Invalid("MALFORMED", constraint="uuid")
    return UUID(written)


def is_blank(text: str) -> bool:
    """Tell whether a text holds nothing that anybody sees."""
    return not text.strip(_BLANKS)


def check_text(
    text: object, *, least: int = 0, most: int = 255, lines: bool = False, rule: str = "text"
) -> str:
    """Read a text of so many characters, on one line unless lines are admitted."""
    written = _trim(text, rule)
    if lines:
        written = written.replace("\r\n", "\n")
    if _UNWRITTEN.search(re.sub(r"[\n\t]", "", written) if lines else written):
        raise Invalid("MALFORMED", constraint=rule)
    if not written and least > 0:
        raise Invalid("REQUIRED")
    if len(written) < least:
        raise Invalid("TOO_SHORT", limit=least)
    if len(written) > most:
        raise Invalid("TOO_LONG", limit=most)
    return written


def _trim(text: object, rule: str) -> str:
    if not isinstance(text, str):
        raise Invalid("MALFORMED", constraint=rule)
    if text.isascii():
        return text.strip(_BLANKS)
    # Putting a long run of accents in order takes quadratic time, and no name is so long.
    is_short = len(text) <= LONGEST_NORMALISED
    return (unicodedata.normalize("NFC", text) if is_short else text).strip(_BLANKS)


def _given(text: object, rule: str) -> str:
    written = _trim(text, rule)
    if not written:
        raise Invalid("REQUIRED", constraint=rule)
    return written


def _number(
    text: object,
    rule: str,
    form: str,
    is_right: Callable[[str], bool],
    guess: Callable[[str], str],
) -> str:
    written = _given(text, rule)
    if not re.fullmatch(form, written):
        _refuse_spreadsheet(written, rule)
        meant = guess(written)
        would_do = re.fullmatch(form, meant) and is_right(meant)
        raise Invalid("MALFORMED", constraint=rule, suggestion=meant if would_do else None)
    if not is_right(written):
        raise Invalid("CHECK_DIGIT_WRONG", constraint=rule)
    return written


def _refuse_spreadsheet(written: str, rule: str, zero_lost: str = "(?!)") -> None:
    if _SCIENTIFIC.fullmatch(written):
        raise Invalid("SCIENTIFIC_NOTATION", constraint=rule)
    if re.fullmatch(zero_lost, written):
        raise Invalid("LEADING_ZERO_LOST", constraint=rule)


def _is_cvr_number(number: str) -> bool:
    """Whether the last digit is right: weights 2 7 6 5 4 3 2 1, sum divisible by 11."""
    return cvr.checksum(number) == 0


def _is_p_number(number: str) -> bool:
    """Whether the last digit is right: two rows of weights, sum divisible by 11."""
    is_old = int(number) <= LAST_OLD_P_NUMBER
    weights = (1, 5, 6, 7, 3, 6, 4, 8, 9, 1) if is_old else (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    return sum(weight * int(digit) for weight, digit in zip(weights, number, strict=True)) % 11 == 0


def _birth_year(number: str) -> int:
    """The year, its century from the seventh digit: as python-stdnum, in a tenth of the time."""
    year, seventh = int(number[4:6]), number[6]
    if seventh in "5678":
        return year + (1800 if year >= 58 else 2000)
    is_new = seventh in "49" and year <= 36
    return year + (2000 if is_new else 1900)


def _day(year: str, month: str, day: str, *, constraint: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise Invalid("DATE_DOES_NOT_EXIST", constraint=constraint) from None


def _danish_day(written: str) -> str | None:
    parts = re.fullmatch(r"([0-9]{1,2})([-./ ])([0-9]{1,2})\2([0-9]{4})", written)
    try:
        return date(int(parts[4]), int(parts[3]), int(parts[1])).isoformat() if parts else None
    except ValueError:
        return None


def _any(number: str) -> bool:
    return True


def _nothing(written: str) -> str:
    return ""


def _without_signs(written: str) -> str:
    return re.sub(r"^DK|[\s.\-]", "", written, flags=re.I)


def _without_country_code(written: str) -> str:
    return re.sub(r"^(\+|00)45", "", re.sub(r"[\s.()\-]", "", written))


def _without_trimmings(written: str) -> str:
    """What may be meant by an address with a name, a scheme or blanks about it; no CPR number."""
    named = re.fullmatch(r"[^<>]*<([^<>]+)>", written)
    guess = re.sub(r"^mailto:|\s|[,;.]+$", "", named[1] if named else written, flags=re.I)
    return "" if re.search(r"[0-9]{6}", guess) else guess
