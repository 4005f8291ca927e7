"""Who sees what: by role, of one's own and of others', and from another organisation."""

import json

import pytest

from gateways import Claims
from models import Billing, HistoryEntry, UserSettings

pytestmark = pytest.mark.anyio

# For each thing the document that asks for it. A `$id` names the thing.
USER = "query ($id: ID!) { user(by: {id: $id}) { id } }"
GROUP = "query ($id: ID!) { group(id: $id) { id } }"
CERTIFICATE = "query ($id: ID!) { certificate(id: $id) { id } }"
THINGS = {
    "users": "{ users { nodes { id } } }",
    "own_user": USER,
    "another_user": USER,
    "groups": "{ groups { nodes { id } } }",
    "own_group": GROUP,
    "another_group": GROUP,
    "members": "query ($id: ID!) { group(id: $id) { members { nodes { user { id } } } } }",
    "certificates": "{ certificates { nodes { id } } }",
    "own_certificate": CERTIFICATE,
    "another_certificate": CERTIFICATE,
    "profiles": "{ certificateProfiles { nodes { id } } }",
    "profile": "query ($id: ID!) { certificateProfile(id: $id) { id } }",
    "billing": "{ billing { id } }",
    "settings": "{ settings { users { id } } }",
    "history": "{ history(first: 100) { nodes { id } } }",
    "verification": "{ historyVerification { checkedCount } }",
    "organisation": "{ organisation { id } }",
}
SIGHT = """
                      employee  user_administrator  rights_administrator  organisation_administrator
    users                .              x                    x                       x
    own_user             x              x                    x                       x
    another_user         .              x                    x                       x
    groups               .              x                    x                       x
    own_group            x              x                    x                       x
    another_group        .              x                    x                       x
    members              .              x                    x                       x
    certificates         .              x                    x                       x
    own_certificate      x              x                    x                       x
    another_certificate  .              x                    x                       x
    profiles             .              x                    x                       x
    profile              .              x                    x                       x
    billing              .              x                    x                       x
    settings             .              x                    x                       x
    history              .              x                    x                       x
    verification         .              x                    x                       x
    organisation         x              x                    x                       x
"""
# What an employee sees nothing of: the denial comes before anything is looked up.
ONLY_FOR_ADMINISTRATORS = {
    *("users", "groups", "certificates", "profiles", "profile"),
    *("billing", "settings", "history", "verification"),
}
HEAD, *ROWS = [line.split() for line in SIGHT.strip().splitlines()]
CELLS = [
    pytest.param(role, thing, mark == "x", id=f"{thing}-{role}")
    for thing, *marks in ROWS
    for role, mark in zip(HEAD, marks, strict=True)
]


@pytest.fixture
def home(make, person, hansen):
    """Makes what there is to see at Hansen & Søn, and tells by what one recognises each thing."""

    async def home(me):
        colleague = await person()
        shared, other = await make.group(hansen, me, colleague), await make.group(hansen, colleague)
        mine, another = [await make.certificate(hansen, user=one) for one in (me, colleague)]
        profile = await make.profile(hansen)
        here = {"organisation_id": hansen.id}
        entries = HistoryEntry.filter(**here)
        return {
            "users": colleague.id,
            "own_user": me.id,
            "another_user": colleague.id,
            "groups": other.id,
            "own_group": shared.id,
            "another_group": other.id,
            "members": colleague.id,
            "certificates": another.id,
            "own_certificate": mine.id,
            "another_certificate": another.id,
            "profiles": profile.id,
            "profile": profile.id,
            "billing": (await Billing.get(**here)).id,
            "settings": (await UserSettings.get(**here)).id,
            "history": (await entries.order_by("-sequence").first()).id,
            "verification": f'"checkedCount": {await entries.count()}',
            "organisation": hansen.id,
        }

    return home


def roles_of(role):
    return () if role == "employee" else (role,)


def variables(thing, known):
    named = {"members": "own_group"}.get(thing, thing)
    return {"id": known[named]} if "$id" in THINGS[thing] else {}


def codes(answer):
    return [one["extensions"]["code"] for one in answer.get("errors", [])]


@pytest.mark.parametrize(("role", "thing", "may"), CELLS)
async def test_who_sees_what(send, person, home, role, thing, may):
    me = await person(*roles_of(role))
    known = await home(me)

    answer = await send(me, THINGS[thing], **variables(thing, known))

    assert codes(answer) == ([] if may else ["DENIED"])
    assert (str(known[thing]) in json.dumps(answer["data"])) is may


@pytest.mark.parametrize(("role", "thing", "may"), CELLS)
async def test_nobody_sees_anything_of_another_organisation(
    send, person, home, jensen, role, thing, may
):
    known = await home(await person())
    stranger = await person(*roles_of(role), organisation=jensen)

    answer = await send(stranger, THINGS[thing], **variables(thing, known))

    is_denied = role == "employee" and thing in ONLY_FOR_ADMINISTRATORS
    is_by_id = "$id" in THINGS[thing]
    assert codes(answer) == (["DENIED"] if is_denied else ["NOT_FOUND"] if is_by_id else [])
    assert str(known[thing]) not in json.dumps(answer["data"])


