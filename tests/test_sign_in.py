"""Who a request speaks for, in which language it is answered, and what is told of a fault."""

import logging

import pytest
from tortoise.connection import get_connection

from gateways import Claims
from graphiql.forms import COOKIE
from models import Language, Organisation, RoleAssignment, User

pytestmark = pytest.mark.anyio

ME = "{ viewer { user { id } roles } }"
DELETE = "mutation ($id: ID!) { deleteUser(input: {userId: $id}) { errors { code } } }"
DEACTIVATE = "mutation ($id: ID!) { deactivateUser(input: {userId: $id}) { errors { code } } }"
RENAME = """mutation ($id: ID!, $phone: PhoneNumber!) {
  updateUser(input: {userId: $id, phoneNumber: $phone}) { user { id } errors { code message } }
}"""
DANISH, ENGLISH = "Du er ikke logget ind", "You are not signed in"


@pytest.fixture
def ask_by(client):
    """Asks who one is by a token and other headers, and returns the id or the code of the error."""

    async def ask_by(token=None, cookie=None, document=ME, **headers):
        named = {name.replace("_", "-"): one for name, one in headers.items()}
        if token is not None:
            named["authorization"] = f"Bearer {token}"
        if cookie:
            named["cookie"] = f"{COOKIE}={cookie}"
        response = await client.post("/graphql", json={"query": document}, headers=named)
        answer = response.json()
        if "errors" in answer:
            return answer["errors"][0]["extensions"]["code"]
        return answer["data"]["viewer"]["user"]["id"]

    return ask_by


async def test_a_token_speaks_for_its_user_for_an_hour(ask_by, asker, person, gateways):
    me = await person()
    token = asker.token(me)

    at_first = await ask_by(token)
    gateways.clock.advance(minutes=59)
    late = await ask_by(token)
    gateways.clock.advance(minutes=1)
    too_late = await ask_by(token)

    assert (at_first, late, too_late) == (str(me.id), str(me.id), "UNAUTHENTICATED")


async def test_a_token_that_was_tampered_with_is_nobodys(ask_by, asker, person):
    me, another = asker.token(await person()), asker.token(await person())
    head, body, seal = me.split(".")
    body_of_another = another.split(".")[1]
    tampered = [
        "",
        "tampered",
        f"{head}.{body}",
        f"{head}.{body}.",
        f"{head}.{body_of_another}.{seal}",
        f"{head}.{body}.{seal[::-1]}",
        f"eyJhbGciOiJub25lIn0.{body}.",
        me + "." + me,
    ]

    found = [await ask_by(one) for one in tampered]

    assert found == ["UNAUTHENTICATED"] * len(tampered)


@pytest.mark.parametrize("kind", ["Basic", "Token", ""])
async def test_only_a_bearer_is_known(ask_by, asker, person, kind):
    token = asker.token(await person())

    assert await ask_by(authorization=f"{kind} {token}".strip()) == "UNAUTHENTICATED"


async def test_the_word_bearer_may_be_written_anyhow(ask_by, asker, person):
    me = await person()

    assert await ask_by(authorization=f"bearer {asker.token(me)}") == str(me.id)


@pytest.mark.parametrize("change", [DELETE, DEACTIVATE], ids=["deleted", "deactivated"])
async def test_the_token_of_a_user_who_has_lost_access_is_nobodys(
    ask_by, ask, asker, person, change
):
    admin, me = await person("user_administrator"), await person()
    token = asker.token(me)
    before = await ask_by(token)

    answer = await ask(admin, change, id=me.id)

    assert answer["errors"] == []
    assert (before, await ask_by(token)) == (str(me.id), "UNAUTHENTICATED")


async def test_a_token_of_a_user_whom_there_never_was_is_nobodys(ask_by, asker, hansen):
    assert await ask_by(asker.token(Claims(user_id=hansen.id))) == "UNAUTHENTICATED"


async def test_a_role_that_was_taken_away_is_gone_at_once(ask, person):
    me = await person("user_administrator")
    before = await ask(me, ME)

    await RoleAssignment.filter(user_id=me.id).delete()

    assert before["roles"] == ["USER_ADMINISTRATOR", "USER"]
    assert (await ask(me, ME))["roles"] == ["USER"]


async def test_a_change_by_nobody_is_refused_at_the_top(send, person):
    answer = await send(None, RENAME, id=(await person()).id, phone="12345678")

    assert answer["data"] == {"updateUser": None}
    assert [one["extensions"]["code"] for one in answer["errors"]] == ["UNAUTHENTICATED"]


async def test_a_cookie_counts_only_with_a_header_that_no_form_can_send(ask_by, asker, person):
    me = await person()

    alone = await ask_by(cookie=asker.token(me))
    with_header = await ask_by(cookie=asker.token(me), graphql_preflight="1")

    assert (alone, with_header) == ("UNAUTHENTICATED", str(me.id))


