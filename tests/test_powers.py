"""Powers of attorney: who gives whom what, and who reads it."""

from datetime import timedelta

import pytest

from gateways import today
from models import HistoryEntry, Language, PowerOfAttorney, Right
from models.verification import verify
from resolvers import organisations
from tests.powers import GRANT, GRANT_PERSONALLY, HISTORY, POWER, POWERS, changing
from tests.scenes import everything_stored
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_powers_of_attorney = who_may("""
                                        self  user_administrator  rights_administrator  organisation_administrator
    power_of_attorney:list               .            x                    x                       x
    power_of_attorney:read               x            x                    x                       x
    power_of_attorney:read_history       .            x                    x                       x
    power_of_attorney:list_users         .            x                    x                       x
    power_of_attorney:grant              .            .                    .                       x
    power_of_attorney:request            .            .                    .                       x
    power_of_attorney:decide             .            .                    .                       x
    power_of_attorney:grant_to_person    .            .                    x                       .
    power_of_attorney:revoke             .            .                    x                       .
    power_of_attorney:add_user           .            .                    x                       .
    power_of_attorney:remove_user        .            .                    x                       .
""")  # noqa: E501


test_who_may_use_delegation_groups = who_may("""
                                  self  user_administrator  rights_administrator  organisation_administrator
    delegation_group:list          .            x                    x                       x
    delegation_group:read          x            x                    x                       x
    delegation_group:list_users    .            x                    x                       x
    delegation_group:create        .            .                    .                       x
    delegation_group:update        .            .                    .                       x
    delegation_group:delete        .            .                    .                       x
    delegation_group:add_user      .            .                    x                       .
    delegation_group:remove_user   .            .                    x                       .
""")  # noqa: E501


@pytest.fixture
async def ulla(person):
    return await person("organisation_administrator", name="Ulla Møller")


@pytest.fixture
async def dorte(person):
    return await person("rights_administrator", name="Dorte Friis")


@pytest.fixture
async def kirsten(make, jensen):
    """Who administers everything at Jensen."""
    roles = ("organisation_administrator", "rights_administrator")
    return await make.user(jensen, *roles, name="Kirsten Bech", language=Language.ENGLISH)


@pytest.fixture
async def vat(empty):
    return await Right.get(code="tax.vat")


@pytest.fixture
def day(make):
    """A day so many days from today, as it is written."""
    return lambda number: (today(make.now) + timedelta(days=number)).isoformat()


@pytest.fixture
def given(vat):
    """What a power of attorney is granted with."""

    def given(cvr_number, **more):
        usual = {"granteeCvrNumber": cvr_number, "name": "VAT", "rightIds": [str(vat.id)]}
        return usual | more

    return given


@pytest.fixture
def personally(vat):
    """What a power of attorney is granted with to one person."""

    def personally(cvr_number, email, **more):
        grantee = {"cvrNumber": cvr_number, "email": email}
        return {"grantee": grantee, "name": "VAT", "rightIds": [str(vat.id)], **more}

    return personally


async def test_an_organisation_lets_another_act_for_it_and_both_read_the_same(
    ask, ulla, kirsten, hansen, jensen, given, make
):
    answer = await ask(ulla, GRANT, input=given(jensen.cvr_number, pNumber="1029829825"))

    power = answer["powerOfAttorney"]
    assert answer["errors"] == []
    assert (power["status"], power["side"], power["name"]) == ("ACTIVE", "GRANTED", "VAT")
    assert power["from"] == today(make.now).isoformat()
    there = await ask(kirsten, POWER, id=power["id"])
    assert there["side"] == "RECEIVED"
    assert there["grantor"] == {"cvrNumber": hansen.cvr_number, "name": "Hansen & Søn ApS"}
    assert there["grantee"] == {"cvrNumber": jensen.cvr_number, "name": "Jensen ApS"}
    same = ("status", "name", "from", "until", "pNumber", "version", "rights")
    assert {one: power[one] for one in same} == {one: there[one] for one in same}


