"""What a machine must show to get a token; whatever is wrong with it gets none, and no trace."""

import asyncio
import hashlib
import hmac
import json
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateways import BuiltInAuthority
from gateways.authority import KeysInMemory
from models import Certificate, CertificateKind, CertificateProfile, SpentAssertion
from models.machines import MOST
from tests.certificates import RETRIEVE, own, request
from tests.certifying import HANSEN, an_order
from tests.machines import BY_BEARER, IDENTITY, PLACE, SIGNED, Machine, certified, signed

pytestmark = pytest.mark.anyio

OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
NONE_SUCH = "The certificate is none that a machine can sign in with here, now."
NO_TOKEN = "The assertion is not a signed JSON Web Token."
NAMELESS = "The header of the assertion names no certificate by x5c or x5t#S256."
BAD_SIGNATURE = "The assertion is not signed with the key of the certificate by ES256."
AUDIENCES = "http://127.0.0.1:8000/oauth/token or http://127.0.0.1:8000"
WRONG_AUDIENCE = f"The claim aud must be {AUDIENCES}, and nothing beside it."
TOO_LONG = "The claim exp must lie at most five minutes ahead."


def wrong(claim):
    return f"The claim {claim} is missing, wrong or out of time."


@pytest.fixture
async def bo(person):
    """Bo, who administers users."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
async def payroll(make, ask, bo, hansen, client, gateways):
    """A machine of Hansen & Søn that may administer users."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = await certified(make, ask, bo, hansen, IDENTITY, key=key)
    return Machine(client, gateways, certificate, key)


async def refused(machine, proof=None, **given):
    """Why a machine gets no token; and that it spends nothing."""
    before = await SpentAssertion.all().count()
    answer = await machine.post(proof, **given)
    body = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert "access_token" not in body
    assert await SpentAssertion.all().count() == before
    return answer.status_code, body["error"], body["error_description"]


def unsigned(header, claims, sign=lambda text: b""):
    """A token put together by hand, as no library would make it."""
    parts = [urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (header, claims)]
    text = b".".join(parts)
    return (text + b"." + urlsafe_b64encode(sign(text)).rstrip(b"=")).decode()


def public(machine):
    key = machine.key.public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def by_hmac(machine):
    """Signed with the public key, as if that were a secret."""
    header = {"alg": "HS256", "x5t#S256": machine.thumbprint}
    key = public(machine)
    return unsigned(header, machine.claims(), lambda text: hmac.digest(key, text, hashlib.sha256))


def now(machine, **later):
    return int((machine.gateways.clock.now() + timedelta(**later)).timestamp())


WRONG = {
    "expired": (lambda one: one.assertion(exp=now(one, seconds=-60)), wrong("exp")),
    "without an end": (lambda one: one.assertion(exp=None), wrong("exp")),
    "with an end that is no number": (lambda one: one.assertion(exp=float("nan")), wrong("exp")),
    "good for too long": (lambda one: one.assertion(exp=now(one, minutes=6, seconds=1)), TOO_LONG),
    "issued in the future": (lambda one: one.assertion(iat=now(one, seconds=61)), wrong("iat")),
    "not good yet": (lambda one: one.assertion(nbf=now(one, seconds=61)), wrong("nbf")),
    "without jti": (lambda one: one.assertion(jti=None), wrong("jti")),
    "with an empty jti": (lambda one: one.assertion(jti=""), wrong("jti")),
    "with a jti that is no text": (lambda one: one.assertion(jti=7), wrong("jti")),
    "for nobody": (lambda one: one.assertion(aud=None), wrong("aud")),
    "for another": (lambda one: one.assertion(aud="https://elsewhere.dk"), WRONG_AUDIENCE),
    "for another too": (
        lambda one: one.assertion(aud=["http://127.0.0.1:8000", "https://elsewhere.dk"]),
        WRONG_AUDIENCE,
    ),
    "by another issuer": (lambda one: one.assertion(iss="somebody"), wrong("iss")),
    "about another": (lambda one: one.assertion(sub="somebody"), wrong("sub")),
    "about nobody": (lambda one: one.assertion(sub=None), wrong("sub")),
    "unsigned": (
        lambda one: unsigned({"alg": "none", "x5t#S256": one.thumbprint}, one.claims()),
        BAD_SIGNATURE,
    ),
    "signed with the public key": (by_hmac, BAD_SIGNATURE),
    "signed with another key": (
        lambda one: signed({"alg": "ES256", "x5t#S256": one.thumbprint}, one.claims(), OTHER_KEY),
        BAD_SIGNATURE,
    ),
    "that brings a key of its own": (
        lambda one: signed(
            {"alg": "ES256", "x5t#S256": one.thumbprint, "jwk": jwk(OTHER_KEY)},
            one.claims(),
            OTHER_KEY,
        ),
        BAD_SIGNATURE,
    ),
    "altered": (lambda one: altered(one.assertion()), BAD_SIGNATURE),
    "that names no certificate": (lambda one: one.assertion({"kid": "1"}), NAMELESS),
    "that names two": (
        lambda one: one.assertion({**one.chain, "x5t#S256": "A" * 43}),
        NAMELESS,
    ),
    "that names one unknown": (lambda one: one.assertion({"x5t#S256": "A" * 43}), NONE_SUCH),
    "with a chain that is none": (lambda one: unsigned({"alg": "ES256", "x5c": [7]}, {}), NO_TOKEN),
    "with an empty chain": (lambda one: unsigned({"alg": "ES256", "x5c": []}, {}), NO_TOKEN),
    "with a header that is a list": (lambda one: unsigned(["ES256"], {}), NO_TOKEN),
    "of one word": (lambda one: "assertion", NO_TOKEN),
    "of two parts": (lambda one: "e30.e30", NO_TOKEN),
    "that is encrypted": (lambda one: "e30.e30.e30.e30.e30", NO_TOKEN),
    "that is far too long": (lambda one: one.assertion(more="x" * 16_000), NO_TOKEN),
}


