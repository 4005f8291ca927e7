"""Imported users are sent for activation, one by one or many at once."""

from datetime import timedelta

import pytest

from gateways import Claims
from models import Activation, ActivationBatch, AuthenticatorSettings, HistoryEntry, User
from models.users import IMPORTED
from tests.tables import who_may
from tests.users import ACTIVATE, changing, link_in

pytestmark = pytest.mark.anyio

test_who_may_use_batches = who_may("""
                                self  user_administrator  rights_administrator  organisation_administrator
    user:send_for_activation     .            x                    .                       .
    activation_batch:read        .            x                    .                       .
    activation_batch:read_codes  .            x                    .                       .
""")  # noqa: E501
CPR = "6101905151"
SEND = changing("sendUserForActivation", "temporaryCode { code expiresAt user { id } }")
BATCH = """
    mutation ($input: SendUsersForActivationInput!, $dryRun: Boolean) {
      sendUsersForActivation(input: $input, dryRun: $dryRun) {
        batch {
          id version isDone sentCount leftOutCount
          users { nodes { name status } } leftOut { nodes { name status } }
        }
        errors { code path }
      }
    }
"""
READ = "query ($id: ID!) { activationBatch(id: $id) { isDone sentCount leftOutCount } }"


@pytest.fixture
def imported(person):
    async def imported(**facts):
        return await person(status=IMPORTED, activated_at=None, **facts)

    return imported


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


async def test_an_imported_user_is_sent_a_letter_and_can_get_in(
    ask, admin, imported, letters, gateways
):
    anne = await imported(name="Anne Holm", cpr=CPR, email="anne@example.dk")

    answer = await ask(admin, SEND, input={"userId": anne.id})

    assert (answer["errors"], answer["temporaryCode"]) == ([], None)
    assert answer["user"]["status"] == "AWAITING_ACTIVATION"
    (letter,) = await letters("anne@example.dk")
    activated = await ask(Claims(cpr_number=CPR), ACTIVATE, input={"link": link_in(letter)})
    assert activated["user"]["status"] == "ACTIVE"


async def test_an_imported_user_without_a_cpr_number_gets_a_code(ask, admin, imported):
    anne = await imported(cpr=None)

    answer = await ask(admin, SEND, input={"userId": anne.id})

    assert answer["temporaryCode"]["user"] == {"id": str(anne.id)}
    assert answer["user"]["activation"]["kind"] == "TEMPORARY_CODE"


async def test_only_an_imported_user_is_sent(ask, admin, person):
    bo = await person()

    answer = await ask(admin, SEND, input={"userId": bo.id})

    assert answer.problem == "USER_NOT_IMPORTED"


async def test_an_imported_user_shows_what_can_happen(ask, admin, imported):
    anne = await imported()
    asked = """
        query ($id: ID!) {
          user(by: {id: $id}) {
            allowedTransitions { action to permission allowedFor isAllowed }
          }
        }
    """

    answer = await ask(admin, asked, id=anne.id)

    assert [(one["action"], one["to"]) for one in answer["allowedTransitions"]] == [
        ("SEND_FOR_ACTIVATION", "AWAITING_ACTIVATION"),
        ("DELETE", "DELETED"),
    ]
    assert answer["allowedTransitions"][0] == {
        "action": "SEND_FOR_ACTIVATION",
        "to": "AWAITING_ACTIVATION",
        "permission": "user:send_for_activation",
        "allowedFor": ["USER_ADMINISTRATOR"],
        "isAllowed": True,
    }


async def test_many_are_sent_at_once_and_those_without_a_cpr_number_are_left_out(
    ask, admin, imported, letters, gateways
):
    both = [await imported(name=f"Anne {word}", email=f"{word}@example.dk") for word in "ab"]
    born = await imported(name="Bo Born", cpr=None)
    given = {"users": {"isAll": True}, "authenticatorKind": "PRIVATE_MITID"}

    answer = await ask(admin, BATCH, input=given)

    assert answer["errors"] == []
    batch = answer["batch"]
    assert (batch["sentCount"], batch["leftOutCount"], batch["isDone"]) == (2, 1, False)
    sent = [{"name": f"Anne {word}", "status": "AWAITING_ACTIVATION"} for word in "ab"]
    assert batch["users"]["nodes"] == sent
    assert batch["leftOut"]["nodes"] == [{"name": "Bo Born", "status": "IMPORTED"}]
    assert len(await letters("a@example.dk")) == 1
    assert (await ask(admin, READ, id=batch["id"]))["isDone"]
    assert (await User.get(id=both[0].id)).version == both[0].version + 1
    assert (await User.get(id=born.id)).version == born.version
    told = HistoryEntry.filter(operation="sendUsersForActivation", outcome="DONE")
    assert {one.about_id for one in await told.filter(about_kind="USER")} == {
        one.id for one in both
    }
    kinds = await told.order_by("about_kind").values_list("about_kind", flat=True)
    assert kinds == ["ACTIVATION_BATCH", "AUTHENTICATOR", "AUTHENTICATOR", "USER", "USER"]