async def test_nobody_else_sees_it(ask, send, make, hansen, jensen):
    power = await make.power(hansen, jensen)
    third = await make.organisation("Nielsen I/S")
    stranger = await make.user(third, "organisation_administrator", "rights_administrator")

    assert (await ask(stranger, POWERS))["nodes"] == []
    by_id = await send(stranger, POWER, id=power.id)
    assert by_id["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert await ask(stranger, "query ($id: ID!) { node(id: $id) { id } }", id=power.id) is None


async def test_an_employee_sees_only_those_one_may_use(ask, send, person, make, hansen, jensen):
    bo = await person()
    mine, other = await make.power(jensen, hansen), await make.power(jensen, hansen)
    await make.name(mine, bo)

    assert (await ask(bo, POWER, id=mine.id))["side"] == "RECEIVED"
    refused = await send(bo, POWER, id=other.id)
    assert refused["errors"][0]["extensions"]["code"] == "DENIED"


async def test_each_side_lists_what_it_granted_and_received(
    ask, ulla, kirsten, hansen, jensen, make, vat, day
):
    until = today(make.now) + timedelta(days=3)
    await make.power(hansen, jensen, name="To Jensen", until_on=until)
    await make.power(jensen, hansen, "post.read", name="To Hansen", status="REVOKED")

    async def names(who, **filter):
        return [one["name"] for one in (await ask(who, POWERS, filter=filter))["nodes"]]

    to_jensen, to_hansen = ["To Jensen"], ["To Hansen"]
    assert await names(ulla) == await names(kirsten) == to_jensen + to_hansen
    assert await names(ulla, side="GRANTED") == await names(kirsten, side="RECEIVED") == to_jensen
    assert await names(ulla, side="RECEIVED") == await names(kirsten, side="GRANTED") == to_hansen
    assert await names(ulla, status=["ACTIVE"]) == to_jensen
    assert await names(ulla, rightId=str(vat.id)) == to_jensen
    assert await names(ulla, endsBefore=day(4)) == to_jensen
    assert await names(ulla, endsBefore=day(3)) == []
    assert await names(ulla, cvrNumber=jensen.cvr_number) == to_jensen + to_hansen
    assert await names(ulla, cvrNumber=hansen.cvr_number) == []


async def test_the_grantee_s_administrators_are_told(
    ask, ulla, kirsten, jensen, given, letters, day
):
    await ask(ulla, GRANT, input=given(jensen.cvr_number, until=day(9)))

    (letter,) = await letters(kirsten.email)
    assert letter.subject == "Hansen & Søn ApS has granted Jensen ApS a power of attorney"
    assert 'the power of attorney "VAT".' in letter.body
    assert await letters(ulla.email) == []


async def test_what_is_granted_to_a_number_without_an_organisation_is_answered_the_same_and_waits(
    ask, ulla, jensen, given, gateways, make
):
    there = await ask(ulla, GRANT, input=given(jensen.cvr_number))
    nowhere = await ask(ulla, GRANT, input=given("10000009"))

    def told(answer, number):
        text = str(answer).replace(answer["powerOfAttorney"]["id"], "ID")
        return text.replace(number, "NUMBER")

    assert told(there, jensen.cvr_number) == told(nowhere, "10000009")
    assert there["powerOfAttorney"]["grantee"]["name"] == jensen.cvr_number
    entries = await HistoryEntry.filter(operation="grantPowerOfAttorney", summary__contains="VAT")
    texts = {str(one.changes).replace(jensen.cvr_number, "10000009") for one in entries}
    assert len(texts) == 1


async def test_an_organisation_that_comes_finds_what_has_waited_for_it(
    ask, ulla, given, gateways, make, client
):
    await ask(ulla, GRANT, input=given("10000009"))
    async with make.change():
        newcomer = await organisations.found(cvr_number="10000009", name="Ny A/S")
    admin = await make.user(newcomer, "organisation_administrator")
    before = await PowerOfAttorney.get()

    await gateways.jobs.run_once("powers of attorney")
    await gateways.jobs.run_once("powers of attorney")

    (power,) = (await ask(admin, POWERS))["nodes"]
    assert (power["side"], power["grantee"]["name"]) == ("RECEIVED", "Ny A/S")
    (entry,) = (await ask(admin, HISTORY, id=power["id"]))["history"]["nodes"]
    assert entry["operation"] == "grantPowerOfAttorney"
    # The grantor learns nothing by it.
    here = await ask(ulla, POWER, id=power["id"])
    assert here["grantee"]["name"] == "10000009"
    assert here["version"] == before.version
    assert len((await ask(ulla, HISTORY, id=power["id"]))["history"]["nodes"]) == 1


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"rightIds": []}, "REQUIRED", ["rightIds"]),
        ({"name": " "}, "REQUIRED", ["name"]),
        ({"from": "2020-01-31"}, "DATE_IN_PAST", ["from"]),
        ({"until": "2020-01-31"}, "PERIOD_REVERSED", ["until"]),
        ({"granteeCvrNumber": "12345678"}, "CHECK_DIGIT_WRONG", ["granteeCvrNumber"]),
        ({"pNumber": "1017862568"}, "P_NUMBER_NOT_REGISTERED", ["pNumber"]),
        ({"seNumber": "13748136"}, "SE_NUMBER_NOT_REGISTERED", ["seNumber"]),
        ({"rightIds": ["no id"]}, "NOT_FOUND", ["rightIds", "0"]),
    ],
    ids=str,
)
async def test_a_wrong_value_is_told_where_it_stands(ask, ulla, jensen, given, wrong, code, path):
    answer = await ask(ulla, GRANT, input=given(jensen.cvr_number) | wrong)

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == (code, path)


