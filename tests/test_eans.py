"""EAN numbers for invoices: registered, described, and removed when nothing uses them."""

from asyncio import gather
from uuid import uuid4

import pytest

from models import EanLocation, UserStatus
from tests.making import EANS
from tests.reading import history_of

pytestmark = pytest.mark.anyio

EAN = "ean { id version eanNumber label attentionName purchaseOrderReference }"
ADD = f"""
mutation AddEan($input: AddEanInput!, $dryRun: Boolean) {{
  addEan(input: $input, dryRun: $dryRun) {{ {EAN} errors {{ code path }} }}
}}
"""
UPDATE = f"""
mutation UpdateEan($input: UpdateEanInput!, $dryRun: Boolean) {{
  updateEan(input: $input, dryRun: $dryRun) {{ {EAN} errors {{ code path }} }}
}}
"""
REMOVE = f"""
mutation RemoveEan($input: RemoveEanInput!, $dryRun: Boolean) {{
  removeEan(input: $input, dryRun: $dryRun) {{
    {EAN}
    errors {{
      code path
      ... on Conflict {{ current {{ id }} usages {{ kind count examples {{ id }} }} }}
    }}
  }}
}}
"""
EANS_HERE = "{ organisation { eans { totalCount nodes { eanNumber label } } } }"
CANTEEN = {
    "eanNumber": EANS[1],
    "label": "Canteen",
    "attentionName": "Eva Lund",
    "purchaseOrderReference": "PO-17",
}


@pytest.fixture
async def administrator(person):
    return await person("organisation_administrator", name="Ulla Møller")


@pytest.fixture
async def canteen(make, hansen) -> EanLocation:
    """An EAN number that nothing uses yet."""
    ean = EanLocation(organisation_id=hansen.id, ean_number=EANS[1], label="Canteen")
    ean.attention_name = "Eva Lund"
    async with make.change(hansen.id):
        await ean.save()
    return ean


async def test_an_ean_number_is_registered(ask, administrator):
    answer = await ask(administrator, ADD, input=CANTEEN)

    assert answer["errors"] == []
    key = answer["ean"].pop("id")
    assert answer["ean"] == {"version": 1, **CANTEEN}
    (entry,) = await history_of(ask, administrator, key)
    assert entry.told == ("addEan", "DONE")
    assert entry["actor"] == {"name": "Ulla Møller"}
    assert entry.changes == {name: (None, value) for name, value in CANTEEN.items()}
    here = await ask(administrator, EANS_HERE)
    assert here["eans"]["totalCount"] == 2


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"eanNumber": "5790000123450"}, [("CHECK_DIGIT_WRONG", "eanNumber")]),
        ({"eanNumber": "57900001234"}, [("MALFORMED", "eanNumber")]),
        ({"eanNumber": ""}, [("REQUIRED", "eanNumber")]),
        ({"label": "  "}, [("REQUIRED", "label")]),
        (
            {"eanNumber": "5790000123450", "label": "x" * 256, "attentionName": "x" * 256},
            [
                ("CHECK_DIGIT_WRONG", "eanNumber"),
                ("TOO_LONG", "label"),
                ("TOO_LONG", "attentionName"),
            ],
        ),
        ({"eanNumber": EANS[0]}, [("ALREADY_REGISTERED", "eanNumber")]),
    ],
)
async def test_a_wrong_ean_number_is_not_registered(given, problems, ask, administrator):
    answer = await ask(administrator, ADD, input=CANTEEN | given)

    assert [(one["code"], *one["path"]) for one in answer["errors"]] == problems
    assert await EanLocation.all().count() == 1


async def test_blanks_about_what_is_written_are_left_out(ask, administrator):
    given = {name: f"  {value} " for name, value in CANTEEN.items()}

    answer = await ask(administrator, ADD, input=given)

    assert {name: answer["ean"][name] for name in CANTEEN} == CANTEEN


async def test_two_organisations_may_register_the_same_number(ask, administrator, make, jensen):
    elsewhere = await make.user(jensen, "organisation_administrator")
    await ask(administrator, ADD, input=CANTEEN)

    answer = await ask(elsewhere, ADD, input=CANTEEN)

    assert answer["errors"] == []
    assert (await ask(elsewhere, EANS_HERE))["eans"]["totalCount"] == 1


async def test_a_number_is_registered_once_even_at_the_same_time(ask, person):
    both = [await person("organisation_administrator") for _ in range(2)]

    answers = await gather(*[ask(one, ADD, input=CANTEEN) for one in both])

    assert [code for one in answers for code in one.problems] == ["ALREADY_REGISTERED"]
    assert await EanLocation.filter(ean_number=EANS[1]).count() == 1


async def test_what_is_absent_stays_and_what_is_null_is_cleared(ask, administrator, canteen):
    given = {"eanId": canteen.id, "purchaseOrderReference": "PO-18", "attentionName": None}

    answer = await ask(administrator, UPDATE, input=given)

    assert answer["ean"] == {
        "id": str(canteen.id),
        "version": 2,
        "eanNumber": EANS[1],
        "label": "Canteen",
        "attentionName": None,
        "purchaseOrderReference": "PO-18",
    }
    entry, *_ = await history_of(ask, administrator, canteen)
    assert entry.told == ("updateEan", "DONE")
    assert entry.changes == {
        "attentionName": ("Eva Lund", None),
        "purchaseOrderReference": (None, "PO-18"),
    }


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, ("NOTHING_TO_CHANGE", None)),
        ({"label": None}, ("REQUIRED", ["label"])),
        ({"label": ""}, ("REQUIRED", ["label"])),
        ({"purchaseOrderReference": "x" * 256}, ("TOO_LONG", ["purchaseOrderReference"])),
    ],
)
async def test_a_wrong_description_is_refused(given, problem, ask, administrator, canteen):
    answer = await ask(administrator, UPDATE, input={"eanId": canteen.id, **given})

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == problem
    assert (await EanLocation.get(id=canteen.id)).version == 1


