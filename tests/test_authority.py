"""The built-in certificate authority: what it issues, what it revokes, and how it answers."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from tortoise.transactions import in_transaction

from gateways import KeyKind, Profile, Reason, Refused
from gateways.signing_requests import make_key
from models import IssuedCertificate
from tests.certifying import ANNA, HANSEN, MASKED, an_order, request_for

pytestmark = pytest.mark.anyio


@pytest.fixture
def order(gateways, hansen):
    """An order for Anna's certificate."""
    return an_order(gateways.clock, hansen.id)


def read(issued):
    return x509.load_pem_x509_certificate(issued.pem.encode())


def names(issued):
    """What the subject of a certificate is called, by kind of name."""
    return {one.oid.dotted_string: one.value for one in read(issued).subject}


async def test_a_user_s_certificate_names_person_and_organisation(gateways, order):
    issued = await gateways.authority.issue(order)

    assert names(issued) == {
        NameOID.COUNTRY_NAME.dotted_string: "DK",
        "2.5.4.97": "NTRDK-12345678",
        NameOID.ORGANIZATION_NAME.dotted_string: "Hansen & Søn ApS",
        NameOID.SERIAL_NUMBER.dotted_string: ANNA.serial_number,
        NameOID.SURNAME.dotted_string: "Hansen",
        NameOID.GIVEN_NAME.dotted_string: "Anna",
        NameOID.COMMON_NAME.dotted_string: "Anna Hansen",
    }
    assert (issued.not_before, issued.not_after) == (order.not_before, order.not_after)
    assert issued.serial_number == format(read(issued).serial_number, "x")
    assert 64 < read(issued).serial_number.bit_length() < 160


async def test_an_anonymous_user_s_certificate_bears_the_pseudonym_and_no_name(gateways, order):
    issued = await gateways.authority.issue(replace(order, subject=MASKED))

    assert names(issued)[NameOID.PSEUDONYM.dotted_string] == "Owl 7"
    assert (
        not {NameOID.SURNAME.dotted_string, NameOID.GIVEN_NAME.dotted_string} & names(issued).keys()
    )


USAGES = {
    Profile.USER: False,
    Profile.QUALIFIED_USER: True,
    Profile.ORGANISATION: True,
    Profile.QUALIFIED_ORGANISATION: True,
    Profile.SYSTEM: False,
}


@pytest.mark.parametrize("kind", [KeyKind.EC_P256, KeyKind.RSA_3072], ids=str)
@pytest.mark.parametrize("profile", Profile, ids=str)
async def test_the_kind_decides_the_usage_of_the_key(gateways, order, profile, kind):
    request = request_for(make_key(kind))

    issued = await gateways.authority.issue(replace(order, profile=profile, request_pem=request))

    usage = read(issued).extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment is USAGES[profile]
    assert usage.key_encipherment is (kind is KeyKind.RSA_3072)
    assert usage.key_agreement is (kind is KeyKind.EC_P256)


async def test_each_kind_has_a_policy_of_its_own(gateways, order):
    policies = set()
    for profile in Profile:
        one = an_order(gateways.clock, order.organisation_id, profile=profile)
        extensions = read(await gateways.authority.issue(one)).extensions
        found = extensions.get_extension_for_class(x509.CertificatePolicies).value
        policies |= {policy.policy_identifier for policy in found}

    assert len(policies) == len(Profile)


async def test_a_long_name_is_cut_to_what_a_certificate_takes(gateways, order):
    subject = replace(HANSEN, common_name="Å" * 200, organisation_name="Hansen" * 10 + " ApSæ")

    issued = await gateways.authority.issue(replace(order, subject=subject))

    assert names(issued)[NameOID.COMMON_NAME.dotted_string] == "Å" * 32
    assert names(issued)[NameOID.ORGANIZATION_NAME.dotted_string] == "Hansen" * 10 + " ApS"


