"""The form of values: what is taken, what is refused and why, and that nothing is given away."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models import numbers
from models.messages import CATALOGUE
from models.refusals import Invalid, Refusals

# A busy machine is no fault of a check.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

TODAY = date(2026, 7, 1)
check_cpr_number = partial(numbers.check_cpr_number, today=TODAY)
check_replacement = partial(check_cpr_number, replacements=True)
check_test_cvr = partial(numbers.check_cvr_number, test_organisations=True)
check_test_se = partial(numbers.check_se_number, test_organisations=True)
check_short = partial(numbers.check_text, least=2, most=5)
check_lines = partial(numbers.check_text, lines=True)

CHECKS = {
    "cvr": numbers.check_cvr_number,
    "test cvr": check_test_cvr,
    "se": numbers.check_se_number,
    "test se": check_test_se,
    "p": numbers.check_p_number,
    "ean": numbers.check_ean_number,
    "cpr": check_cpr_number,
    "replacement": check_replacement,
    "phone": numbers.check_phone_number,
    "email": numbers.check_email,
    "ascii email": numbers.check_ascii_email,
    "date": numbers.check_date,
    "file date": numbers.check_file_date,
    "date time": numbers.check_date_time,
    "uuid": numbers.check_uuid,
    "text": numbers.check_text,
    "short": check_short,
    "lines": check_lines,
}
SAMPLE = "0b3e9a52-7c1d-4f86-9a00-5d6e7f801234"

GOOD = [
    ("cvr", "10150817", "10150817"),
    ("cvr", "  34051178\u00a0", "34051178"),
    ("cvr", "\u202a10150817\u202c", "10150817"),
    ("test cvr", "10150818", "10150818"),
    ("se", "10150817", "10150817"),
    ("test se", "10150818", "10150818"),
    ("p", "1000000011", "1000000011"),
    ("p", "1006959421", "1006959421"),
    ("p", "1006959438", "1006959438"),
    ("ean", "5790000120345", "5790000120345"),
    ("ean", "5798000416604", "5798000416604"),
    ("cpr", "0101901234", "0101901234"),  # fails modulus 11, as numbers since 2007 may
    ("cpr", "010190-1234", "0101901234"),
    ("cpr", "010119901234", "0101901234"),
    ("cpr", "290200-4123", "2902004123"),
    ("cpr", "010726-4123", "0107264123"),  # born today
    ("cpr", "010158-5123", "0101585123"),  # 1858
    ("replacement", "6101901234", "6101901234"),
    ("replacement", "9112991234", "9112991234"),
    ("replacement", "0101901234", "0101901234"),
    ("phone", " 12345678 ", "12345678"),
    ("email", "bo@hansen.dk", "bo@hansen.dk"),
    ("email", "bo.o'hara+x@mail.hansen.co.uk", "bo.o'hara+x@mail.hansen.co.uk"),
    ("email", "post@blåbærgrød.dk", "post@blåbærgrød.dk"),
    ("email", "post@xn--blbrgrd-fxak7p.dk", "post@xn--blbrgrd-fxak7p.dk"),
    ("email", "a" * 246 + "@bcd.efg", "a" * 246 + "@bcd.efg"),
    ("ascii email", "bo@hansen.dk", "bo@hansen.dk"),
    ("date", "2028-02-29", date(2028, 2, 29)),
    ("file date", "29022028", date(2028, 2, 29)),
    ("date time", "2027-02-01T08:30:00+01:00", datetime(2027, 2, 1, 7, 30, tzinfo=UTC)),
    ("date time", "2027-02-01t08:30:00.25z", datetime(2027, 2, 1, 8, 30, 0, 250000, tzinfo=UTC)),
    ("uuid", SAMPLE, UUID(SAMPLE)),
    ("uuid", SAMPLE.replace("-", "").upper(), UUID(SAMPLE)),
    ("text", " Bo Hansen ", "Bo Hansen"),
    ("text", "", ""),
    ("text", "A\u030arhus", "Århus"),
    ("short", "abcde", "abcde"),
    ("lines", "one\r\ntwo\tthree", "one\ntwo\tthree"),
]

BAD = [
    ("cvr", "10150818", "CHECK_DIGIT_WRONG"),
    ("cvr", "01508170", "MALFORMED"),
    ("cvr", "1015081", "MALFORMED"),
    ("cvr", "１０１５０８１７", "MALFORMED"),
    ("cvr", "1,01508E+07", "SCIENTIFIC_NOTATION"),
    ("cvr", " ", "REQUIRED"),
    ("test cvr", "01508170", "MALFORMED"),
    ("se", "10150818", "CHECK_DIGIT_WRONG"),
    ("p", "1006959422", "CHECK_DIGIT_WRONG"),
    ("p", "0000000000", "MALFORMED"),
    ("p", "100695942", "MALFORMED"),
    ("p", "1,00696E+09", "SCIENTIFIC_NOTATION"),
    ("ean", "5790000120346", "CHECK_DIGIT_WRONG"),
    ("ean", "73513537", "MALFORMED"),  # an EAN-8 is an EAN, but no place for invoices
    ("ean", "5,79E+12", "SCIENTIFIC_NOTATION"),
    ("cpr", "3002901234", "DATE_DOES_NOT_EXIST"),
    ("cpr", "2902001234", "DATE_DOES_NOT_EXIST"),  # 1900 was no leap year
    ("cpr", "0000000000", "DATE_DOES_NOT_EXIST"),
    ("cpr", "6101901234", "DATE_DOES_NOT_EXIST"),  # a replacement number
    ("cpr", "020726-4123", "DATE_IN_FUTURE"),
    ("cpr", "010120901234", "CENTURY_DISAGREES"),
    ("cpr", "290220001234", "CENTURY_DISAGREES"),
    ("cpr", "101901234", "LEADING_ZERO_LOST"),
    ("cpr", "10119901234", "LEADING_ZERO_LOST"),
    ("cpr", "2,56522E+12", "SCIENTIFIC_NOTATION"),
    ("cpr", "1.01e9", "SCIENTIFIC_NOTATION"),
    ("cpr", "01019O1234", "MALFORMED"),
    ("cpr", "01-01-90-1234", "MALFORMED"),
    ("replacement", "6002901234", "DATE_DOES_NOT_EXIST"),
    ("replacement", "9202901234", "DATE_DOES_NOT_EXIST"),
    ("replacement", "6208264123", "DATE_IN_FUTURE"),
    ("phone", "1234567", "MALFORMED"),
    ("phone", "1,23E+07", "SCIENTIFIC_NOTATION"),
    ("email", "bo@hansen", "MALFORMED"),
    ("email", "bo@@hansen.dk", "MALFORMED"),
    ("email", "søren@hansen.dk", "MALFORMED"),
    ("email", "bo@-hansen.dk", "MALFORMED"),
    ("email", "bo@hansen.dk\nBcc: ond@hansen.dk", "MALFORMED"),
    ("email", "a" * 247 + "@bcd.efg", "TOO_LONG"),
    ("ascii email", "post@blåbær.dk", "EMAIL_NOT_ASCII"),
    ("ascii email", "søren@hansen.dk", "EMAIL_NOT_ASCII"),
    ("ascii email", "bo", "MALFORMED"),
    ("date", "2027-02-29", "DATE_DOES_NOT_EXIST"),
    ("date", "2027-2-1", "MALFORMED"),
    ("date", "2027-W05-1", "MALFORMED"),
    ("file date", "31022027", "DATE_DOES_NOT_EXIST"),
    ("file date", "1021990", "LEADING_ZERO_LOST"),
    ("file date", "1,02E+06", "SCIENTIFIC_NOTATION"),
    ("file date", "01-02-1990", "MALFORMED"),
    ("date time", "2027-02-01T08:30:00", "MALFORMED"),
    ("date time", "2027-02-01 08:30:00Z", "MALFORMED"),
    ("date time", "2027-02-30T08:30:00Z", "DATE_DOES_NOT_EXIST"),
    ("date time", "2027-02-01T25:30:00Z", "MALFORMED"),
    ("date time", "0001-01-01T00:00:00+14:00", "MALFORMED"),
    ("uuid", SAMPLE[:-1], "MALFORMED"),
    ("uuid", f"urn:uuid:{SAMPLE}", "MALFORMED"),
    ("uuid", "1,23457E+31", "SCIENTIFIC_NOTATION"),
    ("text", "one\ntwo", "MALFORMED"),
    ("text", "a\0b", "MALFORMED"),
    ("text", "a\ud800b", "MALFORMED"),
    ("text", "a\u202eb", "MALFORMED"),
    ("text", "a" * 256, "TOO_LONG"),
    ("short", "a", "TOO_SHORT"),
    ("short", "abcdef", "TOO_LONG"),
    ("short", "\u200b\u3000", "REQUIRED"),
    ("lines", "one\x1b[0m", "MALFORMED"),
]

SUGGESTED = [
    ("phone", "12 34 56 78", "12345678"),
    ("phone", "+45 12 34 56 78", "12345678"),
    ("phone", "0045-12345678", "12345678"),
    ("cvr", "DK-10150817", "10150817"),
    ("cvr", "10 15 08 17", "10150817"),
    ("cvr", "10 15 08 18", None),  # the check digit would not fit
    ("ean", "5790 0001 20345", "5790000120345"),
    ("email", "Bo Hansen <bo@hansen.dk>", "bo@hansen.dk"),
    ("email", "mailto:bo@hansen.dk", "bo@hansen.dk"),
    ("email", "bo @ hansen.dk.", "bo@hansen.dk"),
    ("email", "bo hansen", None),
    ("email", "010190 1234@hansen.dk", None),
    ("p", "1000 000 011", None),
    ("date", "1/2-2027", None),
    ("date", "01.02.2027", "2027-02-01"),
    ("date", "1/2/2027", "2027-02-01"),
    ("date", "31-02-2027", None),
]


def refused(name, value):
    """Why a value is refused, or None."""
    try:
        CHECKS[name](value)
    except Invalid as invalid:
        return invalid
    return None


def refusal(name, value):
    invalid = refused(name, value)
    assert invalid, "it was taken"
    return invalid


def is_taken(name, text):
    return refused(name, text) is None


def changed(number, place, shift):
    digit = (int(number[place]) + shift) % 10
    return f"{number[:place]}{digit}{number[place + 1 :]}"


@pytest.mark.parametrize(("name", "text", "value"), GOOD)
def test_a_good_value_is_taken(name, text, value):
    assert CHECKS[name](text) == value


@pytest.mark.parametrize(("name", "text", "code"), BAD)
def test_a_bad_value_is_refused_with_its_code(name, text, code):
    assert refusal(name, text).code == code


@pytest.mark.parametrize(("name", "text", "suggestion"), SUGGESTED)
def test_a_value_that_would_do_is_suggested(name, text, suggestion):
    assert refusal(name, text).suggestion == suggestion


@pytest.mark.parametrize("value", [None, True, 10150817, 1.5, b"10150817", [], {}])
@pytest.mark.parametrize("name", CHECKS)
def test_what_is_no_text_is_malformed(name, value):
    assert refusal(name, value).code == "MALFORMED"


def test_a_date_of_birth_lies_before_today():
    assert numbers.check_past(TODAY - timedelta(1), today=TODAY) == TODAY - timedelta(1)

    with pytest.raises(Invalid) as refused:
        numbers.check_past(TODAY, today=TODAY)

    assert refused.value.code == "DATE_IN_FUTURE"


def test_a_cpr_number_is_masked():
    assert numbers.mask_cpr_number(check_cpr_number("010190-1234")) == "010190-****"


def test_a_cpr_number_tells_the_day_of_birth():
    assert numbers.birth_date(check_replacement("6101901234")) == date(1990, 1, 1)


def test_a_long_run_of_accents_takes_no_long_time():
    assert refusal("text", "a" + "\u0315\u0300" * 500_000).code == "TOO_LONG"


def test_a_refusal_says_the_field_and_the_rule_and_where():
    refused = refusal("p", "12").under("input", "users", 3, "pNumber")

    assert refused.path == ("input", "users", 3, "pNumber")
    assert refused.argument == "pNumber"
    assert refused.constraint == "p_number"
    assert refused.constraint_text("da") == "Et P-nummer har 10 cifre med et kontrolciffer."
    assert refused.message("en") == (
        "pNumber does not have the right form. A P-number has 10 digits with a check digit."
    )
    assert refused.message("da", field="P-nummer").startswith("P-nummer har ikke den rigtige form.")


def test_several_refusals_are_placed_together():
    both = Refusals([refusal("p", "12").under("pNumber"), refusal("cvr", "").under("cvrNumber")])

    assert [one.path for one in both.under("input").refusals] == [
        ("input", "pNumber"),
        ("input", "cvrNumber"),
    ]


EIGHT = st.from_regex(r"[1-9][0-9]{6}", fullmatch=True)
DAYS = st.dates(min_value=date(1858, 1, 1), max_value=TODAY)
SERIALS = st.from_regex("[0-9]{3}", fullmatch=True)
ANYTHING = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.text("0123456789-+.,:/ @<>eEDKTZ"),
    st.from_regex(r"[0-9]{6}([0-9]{2})?-?[0-9]{4}", fullmatch=True),
)


def centuries(year):
    """The seventh digits that a CPR number of that year may have."""
    if year < 1900:
        return "5678"
    if year < 2000:
        return "012349" if year >= 1937 else "0123"
    return "456789" if year <= 2036 else "5678"


@given(EIGHT)
def test_of_ten_last_digits_at_most_one_makes_a_cvr_number(head):
    taken = [tail for tail in "0123456789" if is_taken("cvr", head + tail)]

    weighted = sum(w * int(d) for w, d in zip((2, 7, 6, 5, 4, 3, 2), head, strict=True))
    assert taken == ([str(-weighted % 11)] if -weighted % 11 < 10 else [])


@given(st.from_regex("[0-9]{12}", fullmatch=True))
def test_of_ten_last_digits_one_makes_an_ean_number(head):
    assert sum(is_taken("ean", head + tail) for tail in "0123456789") == 1


@given(EIGHT, st.integers(0, 7), st.integers(1, 9))
def test_one_wrong_digit_of_a_cvr_number_is_found(head, place, shift):
    number = next((head + d for d in "0123456789" if is_taken("cvr", head + d)), None)
    assume(number)

    assert not is_taken("cvr", changed(number, place, shift))


@given(st.integers(10**8, 10**9 - 1), st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_of_a_p_number_is_found(head, place, shift):
    number = next((f"{head}{d}" for d in "0123456789" if is_taken("p", f"{head}{d}")), None)
    assume(number)
    other = changed(number, place, shift)
    limit = numbers.LAST_OLD_P_NUMBER
    assume((int(number) <= limit) == (int(other) <= limit))  # the rows of weights differ

    assert not is_taken("p", other)


@given(st.from_regex("[0-9]{12}", fullmatch=True), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_of_an_ean_number_is_found(head, place, shift):
    number = next(head + d for d in "0123456789" if is_taken("ean", head + d))

    assert not is_taken("ean", changed(number, place, shift))


@given(
    DAYS.filter(lambda day: not 1858 <= day.year < 1900 or day.year % 100 >= 58), SERIALS, st.data()
)
def test_the_numbers_of_every_day_are_taken_in_each_form(day, serial, data):
    seventh = data.draw(st.sampled_from(centuries(day.year)))
    number = f"{day:%d%m%y}{seventh}{serial}"
    replacement = f"{day.day + 60}{number[2:]}"

    assert check_cpr_number(number) == number
    assert check_cpr_number(f"{number[:6]}-{number[6:]}") == number
    assert check_cpr_number(f"{day:%d%m}{day.year}{number[6:]}") == number
    assert check_replacement(replacement) == replacement
    assert numbers.birth_date(number) == numbers.birth_date(replacement) == day


@given(st.sampled_from(sorted(CHECKS)), ANYTHING)
def test_a_check_raises_nothing_but_invalid_and_takes_its_own_answer(name, text):
    try:
        value = CHECKS[name](text)
    except Invalid:
        return
    if isinstance(value, str):
        assert CHECKS[name](value) == value


SAID = str(CATALOGUE)


@given(st.sampled_from(sorted(CHECKS)), ANYTHING)
def test_what_is_said_never_repeats_the_value(name, text):
    assume(len(text.strip()) >= 4 and text.strip() not in SAID)
    invalid = refused(name, text)
    assume(invalid)

    said = [
        say(lang) for lang in ("en", "da") for say in (invalid.message, invalid.constraint_text)
    ]
    said += [str(invalid), repr(invalid), str(invalid.values), str(invalid.path)]
    assert not [line for line in said if text.strip() in line]


@given(
    st.sampled_from(sorted(CHECKS)), DAYS, SERIALS, st.sampled_from(["", "-", " "]), st.booleans()
)
def test_a_suggestion_never_holds_a_cpr_number(name, day, serial, hyphen, is_whole):
    written = f"{day:%d%m%Y}" if is_whole else f"{day:%d%m%y}"
    number = f"{written}{hyphen}{centuries(day.year)[0]}{serial}"
    for text in (number, f"DK {number}", f"{number}@hansen.dk", f"<{number}@hansen.dk>"):
        invalid = refused(name, text)
        assert not (invalid and re.search(r"\d{6}-?\d{4}", invalid.suggestion or ""))
