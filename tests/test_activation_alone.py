"""A person who is not yet a user can activate, and nothing else."""

from datetime import date

import pytest

from gateways import Claims
from models import Language, User
from tests.users import ANNE, BY_BIRTH, CPR, CREATE, EVERY_ROLE, link_in

pytestmark = pytest.mark.anyio

ANNE_BY_CPR = Claims(cpr_number=CPR)
ANNE_BY_BIRTH = Claims(name="Anne Østergaard", date_of_birth=date(1990, 1, 1))
TWO_AT_ONCE = """
mutation ($link: String!, $code: String, $dryRun: Boolean) {
  activateUser(input: {link: $link, temporaryCode: $code}, dryRun: $dryRun) { errors { code } }
  setLanguage(input: {language: ENGLISH}) { viewer { language } errors { code } }
}
"""


@pytest.mark.parametrize("who", [ANNE_BY_CPR, ANNE_BY_BIRTH])
@pytest.mark.parametrize(
    "document",
    [
        "{ users { nodes { name } } }",
        "{ viewer { user { name } } }",
        "{ organisation { name } }",
        "{ history { nodes { summary } } }",
        '{ user(by: {email: "anne@example.dk"}) { name } }',
        '{ node(id: "00000000-0000-7000-8000-000000000000") { id } }',
    ],
)
async def test_a_private_person_reads_nothing(send, person, who, document):
    await person(cpr=CPR, name="Anne Østergaard", email="anne@example.dk")

    answer = await send(who, document)

    assert [one["extensions"]["code"] for one in answer["errors"]] == ["DENIED"]
    assert set(answer["data"].values()) == {None}


@pytest.mark.parametrize(
    "change",
    [
        'createUser(input: {firstName: "A", surname: "B", email: "a@example.dk",'
        ' person: {dateOfBirth: "1990-01-01"}}) { errors { code } }',
        'updateUser(input: {userId: "1", phoneNumber: "33445566"}) { errors { code } }',
        'deleteUser(input: {userId: "1"}) { errors { code } }',
        'createGroup(input: {name: "Payroll"}) { errors { code } }',
        "setLanguage(input: {language: ENGLISH}) { errors { code } }",
    ],
)
async def test_a_private_person_changes_nothing(ask, person, change):
    await person()

    answer = await ask(ANNE_BY_CPR, f"mutation {{ {change} }}")

    assert answer.problem == "DENIED"
    assert await User.all().count() == 1


@pytest.mark.parametrize("is_dry_run", [False, True])
async def test_a_try_that_does_not_let_in_gives_no_further_way_in(
    ask, send, person, letters, is_dry_run
):
    admin = await person("user_administrator")
    made = await ask(admin, CREATE, input=ANNE | BY_BIRTH)
    (letter,) = await letters("anne@example.dk")
    code = made["temporaryCode"]["code"] if is_dry_run else "WRONG"
    tried = {"link": link_in(letter), "code": code, "dryRun": is_dry_run}

    answer = await send(ANNE_BY_BIRTH, TWO_AT_ONCE, **tried)

    assert answer["data"]["setLanguage"]["errors"] == [{"code": "DENIED"}]
    assert (await User.get(id=made["user"]["id"])).language is Language.DANISH


async def test_who_is_not_signed_in_at_all_does_not_activate(send, ask, person, letters):
    admin = await person("user_administrator")
    await ask(admin, CREATE, input=ANNE)
    (letter,) = await letters("anne@example.dk")

    answer = await send(None, TWO_AT_ONCE, link=link_in(letter))

    codes = {one["extensions"]["code"] for one in answer["errors"]}
    assert codes == {"UNAUTHENTICATED"}
    assert not await User.exists(email="anne@example.dk", status="ACTIVE")


AS_ANOTHER = """
mutation ($link: String!) {
  activateUser(input: {link: $link}) {
    user { memberships { nodes { group { name members { nodes { name } } } } } }
    errors { code }
  }
}
"""


async def test_whoever_gets_in_elsewhere_holds_no_role_there(
    send, ask, person, make, hansen, jensen, letters
):
    anne = await make.user(jensen, *EVERY_ROLE, cpr=CPR)
    await ask(await person("user_administrator"), CREATE, input=ANNE)
    (letter,) = await letters(ANNE["email"])

    answer = await send(anne, AS_ANOTHER, link=link_in(letter))

    assert answer["data"]["activateUser"]["errors"] == []
    (everybody,) = answer["data"]["activateUser"]["user"]["memberships"]["nodes"]
    assert everybody["group"] == {"name": "Alle brugere", "members": None}
    assert [one["extensions"]["permission"] for one in answer["errors"]] == ["group:list_members"]
