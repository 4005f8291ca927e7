"""Revocation over HTTP: OCSP and lists at the addresses in the certificates, for all processes."""

import asyncio
import time
from base64 import b64encode
from datetime import timedelta
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from gateways import Reason, Refused
from gateways.authority import BuiltInAuthority, KeysInMemory
from gateways.authority.responder import Responder
from tests.certifying import asking_of

pytestmark = pytest.mark.anyio

Status, Certified = ocsp.OCSPResponseStatus, ocsp.OCSPCertStatus


@pytest.fixture
def told(client):
    """What the responder answers over HTTP."""

    async def told(request):
        answer = await client.post("/ocsp", content=request)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/ocsp-response"
        assert answer.headers["cache-control"] == "no-cache"
        return ocsp.load_der_ocsp_response(answer.content)

    return told


@pytest.fixture
def revoke(gateways):
    async def revoke(issued, reason):
        await gateways.authority.revoke(issued.serial_number, reason, gateways.clock.now())

    return revoke


@pytest.mark.parametrize(
    "algorithm",
    [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()],
    ids=lambda one: one.name,
)
async def test_a_certificate_is_asked_about_by_any_hash_of_its_issuer(told, issue, algorithm):
    answer = await told(asking_of(await issue(), algorithm))

    assert answer.certificate_status is Certified.GOOD
    assert answer.hash_algorithm.name == algorithm.name


async def test_a_hold_shows_until_it_is_lifted(told, issue, revoke, gateways, client):
    issued = await issue()
    place = f"/pki/{gateways.authority.keys.hierarchy().current.name}.crl"

    async def seen():
        listed = x509.load_der_x509_crl((await client.get(place)).content)
        return (await told(asking_of(issued))).certificate_status, len(listed)

    before = await seen()
    await revoke(issued, Reason.CERTIFICATE_HOLD)
    held = await seen()
    reason = (await told(asking_of(issued))).revocation_reason
    await revoke(issued, Reason.REMOVE_FROM_CRL)

    assert before == (Certified.GOOD, 0)
    assert held == (Certified.REVOKED, 1)
    assert reason is x509.ReasonFlags.certificate_hold
    assert await seen() == before


async def test_a_revocation_without_a_reason_gives_none(told, issue, revoke, gateways):
    issued = await issue()
    await revoke(issued, Reason.UNSPECIFIED)

    answer = await told(asking_of(issued))

    listed = x509.load_der_x509_crl(await gateways.authority.revocation_list())
    assert (answer.certificate_status, answer.revocation_reason) == (Certified.REVOKED, None)
    assert len(listed[0].extensions) == 0


async def test_a_nonce_comes_back_and_what_is_none_is_malformed(told, issue):
    issued = await issue()

    for length in (1, 32, 128):
        answer = await told(asking_of(issued, nonce=b"n" * length))
        assert (
            answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * length
        )
    for length in (0, 129):
        answer = await told(asking_of(issued, nonce=b"n" * length))
        assert answer.response_status is Status.MALFORMED_REQUEST


async def test_a_serial_number_that_was_never_issued_is_unknown(told, issue):
    answer = await told(asking_of(await issue(), serial_number=4711))

    assert answer.certificate_status is Certified.UNKNOWN


async def test_another_authority_s_certificate_is_none_of_ours(told, issue, gateways):
    issued = await issue()
    stranger = KeysInMemory(gateways.clock.now()).hierarchy().current.certificate

    answer = await told(asking_of(issued, issuer=stranger))

    assert answer.response_status is Status.UNAUTHORIZED


@pytest.mark.parametrize(
    "request_der",
    [b"", b"hello", b"\x30\x03\x02\x01\x01", b"0" * 2_001, b"0" * 3_000_000],
    ids=["empty", "words", "other-der", "long", "megabytes"],
)
async def test_what_is_no_request_is_malformed(told, request_der):
    assert (await told(request_der)).response_status is Status.MALFORMED_REQUEST


@pytest.mark.parametrize("path", ["x", "%", "a b", "4pyT", "=" * 400])
async def test_what_is_no_request_in_an_address_is_malformed(client, path):
    answer = await client.get(f"/ocsp/{path}")

    assert ocsp.load_der_ocsp_response(answer.content).response_status is Status.MALFORMED_REQUEST


async def test_a_request_in_an_address_is_answered(client, issue):
    asked = b64encode(asking_of(await issue())).decode()

    for path in (asked, quote(asked, safe="")):
        answer = await client.get(f"/ocsp/{path}")
        status = ocsp.load_der_ocsp_response(answer.content).certificate_status
        assert status is Certified.GOOD


