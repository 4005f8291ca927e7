"""The certificates of the built-in authority, judged by OpenSSL and by a linter of certificates."""

import re
import shutil
import subprocess
from base64 import b64encode
from dataclasses import replace
from urllib.parse import quote, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateways import KeyKind, Profile, Reason, WallClock, make_pkcs12
from gateways.authority import BuiltInAuthority, KeysInMemory
from gateways.signing_requests import make_key
from tests.certifying import ANNA, HANSEN, MASKED, an_order, asking_of

pytestmark = pytest.mark.anyio

OPENSSL = shutil.which("openssl")
openssl_is_here = pytest.mark.skipif(OPENSSL is None, reason="There is no openssl on this machine.")
HOLDERS = {
    Profile.USER: ANNA,
    Profile.QUALIFIED_USER: ANNA,
    Profile.ORGANISATION: HANSEN,
    Profile.QUALIFIED_ORGANISATION: HANSEN,
    Profile.SYSTEM: replace(HANSEN, common_name="Payroll"),
}
RESPONSE = "application/ocsp-response"


@pytest.fixture
def gateways(gateways):
    """An authority by the clock on the wall, which is the one that OpenSSL reads."""
    clock = WallClock()
    keys = KeysInMemory(clock.now())
    authority = BuiltInAuthority(keys, clock, "http://segl.example", trusted=0)
    return replace(gateways, clock=clock, authority=authority)


