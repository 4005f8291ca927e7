"""What is wrong with the values that a user is made of: all of it at once, and never repeated."""

import pytest

from models import User
from tests.making import EANS, P_NUMBERS
from tests.users import ANNE, CPR, CREATE

pytestmark = pytest.mark.anyio

ELSEWHERE = P_NUMBERS[2]
WRONG = {
    "firstName": "  ",
    "surname": "x" * 101,
    "person": {"cprNumber": "310290-1234"},
    "email": "anne(at)example.dk",
    "phoneNumber": "+45 33 44 55 66",
    "pNumber": ELSEWHERE,
    "seNumber": "12345678",
    "eanNumber": EANS[1],
}
TOLD = [
    ("REQUIRED", ["firstName"]),
    ("TOO_LONG", ["surname"]),
    ("DATE_DOES_NOT_EXIST", ["person", "cprNumber"]),
    ("MALFORMED", ["email"]),
    ("MALFORMED", ["phoneNumber"]),
    ("EAN_NOT_REGISTERED", ["eanNumber"]),
    ("P_NUMBER_NOT_REGISTERED", ["pNumber"]),
    ("CHECK_DIGIT_WRONG", ["seNumber"]),
]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "firstName is missing: fill it in."),
        ("da", "firstName mangler: udfyld feltet."),
        ("fr, da;q=0.5", "firstName mangler: udfyld feltet."),
    ],
)
async def test_all_wrong_values_are_told_at_once_in_the_readers_language(
    ask, person, language, words
):
    admin = await person("user_administrator")

    answer = await ask(admin, CREATE, {"Accept-Language": language}, input=WRONG)

    assert answer["user"] is None
    assert sorted((one["code"], one["path"]) for one in answer["errors"]) == sorted(TOLD)
    (first,) = (one for one in answer["errors"] if one["path"] == ["firstName"])
    assert first["message"] == words
    assert await User.all().count() == 1


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"surname": ""}, "REQUIRED", ["surname"]),
        ({"email": " "}, "REQUIRED", ["email"]),
        ({"person": {"cprNumber": "61019042"}}, "MALFORMED", ["person", "cprNumber"]),
        ({"person": {"cprNumber": "6102904242x"}}, "MALFORMED", ["person", "cprNumber"]),
        ({"person": {"dateOfBirth": "31-12-1990"}}, "MALFORMED", ["person", "dateOfBirth"]),
        (
            {"person": {"dateOfBirth": "1990-02-30"}},
            "DATE_DOES_NOT_EXIST",
            ["person", "dateOfBirth"],
        ),
        ({"person": {"dateOfBirth": "2026-11-02"}}, "DATE_IN_FUTURE", ["person", "dateOfBirth"]),
        ({"person": {"dateOfBirth": "2035-01-01"}}, "DATE_IN_FUTURE", ["person", "dateOfBirth"]),
        ({"pNumber": "1"}, "MALFORMED", ["pNumber"]),
        ({"referenceText": "cost centre 7"}, "REFERENCE_TEXT_DISABLED", ["referenceText"]),
        ({"eanNumber": EANS[0]}, "SETTING_FORBIDS", ["eanNumber"]),
        ({"referenceText": "x" * 201}, "TOO_LONG", ["referenceText"]),
    ],
)
async def test_a_wrong_value_is_told_with_its_code_and_path(ask, person, given, code, path):
    admin = await person("user_administrator")

    answer = await ask(admin, CREATE, input=ANNE | given)

    assert answer.problem == code
    assert answer["errors"][0]["path"] == path


async def test_blanks_around_values_are_trimmed(ask, person):
    admin = await person("user_administrator")
    given = {"firstName": " Anne ", "surname": "\tØstergaard", "email": " anne@example.dk "}

    answer = await ask(admin, CREATE, input=ANNE | given)

    assert answer["user"]["name"] == "Anne Østergaard"
    assert answer["user"]["email"] == "anne@example.dk"


@pytest.mark.parametrize(
    "given",
    [
        {"person": {"cprNumber": CPR, "dateOfBirth": "1990-01-01"}},
        {"person": {}},
        {"person": CPR},
        {"person": {"cpr": CPR}},
        {"email": None, "firstName": CPR},
        {"isAnonymous": CPR},
        {"targetAssuranceLevel": CPR},
    ],
)
async def test_what_graphql_itself_refuses_is_told_without_the_value(send, person, given):
    admin = await person("user_administrator")

    answer = await send(admin, CREATE, input=ANNE | given)

    assert [one["extensions"]["code"] for one in answer["errors"]] == ["INVALID"]
    assert CPR not in str(answer)
    assert "1990-01-01" not in str(answer)