async def test_a_fault_is_told_as_such_and_tells_nothing(told, issue, gateways, monkeypatch):
    asked = asking_of(await issue())

    async def broken(*_):
        raise RuntimeError("secret")

    monkeypatch.setattr(Responder, "answer", broken)

    assert (await told(asked)).response_status is Status.INTERNAL_ERROR


async def test_the_certificates_above_are_at_the_printed_addresses(client, gateways, issue):
    issued, hierarchy = await issue(), gateways.authority.keys.hierarchy()
    above = x509.load_pem_x509_certificates(issued.chain_pem.encode())

    for name, one in zip((hierarchy.current.name, "root"), above, strict=True):
        answer = await client.get(f"/pki/{name}.cer")
        assert answer.headers["content-type"] == "application/pkix-cert"
        assert x509.load_der_x509_certificate(answer.content) == one


@pytest.mark.parametrize("path", ["0123456789abcdef.crl", "x.cer", "root.crl", "root.key"])
async def test_there_is_nothing_at_other_addresses(client, path):
    assert (await client.get(f"/pki/{path}")).status_code == 404


async def test_a_list_is_signed_anew_when_it_changes_or_ages_and_its_number_grows(
    gateways, issue, revoke
):
    authority, issued = gateways.authority, await issue()
    first = await authority.revocation_list()
    same = await authority.revocation_list()
    await revoke(issued, Reason.SUPERSEDED)
    changed = await authority.revocation_list()
    gateways.clock.advance(hours=13)
    aged = await authority.revocation_list()

    lists = [x509.load_der_x509_crl(one) for one in (first, changed, aged)]
    numbers = [
        one.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for one in lists
    ]
    assert same == first
    assert numbers == sorted(set(numbers))
    assert [len(one) for one in lists] == [0, 1, 1]
    assert lists[2].last_update_utc == gateways.clock.now()
    assert lists[2].next_update_utc == gateways.clock.now() + timedelta(days=1)


async def test_a_list_forgets_what_has_ended_but_not_at_once(gateways, issue, revoke):
    now = gateways.clock.now()
    await revoke(await issue(not_after=now + timedelta(days=10)), Reason.SUPERSEDED)

    gateways.clock.advance(days=10, hours=1)
    soon = x509.load_der_x509_crl(await gateways.authority.revocation_list())
    gateways.clock.advance(days=1)
    later = x509.load_der_x509_crl(await gateways.authority.revocation_list())

    assert (len(soon), len(later)) == (1, 0)


async def test_another_process_tells_of_a_revocation_within_a_second(gateways, issue, revoke):
    other = BuiltInAuthority(gateways.authority.keys, gateways.clock, "http://test")
    issued = await issue()
    asked = asking_of(issued)

    async def seen():
        status = ocsp.load_der_ocsp_response(await other.status(asked)).certificate_status
        listed = x509.load_der_x509_crl(await other.revocation_list())
        return status is Certified.REVOKED, len(listed)

    before = await seen()
    began = time.monotonic()
    await revoke(issued, Reason.KEY_COMPROMISE)
    while await seen() != (True, 1):
        await asyncio.sleep(0.01)

    assert before == (False, 0)
    assert time.monotonic() - began < 1


async def test_an_answer_is_signed_once_an_hour_however_often_it_is_asked_for(gateways, issue):
    authority, asked = gateways.authority, asking_of(await issue())
    first = await authority.status(asked)
    gateways.clock.advance(minutes=29)
    same = await authority.status(asked)
    gateways.clock.advance(minutes=2)
    later = ocsp.load_der_ocsp_response(await authority.status(asked))

    assert same == first
    assert later.this_update_utc == gateways.clock.now()
    assert later.next_update_utc == gateways.clock.now() + timedelta(hours=1)


async def test_the_key_that_answers_is_delegated_for_some_days_and_renewed(gateways, issue):
    asked = asking_of(await issue())

    async def delegate():
        answer = ocsp.load_der_ocsp_response(await gateways.authority.status(asked))
        return answer.certificates[0]

    first = await delegate()
    gateways.clock.advance(days=1, hours=1)
    second = await delegate()

    assert first.not_valid_after_utc - first.not_valid_before_utc < timedelta(days=8)
    assert first.public_key() != second.public_key()
    assert first.extensions.get_extension_for_class(x509.OCSPNoCheck)
    assert isinstance(first.public_key(), ec.EllipticCurvePublicKey)


async def test_what_was_never_issued_cannot_be_revoked(gateways):
    with pytest.raises(Refused) as refused:
        await gateways.authority.revoke("4711", Reason.SUPERSEDED, gateways.clock.now())

    assert refused.value.is_final