@pytest.fixture
def openssl(tmp_path):
    """Runs OpenSSL in a folder of files, and returns what it says."""

    def openssl(*arguments, **files):
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            (tmp_path / name).write_bytes(content)
        run = subprocess.run(
            (OPENSSL, *arguments),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout
        return run.stdout

    return openssl


@pytest.fixture
def root(gateways):
    return gateways.authority.keys.hierarchy().root.public_bytes(Encoding.PEM).decode()


@pytest.fixture
def asked(openssl, client, root, tmp_path):
    """Asks the responder about a certificate as OpenSSL does, and returns what it reads."""

    async def asked(issued, *more, gets=False):
        certificate = x509.load_pem_x509_certificate(issued.pem.encode())
        openssl(
            *("ocsp", "-issuer", "issuer", "-cert", "one", "-reqout", "request", *more),
            issuer=issued.chain_pem,
            one=issued.pem,
            root=root,
        )
        request = (tmp_path / "request").read_bytes()
        address = urlsplit(address_of(certificate, "OCSP")).path
        if gets:
            answer = await client.get(f"{address}/{quote(b64encode(request), safe='')}")
        else:
            answer = await client.post(address, content=request)
        assert (answer.status_code, answer.headers["content-type"]) == (200, RESPONSE)
        return openssl(
            *("ocsp", "-issuer", "issuer", "-cert", "one", "-reqin", "request"),
            "-no_nonce",  # beside the one in the request
            *("-respin", "answer", "-CAfile", "root"),
            answer=answer.content,
        )

    return asked


def address_of(certificate, name):
    found = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    return next(one.access_location.value for one in found.value if one.access_method._name == name)


@openssl_is_here
@pytest.mark.parametrize("profile", Profile, ids=str)
async def test_openssl_verifies_a_certificate_of_each_kind(openssl, issue, root, profile):
    issued = await issue(profile=profile, subject=HOLDERS[profile])

    said = openssl(
        *("verify", "-x509_strict", "-CAfile", "root", "-untrusted", "chain", "one"),
        root=root,
        chain=issued.chain_pem,
        one=issued.pem,
    )

    assert said == "one: OK\n"


@openssl_is_here
async def test_openssl_finds_a_revoked_certificate_on_the_list_at_the_printed_address(
    openssl, client, gateways, issue, root
):
    good, bad = await issue(), await issue()
    await gateways.authority.revoke(bad.serial_number, Reason.KEY_COMPROMISE, gateways.clock.now())

    certificate = x509.load_pem_x509_certificate(bad.pem.encode())
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    answer = await client.get(urlsplit(points[0].full_name[0].value).path)

    assert answer.headers["content-type"] == "application/pkix-crl"
    said = openssl(
        *("crl", "-inform", "DER", "-in", "list", "-CAfile", "chain", "-noout", "-text"),
        list=answer.content,
        chain=good.chain_pem,
    )
    assert "verify OK" in said
    assert "Key Compromise" in said
    assert f"Serial Number: {int(bad.serial_number, 16):X}" in re.sub("Number: 0", "Number: ", said)
    assert f"{int(good.serial_number, 16):X}" not in said


@openssl_is_here
@pytest.mark.parametrize("gets", [False, True], ids=["post", "get"])
@pytest.mark.parametrize("nonce", ["-nonce", "-no_nonce"])
async def test_openssl_takes_the_answer_that_a_certificate_is_good_or_revoked(
    gateways, issue, asked, nonce, gets
):
    issued = await issue()
    before = await asked(issued, nonce, gets=gets)
    await gateways.authority.revoke(issued.serial_number, Reason.SUPERSEDED, gateways.clock.now())

    after = await asked(issued, nonce, gets=gets)

    assert "Response verify OK" in before
    assert "one: good" in before
    assert "Response verify OK" in after
    assert "one: revoked" in after
    assert "Reason: superseded" in after


@openssl_is_here
async def test_a_certificate_of_a_former_issuing_key_still_verifies_and_is_answered_for(
    openssl, gateways, issue, asked, root
):
    former = await issue()
    gateways.authority.keys.rotate(gateways.clock.now())

    present = await issue()

    assert former.chain_pem != present.chain_pem
    for one in (former, present):
        assert "one: good" in await asked(one)
        verified = ("verify", "-CAfile", "root", "-untrusted", "chain", "one")
        assert openssl(*verified, root=root, chain=one.chain_pem, one=one.pem) == "one: OK\n"


@openssl_is_here
@pytest.mark.parametrize("kind", KeyKind, ids=str)
async def test_openssl_opens_a_key_file_with_its_password_alone(openssl, gateways, hansen, kind):
    async def issue(request_pem):
        order = an_order(gateways.clock, hansen.id, request_pem=request_pem)
        return await gateways.authority.issue(order)

    made = await make_pkcs12(kind, "Anna Hansen", issue)

    opened = ("pkcs12", "-in", "file", "-noenc", "-info", "-passin", f"pass:{made.password}")
    said = openssl(*opened, file=made.content)
    assert made.issued.pem.strip() in said
    assert "PRIVATE KEY" in said
    assert "AES-256-CBC" in said
    assert "hmacWithSHA256" in said
    assert made.password not in repr(made)


@pytest.fixture
def lint(tmp_path, capsys):
    """Tells what a linter of pkilint finds wrong."""

    def lint(linter, content, *more):
        bin_of = f"pkilint.bin.{linter}"
        module = pytest.importorskip(bin_of, reason="pkilint is not installed.")
        (tmp_path / "linted").write_bytes(content)
        module.main(["lint", *more, "-s", "WARNING", str(tmp_path / "linted")])
        return capsys.readouterr().out.strip()

    return lint


@pytest.mark.parametrize("kind", [KeyKind.EC_P256, KeyKind.RSA_3072], ids=str)
@pytest.mark.parametrize("profile", Profile, ids=str)
async def test_a_linter_finds_no_fault_in_a_certificate_of_any_kind(issue, lint, profile, kind):
    issued = await issue(profile=profile, subject=HOLDERS[profile], key=make_key(kind))

    assert lint("lint_pkix_cert", issued.pem.encode()) == ""


async def test_a_linter_finds_no_fault_in_a_certificate_with_a_pseudonym(issue, lint):
    issued = await issue(subject=MASKED)

    assert lint("lint_pkix_cert", issued.pem.encode()) == ""


async def test_a_linter_finds_no_fault_in_the_authority_s_own_certificates(gateways, lint):
    hierarchy = gateways.authority.keys.hierarchy()

    for one in (hierarchy.root, hierarchy.current.certificate):
        assert lint("lint_pkix_cert", one.public_bytes(Encoding.PEM)) == ""


async def test_a_linter_finds_no_fault_in_lists_and_answers(gateways, issue, lint):
    held, bad = await issue(), await issue()
    now = gateways.clock.now()
    await gateways.authority.revoke(held.serial_number, Reason.CERTIFICATE_HOLD, now)
    await gateways.authority.revoke(bad.serial_number, Reason.KEY_COMPROMISE, now)

    listed = await gateways.authority.revocation_list()

    assert lint("lint_crl", listed, "-t", "CRL", "-p", "PKIX") == ""
    for issued in (held, bad, await issue()):
        answer = await gateways.authority.status(asking_of(issued))
        assert lint("lint_ocsp_response", answer) == ""