async def test_nobody_grants_oneself(ask, ulla, hansen, given):
    answer = await ask(ulla, GRANT, input=given(hansen.cvr_number))

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == ("OWN_ORGANISATION", ["granteeCvrNumber"])


async def test_a_right_that_is_retired_or_named_twice_is_not_granted(ask, ulla, jensen, given, vat):
    twice = await ask(ulla, GRANT, input=given(jensen.cvr_number, rightIds=[str(vat.id)] * 2))
    await Right.filter(id=vat.id).update(is_retired=True)
    retired = await ask(ulla, GRANT, input=given(jensen.cvr_number))
    await Right.filter(id=vat.id).update(is_retired=False)

    assert [(one["code"], one["path"]) for one in twice["errors"]] == [
        ("RIGHT_ALREADY_ASSIGNED", ["rightIds", "1"])
    ]
    assert [(one["code"], one["path"]) for one in retired["errors"]] == [
        ("RIGHT_NOT_ASSIGNABLE", ["rightIds", "0"])
    ]


async def test_the_same_is_not_granted_twice_for_the_same_days(ask, ulla, jensen, given, vat, day):
    wages = await Right.get(code="tax.wages")
    await ask(ulla, GRANT, input=given(jensen.cvr_number, until=day(3)))

    async def again(**more):
        errors = (await ask(ulla, GRANT, input=given(jensen.cvr_number, **more)))["errors"]
        return [one["code"] for one in errors]

    assert await again() == ["RIGHT_ALREADY_ASSIGNED"]
    assert await again(name="Other name") == ["RIGHT_ALREADY_ASSIGNED"]
    assert await again(**{"from": day(4)}) == []
    assert await again(rightIds=[str(wages.id)]) == []
    assert await again(pNumber="1029829825") == []


async def test_a_person_elsewhere_is_given_one_and_both_are_told(
    ask, dorte, make, jensen, kirsten, personally, letters
):
    eva = await make.user(jensen, name="Eva Lund", language=Language.ENGLISH)

    answer = await ask(dorte, GRANT_PERSONALLY, input=personally(jensen.cvr_number, eva.email))

    power = answer["powerOfAttorney"]
    assert answer["errors"] == []
    assert (power["granteePerson"], power["grantee"]["name"]) == ("Eva Lund", "Jensen ApS")
    assert (await ask(eva, POWER, id=power["id"]))["granteePerson"] == "Eva Lund"
    (letter,) = await letters(eva.email)
    assert "to be used by you alone" in letter.body
    (told,) = await letters(kirsten.email)
    assert told.subject == "Hansen & Søn ApS has granted one of your users a power of attorney"


async def test_an_anonymous_person_is_known_by_the_identity_number_abroad_only(
    ask, dorte, make, jensen, kirsten, personally, hansen
):
    eva = await make.user(jensen, name="Eva Lund", is_anonymous=True)

    answer = await ask(dorte, GRANT_PERSONALLY, input=personally(jensen.cvr_number, eva.email))

    power = answer["powerOfAttorney"]
    assert power["granteePerson"] == str(eva.uuid)
    assert (await ask(kirsten, POWER, id=power["id"]))["granteePerson"] == "Eva Lund"
    for entry in await HistoryEntry.filter(about_id=power["id"]):
        assert "Eva" not in str(entry.columns())


async def test_whoever_cannot_be_granted_one_is_told_the_same_by_the_same_statements(
    ask, dorte, make, jensen, personally, sql, hansen
):
    shared = "shared@example.dk"
    await make.user(jensen, email=shared), await make.user(jensen, email=shared)
    new = await make.user(jensen, activated_at=None, status="AWAITING_ACTIVATION")
    gone = await make.user(jensen, status="DELETED")
    known = await make.user(jensen)
    number, told = jensen.cvr_number, []
    wrong = [
        personally("10000009", known.email),
        personally(number, "nobody@example.dk"),
        *(personally(number, one) for one in (shared, new.email, gone.email)),
    ]
    await ask(dorte, GRANT_PERSONALLY, input=wrong[0])

    for one in wrong:
        sql()
        answer = await ask(dorte, GRANT_PERSONALLY, input=one)
        told.append((str(answer), sql()))

    assert len({*told}) == 1
    assert "NOT_ELIGIBLE" in told[0][0]


