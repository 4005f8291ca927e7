"""What imported users may sign in with, once they are sent for activation."""

import pytest

from models import Authenticator, HistoryEntry, User
from tests.signing_in import ADDRESS, ASSIGN, CHIP, CREDENTIAL, PRIVATE, allow
from tests.users import changing

pytestmark = pytest.mark.anyio

SEND = changing("sendUserForActivation")
BATCH = """
    mutation ($input: SendUsersForActivationInput!) {
      sendUsersForActivation(input: $input) { batch { sentCount } errors { code path } }
    }
"""
APP = {"kind": "SEPARATE_MITID", "device": "APP"}
LOCAL = {"kind": "LOCAL", "subjectName": "anne"}
SHARED = {"kind": "SHARED_MITID", "issuerCvrNumber": "10000009", "credentialUuid": CREDENTIAL}
NOT_ALLOWED = "AUTHENTICATOR_FORBIDDEN"


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
async def anne(person):
    return await person(status="IMPORTED", activated_at=None)


@pytest.fixture
async def petra(person):
    """Petra, whose file said that she uses private MitID."""
    return await person(status="IMPORTED", activated_at=None, imported_login="PRIVATE_MITID")


@pytest.fixture
def send_one(ask, admin):
    async def send_one(user, **given):
        return await ask(admin, SEND, input={"userId": user.id, **given})

    return send_one


@pytest.fixture
def send_many(ask, admin):
    async def send_many(kind="SEPARATE_MITID", **given):
        usual = {"users": {"isAll": True}, "authenticatorKind": kind}
        return await ask(admin, BATCH, input=usual | given)

    return send_many


async def means(user):
    found = await Authenticator.filter(user_id=user.id).order_by("id")
    return [(str(one.device or one.kind), str(one.status)) for one in found]


async def test_who_is_sent_gets_what_the_file_named_or_else_the_usual(send_one, anne, petra):
    for user in (anne, petra):
        assert (await send_one(user))["errors"] == []

    assert await means(anne) == [("APP", "ORDERED")]
    assert await means(petra) == [("PRIVATE_MITID", "CONSENT_MISSING")]
    told = HistoryEntry.filter(operation="sendUserForActivation", about_kind="AUTHENTICATOR")
    assert await told.count() == 2


async def test_what_the_administrator_names_comes_before_what_the_file_named(send_one, petra):
    answer = await send_one(petra, authenticators=[APP, CHIP])

    assert answer["errors"] == []
    assert await means(petra) == [("APP", "ORDERED"), ("CHIP", "ORDERED")]


async def test_what_has_been_given_already_is_enough(ask, admin, send_one, petra):
    await ask(admin, ASSIGN, input={"userId": petra.id, "authenticator": CHIP})

    answer = await send_one(petra)

    assert answer["errors"] == []
    assert await means(petra) == [("CHIP", "ORDERED")]


async def test_the_same_is_not_given_twice(ask, admin, send_one, anne):
    await ask(admin, ASSIGN, input={"userId": anne.id, "authenticator": CHIP})

    answer = await send_one(anne, authenticators=[APP, CHIP])

    (error,) = answer["errors"]
    assert error["code"] == "AUTHENTICATOR_ALREADY_ASSIGNED"
    assert error["path"] == ["authenticators", "1"]
    assert (await User.get(id=anne.id)).status == "IMPORTED"


WRONG = [
    ([], "REQUIRED", ["authenticators"]),
    ([LOCAL], NOT_ALLOWED, ["authenticators", "0", "kind"]),
    (
        [APP, CHIP | {"deliveryAddress": None}],
        "REQUIRED",
        ["authenticators", "1", "deliveryAddress"],
    ),
    ([APP, PRIVATE, APP], "AUTHENTICATOR_ALREADY_ASSIGNED", ["authenticators", "2"]),
]


@pytest.mark.parametrize(("given", "code", "path"), WRONG)
async def test_the_rules_are_those_of_any_new_user(send_one, anne, given, code, path):
    answer = await send_one(anne, authenticators=given)

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == (code, path)
    assert await means(anne) == []


