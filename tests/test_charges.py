"""What costs something: activations beyond the third, devices and certificates, as they happen."""

import asyncio

import pytest

from gateways import Claims, today
from models import (
    CertificateKind,
    CertificateSettings,
    ChargeableTransaction,
    EanLocation,
    Role,
)
from tests.certificates import OTHER_KEY, RENEW, RETRIEVE, own, request
from tests.making import EANS
from tests.paying import DIGITAL_POST, UPDATE, allow_eans
from tests.users import ACTIVATE, ANNE, CREATE, DEACTIVATE, DELETE, REACTIVATE, link_in

pytestmark = pytest.mark.anyio

TRANSACTIONS = """
query ($filter: TransactionFilter) {
  billing {
    transactions(filter: $filter, first: 100) {
      totalCount
      nodes { id kind occurredAt amount eanNumber user { name } certificate { id } }
    }
  }
}
"""
ASSIGN = """
mutation ($input: AssignAuthenticatorInput!, $dryRun: Boolean) {
  assignAuthenticator(input: $input, dryRun: $dryRun) {
    authenticator { id } errors { code path }
  }
}
"""
WITHDRAW = """
mutation ($input: WithdrawAuthenticatorInput!) {
  withdrawAuthenticator(input: $input) { authenticator { id } errors { code } }
}
"""
FIND = "query ($id: ID!) { node(id: $id) { id ... on ChargeableTransaction { amount } } }"


@pytest.fixture
async def admin(person):
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
async def ulla(person):
    return await person("organisation_administrator", name="Ulla Møller")


@pytest.fixture
def invited(ask, admin, letters):
    """Creates somebody, and returns their id and what lets them in."""

    async def invited(number, **more):
        cpr, email = f"610190{4000 + number}", f"anne{number}@example.dk"
        given = ANNE | {"firstName": f"Anne {number}", "person": {"cprNumber": cpr}, "email": email}
        made = await ask(admin, CREATE, input=given | more)
        assert made["errors"] == []
        link = link_in((await letters(email))[-1])
        return made["user"]["id"], Claims(cpr_number=cpr), link

    return invited


@pytest.fixture
def activated(ask, invited):
    """Creates somebody who gets in at once."""

    async def activated(number, **more):
        key, who, link = await invited(number, **more)
        answer = await ask(who, ACTIVATE, input={"link": link})
        assert answer["errors"] == []
        return key

    return activated


@pytest.fixture
def charged(ask, ulla):
    """What has cost something, the first first."""

    async def charged(*fields, **filter):
        answer = await ask(ulla, TRANSACTIONS, filter=filter)
        found = answer["transactions"]["nodes"][::-1]
        return [tuple(one[field] for field in fields) for one in found]

    return charged


async def test_the_first_three_users_are_free_and_each_further_one_costs_something(
    activated, charged
):
    for number in range(5):
        await activated(number)

    assert await charged("kind", "amount") == [
        *[("USER_ACTIVATION", "0.00")] * 3,
        *[("USER_ACTIVATION", "20.00")] * 2,
    ]
    assert [user["name"] for (user,) in await charged("user")][3:] == [
        "Anne 3 Østergaard",
        "Anne 4 Østergaard",
    ]


async def test_who_was_free_leaves_no_room_for_another(ask, admin, activated, charged):
    for number in range(3):
        key = await activated(number)
        await ask(admin, DELETE, input={"userId": key})

    await activated(3)

    assert await charged("amount") == [("0.00",), ("0.00",), ("0.00",), ("20.00",)]


async def test_who_returns_from_a_leave_is_not_activated_anew(ask, admin, activated, charged):
    key = await activated(1)

    for change in (DEACTIVATE, REACTIVATE):
        answer = await ask(admin, change, input={"userId": key})
        assert answer["errors"] == []

    assert len(await charged("kind")) == 1


async def test_of_two_who_get_in_at_the_same_moment_one_takes_the_last_free_place(
    ask, invited, charged
):
    people = [await invited(number) for number in range(8)]

    answers = await asyncio.gather(
        *(ask(who, ACTIVATE, input={"link": link}) for _, who, link in people)
    )

    assert [one["errors"] for one in answers] == [[]] * 8
    assert sorted(await charged("amount")) == [("0.00",)] * 3 + [("20.00",)] * 5