async def test_what_was_received_cannot_be_given_on_in_any_way(
    ask, kirsten, make, hansen, jensen, given
):
    """Whoever received one gives rights over the own organisation only; the rights of Segl that it
    carries are given to no user and no group; nobody bundles it for another organisation.
    """
    third = await make.organisation("Nielsen I/S")
    stranger = await make.user(third, "organisation_administrator", "rights_administrator")
    segl = await Right.get(code="segl.see-users")
    power = await make.power(hansen, jensen, "segl.see-users")

    granted = await ask(kirsten, GRANT, input=given(third.cvr_number, rightIds=[str(segl.id)]))

    assert granted["errors"] == []
    (received,) = (await ask(stranger, POWERS))["nodes"]
    assert received["grantor"]["cvrNumber"] == jensen.cvr_number
    group, here = await make.group(jensen), {"rightId": str(segl.id)}
    for operation, holder in (
        ("assignRight", {"userId": str(kirsten.id)}),
        ("assignGroupRight", {"groupId": str(group.id)}),
    ):
        document = changing(operation, "assignment { id }")
        answer = await ask(kirsten, document, input={**holder, "right": here})
        assert answer.problem == "RIGHT_NOT_ASSIGNABLE"
    document = changing("addPowerOfAttorneyUsers", "powerOfAttorney { id }")
    named = {"powerOfAttorneyId": str(power.id), "userIds": [str(stranger.id)]}
    assert (await ask(kirsten, document, input=named)).problem == "NOT_FOUND"
    document = changing("createDelegationGroup", "delegationGroup { id }")
    bundled = {"name": "Ours", "powerOfAttorneyIds": [str(power.id)]}
    assert (await ask(stranger, document, input=bundled)).problem == "NOT_FOUND"


async def test_what_happened_stands_in_both_histories_and_both_chains_hold(
    ask, ulla, kirsten, hansen, jensen, given
):
    power = (await ask(ulla, GRANT, input=given(jensen.cvr_number)))["powerOfAttorney"]

    (here,) = (await ask(ulla, HISTORY, id=power["id"]))["history"]["nodes"]
    (there,) = (await ask(kirsten, HISTORY, id=power["id"]))["history"]["nodes"]

    assert here["actor"] == {
        "kind": "PERSON",
        "name": "Ulla Møller",
        "user": {"name": "Ulla Møller"},
    }
    assert there["actor"] == {"kind": "PERSON", "name": "Hansen & Søn ApS", "user": None}
    assert {**here, "actor": None} == {**there, "actor": None}
    assert {"field": "rights", "old": None, "new": "Tax: File VAT"} in here["changes"]
    for one in (hansen, jensen):
        assert (await verify(one.id)).is_intact


async def test_a_dry_run_tells_what_would_be_and_nobody(ask, ulla, jensen, kirsten, given):
    before = await everything_stored()

    answer = await ask(ulla, GRANT, input=given(jensen.cvr_number), dryRun=True)

    assert answer["powerOfAttorney"]["status"] == "ACTIVE"
    assert await everything_stored() == before


async def test_lists_are_read_by_the_planner_by_the_same_statements_however_long(
    asker, make, ulla, hansen, jensen, sql
):
    document = """
        { powersOfAttorney(first: 100) { totalCount nodes {
          name status side grantor { name } grantee { cvrNumber name } granteePerson pNumber
          endedBy { name } request { status } rights { nodes { title } } users { nodes { name } }
          history { nodes { summary } }
        } } }
    """
    counts, bo = [], await make.user(jensen)
    for _ in range(2):
        for one in range(5):
            await make.power(hansen, jensen, name=f"To {one}")
            await make.power(jensen, hansen, name=f"From {one}")
            await make.power(hansen, bo)
        sql()
        answer = await asker.post(ulla, document)
        assert "errors" not in answer.json()
        assert "x-segl-executor" not in answer.headers
        counts.append(sql())

    assert counts[0] == counts[1]
    nodes = answer.json()["data"]["powersOfAttorney"]["nodes"]
    assert {(one["side"], one["users"] is None) for one in nodes} == {
        ("GRANTED", True),
        ("RECEIVED", False),
    }
