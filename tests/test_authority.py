"""The built-in certificate authority: what it issues, what it revokes, and how it answers."""

from dataclasses import replace

import pytest
from cryptography import x509

from gateways import KeyKind, Reason, Refused
from gateways.signing_requests import make_key
from models import IssuedCertificate
from tests.certifying import an_order, request_for

pytestmark = pytest.mark.anyio


@pytest.fixture
def order(gateways, hansen):
    """An order for Anna's certificate."""
    return an_order(gateways.clock, hansen.id)


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