@pytest.mark.parametrize("thing", THINGS)
async def test_nobody_sees_anything_without_a_sign_in(send, person, home, thing):
    known = await home(await person())

    answer = await send(None, THINGS[thing], **variables(thing, known))

    assert codes(answer) == ["UNAUTHENTICATED"]
    assert set(answer["data"].values()) == {None}


@pytest.mark.parametrize("thing", THINGS)
async def test_a_person_without_a_user_sees_nothing(send, person, home, thing):
    known = await home(await person())
    somebody = Claims(cpr_number="0101901234")

    answer = await send(somebody, THINGS[thing], **variables(thing, known))

    assert codes(answer) == ["DENIED"]
    assert set(answer["data"].values()) == {None}


async def test_a_denial_names_the_permission_who_holds_it_and_who_can_give_that(send, person):
    answer = await send(await person(), "{ groups { nodes { id } } }")

    (error,) = answer["errors"]
    assert error["path"] == ["groups"]
    assert error["extensions"] == {
        "code": "DENIED",
        "permission": "group:list",
        "allowedFor": [
            "ORGANISATION_ADMINISTRATOR",
            "USER_ADMINISTRATOR",
            "RIGHTS_ADMINISTRATOR",
        ],
        "grantableBy": ["ORGANISATION_ADMINISTRATOR"],
    }


async def test_an_employee_reads_all_of_the_own_user(ask, person, make, hansen):
    me = await person(cpr="0101901234", name="Eva Lund")
    certificate = await make.certificate(hansen, user=me)
    document = """query ($id: ID!) { user(by: {id: $id}) {
      name cprNumber dateOfBirth organisation { name }
      memberships { nodes { group { name } } }
      certificates { nodes { id user { id } } }
    } }"""

    user = await ask(me, document, id=me.id)

    assert user == {
        "name": "Eva Lund",
        "cprNumber": "010190-****",
        "dateOfBirth": "1990-01-01",
        "organisation": {"name": "Hansen & Søn ApS"},
        "memberships": {"nodes": [{"group": {"name": "Alle brugere"}}]},
        "certificates": {"nodes": [{"id": str(certificate.id), "user": {"id": str(me.id)}}]},
    }


async def test_a_secret_of_another_is_not_told_to_an_employee(send, person):
    me, another = await person(), await person(cpr="0101901234")
    document = "query ($id: ID!) { user(by: {id: $id}) { cprNumber dateOfBirth } }"

    answer = await send(me, document, id=another.id)

    assert codes(answer) == ["DENIED"]
    assert answer["data"] == {"user": None}
    assert "010190" not in json.dumps(answer)


async def test_a_way_to_somebody_whom_one_may_not_see_ends_in_null_without_an_error(ask, person):
    me, admin = await person(), await person("user_administrator", name="Bo Holm")
    await ask(
        admin,
        "mutation ($id: ID!) { updateUser(input: {userId: $id, phoneNumber: "
        '"12345678"}) { errors { code } } }',
        id=me.id,
    )
    document = """query ($id: ID!) { user(by: {id: $id}) {
      history(first: 1) { nodes { actor { name user { id } } about { id } } }
    } }"""

    seen_by_me = await ask(me, document, id=me.id)
    seen_by_admin = await ask(admin, document, id=me.id)

    (mine,), (theirs,) = seen_by_me["history"]["nodes"], seen_by_admin["history"]["nodes"]
    assert mine == {"actor": {"name": "Bo Holm", "user": None}, "about": {"id": str(me.id)}}
    assert theirs["actor"]["user"] == {"id": str(admin.id)}


async def test_things_by_id_are_null_where_an_employee_may_not_see_them(ask, person, home):
    me = await person()
    known = await home(me)
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    mine = [known[one] for one in ("own_user", "own_group", "own_certificate", "organisation")]
    theirs = [known[one] for one in ("another_user", "another_group", "another_certificate")]
    theirs += [known[one] for one in ("profile", "billing", "settings", "history")]

    found = await ask(me, document, ids=[*mine, *theirs])

    assert found == [{"id": str(one)} for one in mine] + [None] * len(theirs)


async def test_an_employee_sees_the_members_of_no_group_and_the_profile_of_no_certificate(
    send, person, home
):
    me = await person()
    known = await home(me)
    document = """query ($group: ID!, $certificate: ID!) {
      group(id: $group) { id members { totalCount } }
      certificate(id: $certificate) { id profile { name } }
    }"""

    answer = await send(
        me, document, group=known["own_group"], certificate=known["own_certificate"]
    )

    assert [one["path"] for one in answer["errors"]] == [
        ["group", "members"],
        ["certificate", "profile"],
    ]
    assert codes(answer) == ["DENIED", "DENIED"]
    assert answer["data"] == {
        "group": {"id": str(known["own_group"]), "members": None},
        "certificate": {"id": str(known["own_certificate"]), "profile": None},
    }
