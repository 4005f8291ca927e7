"""Production units and VAT units: registered by number, and removed when nothing uses them."""

from asyncio import gather
from uuid import uuid4

import pytest
from tortoise import Tortoise
from tortoise.fields import OnDelete

from models import (
    DefaultSettings,
    EanLocation,
    EntityKind,
    Group,
    GroupMember,
    ProductionUnit,
    Request,
    User,
    UserStatus,
    VatUnit,
)
from models.references import referring
from models.requests import RequestKind, RequestStatus
from models.rights import Right
from tests.making import P_NUMBERS
from tests.pages import changing
from tests.reading import history_of
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_units = who_may("""
                              self  user_administrator  rights_administrator  organisation_administrator
    production_unit:add        .            .                    .                       x
    production_unit:remove     .            .                    .                       x
    vat_unit:add               .            .                    .                       x
    vat_unit:remove            .            .                    .                       x
""")  # noqa: E501

STORE, NEW = P_NUMBERS[1], P_NUMBERS[2]
SE_NUMBER = "13748136"
ERRORS = """
errors {
  code message path
  ... on Conflict { current { id } usages { kind count examples { id } } }
}
"""
ADD_UNIT = f"""
mutation AddProductionUnit($input: AddProductionUnitInput!, $dryRun: Boolean) {{
  addProductionUnit(input: $input, dryRun: $dryRun) {{
    productionUnit {{ id version pNumber name }} {ERRORS}
  }}
}}
"""
REMOVE_UNIT = f"""
mutation RemoveProductionUnit($input: RemoveProductionUnitInput!, $dryRun: Boolean) {{
  removeProductionUnit(input: $input, dryRun: $dryRun) {{
    productionUnit {{ pNumber name }} {ERRORS}
  }}
}}
"""
ADD_VAT_UNIT = f"""
mutation AddVatUnit($input: AddVatUnitInput!) {{
  addVatUnit(input: $input) {{ vatUnit {{ id version seNumber name }} {ERRORS} }}
}}
"""
REMOVE_VAT_UNIT = f"""
mutation RemoveVatUnit($input: RemoveVatUnitInput!) {{
  removeVatUnit(input: $input) {{ vatUnit {{ seNumber name }} {ERRORS} }}
}}
"""
UNITS_HERE = """
query UnitsHere($first: Int) {
  organisation {
    productionUnits(first: $first) { totalCount nodes { pNumber name } }
    vatUnits(first: $first) { totalCount nodes { seNumber name } }
    eans(first: $first) { totalCount nodes { eanNumber } }
  }
}
"""
SYSTEM_GROUPS = "{ groups(filter: { kind: SYSTEM }) { nodes { name members { totalCount } } } }"


@pytest.fixture
async def administrator(person):
    return await person("organisation_administrator", name="Ulla Møller")


@pytest.fixture
async def store(hansen) -> ProductionUnit:
    """The unit in which nobody works yet."""
    return await ProductionUnit.get(organisation_id=hansen.id, p_number=STORE)


@pytest.fixture
async def vat_unit(hansen) -> VatUnit:
    return await VatUnit.get(organisation_id=hansen.id)


@pytest.fixture
def remove(ask, administrator):
    """Tries to remove a unit, and returns the answer."""

    async def remove(unit, **more):
        if isinstance(unit, VatUnit):
            return await ask(administrator, REMOVE_VAT_UNIT, input={"vatUnitId": unit.id})
        given = {"productionUnitId": unit.id}
        return await ask(administrator, REMOVE_UNIT, input=given, **more)

    return remove


def used_by(answer):
    """Of a refusal the code, and how many of each kind stand in the way."""
    (error,) = answer["errors"]
    return error["code"], {one["kind"]: one["count"] for one in error["usages"]}


