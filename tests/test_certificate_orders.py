"""Orders of certificates: for a user or on a profile, with a letter to whoever retrieves it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from models import Certificate, CertificateProfile, CertificateSettings, HistoryEntry, Letter, User
from tests.reading import history_of, letters_sent, stored

pytestmark = pytest.mark.anyio

ORDER = """
mutation OrderCertificate($input: OrderCertificateInput!, $dryRun: Boolean) {
  orderCertificate(input: $input, dryRun: $dryRun) {
    certificate {
      id kind status email isEmailValidated contactName contactEmail
      subject issuedAt validFrom expiresAt orderedAt orderedBy { name }
      user { id } profile { id }
      retrieval {
        identification reference codeExpiresAt triesLeft isCsrRequired letter { to status }
      }
    }
    oneTimeCode { reference code expiresAt }
    errors { code path ... on Conflict { current { id } } }
  }
}
"""
RETRIEVAL = """
query Retrieval($id: ID!) {
  certificate(id: $id) { status retrieval { reference triesLeft letter { to status } } }
}
"""


@pytest.fixture
async def bo(person):
    """Bo, who administers users."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
async def eva(person):
    return await person(name="Eva Lund", email="eva@example.dk", language="ENGLISH")


@pytest.fixture
async def archive(make, hansen):
    facts = {"name": "Archive", "email": "archive@example.dk", "is_email_validated": True}
    return await make.profile(hansen, **facts)


def for_user(user, **also):
    return {"kind": "USER", "holder": {"userId": str(getattr(user, "id", user))}, **also}


def on(profile, **also):
    return {"kind": "ORGANISATION", "holder": {"profileId": str(profile.id)}, **also}


async def test_a_user_certificate_is_ordered_for_an_active_user_who_gets_a_letter(
    ask, bo, eva, make, gateways
):
    answer = await ask(bo, ORDER, input=for_user(eva))

    assert answer["errors"] == []
    assert answer["oneTimeCode"] is None
    certificate = answer["certificate"]
    reference = certificate["retrieval"]["reference"]
    assert len(reference) == 12
    assert certificate == {
        "id": certificate["id"],
        "kind": "USER",
        "status": "ORDERED",
        "email": "eva@example.dk",
        "isEmailValidated": True,
        "contactName": "Eva Lund",
        "contactEmail": "eva@example.dk",
        "subject": None,
        "issuedAt": None,
        "validFrom": None,
        "expiresAt": None,
        "orderedAt": make.now.isoformat(),
        "orderedBy": {"name": "Bo Holm"},
        "user": {"id": str(eva.id)},
        "profile": None,
        "retrieval": {
            "identification": "OWN_SIGN_IN",
            "reference": reference,
            "codeExpiresAt": None,
            "triesLeft": None,
            "isCsrRequired": False,
            "letter": {"to": "eva@example.dk", "status": "QUEUED"},
        },
    }
    (letter,) = await letters_sent(gateways)
    assert (letter.to, letter.subject) == ("eva@example.dk", "Get your user certificate")
    assert reference in letter.body
    later = await ask(bo, RETRIEVAL, id=certificate["id"])
    assert later["retrieval"]["letter"]["status"] == "SENT"


async def test_the_history_tells_the_order_and_no_secret(ask, bo, archive):
    answer = await ask(bo, ORDER, input=on(archive, identification="ONE_TIME_CODE"))

    code, certificate = answer["oneTimeCode"]["code"], answer["certificate"]
    (entry,) = await history_of(ask, bo, certificate["id"])
    assert entry.told == ("orderCertificate", "DONE")
    assert entry["actor"] == {"name": "Bo Holm"}
    assert entry.changes["kind"] == (None, "ORGANISATION")
    assert entry.changes["status"] == (None, "ORDERED")
    assert entry.changes["profile"] == (None, "Archive")
    assert entry.changes["email"] == (None, "archive@example.dk")
    assert "codeHash" not in entry.changes
    assert code not in str(await stored(HistoryEntry, Certificate, Letter))