async def test_each_organisation_has_its_own_free_places(
    ask, make, jensen, activated, charged, ulla
):
    await asyncio.gather(*(make.charge(jensen) for _ in range(4)))

    await activated(1)

    stranger = await make.user(jensen, "organisation_administrator")
    theirs = await ask(stranger, TRANSACTIONS)
    assert await charged("amount") == [("0.00",)]
    assert theirs["transactions"]["totalCount"] == 4


@pytest.mark.parametrize(
    ("device", "costs"),
    [("CODE_DISPLAY", "33.50"), ("AUDIO_CODE_READER", "235.50"), ("CHIP", "115.00")],
)
async def test_a_physical_device_costs_something_even_when_it_is_taken_back(
    ask, admin, person, charged, device, costs
):
    user = await person(name="Eva Lund")

    given = {"kind": "SEPARATE_MITID", "device": device, "deliveryAddress": "Storegade 1"}
    answer = await ask(admin, ASSIGN, input={"userId": user.id, "authenticator": given})
    key = answer["authenticator"]["id"]
    await ask(admin, WITHDRAW, input={"authenticatorId": key})

    assert await charged("kind", "amount", "user") == [(device, costs, {"name": "Eva Lund"})]


async def test_a_device_for_a_new_user_costs_as_much_and_the_app_nothing(invited, charged):
    display = {"kind": "SEPARATE_MITID", "device": "CODE_DISPLAY", "deliveryAddress": "Storegade 1"}

    await invited(1, authenticators=[{"kind": "SEPARATE_MITID"}, display])

    assert await charged("kind", "amount") == [("CODE_DISPLAY", "33.50")]


async def test_a_dry_run_costs_nothing(ask, admin, person, invited, charged):
    user = await person()
    _, who, link = await invited(1)
    given = {"kind": "SEPARATE_MITID", "device": "CHIP", "deliveryAddress": "Storegade 1"}

    device = await ask(
        admin, ASSIGN, dryRun=True, input={"userId": user.id, "authenticator": given}
    )
    entry = await ask(who, ACTIVATE, dryRun=True, input={"link": link})

    assert (device["errors"], entry["errors"]) == ([], [])
    assert await charged("kind") == []


async def test_what_is_refused_costs_nothing(ask, activated, invited, charged):
    _, _, link = await invited(1)

    answer = await ask(Claims(cpr_number="6101904999"), ACTIVATE, input={"link": link})

    assert answer.problem == "PERSON_DOES_NOT_MATCH"
    assert await charged("kind") == []


async def test_the_users_own_ean_number_pays_or_else_the_usual_one(
    activated, charged, hansen, make, ask, ulla
):
    await allow_eans(hansen)
    async with make.change(hansen.id):
        await EanLocation(organisation_id=hansen.id, ean_number=EANS[1], label="Kolding").save()

    await activated(1, eanNumber=EANS[1])
    await activated(2)
    await ask(ulla, UPDATE, input={"method": DIGITAL_POST})
    await activated(3)

    assert await charged("eanNumber") == [(EANS[1],), (EANS[0],), (None,)]
    assert await charged("eanNumber", eanNumber=EANS[1]) == [(EANS[1],)]


async def test_the_number_that_paid_stays_when_the_user_gets_another(
    ask, admin, activated, charged, hansen
):
    await allow_eans(hansen)
    key = await activated(1, eanNumber=EANS[0])

    await ask(admin, DELETE, input={"userId": key})

    assert await charged("eanNumber") == [(EANS[0],)]
    assert await ChargeableTransaction.filter(organisation_id=hansen.id).count() == 1