async def test_a_production_unit_is_registered_and_has_a_group_of_its_own(ask, administrator):
    given = {"pNumber": f" {NEW} ", "name": " Kantinen "}

    answer = await ask(administrator, ADD_UNIT, input=given)

    assert answer["errors"] == []
    key = answer["productionUnit"].pop("id")
    assert answer["productionUnit"] == {"version": 1, "pNumber": NEW, "name": "Kantinen"}
    (entry,) = await history_of(ask, administrator, key)
    assert entry.told == ("addProductionUnit", "DONE")
    assert entry.changes == {"pNumber": (None, NEW), "name": (None, "Kantinen")}
    groups = await ask(administrator, SYSTEM_GROUPS)
    assert {"name": f"Kantinen ({NEW})", "members": {"totalCount": 0}} in groups["nodes"]


async def test_whoever_comes_to_work_in_a_new_unit_is_in_its_group(ask, administrator, person):
    await ask(administrator, ADD_UNIT, input={"pNumber": NEW, "name": "Kantinen"})

    bo = await person(production_unit=await ProductionUnit.get(p_number=NEW))

    assert await GroupMember.exists(user_id=bo.id, group__name=f"Kantinen ({NEW})")


async def test_the_name_of_a_group_has_room_for_the_longest_name_of_a_unit(ask, administrator):
    answer = await ask(administrator, ADD_UNIT, input={"pNumber": NEW, "name": "x" * 200})

    assert answer["errors"] == []
    assert await Group.exists(name=f"{'x' * 187} ({NEW})")


async def test_a_vat_unit_is_registered(ask, administrator):
    answer = await ask(administrator, ADD_VAT_UNIT, input={"seNumber": SE_NUMBER, "name": "Salg"})

    key = answer["vatUnit"].pop("id")
    assert answer["vatUnit"] == {"version": 1, "seNumber": SE_NUMBER, "name": "Salg"}
    (entry,) = await history_of(ask, administrator, key)
    assert entry.told == ("addVatUnit", "DONE")
    assert entry.changes == {"seNumber": (None, SE_NUMBER), "name": (None, "Salg")}


@pytest.mark.parametrize(
    ("document", "given", "problems"),
    [
        (ADD_UNIT, {"pNumber": "1029829826", "name": " "}, ["CHECK_DIGIT_WRONG", "REQUIRED"]),
        (ADD_UNIT, {"pNumber": "102982982", "name": "x" * 201}, ["MALFORMED", "TOO_LONG"]),
        (ADD_VAT_UNIT, {"seNumber": "13748137", "name": ""}, ["CHECK_DIGIT_WRONG", "REQUIRED"]),
        (ADD_VAT_UNIT, {"seNumber": "1374", "name": "x" * 201}, ["MALFORMED", "TOO_LONG"]),
    ],
)
async def test_all_that_is_wrong_with_a_unit_is_told_at_once(
    document, given, problems, ask, administrator
):
    answer = await ask(administrator, document, input=given)

    told = [(one["code"], *one["path"]) for one in answer["errors"]]
    assert told == list(zip(problems, given, strict=True))


@pytest.mark.parametrize("language", ["en", "da"])
async def test_a_number_is_registered_once(language, ask, administrator, store, vat_unit):
    words = {"en": "registered already", "da": "allerede registreret"}[language]
    heads = {"accept-language": language}

    unit = await ask(administrator, ADD_UNIT, heads, input={"pNumber": STORE, "name": "Lager"})
    given = {"seNumber": vat_unit.se_number, "name": "Salg"}
    vat = await ask(administrator, ADD_VAT_UNIT, heads, input=given)

    for answer, path, known in ((unit, "pNumber", store), (vat, "seNumber", vat_unit)):
        (error,) = answer["errors"]
        assert (error["code"], error["path"]) == ("ALREADY_REGISTERED", [path])
        assert error["current"] == {"id": str(known.id)}
        assert words in error["message"]