def jwk(key):
    numbers = key.public_key().public_numbers()
    x, y = (
        urlsafe_b64encode(one.to_bytes(32)).rstrip(b"=").decode() for one in (numbers.x, numbers.y)
    )
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def altered(assertion):
    header, claims, signature = assertion.split(".")
    said = json.loads(decoded(claims)) | {"more": 1}
    claims = urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
    return f"{header}.{claims}.{signature}"


def decoded(part):
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.mark.parametrize("name", WRONG)
async def test_an_assertion_gives_no_token(payroll, name):
    make_wrong, text = WRONG[name]

    assert await refused(payroll, make_wrong(payroll)) == (401, "invalid_client", text)


async def test_an_assertion_serves_once(payroll, gateways):
    assertion = payroll.assertion()

    first = await payroll.post(assertion)
    gateways.clock.advance(minutes=5, seconds=59)
    again = await refused(payroll, assertion)
    by_other_name = await refused(payroll, payroll.assertion(jti=jti_of(assertion)))

    assert first.status_code == 200
    text = "The assertion has been used before; each needs a jti of its own."
    assert again == by_other_name == (401, "invalid_client", text)


def jti_of(assertion):
    return json.loads(decoded(assertion.split(".")[1]))["jti"]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "http://127.0.0.1:8000"},
        {"aud": ["http://127.0.0.1:8000/oauth/token"]},
        {"iat": None},
        {"nbf": 0},
        {"jti": "x" * 1000},
        {"jti": "\ud800"},
    ],
    ids=str,
)
async def test_an_assertion_may_also_say(payroll, claims):
    assert (await payroll.post(payroll.assertion(**claims))).status_code == 200


@pytest.mark.parametrize("seconds", [-59, 59])
async def test_a_clock_may_be_a_minute_wrong(payroll, seconds):
    there = now(payroll, seconds=seconds)

    answer = await payroll.post(payroll.assertion(iat=there, nbf=there, exp=there + 300))

    assert answer.status_code == 200


async def test_a_certificate_of_another_authority_is_none_of_ours(payroll, gateways, hansen):
    keys = KeysInMemory(gateways.clock.now())
    foreign = BuiltInAuthority(keys, gateways.clock, "http://elsewhere.dk", trusted=0)
    order = an_order(gateways.clock, hansen.id, key=payroll.key, subject=HANSEN)
    issued = await foreign.issue(order)
    der = x509.load_pem_x509_certificate(issued.pem.encode()).public_bytes(Encoding.DER)

    found = await refused(payroll, payroll.assertion({"x5c": [b64encode(der).decode()]}))

    assert found == (401, "invalid_client", NONE_SUCH)


async def test_a_certificate_of_a_user_is_no_machines(payroll, make, ask, hansen, person):
    eva = await person(name="Eva Lund")
    order = await make.order(hansen, user=eva)
    await ask(eva, RETRIEVE, input=own(order, {"csr": request(payroll.key)}))
    payroll.certificate = await Certificate.get(id=order.id)

    assert await refused(payroll) == (401, "invalid_client", NONE_SUCH)


@pytest.mark.parametrize("status", ["REVOKED", "ORDERED", "CANCELLED"])
async def test_a_certificate_that_is_not_issued_serves_nobody(payroll, status):
    await Certificate.filter(id=payroll.certificate.id).update(status=status)

    assert await refused(payroll) == (401, "invalid_client", NONE_SUCH)


async def test_a_certificate_that_has_expired_serves_nobody(payroll):
    here = Certificate.filter(id=payroll.certificate.id)
    await here.update(expires_at=payroll.gateways.clock.now())

    assert await refused(payroll) == (401, "invalid_client", NONE_SUCH)


