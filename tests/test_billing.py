"""How an organisation is invoiced: seen by every administrator, changed by one kind only."""

from datetime import date
from decimal import Decimal

import pytest

from models import Billing, BillingMethodKind, HistoryEntry, Organisation
from tests.making import EANS
from tests.reading import history_of
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_billing = who_may("""
                      self  user_administrator  rights_administrator  organisation_administrator
    billing:read       .            x                    x                       x
    billing:update     .            .                    .                       x
    ean:add            .            .                    .                       x
    ean:update         .            .                    .                       x
    ean:remove         .            .                    .                       x
""")

ADMINISTRATORS = ("organisation_administrator", "user_administrator", "rights_administrator")
METHOD = """
fragment Method on Billing {
  method {
    kind
    ... on NemHandelMethod { defaultEan { eanNumber } eans { nodes { eanNumber label } } }
    ... on DigitalPostMethod { attentionName reference }
    ... on EmailMethod { email attentionName reference }
  }
}
"""
BILLING = "{ billing { ...Method } }" + METHOD
WHO_CAN = "{ billing { canChange changeNote changeableBy } }"
PRICES = """
query Prices($on: Date) {
  billing { priceList(on: $on) { kind amount freeQuantity from until } }
}
"""
UPDATE = """
mutation UpdateBilling($input: UpdateBillingInput!, $dryRun: Boolean) {
  updateBilling(input: $input, dryRun: $dryRun) {
    billing { version changedAt changedBy { name } ...Method }
    errors { code message path ... on Denied { permission allowedFor grantableBy } }
  }
}
""" + METHOD

NEM_HANDEL = {"nemHandel": {"defaultEanNumber": EANS[0]}}
DIGITAL_POST = {"digitalPost": {"attentionName": "Bo Holm", "reference": "PO-17"}}
BY_EMAIL = {
    "email": {
        "email": "bills@example.dk",
        "emailAgain": "bills@example.dk",
        "attentionName": "Eva Lund",
        "reference": "PO-18",
    }
}


@pytest.fixture
async def administrator(person):
    return await person("organisation_administrator", name="Ulla Møller")


async def billing_of(organisation: Organisation) -> Billing:
    return await Billing.get(organisation_id=organisation.id)


@pytest.mark.parametrize("role", ADMINISTRATORS)
async def test_every_administrator_sees_the_method(role, ask, person):
    administrator = await person(role)

    answer = await ask(administrator, BILLING)

    assert answer == {
        "method": {
            "kind": "NEM_HANDEL",
            "defaultEan": {"eanNumber": EANS[0]},
            "eans": {"nodes": [{"eanNumber": EANS[0], "label": f"EAN {EANS[0]}"}]},
        }
    }


@pytest.mark.parametrize(
    ("method", "shown"),
    [
        (DIGITAL_POST, {"kind": "DIGITAL_POST", "attentionName": "Bo Holm", "reference": "PO-17"}),
        (
            {"digitalPost": {}},
            {"kind": "DIGITAL_POST", "attentionName": None, "reference": None},
        ),
        (
            BY_EMAIL,
            {
                "kind": "EMAIL",
                "email": "bills@example.dk",
                "attentionName": "Eva Lund",
                "reference": "PO-18",
            },
        ),
    ],
)
@pytest.mark.parametrize("role", ADMINISTRATORS)
async def test_every_administrator_sees_each_method_in_its_own_form(
    role, method, shown, ask, person, administrator
):
    reader = await person(role)
    await ask(administrator, UPDATE, input={"method": method})

    answer = await ask(reader, BILLING)

    assert answer == {"method": shown}


async def test_an_employee_does_not_see_how_the_organisation_pays(send, person):
    employee = await person()

    answer = await send(employee, BILLING)

    (error,) = answer["errors"]
    assert answer["data"] == {"billing": None}
    assert error["path"] == ["billing"]
    assert error["extensions"] == {
        "code": "DENIED",
        "permission": "billing:read",
        "allowedFor": [
            "ORGANISATION_ADMINISTRATOR",
            "USER_ADMINISTRATOR",
            "RIGHTS_ADMINISTRATOR",
        ],
        "grantableBy": ["ORGANISATION_ADMINISTRATOR"],
    }


async def test_an_employee_does_not_see_it_by_its_id_either(ask, person, hansen):
    employee, billing = await person(), await billing_of(hansen)

    answer = await ask(employee, "query ($id: ID!) { node(id: $id) { id } }", id=billing.id)

    assert answer is None


async def test_an_organisation_administrator_can_change_it(ask, administrator):
    answer = await ask(administrator, WHO_CAN)

    assert answer == {
        "canChange": True,
        "changeNote": None,
        "changeableBy": ["ORGANISATION_ADMINISTRATOR"],
    }


