"""Certificates retrieved: as who one is, or by a code; from a request, or with a key made here."""

import asyncio
from base64 import b64decode
from collections import Counter
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from gateways import Claims, Refused
from models import Certificate, CertificateSettings, HistoryEntry, KeptAnswer, Letter
from tests.certificates import (
    CANCEL,
    KEY,
    MADE_HERE,
    ORDER,
    RENEW_CODE,
    RETRIEVE,
    broken,
    by_code,
    own,
    request,
    settled,
    weak,
)
from tests.reading import history_of, letters_sent, stored
from tests.scenes import everything_stored

pytestmark = pytest.mark.anyio

KIRSTEN = Claims(name="Kirsten Bech", cpr_number="6201904242")
WRONG = "3333-3333-3333-3333"
NOTIFIED = "{ notifications(first: 9) { nodes { kind } } }"


@pytest.fixture
async def bo(person):
    """Bo, who administers users."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
async def eva(person):
    return await person(name="Eva Lund", email="eva@example.dk", language="ENGLISH")


@pytest.fixture
def ordered(ask, bo):
    """Orders a certificate for a user, as an administrator does."""

    async def ordered(user, **also):
        given = {"kind": "USER", "holder": {"userId": user.id}, **also}
        return (await ask(bo, ORDER, input=given))["certificate"]

    return ordered


@pytest.fixture
def shared(ask, bo, make, hansen):
    """Orders a certificate of the organisation; the code by which it is retrieved."""

    async def shared(kind="ORGANISATION", **facts):
        profile = await make.profile(hansen, **{"is_email_validated": True, **facts})
        given = {"kind": kind, "holder": {"profileId": profile.id}}
        answer = await ask(bo, ORDER, input={**given, "identification": "ONE_TIME_CODE"})
        return answer["oneTimeCode"] | {"id": answer["certificate"]["id"]}

    return shared


def named(certificate, oid):
    """What the subject of a certificate says of something."""
    issued = x509.load_pem_x509_certificate(certificate["pem"].encode())
    return [one.value for one in issued.subject.get_attributes_for_oid(oid)]


async def test_an_employee_retrieves_the_own_certificate_with_the_own_key(
    ask, eva, ordered, gateways
):
    order = await ordered(eva)

    answer = await ask(eva, RETRIEVE, input=own(order["id"]))

    assert (answer["errors"], answer["pkcs12"]) == ([], None)
    certificate = answer["certificate"]
    issued = x509.load_pem_x509_certificate(certificate["pem"].encode())
    assert issued.public_key() == KEY.public_key()
    assert (certificate["status"], certificate["version"]) == ("ISSUED", 2)
    assert certificate["retrieval"] is None
    assert certificate["uuid"] == str(eva.uuid)
    assert certificate["serialNumber"] == f"{issued.serial_number:x}"
    assert certificate["validFrom"] == issued.not_valid_before_utc.isoformat()
    assert certificate["expiresAt"] == issued.not_valid_after_utc.isoformat()
    assert issued.not_valid_after_utc.year - issued.not_valid_before_utc.year == 3
    assert await settled(gateways, certificate) == ("GOOD", None)


async def test_the_subject_is_what_the_organisation_knows_and_not_what_the_request_says(
    ask, eva, ordered, hansen
):
    order = await ordered(eva)

    answer = await ask(eva, RETRIEVE, input=own(order["id"], {"csr": request(name="Chief")}))

    certificate = answer["certificate"]
    assert named(certificate, NameOID.COMMON_NAME) == ["Eva Lund"]
    assert named(certificate, NameOID.GIVEN_NAME) == ["Eva"]
    assert named(certificate, NameOID.SURNAME) == ["Lund"]
    assert named(certificate, NameOID.SERIAL_NUMBER) == [f"UI:DK-E:G:{eva.uuid}"]
    assert named(certificate, NameOID.ORGANIZATION_NAME) == [hansen.name]
    assert named(certificate, NameOID.ORGANIZATION_IDENTIFIER) == [f"NTRDK-{hansen.cvr_number}"]
    assert "Eva Lund" in certificate["subject"]
    assert "Chief" not in certificate["subject"]


async def test_a_name_that_is_longer_than_a_certificate_bears_is_cut(ask, person, ordered):
    long = await person(name=f"{'Åse' * 33} {'Østergård ' * 10}".strip(), email="aase@example.dk")
    order = await ordered(long)

    answer = await ask(long, RETRIEVE, input=own(order["id"]))

    assert answer["errors"] == []
    assert named(answer["certificate"], NameOID.GIVEN_NAME) == ["Åse" * 16]


async def test_the_certificate_of_an_anonymous_user_bears_the_pseudonym_and_no_name(
    ask, person, ordered
):
    ghost = await person(name="Gerda Hemmelig", is_anonymous=True)
    order = await ordered(ghost, email="post@example.dk")
    await Certificate.filter(id=order["id"]).update(is_email_validated=True)

    answer = await ask(ghost, RETRIEVE, input=own(order["id"]))

    assert answer["errors"] == []
    certificate = answer["certificate"]
    assert named(certificate, NameOID.PSEUDONYM) == [str(ghost.uuid)]
    assert not named(certificate, NameOID.GIVEN_NAME)
    der = x509.load_pem_x509_certificate(certificate["pem"].encode()).tbs_certificate_bytes
    assert b"Gerda" not in der
    assert b"Hemmelig" not in der


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("EC_P256", ("secp256r1", 256)),
        ("EC_P384", ("secp384r1", 384)),
        ("RSA_3072", ("", 3072)),
    ],
)
async def test_a_key_that_is_made_here_is_handed_out_once_and_kept_nowhere(
    ask, eva, ordered, kind, made
):
    order, key = await ordered(eva), {"idempotency-key": "once"}
    given = own(order["id"], {"pkcs12": {"keyKind": kind}})

    answer = await ask(eva, RETRIEVE, key, input=given)
    again = await ask(eva, RETRIEVE, key, input=given)

    file = answer["pkcs12"]
    content, password = b64decode(file["base64"]), file["password"].encode()
    opened = pkcs12.load_pkcs12(content, password)
    assert opened.key.public_key() == opened.cert.certificate.public_key()
    assert (getattr(getattr(opened.key, "curve", None), "name", ""), opened.key.key_size) == made
    assert answer["certificate"]["serialNumber"] == f"{opened.cert.certificate.serial_number:x}"
    assert len(opened.additional_certs) == 2
    assert file["fileName"].endswith(".p12")
    assert again == answer | {"pkcs12": None}
    secret = opened.key.private_numbers()
    number = secret.d if isinstance(opened.key, rsa.RSAPrivateKey) else secret.private_value
    assert isinstance(opened.key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    rows = await stored(Certificate, HistoryEntry, Letter, KeptAnswer)
    assert file["password"] not in str(rows)
    assert f"{number:x}" not in str(rows)
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_pkcs12(content, b"another password")


async def test_the_history_a_letter_and_a_notification_tell_of_the_issue(
    ask, bo, eva, ordered, gateways
):
    order = await ordered(eva)
    await letters_sent(gateways)

    await ask(eva, RETRIEVE, input=own(order["id"]))

    entry, _ = await history_of(ask, bo, order["id"])
    assert entry.told == ("retrieveCertificate", "DONE")
    assert entry["actor"] == {"name": "Eva Lund"}
    assert entry.changes["status"] == ("ORDERED", "ISSUED")
    assert "serialNumber" in entry.changes
    assert not entry.changes.keys() & {"pem", "chainPem", "settleAt", "codeHash"}
    letter = (await letters_sent(gateways))[-1]
    assert letter.to == "eva@example.dk"
    assert letter.subject == "A certificate of Hansen & Søn ApS has been issued"
    told = await ask(eva, NOTIFIED)
    assert told["nodes"][0]["kind"] == "CERTIFICATE_ISSUED"


async def test_a_letter_names_the_last_day_as_it_is_in_denmark(ask, eva, ordered, gateways):
    at = datetime(2027, 6, 15, 22, 30, tzinfo=UTC)  # on 16 June, in Denmark
    gateways.clock.advance(seconds=(at - gateways.clock.now()).total_seconds())
    order = await ordered(eva)

    await ask(eva, RETRIEVE, input=own(order["id"]))

    assert "until 16.06.2030." in "".join(one.body for one in await letters_sent(gateways))


async def test_who_has_the_reference_and_the_code_retrieves_without_a_user_here(
    ask, bo, shared, gateways
):
    code = await shared()

    answer = await ask(KIRSTEN, RETRIEVE, input=by_code(code, MADE_HERE))

    assert answer["errors"] == []
    assert answer["certificate"]["status"] == "ISSUED"
    assert answer["pkcs12"]["password"]
    assert named(answer["certificate"], NameOID.COMMON_NAME) == ["Payroll system"]
    entry, _ = await history_of(ask, bo, code["id"])
    assert entry["actor"] == {"name": "Kirsten Bech"}
    assert "bo@example.dk" in [one.to for one in await letters_sent(gateways)]


async def test_a_user_of_another_organisation_retrieves_by_the_code_and_is_told_by_name(
    ask, person, bo, shared, jensen
):
    code = await shared()
    stranger = await person(organisation=jensen, name="Ib Jensen")

    answer = await ask(stranger, RETRIEVE, input=by_code(code))

    assert answer["errors"] == []
    entry, _ = await history_of(ask, bo, code["id"])
    assert entry["actor"] == {"name": "Ib Jensen, Jensen ApS"}
    assert not await HistoryEntry.filter(organisation_id=jensen.id, operation="retrieveCertificate")


async def test_a_code_is_taken_however_it_is_typed(ask, shared):
    code = await shared()
    typed = {"oneTimeCode": code["code"].lower().replace("-", " ")}

    answer = await ask(KIRSTEN, RETRIEVE, input=by_code(code, **typed))

    assert answer["errors"] == []


async def test_an_administrator_retrieves_a_certificate_of_the_organisation(ask, bo, shared):
    code = await shared("SYSTEM")

    answer = await ask(bo, RETRIEVE, input=own(code["id"]))

    assert answer["certificate"]["status"] == "ISSUED"


async def test_after_five_wrong_tries_the_right_code_is_void(ask, shared):
    code = await shared()
    guess = by_code(code, oneTimeCode=WRONG)

    told = [(await ask(KIRSTEN, RETRIEVE, input=guess)).problem for _ in range(6)]
    after = await ask(KIRSTEN, RETRIEVE, input=by_code(code))

    assert told == ["CODE_WRONG"] * 4 + ["CODE_VOID"] * 2
    assert after.problem == "CODE_VOID"
    certificate = await Certificate.get(id=code["id"])
    assert (certificate.status, certificate.version, certificate.tries_left) == ("ORDERED", 1, 0)


async def test_a_code_runs_out_after_fourteen_days_and_a_new_one_takes_its_place(
    ask, bo, shared, gateways
):
    code = await shared()
    gateways.clock.advance(days=14)

    late = await ask(KIRSTEN, RETRIEVE, input=by_code(code))
    renewed = await ask(bo, RENEW_CODE, input={"certificateId": code["id"]})
    former = await ask(KIRSTEN, RETRIEVE, input=by_code(code))
    good = await ask(KIRSTEN, RETRIEVE, input=by_code(renewed["oneTimeCode"]))

    assert late.problem == "CODE_EXPIRED"
    assert late["errors"][0]["path"] == ["proof", "code", "oneTimeCode"]
    assert renewed["certificate"]["version"] == 2
    assert former.problem == "CODE_WRONG"
    assert good["errors"] == []


async def test_a_new_code_is_told_in_the_history_and_by_letter_and_nowhere_shown(
    ask, bo, shared, gateways
):
    code = await shared()
    await letters_sent(gateways)

    answer = await ask(
        bo, RENEW_CODE, {"accept-language": "en"}, input={"certificateId": code["id"]}
    )

    shown = answer["oneTimeCode"]["code"]
    entry, _ = await history_of(ask, bo, code["id"])
    assert entry.told == ("renewOneTimeCode", "DONE")
    letter = (await letters_sent(gateways))[-1]
    assert letter.subject == "A new one-time code for a certificate of Hansen & Søn ApS"
    assert shown not in letter.body
    assert shown not in str(await stored(Certificate, HistoryEntry, Letter))


async def test_no_code_is_made_for_what_a_user_retrieves_or_for_what_is_no_order(
    ask, bo, eva, ordered, shared
):
    theirs, ours = await ordered(eva), await shared()
    await ask(bo, CANCEL, input={"certificateId": ours["id"]})

    for_a_user = await ask(bo, RENEW_CODE, input={"certificateId": theirs["id"]})
    cancelled = await ask(bo, RENEW_CODE, input={"certificateId": ours["id"]})

    assert for_a_user.problem == "NOT_OWN"
    assert cancelled.problem == "CERTIFICATE_NOT_ORDERED"


BAD_REQUESTS = {
    "weak key": (weak, "CSR_KEY_TOO_WEAK"),
    "weak curve": (lambda: request(ec.generate_private_key(ec.SECP224R1())), "CSR_KEY_TOO_WEAK"),
    "broken signature": (broken, "CSR_SIGNATURE_WRONG"),
    "garbage": (lambda: "-----BEGIN CERTIFICATE REQUEST-----\nx\n", "CSR_MALFORMED"),
    "nothing": (lambda: "", "CSR_MALFORMED"),
    "much": (lambda: request() + "A" * 800_000, "CSR_MALFORMED"),
}


@pytest.mark.parametrize("what", BAD_REQUESTS)
async def test_a_bad_request_is_told_and_changes_nothing(ask, eva, ordered, what):
    order = await ordered(eva)
    make, code = BAD_REQUESTS[what]
    before = await everything_stored()

    answer = await ask(eva, RETRIEVE, input=own(order["id"], {"csr": make()}))

    assert answer.problem == code
    assert answer["errors"][0]["path"] == ["key", "csr"]
    assert await everything_stored() == before


TOO_LARGE = {
    "en": "The request is too large: 1 MB is the most. Nothing has been changed.",
    "da-DK, en;q=0.5": "Forespørgslen er for stor: højst 1 MB. Intet er ændret.",
}


@pytest.mark.parametrize("accepted", TOO_LARGE)
async def test_ten_megabytes_are_refused_at_the_door(asker, eva, ordered, accepted):
    order = await ordered(eva)
    before = await everything_stored()
    large = request().replace("\n", "\n" + "A" * 10_000_000 + "\n", 1)
    headers = {"accept-language": accepted}

    response = await asker.post(eva, RETRIEVE, headers, input=own(order["id"], {"csr": large}))

    assert response.status_code == 413
    (error,) = response.json()["errors"]
    assert error["message"].startswith(TOO_LARGE[accepted])
    assert error["extensions"] == {"code": "REQUEST_TOO_LARGE", "limit": 1_000_000}
    assert await everything_stored() == before


@pytest.mark.parametrize("kind", ["QUALIFIED_USER", "QUALIFIED_ORGANISATION"])
async def test_a_qualified_certificate_is_issued_on_a_request_only(
    ask, bo, eva, ordered, shared, kind
):
    is_users = kind == "QUALIFIED_USER"
    who = eva if is_users else bo
    order = await ordered(eva, kind=kind) if is_users else await shared(kind)

    made_here = await ask(who, RETRIEVE, input=own(order["id"], MADE_HERE))
    asked_for = await ask(who, RETRIEVE, input=own(order["id"]))

    assert made_here.problem == "CSR_REQUIRED"
    assert made_here["errors"][0]["path"] == ["key", "csr"]
    assert asked_for["errors"] == []


async def test_an_order_is_retrieved_once(ask, eva, ordered, shared):
    theirs, ours = await ordered(eva), await shared()
    await ask(eva, RETRIEVE, input=own(theirs["id"]))
    await ask(KIRSTEN, RETRIEVE, input=by_code(ours))
    before = await everything_stored()

    again = await ask(eva, RETRIEVE, input=own(theirs["id"]))
    with_another_key = await ask(KIRSTEN, RETRIEVE, input=by_code(ours, MADE_HERE))

    assert again.problem == with_another_key.problem == "CERTIFICATE_ALREADY_ISSUED"
    assert await everything_stored() == before


async def test_of_many_who_show_one_code_at_once_one_gets_the_certificate(ask, shared):
    given = by_code(await shared())

    answers = await asyncio.gather(*(ask(KIRSTEN, RETRIEVE, input=given) for _ in range(20)))

    told = Counter(one.problem if one["errors"] else "issued" for one in answers)
    assert told == {"issued": 1, "CERTIFICATE_ALREADY_ISSUED": 19}


async def test_of_many_guesses_at_once_five_are_taken(ask, shared):
    given = by_code(await shared(), oneTimeCode=WRONG)

    answers = await asyncio.gather(*(ask(KIRSTEN, RETRIEVE, input=given) for _ in range(20)))

    assert Counter(one.problem for one in answers) == {"CODE_WRONG": 4, "CODE_VOID": 16}


async def test_a_cancelled_order_is_not_retrieved(ask, bo, shared):
    code = await shared()
    await ask(bo, CANCEL, input={"certificateId": code["id"]})

    answer = await ask(KIRSTEN, RETRIEVE, input=by_code(code))

    assert answer.problem == "CERTIFICATE_NOT_ORDERED"


async def test_an_address_that_is_not_validated_keeps_the_certificate_back(ask, shared):
    code = await shared(is_email_validated=False)
    before = await everything_stored()

    answer = await ask(KIRSTEN, RETRIEVE, input=by_code(code))

    assert answer.problem == "EMAIL_NOT_VALIDATED"
    assert await everything_stored() == before


async def test_a_kind_that_is_forbidden_meanwhile_is_not_issued(ask, eva, ordered, hansen):
    order = await ordered(eva)
    await CertificateSettings.filter(organisation_id=hansen.id).update(allowed_kinds=["SYSTEM"])
    before = await everything_stored()

    answer = await ask(eva, RETRIEVE, input=own(order["id"]))

    assert answer.problem == "CERTIFICATE_KIND_FORBIDDEN"
    assert await everything_stored() == before


@pytest.mark.parametrize("role", [None, *("user", "rights", "organisation")])
async def test_nobody_but_the_user_retrieves_a_users_certificate_and_the_attempt_is_kept(
    ask, person, bo, eva, ordered, role
):
    order = await ordered(eva)
    other = await person(*[f"{role}_administrator"] if role else [], name="Lars Dam")

    answer = await ask(other, RETRIEVE, input=own(order["id"]))

    assert answer.problem == "DENIED"
    assert (await Certificate.get(id=order["id"])).status == "ORDERED"
    entry, _ = await history_of(ask, bo, order["id"])
    assert entry.told == ("retrieveCertificate", "DENIED")
    assert entry["actor"] == {"name": "Lars Dam"}


async def test_a_stranger_finds_no_order_of_hansens(ask, person, eva, ordered, shared, jensen):
    theirs, ours = await ordered(eva), await shared()
    stranger = await person("user_administrator", organisation=jensen)
    before = await everything_stored()

    for who in (stranger, KIRSTEN):
        for key in (theirs["id"], ours["id"], "no id"):
            answer = await ask(who, RETRIEVE, input=own(key))

            assert answer.problem == "NOT_FOUND"
            assert answer["errors"][0]["path"] == ["proof", "certificateId"]
        unknown = await ask(who, RETRIEVE, input=by_code(ours, reference="000000000000"))
        assert unknown.problem == "NOT_FOUND"
    assert await everything_stored() == before


@pytest.mark.parametrize("key", [{"csr": request()}, MADE_HERE])
async def test_a_dry_run_shows_the_certificate_and_asks_nobody_to_sign(
    ask, eva, ordered, gateways, key
):
    order = await ordered(eva)
    before = await everything_stored()

    answer = await ask(eva, RETRIEVE, input=own(order["id"], key), dryRun=True)

    certificate = answer["certificate"]
    assert (answer["errors"], answer["pkcs12"], certificate["status"]) == ([], None, "ISSUED")
    signed = ("pem", "chainPem", "serialNumber", "fingerprint", "subject")
    assert [certificate[name] for name in signed] == [None] * 5
    assert certificate["expiresAt"]
    assert await everything_stored() == before


class Authority:
    """An authority that has a bad day."""

    def __init__(self, is_final):
        self.is_final = is_final

    async def issue(self, order):
        raise Refused("Not today.", is_final=self.is_final)


@pytest.mark.parametrize(("is_final", "code"), [(False, "UNAVAILABLE"), (True, "CSR_MALFORMED")])
async def test_an_authority_that_does_not_sign_is_told_and_nothing_changes(
    ask, eva, ordered, gateways, is_final, code
):
    order = await ordered(eva)
    before, usual = await everything_stored(), gateways.authority
    object.__setattr__(gateways, "authority", Authority(is_final))

    answer = await ask(eva, RETRIEVE, input=own(order["id"]))

    assert answer.problem == code
    assert await everything_stored() == before
    object.__setattr__(gateways, "authority", usual)
    assert (await ask(eva, RETRIEVE, input=own(order["id"])))["errors"] == []


async def test_a_retry_under_the_same_key_is_made_once_the_authority_answers(
    ask, eva, ordered, gateways
):
    order, usual, key = await ordered(eva), gateways.authority, {"idempotency-key": "once"}
    object.__setattr__(gateways, "authority", Authority(is_final=False))
    first = await ask(eva, RETRIEVE, key, input=own(order["id"]))
    object.__setattr__(gateways, "authority", usual)

    second = await ask(eva, RETRIEVE, key, input=own(order["id"]))

    assert (first.problem, second["errors"]) == ("UNAVAILABLE", [])