@pytest.mark.parametrize(
    ("settings", "who"),
    [({"allowed_kinds": ["SEPARATE_MITID"]}, "petra"), ({"allowed_devices": ["CHIP"]}, "anne")],
)
async def test_what_the_settings_have_forbidden_meanwhile_is_not_given(
    make, hansen, send_one, anne, petra, settings, who
):
    await allow(make, hansen, **settings)
    user = {"anne": anne, "petra": petra}[who]

    answer = await send_one(user)

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == (NOT_ALLOWED, ["authenticators"])
    assert (await User.get(id=user.id)).status == "IMPORTED"
    assert (await send_one(user, authenticators=[CHIP]))["errors"] == []


@pytest.mark.parametrize(
    ("kind", "given", "found"),
    [
        ("PRIVATE_MITID", {}, [("PRIVATE_MITID", "CONSENT_MISSING")]),
        ("SEPARATE_MITID", {}, [("APP", "ORDERED")]),
        ("SEPARATE_MITID", {"devices": []}, [("APP", "ORDERED")]),
        ("SEPARATE_MITID", {"devices": ["CHIP", "APP"]}, [("APP", "ORDERED")]),
        ("SEPARATE_MITID", {"devices": ["CHIP"]}, []),
    ],
)
async def test_everybody_of_a_batch_gets_what_was_chosen(
    send_many, anne, petra, kind, given, found
):
    """A device that comes by post is ordered for one at a time, with an address."""
    answer = await send_many(kind, **given)

    assert answer == {"batch": {"sentCount": 2}, "errors": []}
    assert await means(anne) == await means(petra) == found


async def test_who_has_as_many_as_each_may_have_gets_no_more(ask, admin, send_many, anne, petra):
    await ask(admin, ASSIGN, input={"userId": anne.id, "authenticator": CHIP})

    await send_many("SEPARATE_MITID", authenticatorsEach=1)

    assert await means(anne) == [("CHIP", "ORDERED")]
    assert await means(petra) == [("APP", "ORDERED")]


async def test_who_may_have_more_gets_it_unless_it_is_the_same(ask, admin, person, send_many, anne):
    bo = await person(status="IMPORTED", activated_at=None)
    await ask(admin, ASSIGN, input={"userId": anne.id, "authenticator": CHIP})
    await ask(admin, ASSIGN, input={"userId": bo.id, "authenticator": APP})

    await send_many("SEPARATE_MITID", authenticatorsEach=2)

    assert await means(anne) == [("CHIP", "ORDERED"), ("APP", "ORDERED")]
    assert await means(bo) == [("APP", "ORDERED")]


EVERY_KIND = ["PRIVATE_MITID", "SEPARATE_MITID", "SHARED_MITID", "LOCAL"]
FORBIDDEN = [
    ("LOCAL", {}, {}, [(NOT_ALLOWED, ["authenticatorKind"])]),
    ("SEPARATE_MITID", {"allowed_devices": ["CHIP"]}, {}, [(NOT_ALLOWED, ["devices"])]),
    (
        "SEPARATE_MITID",
        {"allowed_devices": ["CHIP"]},
        {"devices": ["CHIP", "APP"]},
        [(NOT_ALLOWED, ["devices", "1"])],
    ),
    (
        "LOCAL",
        {"allowed_kinds": EVERY_KIND},
        {},
        [("REQUIRED", ["authenticatorKind", "subjectName"])],
    ),
    (
        "SHARED_MITID",
        {"allowed_kinds": EVERY_KIND},
        {"devices": ["APP"]},
        [
            ("MUST_BE_EMPTY", ["devices"]),
            ("REQUIRED", ["authenticatorKind", "issuerCvrNumber"]),
            ("REQUIRED", ["authenticatorKind", "credentialUuid"]),
        ],
    ),
]


@pytest.mark.parametrize(("kind", "settings", "given", "errors"), FORBIDDEN)
async def test_what_may_not_be_given_to_one_is_not_given_to_many(
    make, hansen, send_many, anne, kind, settings, given, errors
):
    await allow(make, hansen, **settings)

    answer = await send_many(kind, **given)

    assert [(one["code"], one["path"]) for one in answer["errors"]] == errors
    assert (await User.get(id=anne.id)).status == "IMPORTED"


async def test_what_needs_more_than_a_kind_is_given_to_one_at_a_time(make, hansen, send_one, anne):
    await allow(make, hansen, allowed_kinds=EVERY_KIND)

    answer = await send_one(
        anne, authenticators=[LOCAL, SHARED, CHIP | {"deliveryAddress": ADDRESS}]
    )

    assert answer["errors"] == []
    assert [kind for kind, _ in await means(anne)] == ["LOCAL", "SHARED_MITID", "CHIP"]
