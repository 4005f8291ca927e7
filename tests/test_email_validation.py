"""Addresses in certificates: each is confirmed by a link before anything is issued."""

import re

import pytest

from gateways import Claims
from models import Certificate, CertificateProfile, EmailValidation, HistoryEntry
from tests.certificates import CANCEL, ORDER, RENEW_CODE, RETRIEVE, own
from tests.reading import history_of, letters_sent, stored
from tests.scenes import everything_stored

pytestmark = pytest.mark.anyio

CREATE = """
mutation ($input: CreateCertificateProfileInput!, $dryRun: Boolean) {
  createCertificateProfile(input: $input, dryRun: $dryRun) {
    profile { id isEmailValidated } errors { code path }
  }
}
"""
UPDATE = """
mutation ($input: UpdateCertificateProfileInput!) {
  updateCertificateProfile(input: $input) { profile { isEmailValidated } errors { code path } }
}
"""
VALIDATE = """
mutation ($input: ValidateCertificateEmailInput!, $dryRun: Boolean) {
  validateCertificateEmail(input: $input, dryRun: $dryRun) {
    profile { id version isEmailValidated } certificate { id version isEmailValidated }
    errors { code path }
  }
}
"""
ARCHIVE = {
    "name": "Archive",
    "email": "archive@example.dk",
    "contactName": "Bo Lind",
    "contactEmail": "bo@example.dk",
}
CLERK = Claims(name="Ida Kruse", cpr_number="6201904242")


