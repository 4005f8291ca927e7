"""What rights a user has, by which ways and until when; and who has a right."""

from datetime import timedelta

import pytest

from gateways import today
from models import Group, GroupMember, ProductionUnit, Right, User
from tests.making import P_NUMBERS

pytestmark = pytest.mark.anyio

SOURCES = "sources { kind from until pNumber seNumber assignment { id } group { name } }"
EFFECTIVE = f"""
query ($id: ID!, $at: Date, $rights: [ID!]) {{
  user(by: {{id: $id}}) {{
    effectiveRights(at: $at, rightIds: $rights) {{ until right {{ title }} {SOURCES} }}
  }}
}}
"""
HOLDERS = f"""
query ($id: ID!, $at: Date, $p: PNumber, $se: SeNumber, $first: Int, $after: String) {{
  right(id: $id) {{
    holders(at: $at, pNumber: $p, seNumber: $se, first: $first, after: $after) {{
      edges {{ node {{ name }} cursor {SOURCES} }}
      nodes {{ name }}
      totalCount
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}
"""
HAVING = """
query ($rights: UserRightsFilter) {
  users(filter: {rights: $rights}, orderBy: {field: NAME}) { nodes { name } totalCount }
}
"""
ALL_AT_ONCE = f"""
{{
  users(first: 100) {{ nodes {{ effectiveRights {{ until right {{ title }} {SOURCES} }} }} }}
  rights(first: 100) {{ nodes {{ holders {{ edges {{ node {{ name }} {SOURCES} }} }} }} }}
}}
"""


@pytest.fixture
async def dorte(person):
    return await person("rights_administrator", name="Dorte Friis")


@pytest.fixture
async def vat(empty):
    return await Right.get(code="tax.vat")


@pytest.fixture
def day(make):
    """A day so many days from today."""
    return lambda number: today(make.now) + timedelta(days=number)


async def test_a_right_is_told_once_with_all_its_sources_and_the_day_the_last_one_ends(
    ask, dorte, person, make, hansen, day
):
    bo = await person(name="Bo Holm")
    direct = await make.right(bo, until_on=day(3))
    group = await make.group(hansen, bo, name="Accounts")
    shared = await make.right(group, until_on=day(9))

    found = await ask(dorte, EFFECTIVE, id=bo.id)

    (one,) = found["effectiveRights"]
    assert (one["right"], one["until"]) == ({"title": "File VAT"}, day(9).isoformat())
    limits = {"from": day(0).isoformat(), "pNumber": None, "seNumber": None}
    assert one["sources"] == [
        {
            "kind": "DIRECT",
            "until": day(3).isoformat(),
            "assignment": {"id": str(direct.id)},
            "group": None,
            **limits,
        },
        {
            "kind": "CUSTOM_GROUP",
            "until": day(9).isoformat(),
            "assignment": {"id": str(shared.id)},
            "group": {"name": "Accounts"},
            **limits,
        },
    ]


async def test_a_right_without_end_by_one_source_has_no_end(ask, dorte, person, make, day):
    bo = await person()
    await make.right(bo, until_on=day(3), vat_unit=None)
    group = await make.group(await bo.organisation, bo)
    await make.right(group)

    (one,) = (await ask(dorte, EFFECTIVE, id=bo.id))["effectiveRights"]

    assert one["until"] is None


async def test_a_system_group_is_a_source_too(ask, dorte, person, make, hansen):
    bo = await person()
    everybody = await Group.get(organisation_id=hansen.id, members_of_id=None)
    await make.right(everybody)

    (one,) = (await ask(dorte, EFFECTIVE, id=bo.id))["effectiveRights"]

    assert [source["kind"] for source in one["sources"]] == ["SYSTEM_GROUP"]


@pytest.mark.parametrize(
    ("on", "has"), [(-1, False), (0, False), (2, True), (4, True), (5, False), (None, False)]
)
async def test_a_right_begins_and_ends_by_its_days(ask, dorte, person, make, day, on, has):
    bo = await person()
    await make.right(bo, from_on=day(2), until_on=day(4))

    at = None if on is None else day(on).isoformat()
    found = await ask(dorte, EFFECTIVE, id=bo.id, at=at)

    assert bool(found["effectiveRights"]) is has