@pytest.mark.parametrize(
    "facts",
    [
        {"request_pem": "hello"},
        {"request_pem": ""},
        {"subject": replace(ANNA, email="ærø@example.dk")},
        {"subject": replace(ANNA, email="")},
        {"subject": replace(ANNA, common_name="")},
        {"subject": replace(ANNA, common_name="Anna\nHansen")},
        {"subject": replace(ANNA, country="Denmark")},
        {"subject": replace(ANNA, country="Æ")},
        {"subject": replace(ANNA, serial_number="1" * 65)},
        {"subject": replace(ANNA, serial_number="Æ")},
        {"subject": replace(ANNA, pseudonym="Owl 7")},
        {"subject": replace(MASKED, common_name="Anna Hansen")},
        {"not_after": timedelta()},
        {"not_after": timedelta(days=-1)},
        {"not_after": timedelta(days=1100)},
    ],
    ids=lambda one: "-".join(one),
)
async def test_what_fits_no_certificate_is_refused_for_good(gateways, order, facts):
    if isinstance(facts.get("not_after"), timedelta):
        facts = {"not_after": order.not_before + facts["not_after"]}

    with pytest.raises(Refused) as refused:
        await gateways.authority.issue(replace(order, **facts))

    assert refused.value.is_final
    assert "Anna" not in refused.value.reason
    assert await IssuedCertificate.all().count() == 0


async def test_an_order_that_outlasts_the_issuing_key_waits_for_another(gateways, order):
    gateways.clock.advance(days=8 * 365)

    with pytest.raises(Refused) as refused:
        await gateways.authority.issue(an_order(gateways.clock, order.organisation_id))

    assert not refused.value.is_final


async def test_what_a_caller_undoes_was_never_issued(gateways, order):
    async with in_transaction() as transaction:
        await gateways.authority.issue(order)
        await transaction.rollback()

    assert await IssuedCertificate.all().count() == 0


async def test_an_order_that_is_sent_twice_at_once_yields_one_certificate(gateways, order):
    issued = await asyncio.gather(*(gateways.authority.issue(order) for _ in range(4)))

    assert len({one.serial_number for one in issued}) == 1


async def test_no_certificate_is_issued_again_for_a_key_in_other_hands(gateways, order):
    issued = await gateways.authority.issue(order)
    now = gateways.clock.now()
    await gateways.authority.revoke(issued.serial_number, Reason.KEY_COMPROMISE, now)

    other = an_order(gateways.clock, order.organisation_id, request_pem=order.request_pem)
    with pytest.raises(Refused) as refused:
        await gateways.authority.issue(other)

    assert refused.value.is_final


async def test_a_hold_that_becomes_a_revocation_keeps_its_day(gateways, order):
    issued, held_at = await gateways.authority.issue(order), gateways.clock.now()
    await gateways.authority.revoke(issued.serial_number, Reason.CERTIFICATE_HOLD, held_at)
    gateways.clock.advance(days=3)

    now = gateways.clock.now()
    await gateways.authority.revoke(issued.serial_number, Reason.AFFILIATION_CHANGED, now)

    kept = await IssuedCertificate.get()
    assert (kept.revoked_at, kept.reason) == (held_at, "affiliationChanged")


async def test_an_order_sent_again_yields_the_certificate_already_issued(gateways, order):
    first = await gateways.authority.issue(order)

    again = await gateways.authority.issue(order)

    assert again == first
    assert await IssuedCertificate.all().count() == 1


async def test_an_order_sent_again_for_another_key_supersedes_the_former_certificate(
    gateways, order
):
    first = await gateways.authority.issue(order)

    other = replace(order, request_pem=request_for(make_key(KeyKind.EC_P384)))
    second = await gateways.authority.issue(other)

    listed = x509.load_der_x509_crl(await gateways.authority.revocation_list())
    assert [format(one.serial_number, "x") for one in listed] == [first.serial_number]
    assert second.serial_number != first.serial_number
    with pytest.raises(Refused) as refused:
        await gateways.authority.issue(order)
    assert refused.value.is_final


async def test_a_hold_is_lifted_and_a_revocation_never(gateways, order):
    issued, now = await gateways.authority.issue(order), gateways.clock.now()

    async def after(reason):
        await gateways.authority.revoke(issued.serial_number, reason, now)
        return (await IssuedCertificate.get()).reason

    assert await after(Reason.REMOVE_FROM_CRL) is None
    assert await after(Reason.CERTIFICATE_HOLD) == "certificateHold"
    assert await after(Reason.REMOVE_FROM_CRL) is None
    assert await after(Reason.KEY_COMPROMISE) == "keyCompromise"
    assert await after(Reason.REMOVE_FROM_CRL) == "keyCompromise"
    assert await after(Reason.SUPERSEDED) == "keyCompromise"