@pytest.fixture
async def bo(person):
    """Bo, who administers users."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
async def eva(person):
    return await person(name="Eva Lund", email="eva@example.dk", language="ENGLISH")


@pytest.fixture
def link(gateways):
    """The secret part of the link in the latest letter to an address."""

    async def link(email):
        letters = [one for one in await letters_sent(gateways) if one.to == email]
        latest = max(letters, key=lambda one: one.id)
        (found,) = re.findall(r"/validate-email#(\S+)", latest.body)
        return {"link": found}

    return link


@pytest.fixture
async def archive(ask, bo):
    """A profile whose address waits to be confirmed."""
    return (await ask(bo, CREATE, input=ARCHIVE))["profile"]


async def test_whoever_reads_the_mail_confirms_the_address_of_a_profile(ask, bo, archive, link):
    given = await link("archive@example.dk")

    answer = await ask(CLERK, VALIDATE, input=given)

    assert archive["isEmailValidated"] is False
    assert answer["errors"] == []
    assert answer["profile"] == {"id": archive["id"], "version": 2, "isEmailValidated": True}
    assert answer["certificate"] is None
    entry, _ = await history_of(ask, bo, archive["id"])
    assert entry.told == ("validateCertificateEmail", "DONE")
    assert entry["actor"] == {"name": "Ida Kruse"}
    assert entry.changes == {"isEmailValidated": ("false", "true")}


async def test_the_orders_that_wait_for_the_address_can_be_retrieved_then(ask, bo, archive, link):
    given = {"kind": "SYSTEM", "holder": {"profileId": archive["id"]}}
    order = (await ask(bo, ORDER, input=given))["certificate"]
    early = await ask(bo, RETRIEVE, input=own(order["id"]))

    await ask(CLERK, VALIDATE, input=await link("archive@example.dk"))
    late = await ask(bo, RETRIEVE, input=own(order["id"]))

    assert early.problem == "EMAIL_NOT_VALIDATED"
    assert late["errors"] == []


async def test_each_order_sends_the_link_anew_and_the_former_one_is_void(ask, bo, archive, link):
    former = await link("archive@example.dk")
    given = {"kind": "SYSTEM", "holder": {"profileId": archive["id"]}}
    await ask(bo, ORDER, input=given)

    void = await ask(CLERK, VALIDATE, input=former)
    good = await ask(CLERK, VALIDATE, input=await link("archive@example.dk"))

    assert void["errors"] == [{"code": "LINK_UNKNOWN", "path": ["link"]}]
    assert good["errors"] == []


async def test_a_new_code_sends_the_link_again_while_the_address_is_not_confirmed(
    ask, bo, archive, link, letters
):
    given = {"kind": "SYSTEM", "holder": {"profileId": archive["id"]}}
    order = (await ask(bo, ORDER, input=given))["certificate"]
    former = await link("archive@example.dk")

    await ask(bo, RENEW_CODE, input={"certificateId": order["id"]})
    void = await ask(CLERK, VALIDATE, input=former)
    good = await ask(CLERK, VALIDATE, input=await link("archive@example.dk"))
    sent = len(await letters("archive@example.dk"))
    await ask(bo, RENEW_CODE, input={"certificateId": order["id"]})

    assert void["errors"] == [{"code": "LINK_UNKNOWN", "path": ["link"]}]
    assert good["errors"] == []
    assert len(await letters("archive@example.dk")) == sent


async def test_the_link_for_an_order_is_sent_to_the_address_that_it_bears(
    ask, bo, archive, link, letters
):
    given = {"kind": "SYSTEM", "holder": {"profileId": archive["id"]}}
    order = (await ask(bo, ORDER, input=given))["certificate"]
    await ask(bo, UPDATE, input={"profileId": archive["id"], "email": "store@example.dk"})
    sent = len(await letters("store@example.dk"))

    await ask(bo, RENEW_CODE, input={"certificateId": order["id"]})
    await ask(CLERK, VALIDATE, input=await link("archive@example.dk"))

    assert len(await letters("store@example.dk")) == sent
    assert (await Certificate.get(id=order["id"])).is_email_validated


async def test_another_address_in_a_users_certificate_is_confirmed_first(ask, bo, eva, link):
    given = {"kind": "USER", "holder": {"userId": eva.id}, "email": "lund@example.dk"}
    order = (await ask(bo, ORDER, input=given))["certificate"]
    early = await ask(eva, RETRIEVE, input=own(order["id"]))

    answer = await ask(eva, VALIDATE, input=await link("lund@example.dk"))
    late = await ask(eva, RETRIEVE, input=own(order["id"]))

    assert early.problem == "EMAIL_NOT_VALIDATED"
    assert answer["profile"] is None
    assert answer["certificate"] == {"id": order["id"], "version": 2, "isEmailValidated": True}
    assert late["errors"] == []


async def test_a_new_address_of_a_profile_is_confirmed_anew(ask, bo, archive, link):
    first = await link("archive@example.dk")
    await ask(CLERK, VALIDATE, input=first)

    changed = await ask(bo, UPDATE, input={"profileId": archive["id"], "email": "store@example.dk"})
    of_the_old = await ask(CLERK, VALIDATE, input=first)
    of_the_new = await ask(CLERK, VALIDATE, input=await link("store@example.dk"))

    assert changed["profile"]["isEmailValidated"] is False
    assert of_the_old["profile"]["isEmailValidated"] is False
    assert of_the_new["profile"]["isEmailValidated"] is True


async def test_an_order_with_the_former_address_is_confirmed_by_the_former_link(
    ask, bo, archive, link
):
    given = {"kind": "SYSTEM", "holder": {"profileId": archive["id"]}}
    order = (await ask(bo, ORDER, input=given))["certificate"]
    former = await link("archive@example.dk")
    await ask(bo, UPDATE, input={"profileId": archive["id"], "email": "store@example.dk"})

    validated = await ask(CLERK, VALIDATE, input=former)

    assert validated["errors"] == []
    assert (await Certificate.get(id=order["id"])).is_email_validated
    assert not (await CertificateProfile.get(id=archive["id"])).is_email_validated


async def test_other_changes_of_a_profile_send_no_link(ask, bo, archive, gateways):
    before = len(await letters_sent(gateways))

    await ask(bo, UPDATE, input={"profileId": archive["id"], "name": "Store"})
    await ask(bo, UPDATE, input={"profileId": archive["id"], "email": "archive@example.dk"})

    assert len(await letters_sent(gateways)) == before


async def test_to_show_a_link_again_changes_nothing(ask, archive, link):
    given = await link("archive@example.dk")
    first = await ask(CLERK, VALIDATE, input=given)
    before = await everything_stored()

    again = await ask(CLERK, VALIDATE, input=given)

    assert again == first
    assert await everything_stored() == before


async def test_a_link_runs_out_after_thirty_days(ask, archive, link, gateways):
    given = await link("archive@example.dk")
    gateways.clock.advance(days=30)

    answer = await ask(CLERK, VALIDATE, input=given)

    assert answer["errors"] == [{"code": "LINK_EXPIRED", "path": ["link"]}]


async def test_the_link_of_a_cancelled_order_confirms_nothing(ask, bo, eva, link):
    given = {"kind": "USER", "holder": {"userId": eva.id}, "email": "lund@example.dk"}
    order = (await ask(bo, ORDER, input=given))["certificate"]
    await ask(bo, CANCEL, input={"certificateId": order["id"]})

    answer = await ask(eva, VALIDATE, input=await link("lund@example.dk"))

    assert answer.problem == "CERTIFICATE_NOT_ORDERED"


async def test_a_guessed_link_is_none(ask, archive):
    answer = await ask(CLERK, VALIDATE, input={"link": "a-guess"})

    assert answer["errors"] == [{"code": "LINK_UNKNOWN", "path": ["link"]}]


async def test_a_user_of_another_organisation_confirms_an_address_and_is_told_by_name(
    ask, person, bo, archive, link, jensen
):
    stranger = await person(organisation=jensen, name="Ib Jensen")

    answer = await ask(stranger, VALIDATE, input=await link("archive@example.dk"))

    assert answer["errors"] == []
    entry, _ = await history_of(ask, bo, archive["id"])
    assert entry["actor"] == {"name": "Ib Jensen, Jensen ApS"}


async def test_a_dry_run_confirms_nothing_and_sends_nothing(ask, bo, archive, link, gateways):
    given = await link("archive@example.dk")
    before = await everything_stored()

    answer = await ask(CLERK, VALIDATE, input=given, dryRun=True)
    await ask(bo, CREATE, input=ARCHIVE, dryRun=True)

    assert answer["profile"]["isEmailValidated"] is True
    assert await everything_stored() == before


async def test_the_secret_of_a_link_is_kept_nowhere(ask, archive, link):
    secret = (await link("archive@example.dk"))["link"]

    assert secret not in str(await stored(EmailValidation, HistoryEntry))