async def test_the_right_of_a_group_ends_with_the_membership(
    ask, dorte, person, make, hansen, day, gateways
):
    bo = await person()
    group = await make.group(hansen, bo)
    await make.right(group, from_on=day(-9), until_on=day(9))
    await GroupMember.filter(group_id=group.id).update(until_on=day(4))

    (one,) = (await ask(dorte, EFFECTIVE, id=bo.id))["effectiveRights"]
    assert (one["until"], one["sources"][0]["from"]) == (day(4).isoformat(), day(0).isoformat())

    gateways.clock.advance(days=5)
    assert (await ask(dorte, EFFECTIVE, id=bo.id))["effectiveRights"] == []


async def test_what_a_group_is_limited_to_its_rights_are(ask, dorte, person, make, hansen):
    bo, unit = await person(), await hansen_unit(hansen, 0)
    group = await make.group(hansen, bo, production_unit=unit)
    await make.right(group)
    await make.right(group, "tax.wages", production_unit=await hansen_unit(hansen, 1))

    found = (await ask(dorte, EFFECTIVE, id=bo.id))["effectiveRights"]

    assert [one["right"]["title"] for one in found] == ["File VAT"]
    assert [one["pNumber"] for one in found[0]["sources"]] == [unit.p_number]


async def hansen_unit(hansen, number):
    return await ProductionUnit.get(organisation_id=hansen.id, p_number=P_NUMBERS[number])


async def test_only_the_rights_that_are_asked_for_are_told(ask, dorte, person, make, vat):
    bo = await person()
    await make.right(bo)
    await make.right(bo, "tax.wages")

    found = await ask(dorte, EFFECTIVE, id=bo.id, rights=[str(vat.id)])

    assert [one["right"]["title"] for one in found["effectiveRights"]] == ["File VAT"]


@pytest.mark.parametrize("given", [{"at": "31-01-2027"}, {"rights": ["vat"]}], ids=str)
async def test_a_value_that_is_none_is_told(send, dorte, given):
    answer = await send(dorte, EFFECTIVE, id=dorte.id, **given)

    assert [one["extensions"]["code"] for one in answer["errors"]] in (["INVALID"], ["MALFORMED"])


async def test_a_user_reads_the_own_rights_by_groups_too_and_nobody_elses(
    ask, send, person, make, hansen
):
    bo, eva = await person(), await person()
    group = await make.group(hansen, bo, name="Accounts")
    shared = await make.right(group)

    (one,) = (await ask(bo, EFFECTIVE, id=bo.id))["effectiveRights"]

    assert one["sources"][0]["assignment"] == {"id": str(shared.id)}
    assert one["sources"][0]["group"] == {"name": "Accounts"}
    refused = await send(bo, EFFECTIVE, id=eva.id)
    assert refused["errors"][0]["extensions"]["code"] == "DENIED"


async def test_who_has_a_right_and_why(ask, dorte, person, make, hansen, vat):
    bo, eva = await person(name="Bo Holm"), await person(name="Eva Lund")
    await person(name="Nobody Special")
    await make.right(bo)
    await make.right(await make.group(hansen, bo, eva, name="Accounts"))

    found = (await ask(dorte, HOLDERS, id=vat.id))["holders"]

    told = [
        (one["node"]["name"], [source["kind"] for source in one["sources"]])
        for one in found["edges"]
    ]
    assert told == [("Bo Holm", ["DIRECT", "CUSTOM_GROUP"]), ("Eva Lund", ["CUSTOM_GROUP"])]
    assert [one["name"] for one in found["nodes"]] == ["Bo Holm", "Eva Lund"]
    assert found["totalCount"] == 2


async def test_holders_are_turned_page_by_page(ask, dorte, person, make, hansen, vat):
    names = [f"Kim {letter}" for letter in "abcde"]
    await make.right(await make.group(hansen, *[await person(name=one) for one in names]))
    after, found = None, []

    for _ in range(3):
        page = (await ask(dorte, HOLDERS, id=vat.id, first=2, after=after))["holders"]
        found += [(one["node"]["name"], len(one["sources"])) for one in page["edges"]]
        after = page["pageInfo"]["endCursor"]

    assert found == [(one, 1) for one in names]
    assert not page["pageInfo"]["hasNextPage"]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["Anne A", "Bo B", "Eva E"]),
        ({"p": P_NUMBERS[0]}, ["Anne A", "Bo B"]),
        ({"p": P_NUMBERS[1]}, ["Anne A", "Eva E"]),
        ({"p": P_NUMBERS[2]}, ["Anne A"]),
    ],
    ids=str,
)
async def test_holders_are_asked_for_by_where_the_right_is_valid(
    ask, dorte, person, make, hansen, vat, asked, names
):
    anne, bo, eva = [await person(name=one) for one in ("Anne A", "Bo B", "Eva E")]
    await make.right(anne)
    await make.right(bo, production_unit=await hansen_unit(hansen, 0))
    await make.right(eva, production_unit=await hansen_unit(hansen, 1))

    found = (await ask(dorte, HOLDERS, id=vat.id, **asked))["holders"]

    assert [one["name"] for one in found["nodes"]] == names