@pytest.mark.parametrize(
    ("language", "subject"),
    [("DANISH", "Hent dit brugercertifikat"), ("ENGLISH", "Get your user certificate")],
)
async def test_the_letter_is_written_in_the_language_of_the_holder(
    ask, person, bo, gateways, language, subject
):
    holder = await person(language=language)

    await ask(bo, ORDER, {"accept-language": "en"}, input=for_user(holder))

    (letter,) = await letters_sent(gateways)
    assert letter.subject == subject


@pytest.mark.parametrize("kind", ["QUALIFIED_USER", "USER"])
async def test_a_qualified_certificate_needs_a_signing_request(ask, bo, eva, kind):
    answer = await ask(bo, ORDER, input=for_user(eva, kind=kind))

    retrieval = answer["certificate"]["retrieval"]
    assert retrieval["isCsrRequired"] is (kind == "QUALIFIED_USER")


async def test_another_address_for_a_users_certificate_must_be_validated_first(ask, bo, eva):
    answer = await ask(bo, ORDER, input=for_user(eva, email="eva.lund@example.dk"))

    assert answer["certificate"]["email"] == "eva.lund@example.dk"
    assert answer["certificate"]["isEmailValidated"] is False
    assert answer["certificate"]["contactEmail"] == "eva@example.dk"


@pytest.mark.parametrize("kind", ["ORGANISATION", "SYSTEM", "QUALIFIED_ORGANISATION"])
async def test_an_order_on_a_profile_shows_its_one_time_code_this_once(
    ask, bo, archive, make, gateways, kind
):
    given = on(archive, kind=kind, identification="ONE_TIME_CODE")

    answer = await ask(bo, ORDER, {"accept-language": "en"}, input=given)

    assert answer["errors"] == []
    certificate, code = answer["certificate"], answer["oneTimeCode"]
    assert certificate["kind"] == kind
    assert certificate["profile"] == {"id": str(archive.id)}
    assert certificate["user"] is None
    assert (certificate["email"], certificate["contactName"]) == ("archive@example.dk", "Bo Lind")
    retrieval = certificate["retrieval"]
    in_two_weeks = (make.now + timedelta(days=14)).isoformat()
    assert retrieval["identification"] == "ONE_TIME_CODE"
    assert retrieval["codeExpiresAt"] == code["expiresAt"] == in_two_weeks
    assert retrieval["triesLeft"] == 5
    assert retrieval["reference"] == code["reference"]
    (letter,) = await letters_sent(gateways)
    assert (letter.to, letter.subject) == ("bo@example.dk", "Get an organisation certificate")
    assert code["reference"] in letter.body
    assert code["code"] not in letter.body


async def test_a_repeat_under_the_same_key_orders_nothing_and_shows_no_code(ask, bo, archive):
    given, key = on(archive, identification="ONE_TIME_CODE"), {"idempotency-key": "once"}

    first = await ask(bo, ORDER, key, input=given)
    second = await ask(bo, ORDER, key, input=given)

    assert first["oneTimeCode"]
    assert second["oneTimeCode"] is None
    assert second["certificate"] == first["certificate"]
    assert await Certificate.all().count() == 1
    assert await Letter.all().count() == 1


@pytest.mark.parametrize("status", ["AWAITING_ACTIVATION", "DEACTIVATED", "IMPORTED", "DELETED"])
async def test_nothing_is_ordered_for_a_user_who_is_not_active(ask, person, bo, status):
    holder = await person(status=status)
    before = await stored(Certificate, Letter, HistoryEntry)

    answer = await ask(bo, ORDER, input=for_user(holder))

    assert answer["errors"] == [
        {
            "code": "USER_NOT_ACTIVE",
            "path": ["holder", "userId"],
            "current": {"id": str(holder.id)},
        }
    ]
    assert await stored(Certificate, Letter, HistoryEntry) == before


async def test_an_address_with_danish_letters_cannot_stand_in_a_certificate(ask, person, bo):
    aase = await person(name="Åse Dam", email="åse@example.dk")

    own = await ask(bo, ORDER, input=for_user(aase))
    given = await ask(bo, ORDER, input=for_user(aase, email="aase@exæmple.dk"))
    good = await ask(bo, ORDER, input=for_user(aase, email="aase@example.dk"))

    assert own["errors"] == given["errors"] == [{"code": "EMAIL_NOT_ASCII", "path": ["email"]}]
    assert good["errors"] == []