@pytest.mark.parametrize(
    ("kind", "costs_as"),
    [
        ("USER", "USER_CERTIFICATE"),
        ("QUALIFIED_USER", "USER_CERTIFICATE"),
        ("ORGANISATION", "ORGANISATION_CERTIFICATE"),
        ("SYSTEM", "ORGANISATION_CERTIFICATE"),
        ("QUALIFIED_ORGANISATION", "ORGANISATION_CERTIFICATE"),
    ],
)
async def test_a_certificate_costs_something_to_whom_it_is_for(
    ask, admin, make, person, hansen, charged, kind, costs_as
):
    user = await person(name="Eva Lund")
    ean = await EanLocation.get(organisation_id=hansen.id)
    await CertificateSettings.all().update(allowed_kinds=[*CertificateKind])
    is_for_users = CertificateKind(kind).is_for_users
    holder = {"user": user} if is_for_users else {"profile": await make.profile(hansen, ean=ean)}
    order = await make.order(hansen, kind=kind, email="eva@example.dk", **holder)

    answer = await ask(user if is_for_users else admin, RETRIEVE, input=own(order))

    assert answer["errors"] == []
    whose = {"name": "Eva Lund"} if is_for_users else None
    assert await charged("kind", "amount", "eanNumber", "user", "certificate") == [
        (costs_as, "20.00", EANS[0], whose, {"id": str(order.id)})
    ]


async def test_the_next_certificate_costs_as_much_as_the_former(ask, make, person, hansen, charged):
    user = await person()
    order = await make.order(hansen, user=user, email="eva@example.dk")
    former = (await ask(user, RETRIEVE, input=own(order)))["certificate"]
    given = {"certificateId": former["id"], "key": {"csr": request(OTHER_KEY)}}

    tried = await ask(user, RENEW, input=given, dryRun=True)
    answer = await ask(user, RENEW, input=given)

    assert (tried["errors"], answer["errors"]) == ([], [])
    following = answer["certificate"]["id"]
    assert await charged("amount", "certificate") == [
        ("20.00", {"id": former["id"]}),
        ("20.00", {"id": following}),
    ]


@pytest.mark.parametrize("dry", [True, False])
async def test_what_is_not_issued_costs_nothing(ask, make, person, hansen, charged, dry):
    user = await person()
    order = await make.order(hansen, user=user, email="eva@example.dk")
    key = None if dry else {"csr": "no request"}

    answer = await ask(user, RETRIEVE, input=own(order, key), dryRun=dry)

    assert answer.problems == ([] if dry else ["CSR_MALFORMED"])
    assert await charged("kind") == []


async def test_a_list_shows_the_latest_first_by_kind_and_day(ask, ulla, make, hansen, gateways):
    for kind in ("CHIP", "USER_ACTIVATION", "CHIP"):
        await make.charge(hansen, kind=kind)
        gateways.clock.advance(days=1)
    second = today(make.now).replace(day=3)

    every = await ask(ulla, TRANSACTIONS)
    chips = await ask(ulla, TRANSACTIONS, filter={"kind": ["CHIP"]})
    one_day = await ask(ulla, TRANSACTIONS, filter={"from": second, "until": second})

    kinds = [[one["kind"] for one in found["transactions"]["nodes"]] for found in (chips, one_day)]
    days = [one["occurredAt"][:10] for one in every["transactions"]["nodes"]]
    assert days == ["2026-11-04", "2026-11-03", "2026-11-02"]
    assert kinds == [["CHIP", "CHIP"], ["USER_ACTIVATION"]]


@pytest.mark.parametrize("role", ["user_administrator", "rights_administrator"])
async def test_who_may_see_the_method_may_not_see_what_it_has_cost(send, person, role):
    reader = await person(role)

    answer = await send(reader, TRANSACTIONS)

    (error,) = answer["errors"]
    assert answer["data"] == {"billing": {"transactions": None}}
    assert error["path"] == ["billing", "transactions"]
    assert error["extensions"] == {
        "code": "DENIED",
        "permission": "billing:read_overview",
        "allowedFor": ["ORGANISATION_ADMINISTRATOR"],
        "grantableBy": ["ORGANISATION_ADMINISTRATOR"],
    }


async def test_a_stranger_finds_nothing_of_it(ask, make, hansen, jensen, ulla):
    one = await make.charge(hansen)
    stranger = await make.user(jensen, *Role)

    found = await ask(ulla, FIND, id=one.id)

    assert found == {"id": str(one.id), "amount": "20.00"}
    assert await ask(stranger, FIND, id=one.id) is None
    assert (await ask(stranger, TRANSACTIONS))["transactions"]["nodes"] == []