async def test_a_number_is_registered_once_even_at_the_same_time(ask, person):
    both = [await person("organisation_administrator") for _ in range(2)]
    given = {"pNumber": NEW, "name": "Kantinen"}

    answers = await gather(*[ask(one, ADD_UNIT, input=given) for one in both])

    assert [code for one in answers for code in one.problems] == ["ALREADY_REGISTERED"]
    assert await ProductionUnit.filter(p_number=NEW).count() == 1


async def test_a_group_that_bears_the_name_already_keeps_it(ask, administrator, make, hansen):
    await make.group(hansen, name=f"Kantinen ({NEW})")

    answer = await ask(administrator, ADD_UNIT, input={"pNumber": NEW, "name": "Kantinen"})

    assert answer.problem == "NAME_TAKEN"
    assert not await ProductionUnit.exists(p_number=NEW)


async def test_a_unit_that_nothing_uses_goes_with_its_group(ask, remove, administrator, store):
    group = await Group.get(members_of_id=store.id)

    answer = await remove(store)

    assert answer["productionUnit"] == {"pNumber": STORE, "name": f"Unit {STORE}"}
    assert not await ProductionUnit.exists(id=store.id)
    (entry,) = await history_of(ask, administrator, store)
    assert entry.told == ("removeProductionUnit", "DONE")
    (entry,) = await history_of(ask, administrator, group)
    assert entry.told == ("removeProductionUnit", "DONE")
    assert not await Group.exists(id=group.id)


async def test_a_vat_unit_that_nothing_uses_goes(remove, vat_unit, hansen):
    answer = await remove(vat_unit)

    assert answer["vatUnit"] == {"seNumber": vat_unit.se_number, "name": hansen.name}
    assert not await VatUnit.exists(id=vat_unit.id)


@pytest.fixture(params=["production_unit", "vat_unit"])
async def used(request, make, hansen, person, store, vat_unit):
    """A unit that everything refers to that can refer to one."""
    unit = {"production_unit": store, "vat_unit": vat_unit}[request.param]
    tied = {request.param: unit}
    bo = await person(**tied)
    await make.profile(hansen, **tied)
    await make.right(await make.group(hansen, **tied), **tied)
    right = await Right.get(code="post.read")
    await make.request(hansen, user=bo, kind=RequestKind.RIGHT, right=right, **tied)
    page = await DefaultSettings.get(organisation_id=hansen.id)
    setattr(page, f"user_{request.param}", unit)
    setattr(page, f"certificate_{request.param}", unit)
    async with make.change(hansen.id):
        await page.save()
    return unit


async def test_a_unit_in_use_stays_and_all_that_uses_it_is_told(used, remove):
    answer = await remove(used)

    kinds = ("CERTIFICATE_PROFILE", "SETTINGS", "GROUP", "REQUEST", "RIGHT_ASSIGNMENT", "USER")
    assert used_by(answer) == (used.in_use, dict.fromkeys(kinds, 1))
    assert await type(used).exists(id=used.id)
    assert all(len(one["examples"]) == 1 for one in answer["errors"][0]["usages"])


@pytest.mark.parametrize("model", [ProductionUnit, VatUnit, EanLocation])
def test_whatever_refers_to_a_unit_keeps_it_and_can_be_told(model, tables):
    """A new table is found by itself; it must not go with the unit, nor lose it in silence."""
    there = {
        (one.__name__, name): one._meta.fields_map[name].on_delete
        for one in Tortoise.apps["models"].values()
        for name in one._meta.fk_fields
        if one._meta.fields_map[name].related_model is model
    }

    gone_with_it = {name for name, end in there.items() if end is not OnDelete.RESTRICT}
    assert gone_with_it <= {("Group", "members_of")}
    assert {one.__name__ for one in referring(model)} == {name for name, _ in there}
    assert all(EntityKind.of(one) for one in referring(model))


async def test_of_many_users_the_first_ten_are_named(person, remove, store):
    people = [await person(production_unit=store) for _ in range(12)]

    answer = await remove(store)

    (usage,) = answer["errors"][0]["usages"]
    assert (usage["kind"], usage["count"]) == ("USER", 12)
    assert usage["examples"] == [{"id": str(one.id)} for one in people[:10]]


