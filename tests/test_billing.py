"""How an organisation is invoiced: what every administrator sees, and who can change it."""

from datetime import date
from decimal import Decimal

import pytest

from models.billing import in_force
from server import Environment
from tests.making import EANS
from tests.paying import BILLING, BY_EMAIL, DIGITAL_POST, UPDATE, billing_of
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_billing = who_may("""
                      self  user_administrator  rights_administrator  organisation_administrator
    billing:read       .            x                    x                       x
    billing:update     .            .                    .                       x
    billing:read_overview  .        .                    .                       x
    ean:add            .            .                    .                       x
    ean:update         .            .                    .                       x
    ean:remove         .            .                    .                       x
""")

ADMINISTRATORS = ("organisation_administrator", "user_administrator", "rights_administrator")
WHO_CAN = "{ billing { canChange changeNote changeableBy } }"
PRICES = """
query Prices($on: Date) {
  billing { priceList(on: $on) { kind amount freeQuantity from until } }
}
"""


@pytest.fixture
async def administrator(person):
    return await person("organisation_administrator", name="Ulla Møller")


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

    prices = {
        one["kind"]: (Decimal(one["amount"]), one["freeQuantity"]) for one in answer["priceList"]
    }
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


def test_another_price_list_can_take_the_place_of_the_one_that_is_shipped(monkeypatch, tmp_path):
    file = tmp_path / "prices.toml"
    file.write_text(
        """
        [[price]]
        kind = "CHIP"
        amount = "99.50"
        from = 2026-01-01
        until = 2026-06-30
        [[price]]
        kind = "CHIP"
        amount = "101.00"
        free = 1
        from = 2026-07-01
        """
    )
    monkeypatch.setenv("SEGL_PRICES", str(file))

    prices = Environment.read().rules.prices

    (spring,) = in_force(prices, date(2026, 6, 30))
    (summer,) = in_force(prices, date(2026, 7, 1))
    assert (spring.amount, spring.free_quantity, spring.until) == (
        Decimal("99.50"),
        0,
        date(2026, 6, 30),
    )
    assert (summer.amount, summer.free_quantity, summer.until) == (Decimal("101.00"), 1, None)


async def test_a_day_that_does_not_exist_has_no_prices(send, administrator):
    answer = await send(administrator, PRICES, on="2026-02-30")

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INVALID"
    assert error["extensions"]["problem"] == "DATE_DOES_NOT_EXIST"
    assert error["extensions"]["path"] == ["on"]


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