async def test_a_letter_of_a_batch_is_like_a_letter_of_one(ask, admin, imported, letters):
    """All but the name, the address and the secret: the same letter and the same way in."""
    anne = await imported(name="Anne Holm", email="anne@example.dk", cpr="6101901212")
    bo = await imported(name="Anne Holm", email="bo@example.dk", cpr="6101901213")
    given = {"users": {"userIds": [bo.id]}, "authenticatorKind": "PRIVATE_MITID"}

    await ask(admin, SEND, input={"userId": anne.id})
    await ask(admin, BATCH, input=given)

    one, other = [(await letters(f"{name}@example.dk"))[0] for name in ("anne", "bo")]
    assert one.subject == other.subject
    assert one.body.replace(link_in(one), "") == other.body.replace(link_in(other), "")
    first, second = [await Activation.get(user_id=user.id) for user in (anne, bo)]
    assert first.kind == second.kind
    assert first.link_expires_at - second.link_expires_at == timedelta()


async def test_a_batch_takes_what_one_file_brought(ask, admin, imported, make, hansen):
    file = await make.file(hansen)
    anne = await imported(imported_from_id=file.id)
    await imported()
    given = {"users": {"importId": file.id}, "authenticatorKind": "PRIVATE_MITID"}

    answer = await ask(admin, BATCH, input=given)

    assert answer["batch"]["sentCount"] == 1
    assert (await User.get(id=anne.id)).status == "AWAITING_ACTIVATION"


WRONG = [
    ({"users": {"userIds": []}}, "REQUIRED", ["users", "userIds"]),
    ({"users": {"isAll": False}}, "REQUIRED", ["users", "isAll"]),
    ({"authenticatorKind": "LOCAL"}, "AUTHENTICATOR_FORBIDDEN", ["authenticatorKind"]),
    ({"devices": ["APP"]}, "MUST_BE_EMPTY", ["devices"]),
    ({"authenticatorsEach": 0}, "OUT_OF_RANGE", ["authenticatorsEach"]),
    ({"authenticatorsEach": 11}, "OUT_OF_RANGE", ["authenticatorsEach"]),
    (
        {"authenticatorKind": "SEPARATE_MITID", "devices": ["APP", "CHIP"]},
        "AUTHENTICATOR_FORBIDDEN",
        ["devices", "1"],
    ),
    ({"users": {"userIds": ["x"] * 1001}}, "TOO_LONG", ["users", "userIds"]),
]


@pytest.mark.parametrize(("given", "code", "path"), WRONG)
async def test_what_is_wrong_with_a_batch_is_told(
    ask, admin, imported, make, hansen, given, code, path
):
    await imported()
    settings = await AuthenticatorSettings.get(organisation_id=hansen.id)
    settings.allowed_devices = ["APP"]
    async with make.change(hansen.id):
        await settings.save()
    usual = {"users": {"isAll": True}, "authenticatorKind": "PRIVATE_MITID"}

    answer = await ask(admin, BATCH, input=usual | given)

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == (code, path)
    assert await ActivationBatch.all().count() == 0


async def test_one_who_is_not_imported_stops_the_whole_choice(ask, admin, imported, person):
    anne, bo = await imported(), await person()
    given = {"users": {"userIds": [anne.id, bo.id]}, "authenticatorKind": "PRIVATE_MITID"}

    answer = await ask(admin, BATCH, input=given)

    assert answer["errors"] == [{"code": "USER_NOT_IMPORTED", "path": ["users", "userIds", "1"]}]
    assert (await User.get(id=anne.id)).status == "IMPORTED"


async def test_the_number_of_statements_does_not_grow_with_the_batch(
    ask, admin, imported, sql, gateways
):
    given = {"users": {"isAll": True}, "authenticatorKind": "PRIVATE_MITID"}
    for _ in range(2):
        await imported()
    sql()
    await ask(admin, BATCH, input=given)
    few = sql()
    for _ in range(20):
        await imported()
    sql()

    answer = await ask(admin, BATCH, input=given)

    assert answer["batch"]["sentCount"] == 20
    assert sql() <= few


async def test_a_stranger_sends_and_sees_nothing(ask, admin, imported, make, jensen, send):
    anne = await imported()
    stranger = await make.user(jensen, "user_administrator")
    given = {"users": {"isAll": True}, "authenticatorKind": "PRIVATE_MITID"}

    one = await ask(stranger, SEND, input={"userId": anne.id})
    every = await ask(stranger, BATCH, input=given)
    mine = await ask(admin, BATCH, input=given)
    seen = await send(stranger, READ, id=mine["batch"]["id"])

    assert one.problem == "NOT_FOUND"
    assert every["batch"]["sentCount"] == 0
    assert mine["batch"]["sentCount"] == 1
    assert seen["errors"][0]["extensions"]["code"] == "NOT_FOUND"