@pytest.mark.parametrize(
    ("language", "note"),
    [
        ("en", "The organisation administrator can change this."),
        ("da", "En organisationsadministrator kan ændre dette."),
    ],
)
@pytest.mark.parametrize("role", ["user_administrator", "rights_administrator"])
async def test_the_others_are_told_who_can(role, language, note, ask, person):
    reader = await person(role)

    answer = await ask(reader, WHO_CAN, {"accept-language": language})

    assert answer == {
        "canChange": False,
        "changeNote": note,
        "changeableBy": ["ORGANISATION_ADMINISTRATOR"],
    }


async def test_the_price_list_holds_what_is_in_force_today(ask, administrator):
    answer = await ask(administrator, PRICES)

    prices = {one["kind"]: (Decimal(one["amount"]), one["freeQuantity"]) for one in answer["priceList"]}
    assert prices == {
        "USER_ACTIVATION": (Decimal("20.00"), 3),
        "CODE_DISPLAY": (Decimal("33.50"), 0),
        "AUDIO_CODE_READER": (Decimal("235.50"), 0),
        "CHIP": (Decimal("115.00"), 0),
        "USER_CERTIFICATE": (Decimal("20.00"), 0),
        "ORGANISATION_CERTIFICATE": (Decimal("20.00"), 0),
    }
    assert answer["priceList"][1]["amount"] == "33.50"


async def test_the_price_list_of_another_day_holds_what_was_in_force_then(ask, administrator):
    now = await ask(administrator, PRICES, on=date(2026, 11, 2))
    first_day = await ask(administrator, PRICES, on=date(2022, 1, 1))
    the_day_before = await ask(administrator, PRICES, on=date(2021, 12, 31))

    assert now == first_day
    assert {one["from"] for one in now["priceList"]} == {"2022-01-01"}
    assert the_day_before == {"priceList": []}


async def test_a_day_that_does_not_exist_has_no_prices(send, administrator):
    answer = await send(administrator, PRICES, on="2026-02-30")

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INVALID"
    assert error["extensions"]["problem"] == "DATE_DOES_NOT_EXIST"
    assert error["extensions"]["path"] == ["on"]


async def test_invoices_go_by_email_from_now_on(ask, administrator, hansen):
    answer = await ask(administrator, UPDATE, input={"method": BY_EMAIL})

    assert answer["errors"] == []
    assert answer["billing"] == {
        "version": 2,
        "changedAt": "2026-11-02T09:00:00+00:00",
        "changedBy": {"name": "Ulla Møller"},
        "method": {
            "kind": "EMAIL",
            "email": "bills@example.dk",
            "attentionName": "Eva Lund",
            "reference": "PO-18",
        },
    }
    entry, *_ = await history_of(ask, administrator, await billing_of(hansen))
    assert entry.told == ("updateBilling", "DONE")
    assert entry.changes == {
        "kind": ("NEM_HANDEL", "EMAIL"),
        "defaultEan": (EANS[0], None),
        "email": (None, "bills@example.dk"),
        "attentionName": (None, "Eva Lund"),
        "reference": (None, "PO-18"),
    }


@pytest.mark.parametrize(
    ("former", "method", "stored"),
    [
        (BY_EMAIL, DIGITAL_POST, (None, None, "Bo Holm", "PO-17")),
        (BY_EMAIL, {"digitalPost": {}}, (None, None, None, None)),
        (BY_EMAIL, NEM_HANDEL, (EANS[0], None, None, None)),
        (NEM_HANDEL, DIGITAL_POST, (None, None, "Bo Holm", "PO-17")),
        (DIGITAL_POST, BY_EMAIL, (None, "bills@example.dk", "Eva Lund", "PO-18")),
        (DIGITAL_POST, NEM_HANDEL, (EANS[0], None, None, None)),
    ],
)
async def test_a_new_method_clears_what_belonged_to_the_old_one(
    former, method, stored, ask, administrator, hansen
):
    await ask(administrator, UPDATE, input={"method": former})

    answer = await ask(administrator, UPDATE, input={"method": method})

    assert answer["errors"] == []
    billing = await billing_of(hansen)
    await billing.fetch_related("default_ean")
    ean = billing.default_ean and billing.default_ean.ean_number
    assert (ean, billing.email, billing.attention_name, billing.reference) == stored


EMAIL = {"email": "bills@example.dk", "emailAgain": "bills@example.dk"}


