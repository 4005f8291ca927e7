"""The demo's certificates: real ones, of which the authority says what Segl says."""

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from models import Certificate, CertificateStatus
from resolvers import demo
from tests.certificates import RETRIEVE, own, said_of

pytestmark = pytest.mark.anyio

CERTIFICATES = """
{
  certificates(first: 100) {
    nodes { id status kind serialNumber fingerprint subject pem chainPem user { name } expiresAt }
  }
}
"""


@pytest.fixture
async def certificates(empty, gateways, send):
    """The certificates of the demo, as its user administrator sees them, by status."""
    await demo.load(gateways)
    seen = await send(await demo.user_named("user-administrator"), CERTIFICATES)
    found: dict[str, list] = {}
    for one in seen["data"]["certificates"]["nodes"]:
        found.setdefault(one["status"], []).append(one)
    return found


async def test_the_demo_has_certificates_at_every_step(certificates, gateways):
    counts = {status: len(found) for status, found in certificates.items()}
    assert counts == {"ISSUED": 18, "EXPIRED": 1, "REVOKED": 1, "ORDERED": 1}
    assert [one["kind"] for one in certificates["ISSUED"]].count("SYSTEM") == 1
    ends = {datetime.fromisoformat(one["expiresAt"]) for one in certificates["ISSUED"]}
    assert len(ends) == len(certificates["ISSUED"])
    assert len([end for end in ends if end < gateways.clock.now() + timedelta(days=60)]) == 2


async def test_what_the_demo_shows_as_issued_holds_before_the_root(certificates, gateways):
    root = gateways.authority.hierarchy().root
    verifier = PolicyBuilder().store(Store([root])).time(gateways.clock.now())

    for one in certificates["ISSUED"] + certificates["REVOKED"]:
        leaf = x509.load_pem_x509_certificate(one["pem"].encode())
        above = x509.load_pem_x509_certificates(one["chainPem"].encode())
        verified = verifier.build_client_verifier().verify(leaf, above[:1])

        assert verified.chain[-1] == root
        assert format(leaf.serial_number, "x") == one["serialNumber"]
        assert leaf.subject.rfc4514_string() == one["subject"]


async def test_of_the_demo_s_certificates_the_authority_says_what_segl_says(certificates, gateways):
    known = {str(one.id): one for one in await Certificate.all()}
    listed = x509.load_der_x509_crl(await gateways.authority.revocation_list())

    for one in certificates["ISSUED"]:
        assert await said_of(gateways, known[one["id"]]) == ("GOOD", None)
    (gone,) = certificates["REVOKED"]
    assert await said_of(gateways, known[gone["id"]]) == ("REVOKED", "affiliationChanged")
    assert [format(one.serial_number, "x") for one in listed] == [gone["serialNumber"]]


async def test_the_employee_of_the_demo_retrieves_what_waits(certificates, ask):
    (waiting,) = certificates["ORDERED"]
    eva = await demo.user_named("employee")

    answer = await ask(eva, RETRIEVE, input=own(waiting["id"]))

    assert answer["errors"] == []
    assert (await Certificate.get(id=waiting["id"])).status is CertificateStatus.ISSUED
