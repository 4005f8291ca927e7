"""The three ways of being invoiced: chosen one after another, refused where one does not fit."""

import pytest

from models import BillingMethodKind, HistoryEntry
from tests.making import EANS
from tests.paying import BY_EMAIL, DIGITAL_POST, NEM_HANDEL, UPDATE, billing_of
from tests.reading import history_of

pytestmark = pytest.mark.anyio

EMAIL = {"email": "bills@example.dk", "emailAgain": "bills@example.dk"}


@pytest.fixture
async def administrator(person):
    return await person("organisation_administrator", name="Ulla Møller")


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