@pytest.mark.parametrize(
    ("method", "problems"),
    [
        (
            {"email": EMAIL | {"emailAgain": "bill@example.dk"}},
            [("EMAILS_DIFFER", "method email emailAgain")],
        ),
        ({"email": EMAIL | {"email": "bills@"}}, [("MALFORMED", "method email email")]),
        (
            {"email": {"email": "bills@", "emailAgain": "@example.dk", "reference": "x" * 256}},
            [
                ("MALFORMED", "method email email"),
                ("MALFORMED", "method email emailAgain"),
                ("TOO_LONG", "method email reference"),
            ],
        ),
        ({"email": EMAIL | {"email": " "}}, [("REQUIRED", "method email email")]),
        (
            {"digitalPost": {"attentionName": "a\nb"}},
            [("MALFORMED", "method digitalPost attentionName")],
        ),
        (
            {"nemHandel": {"defaultEanNumber": "5790000123450"}},
            [("CHECK_DIGIT_WRONG", "method nemHandel defaultEanNumber")],
        ),
        (
            {"nemHandel": {"defaultEanNumber": "579"}},
            [("MALFORMED", "method nemHandel defaultEanNumber")],
        ),
        (
            {"nemHandel": {"defaultEanNumber": EANS[1]}},
            [("EAN_NOT_REGISTERED", "method nemHandel defaultEanNumber")],
        ),
    ],
)
async def test_a_wrong_method_is_refused_and_the_old_one_stays(
    method, problems, ask, administrator, hansen
):
    answer = await ask(administrator, UPDATE, input={"method": method})

    assert [(one["code"], " ".join(one["path"])) for one in answer["errors"]] == problems
    assert answer["billing"] is None
    assert (await billing_of(hansen)).version == 1


async def test_an_ean_number_of_another_organisation_is_not_registered(ask, make, hansen, jensen):
    stranger = await make.user(jensen, "organisation_administrator")

    theirs = await ask(stranger, UPDATE, input={"method": NEM_HANDEL})
    nobodys = await ask(
        stranger, UPDATE, input={"method": {"nemHandel": {"defaultEanNumber": EANS[1]}}}
    )

    assert theirs.problem == "EAN_NOT_REGISTERED"
    assert theirs["errors"] == nobodys["errors"]


@pytest.mark.parametrize("method", [DIGITAL_POST, BY_EMAIL])
async def test_a_public_organisation_is_invoiced_through_nemhandel_only(method, ask, make):
    town = await make.organisation("Nordby Kommune", eans=2, is_public=True)
    administrator = await make.user(town, "organisation_administrator")

    answer = await ask(administrator, UPDATE, input={"method": method})

    assert answer.problem == "NEM_HANDEL_ONLY"
    assert answer["errors"][0]["path"] == ["method"]
    assert (await billing_of(town)).kind is BillingMethodKind.NEM_HANDEL


async def test_a_public_organisation_chooses_which_ean_number_pays(ask, make):
    town = await make.organisation("Nordby Kommune", eans=2, is_public=True)
    administrator = await make.user(town, "organisation_administrator")

    answer = await ask(
        administrator, UPDATE, input={"method": {"nemHandel": {"defaultEanNumber": EANS[1]}}}
    )

    assert answer["billing"]["method"]["defaultEan"] == {"eanNumber": EANS[1]}


async def test_a_user_administrator_only_looks_and_is_told_why(ask, person, hansen, administrator):
    user_administrator = await person("user_administrator", name="Bo Holm")

    answer = await ask(
        user_administrator, UPDATE, {"accept-language": "en"}, input={"method": DIGITAL_POST}
    )

    assert answer.problem == "DENIED"
    assert answer["errors"][0] == {
        "code": "DENIED",
        "message": "You may not do this: it needs the permission billing:update, which the"
        " organisation administrator holds. The organisation administrator can give you that role.",
        "path": None,
        "permission": "billing:update",
        "allowedFor": ["ORGANISATION_ADMINISTRATOR"],
        "grantableBy": ["ORGANISATION_ADMINISTRATOR"],
    }
    entry, *_ = await history_of(ask, administrator, hansen)
    assert entry.told == ("updateBilling", "DENIED")
    assert entry["actor"] == {"name": "Bo Holm"}
    assert (await billing_of(hansen)).version == 1


async def test_a_dry_run_shows_the_new_method_and_keeps_the_old(ask, administrator, hansen):
    answer = await ask(administrator, UPDATE, input={"method": BY_EMAIL}, dryRun=True)

    assert answer["errors"] == []
    assert answer["billing"]["method"]["kind"] == "EMAIL"
    assert (await billing_of(hansen)).kind is BillingMethodKind.NEM_HANDEL
    assert not await HistoryEntry.filter(operation="updateBilling").exists()


async def test_an_organisation_without_ean_numbers_is_sent_digital_post(ask, make, jensen):
    administrator = await make.user(jensen, "organisation_administrator")

    answer = await ask(administrator, BILLING)

    assert answer == {"method": {"kind": "DIGITAL_POST", "attentionName": None, "reference": None}}


async def test_the_history_of_the_method_is_told_beside_it(ask, administrator):
    await ask(administrator, UPDATE, input={"method": BY_EMAIL})
    await ask(administrator, UPDATE, input={"method": DIGITAL_POST})

    asked = "{ billing { history { totalCount nodes { operation about { id } } } billing: id } }"
    answer = await ask(administrator, asked)

    told = [one["operation"] for one in answer["history"]["nodes"]]
    assert told == ["updateBilling", "updateBilling", "demo"]
    assert {one["about"]["id"] for one in answer["history"]["nodes"]} == {answer["billing"]}