async def test_a_certificate_without_a_system_right_serves_nobody(payroll):
    await CertificateProfile.all().update(system_rights=[])

    assert await refused(payroll) == (401, "invalid_client", NONE_SUCH)


async def test_a_machine_does_not_sign_for_the_certificate_of_another_organisation(
    payroll, make, ask, client, gateways, jensen
):
    admin = await make.user(jensen, "user_administrator")
    other = await certified(make, ask, admin, jensen, IDENTITY, key=OTHER_KEY)
    theirs = Machine(client, gateways, other, payroll.key)

    assert await refused(theirs) == (401, "invalid_client", BAD_SIGNATURE)


async def test_a_key_of_rsa_is_not_taken_for_that_of_a_curve(
    make, ask, bo, hansen, client, gateways
):
    key = rsa.generate_private_key(65537, 3072)
    kind = CertificateKind.SYSTEM
    certificate = await certified(make, ask, bo, hansen, IDENTITY, key=key, kind=kind)
    machine = Machine(client, gateways, certificate, key)
    header = {"alg": "ES256", "x5t#S256": machine.thumbprint}

    found = await refused(machine, signed(header, machine.claims(), OTHER_KEY))

    text = "The assertion is not signed with the key of the certificate by PS256 or RS256."
    assert found == (401, "invalid_client", text)


async def test_of_many_at_once_one_gets_a_token(payroll):
    assertion = payroll.assertion()

    answers = await asyncio.gather(*(payroll.post(assertion) for _ in range(8)))

    assert sorted(one.status_code for one in answers) == [200] + [401] * 7


ASKED = [
    ({"grant_type": None}, 400, "invalid_request", "The parameter grant_type is missing."),
    ({"grant_type": "password"}, 400, "unsupported_grant_type", None),
    ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type", None),
    ({"client_assertion": None}, 401, "invalid_client", None),
    ({"client_assertion_type": None}, 401, "invalid_client", None),
    ({"client_assertion_type": "jwt"}, 401, "invalid_client", None),
    ({"client_id": "somebody"}, 401, "invalid_client", "The client_id is not that of the"),
    ({"grant_type": BY_BEARER}, 400, "invalid_request", "The parameter assertion is missing."),
    ({"grant_type": BY_BEARER, "assertion": "x"}, 400, "invalid_grant", NO_TOKEN),
]


@pytest.mark.parametrize(("given", "status", "code", "text"), ASKED, ids=str)
async def test_what_is_asked_wrongly_is_refused_in_the_words_of_oauth(
    payroll, given, status, code, text
):
    found = await refused(payroll, **({"client_assertion": payroll.assertion()} | given))

    assert found[:2] == (status, code)
    assert found[2].startswith(text or "")


@pytest.mark.parametrize(
    ("content", "media", "text"),
    [
        ("{}", "application/json", "The content type must be application/x-www-form-urlencoded."),
        ("grant_type=a&grant_type=b", None, "A parameter is given twice."),
        ("x=" + "y" * 32_000, None, "The request is larger than 32,000 bytes."),
        (b"\xff", None, "The body is no form."),
        ("", None, "The parameter grant_type is missing."),
    ],
    ids=["json", "twice", "long", "bytes", "empty"],
)
async def test_what_is_no_form_is_refused(client, empty, content, media, text):
    head = {"content-type": media or "application/x-www-form-urlencoded; charset=utf-8"}

    answer = await client.post(PLACE, content=content, headers=head)

    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_request", "error_description": text}


async def test_nothing_is_given_out_by_get(client, empty, payroll):
    given = urlencode({"grant_type": "client_credentials", "client_assertion_type": SIGNED})

    assert (await client.get(f"{PLACE}?{given}")).status_code == 405


async def test_a_machine_that_signs_in_again_and_again_is_told_to_wait(payroll, gateways):
    for _ in range(MOST):
        await payroll.sign_in()
    gateways.clock.advance(seconds=19.5)

    hurried = await payroll.post()
    gateways.clock.advance(seconds=41)
    patient = await payroll.post()

    assert (hurried.status_code, hurried.headers["retry-after"]) == (429, "41")
    assert hurried.headers["cache-control"] == "no-store"
    assert hurried.json() == {
        "error": "slow_down",
        "error_description": "There have been too many attempts. Wait 41 seconds.",
    }
    assert patient.status_code == 200
    assert await SpentAssertion.all().count() == MOST + 1


@pytest.mark.parametrize("given", [{}, {"client_id": "another"}])
async def test_wrong_tries_come_to_an_end_and_keep_no_machine_out(payroll, given):
    wrong = signed({"alg": "ES256", "x5t#S256": payroll.thumbprint}, payroll.claims(), OTHER_KEY)
    proof = None if given else wrong

    tried = [(await payroll.post(proof, **given)).status_code for _ in range(MOST + 1)]
    right = await payroll.post()

    assert tried == [401] * MOST + [429]
    assert right.status_code == 200