async def test_an_empty_text_is_no_text(ask, administrator, canteen):
    answer = await ask(administrator, UPDATE, input={"eanId": canteen.id, "attentionName": " "})

    assert answer["ean"]["attentionName"] is None


async def test_an_ean_number_that_nothing_uses_is_removed(ask, administrator, canteen):
    answer = await ask(administrator, REMOVE, input={"eanId": canteen.id})

    assert answer["errors"] == []
    assert answer["ean"]["label"] == "Canteen"
    assert not await EanLocation.exists(id=canteen.id)
    entry, *_ = await history_of(ask, administrator, canteen)
    assert entry.told == ("removeEan", "DONE")
    assert entry.changes == {
        "eanNumber": (EANS[1], None),
        "label": ("Canteen", None),
        "attentionName": ("Eva Lund", None),
    }


async def test_an_ean_number_that_a_user_pays_by_stays(ask, administrator, canteen, person):
    payer = await person(ean=canteen)

    answer = await ask(administrator, REMOVE, input={"eanId": canteen.id})

    (error,) = answer["errors"]
    assert error == {
        "code": "EAN_IN_USE",
        "path": None,
        "current": {"id": str(canteen.id)},
        "usages": [{"kind": "USER", "count": 1, "examples": [{"id": str(payer.id)}]}],
    }
    assert await EanLocation.exists(id=canteen.id)


async def test_an_ean_number_that_a_profile_pays_by_stays(
    ask, administrator, canteen, make, hansen
):
    profiles = [await make.profile(hansen, ean=canteen, name=f"System {n}") for n in range(12)]

    answer = await ask(administrator, REMOVE, input={"eanId": canteen.id})

    (error,) = answer["errors"]
    assert error["code"] == "EAN_IN_USE"
    (usage,) = error["usages"]
    assert (usage["kind"], usage["count"]) == ("CERTIFICATE_PROFILE", 12)
    assert len(usage["examples"]) == 10
    assert {one["id"] for one in usage["examples"]} <= {str(one.id) for one in profiles}


async def test_the_ean_number_that_pays_by_default_stays(ask, administrator, hansen):
    default = await EanLocation.get(organisation_id=hansen.id)

    answer = await ask(administrator, REMOVE, input={"eanId": default.id})

    (error,) = answer["errors"]
    assert error["code"] == "EAN_IN_USE"
    assert [(one["kind"], one["count"]) for one in error["usages"]] == [("BILLING", 1)]
    assert await EanLocation.exists(id=default.id)


async def test_a_deleted_user_no_longer_keeps_an_ean_number(ask, administrator, canteen, person):
    await person(ean=canteen, status=UserStatus.DELETED)

    answer = await ask(administrator, REMOVE, input={"eanId": canteen.id})

    assert answer["errors"] == []


@pytest.mark.parametrize("document", [UPDATE, REMOVE])
async def test_a_stranger_finds_no_ean_number(document, ask, make, jensen, canteen):
    stranger = await make.user(jensen, "organisation_administrator")
    label = {"label": "Stolen"} if document == UPDATE else {}

    theirs = await ask(stranger, document, input={"eanId": canteen.id, **label})
    nobodys = await ask(stranger, document, input={"eanId": uuid4(), **label})

    assert theirs == nobodys
    assert theirs["errors"][0]["code"] == "NOT_FOUND"
    assert (await EanLocation.get(id=canteen.id)).label == "Canteen"


@pytest.mark.parametrize("role", ["user_administrator", "rights_administrator"])
async def test_other_administrators_only_look(role, ask, person, canteen, administrator):
    other = await person(role)

    answer = await ask(other, REMOVE, input={"eanId": canteen.id})

    assert answer.problem == "DENIED"
    assert await EanLocation.exists(id=canteen.id)


async def test_a_dry_run_neither_adds_nor_removes(ask, administrator, canteen):
    other = CANTEEN | {"eanNumber": "5790002345678"}

    added = await ask(administrator, ADD, input=other, dryRun=True)
    removed = await ask(administrator, REMOVE, input={"eanId": canteen.id}, dryRun=True)

    assert added["errors"] == removed["errors"] == []
    assert set(await EanLocation.all().values_list("ean_number", flat=True)) == set(EANS)


async def test_an_ean_number_is_given_up_while_a_user_is_tied_to_it(
    ask, administrator, canteen, person
):
    """Whichever comes first, the other is refused, and nothing breaks."""
    user_administrator, bo = await person("user_administrator"), await person()
    allow = """
        mutation ($input: UpdateUserSettingsInput!) {
          updateUserSettings(input: $input) { errors { code } }
        }
    """
    tie = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { errors { code } } }"
    await ask(administrator, allow, input={"allowedInformation": ["EAN_NUMBER"]})

    removed, tied = await gather(
        ask(administrator, REMOVE, input={"eanId": canteen.id}),
        ask(user_administrator, tie, input={"userId": bo.id, "eanNumber": EANS[1]}),
    )

    assert sorted(removed.problems + tied.problems) in (["EAN_IN_USE"], ["EAN_NOT_REGISTERED"])