async def test_users_are_found_by_all_of_several_rights(ask, dorte, person, make, hansen, vat):
    bo, eva = await person(name="Bo Holm"), await person(name="Eva Lund")
    wages, unit = await Right.get(code="tax.wages"), await hansen_unit(hansen, 0)
    group = await make.group(hansen, bo, eva)
    await make.right(group)
    await make.right(eva, "tax.wages", production_unit=unit)

    async def names(*rights, **where):
        given = {"rightIds": [str(one.id) for one in rights], **where}
        found = (await ask(dorte, HAVING, rights=given))["nodes"]
        return [one["name"] for one in found]

    assert await names(vat) == ["Bo Holm", "Eva Lund"]
    assert await names(vat, wages) == await names(wages, vat, vat) == ["Eva Lund"]
    assert await names(vat, wages, pNumber=unit.p_number) == ["Eva Lund"]
    assert await names(vat, wages, pNumber=P_NUMBERS[1]) == []
    assert await names(vat, pNumber=P_NUMBERS[1]) == ["Bo Holm", "Eva Lund"]
    assert await names() == ["Bo Holm", "Dorte Friis", "Eva Lund"]


async def test_nothing_of_another_organisation_is_told(ask, dorte, make, jensen, vat):
    stranger = await make.user(jensen)
    await make.right(stranger)
    await make.right(await make.group(jensen, stranger))

    assert (await ask(dorte, HOLDERS, id=vat.id))["holders"]["totalCount"] == 0
    found = await ask(dorte, HAVING, rights={"rightIds": [str(vat.id)]})
    assert found == {"nodes": [], "totalCount": 0}


async def test_the_statements_do_not_grow_with_the_rows(send, dorte, person, make, hansen, sql):
    counts = []
    for _ in range(2):
        bo = await person()
        for code in ("tax.vat", "tax.wages"):
            await make.right(bo, code)
            await make.right(await make.group(hansen, bo, name=f"{code} {bo.id}"), code)
        sql()
        answer = await send(dorte, ALL_AT_ONCE)
        assert "errors" not in answer
        counts.append(sql())

    assert counts[0] == counts[1] <= 12


async def test_five_thousand_holders_are_found(ask, dorte, make, hansen, vat, sql):
    organisation = await User.get(id=dorte.id)
    facts = organisation.columns()
    group = await make.group(hansen)
    people = []
    for number in range(5000):
        own = facts | {"id": None, "uuid": None, "email": f"{number}@example.dk"}
        people.append(User(**{name: one for name, one in own.items() if one is not None}))
    await User.bulk_create(people, batch_size=1000)
    moment = {"created_at": make.now, "updated_at": make.now}
    here = {"organisation_id": hansen.id, "group_id": group.id, **moment}
    await GroupMember.bulk_create([GroupMember(**here, user_id=one.id) for one in people])
    await make.right(group)
    await make.right(group, "tax.wages")
    both = [str(vat.id), str((await Right.get(code="tax.wages")).id)]

    holders = await ask(dorte, HOLDERS, id=vat.id, first=100)
    having = await ask(dorte, HAVING, rights={"rightIds": both})

    assert holders["holders"]["totalCount"] == having["totalCount"] == 5000


@pytest.mark.parametrize("document", [EFFECTIVE, HOLDERS, HAVING, ALL_AT_ONCE])
async def test_all_of_it_is_answered_by_the_planner(asker, dorte, vat, sql, document):
    given = {"id": str(vat.id if document == HOLDERS else dorte.id)} if "$id" in document else {}

    answer = await asker.post(dorte, document, **given)

    assert "errors" not in answer.json()
    assert "x-segl-executor" not in answer.headers