async def test_a_kind_that_the_settings_forbid_is_not_ordered(ask, bo, eva, archive, hansen):
    await CertificateSettings.filter(organisation_id=hansen.id).update(allowed_kinds=["SYSTEM"])

    for_a_user = await ask(bo, ORDER, input=for_user(eva))
    on_a_profile = await ask(bo, ORDER, input=on(archive))
    of_the_kind = await ask(bo, ORDER, input=on(archive, kind="SYSTEM"))

    forbidden = [{"code": "CERTIFICATE_KIND_FORBIDDEN", "path": ["kind"]}]
    assert for_a_user["errors"] == on_a_profile["errors"] == forbidden
    assert of_the_kind["errors"] == []


async def test_each_kind_is_for_its_own_holder_and_all_that_is_wrong_is_told_at_once(
    ask, bo, eva, archive
):
    given = {"email": "eva@example.dk", "identification": "ONE_TIME_CODE"}

    for_the_organisation = await ask(bo, ORDER, input=for_user(eva, kind="SYSTEM"))
    for_a_user = await ask(bo, ORDER, input=on(archive, kind="USER"))
    a_users_code = await ask(bo, ORDER, input=for_user(eva, **given))
    an_address = await ask(bo, ORDER, input=on(archive, **given))
    a_bad_address = await ask(bo, ORDER, input=for_user(eva, **given | {"email": "eva"}))

    assert for_the_organisation["errors"] == [{"code": "REQUIRED", "path": ["holder", "profileId"]}]
    assert for_a_user["errors"] == [{"code": "REQUIRED", "path": ["holder", "userId"]}]
    assert a_users_code["errors"] == [{"code": "MUST_BE_EMPTY", "path": ["identification"]}]
    assert an_address["errors"] == [{"code": "MUST_BE_EMPTY", "path": ["email"]}]
    assert {(one["code"], *one["path"]) for one in a_bad_address["errors"]} == {
        ("MALFORMED", "email"),
        ("MUST_BE_EMPTY", "identification"),
    }
    assert not await Certificate.exists()


@pytest.mark.parametrize("holder", ["userId", "profileId"])
async def test_a_holder_who_is_unknown_or_a_strangers_is_not_found(
    ask, person, bo, make, jensen, holder
):
    theirs = {
        "userId": await person(organisation=jensen),
        "profileId": await make.profile(jensen),
    }[holder]
    before = await stored(Certificate, Letter, HistoryEntry, User, CertificateProfile)

    for key in (theirs.id, uuid4(), "no id"):
        answer = await ask(bo, ORDER, input={"kind": "USER", "holder": {holder: str(key)}})

        assert answer["errors"] == [{"code": "NOT_FOUND", "path": ["holder", holder]}]
    assert await stored(Certificate, Letter, HistoryEntry, User, CertificateProfile) == before


@pytest.mark.parametrize("role", [None, "organisation_administrator", "rights_administrator"])
async def test_who_may_not_orders_nothing_and_the_attempt_is_kept(ask, person, bo, hansen, role):
    who = await person(*[role] if role else [], name="Eva Lund")

    answer = await ask(who, ORDER, input=for_user(who))

    assert answer["errors"] == [{"code": "DENIED", "path": None}]
    assert not await Certificate.exists()
    (entry,) = await history_of(ask, bo, hansen)
    assert entry.told == ("orderCertificate", "DENIED")
    assert entry["actor"] == {"name": "Eva Lund"}


async def test_a_dry_run_shows_the_order_without_its_code_and_nothing_leaves(
    ask, bo, archive, gateways
):
    before = await stored(Certificate, Letter, HistoryEntry)

    answer = await ask(bo, ORDER, input=on(archive, identification="ONE_TIME_CODE"), dryRun=True)

    assert answer["errors"] == []
    assert answer["certificate"]["status"] == "ORDERED"
    assert answer["oneTimeCode"] is None
    assert await stored(Certificate, Letter, HistoryEntry) == before
    assert await letters_sent(gateways) == []