async def test_what_has_ended_keeps_no_unit(person, make, hansen, remove, store):
    gone = await person(production_unit=store, status=UserStatus.DELETED)
    right = await Right.get(code="post.read")
    rejected = await make.request(
        hansen,
        user=await person(),
        kind=RequestKind.RIGHT,
        status=RequestStatus.REJECTED,
        right=right,
        production_unit=store,
    )

    answer = await remove(store)

    assert answer["errors"] == []
    assert (await User.get(id=gone.id)).production_unit_id is None
    assert (await Request.get(id=rejected.id)).production_unit_id is None


async def test_anothers_use_of_the_same_number_does_not_count(make, jensen, remove, hansen):
    first = await ProductionUnit.get(organisation_id=hansen.id, p_number=P_NUMBERS[0])
    theirs = await ProductionUnit.get(organisation_id=jensen.id, p_number=P_NUMBERS[0])
    await make.user(jensen, production_unit=theirs)

    answer = await remove(first)

    assert answer["errors"] == []
    assert await ProductionUnit.exists(id=theirs.id)


async def test_a_unit_is_given_up_while_it_becomes_the_default_one(ask, administrator, store):
    """Whichever comes first, the other is refused, and nothing breaks."""
    removed, chosen = await gather(
        ask(administrator, REMOVE_UNIT, input={"productionUnitId": store.id}),
        ask(administrator, changing("defaults"), input={"userPNumber": STORE}),
    )

    assert removed.problems + chosen.problems in (["P_NUMBER_IN_USE"], ["P_NUMBER_NOT_REGISTERED"])


@pytest.mark.parametrize("role", ["user_administrator", "rights_administrator"])
async def test_other_administrators_only_look(role, ask, person, store, administrator):
    other = await person(role)

    answers = [
        await ask(other, ADD_UNIT, input={"pNumber": NEW, "name": "Kantinen"}),
        await ask(other, REMOVE_UNIT, input={"productionUnitId": store.id}),
    ]

    assert [one.problem for one in answers] == ["DENIED", "DENIED"]
    assert (await ask(other, UNITS_HERE))["productionUnits"]["totalCount"] == 2


async def test_a_stranger_finds_no_unit(ask, make, jensen, store, vat_unit):
    stranger = await make.user(jensen, "organisation_administrator")

    for document, name, unit in (
        (REMOVE_UNIT, "productionUnitId", store),
        (REMOVE_VAT_UNIT, "vatUnitId", vat_unit),
    ):
        theirs = await ask(stranger, document, input={name: unit.id})
        nobodys = await ask(stranger, document, input={name: uuid4()})
        assert theirs == nobodys
        assert theirs.problem == "NOT_FOUND"
        assert await type(unit).exists(id=unit.id)


async def test_a_dry_run_tells_whether_a_unit_could_go(person, remove, store):
    could = await remove(store, dryRun=True)
    await person(production_unit=store)
    could_not = await remove(store, dryRun=True)

    assert could["errors"] == []
    assert used_by(could_not) == ("P_NUMBER_IN_USE", {"USER": 1})
    assert await ProductionUnit.exists(id=store.id)


async def test_the_lists_take_as_many_statements_whatever_their_length(
    ask, sql, administrator, make, hansen
):
    sql()
    few = await ask(administrator, UNITS_HERE, first=1)
    statements = sql()
    async with make.change(hansen.id):
        for number in range(30):
            name, here = f"{number}", {"organisation_id": hansen.id}
            await ProductionUnit(**here, p_number=f"{number:010}", name=name).save()
            await VatUnit(**here, se_number=f"{number:08}", name=name).save()
    sql()
    many = await ask(administrator, UNITS_HERE, first=100)

    assert sql() == statements
    assert [one["productionUnits"]["totalCount"] for one in (few, many)] == [2, 32]
    assert len(many["vatUnits"]["nodes"]) == 31