async def test_a_token_outranks_a_cookie(ask_by, asker, person):
    me, another = await person(), await person()

    found = await ask_by(asker.token(me), cookie=asker.token(another), graphql_preflight="1")

    assert found == str(me.id)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("da", "da"),
        ("en", "en"),
        ("da-DK,da;q=0.9,en;q=0.8", "da"),
        ("en-GB, da;q=0.9", "en"),
        ("fr, en;q=0.5, da;q=0.9", "da"),
        ("da;q=0.5, en; q=0.9", "en"),
        ("DA", "da"),
        ("da;q=0, en;q=0.1", "en"),
    ],
)
@pytest.mark.parametrize("own", list(Language))
async def test_an_answer_comes_in_the_language_that_is_liked_best(
    send, person, accepted, language, own
):
    me = await person(language=own)

    answer = await send(me, "{ users { totalCount } }", {"accept-language": accepted})

    assert language_of(answer) == language


@pytest.mark.parametrize("accepted", ["fr", "", "*", "da;q=0", ";;,,q=,"])
@pytest.mark.parametrize("own", list(Language))
async def test_without_a_language_that_segl_speaks_it_is_the_persons_own(
    send, person, accepted, own
):
    me = await person(language=own)

    answer = await send(me, "{ users { totalCount } }", {"accept-language": accepted})

    assert language_of(answer) == own.tag


@pytest.mark.parametrize(("accepted", "language"), [("da", "da"), ("en", "en"), ("fr", "en")])
async def test_nobody_is_told_so_in_the_language_that_is_accepted(send, empty, accepted, language):
    answer = await send(None, ME, {"accept-language": accepted})

    message = answer["errors"][0]["message"]
    assert message.startswith({"da": DANISH, "en": ENGLISH}[language])


async def test_problems_of_a_change_are_told_in_the_language_that_is_accepted(send, person):
    admin, me = await person("user_administrator"), await person()

    danish, english = [
        (await send(admin, RENAME, {"accept-language": one}, id=me.id, phone="1"))["data"]
        for one in ("da", "en")
    ]

    assert "8 cifre" in danish["updateUser"]["errors"][0]["message"]
    assert "8 digits" in english["updateUser"]["errors"][0]["message"]


def language_of(answer):
    return "da" if answer["errors"][0]["message"].startswith("Du må ikke gøre dette") else "en"


@pytest.fixture
async def broken(hansen):
    """An organisation whose billing holds a word that no code knows."""
    await get_connection("default").execute_query(
        "update billing set kind = 'PIGEON' where organisation_id = $1", [hansen.id]
    )


READ = "{ billing { id method { kind } } organisation { name } }"


@pytest.mark.faulty
async def test_a_fault_is_told_to_nobody_but_the_log_and_even_there_without_values(
    send, person, broken, caplog
):
    admin = await person("organisation_administrator")
    caplog.set_level(logging.WARNING)
    caplog.clear()

    answer = await send(admin, READ, {"accept-language": "en"})

    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "INTERNAL"}
    assert error["message"].startswith("Something went wrong here")
    assert error["path"][0] == "billing"
    (told,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert "billing" in told.getMessage()
    assert "PIGEON" not in str(answer) + caplog.text


@pytest.mark.faulty
async def test_a_table_that_is_missing_is_a_fault_that_names_no_table(send, person, caplog):
    admin = await person("organisation_administrator")
    client = get_connection("default")
    await client.execute_script('alter table "group" rename to lost_and_found')
    try:
        answer = await send(admin, "{ groups { nodes { id } } viewer { roles } }")
    finally:
        await client.execute_script('alter table lost_and_found rename to "group"')

    assert [one["extensions"] for one in answer["errors"]] == [{"code": "INTERNAL"}]
    assert answer["data"] == {
        "groups": None,
        "viewer": {"roles": ["ORGANISATION_ADMINISTRATOR", "USER"]},
    }
    assert "relation" not in str(answer)
    assert "does not exist" not in caplog.text


async def test_a_change_that_meets_a_fault_is_undone_whole(send, person, hansen):
    admin, me = await person("user_administrator"), await person()
    client = get_connection("default")
    await client.execute_script("alter table history_head rename to lost_and_found")
    try:
        answer = await send(admin, RENAME, id=me.id, phone="12345678")
    finally:
        await client.execute_script("alter table lost_and_found rename to history_head")

    assert [one["extensions"] for one in answer["errors"]] == [{"code": "INTERNAL"}]
    assert answer["data"] == {"updateUser": None}
    assert (await User.get(id=me.id)).phone_number is None
    assert await Organisation.exists(id=hansen.id)
