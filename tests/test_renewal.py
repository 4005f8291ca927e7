"""Certificates renewed: the next one is issued before this one expires, and both are good."""

from functools import partial

import pytest

from models import (
    Certificate,
    CertificateProfile,
    CertificateSettings,
    Organisation,
    User,
    UserStatus,
)
from tests.certificates import (
    MADE_HERE,
    ORDER,
    OTHER_KEY,
    RENEW,
    REVOKE,
    issued_by,
    request,
    settled,
    weak,
)
from tests.reading import history_of
from tests.scenes import everything_stored

pytestmark = pytest.mark.anyio

CHAIN = """
query ($id: ID!) {
  certificate(id: $id) {
    version status renews { id } renewedBy { id } allowedTransitions { action isAllowed }
  }
}
"""


@pytest.fixture
async def bo(person):
    """Bo, who administers users."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
async def eva(person):
    return await person(name="Eva Lund", email="eva@example.dk")


@pytest.fixture
def issued(ask, bo, eva):
    """Has a certificate ordered and retrieved: Eva's, or one on a profile."""
    return partial(issued_by, ask, bo, eva)


@pytest.fixture
async def archive(make, hansen):
    facts = {"name": "Archive", "email": "archive@example.dk", "is_email_validated": True}
    return await make.profile(hansen, **facts)


def renewing(one, key=None, **also):
    return {"certificateId": one["id"], "key": key or {"csr": request(OTHER_KEY)}, **also}


async def test_an_employee_renews_the_own_certificate_and_both_are_good(
    ask, bo, eva, issued, gateways
):
    former = await issued()
    gateways.clock.advance(days=1000)

    answer = await ask(eva, RENEW, input=renewing(former, expectedVersion=2))

    assert answer["errors"] == []
    new = answer["certificate"]
    assert (new["status"], new["uuid"], new["email"]) == ("ISSUED", former["uuid"], former["email"])
    assert new["serialNumber"] != former["serialNumber"]
    assert new["expiresAt"] > former["expiresAt"]
    assert (await ask(bo, CHAIN, id=new["id"]))["renews"] == {"id": former["id"]}
    before = await ask(bo, CHAIN, id=former["id"])
    assert (before["renewedBy"], before["version"]) == ({"id": new["id"]}, 3)
    assert before["status"] == "ISSUED"
    assert await settled(gateways, former) == await settled(gateways, new) == ("GOOD", None)


async def test_the_history_tells_of_both(ask, bo, eva, issued):
    former = await issued()

    answer = await ask(eva, RENEW, input=renewing(former, MADE_HERE))

    assert answer["pkcs12"]["password"]
    (made,) = await history_of(ask, bo, answer["certificate"]["id"])
    assert made.told == ("renewCertificate", "DONE")
    assert made.changes["status"] == (None, "ISSUED")
    latest, *_ = await history_of(ask, bo, former["id"])
    assert latest.told == ("renewCertificate", "DONE")
    assert "renewedBy" in latest.changes


async def test_the_next_certificate_of_a_profile_bears_what_the_profile_says_now(
    ask, bo, issued, archive
):
    former = await issued(archive)
    await CertificateProfile.filter(id=archive.id).update(email="new@example.dk")

    answer = await ask(bo, RENEW, input=renewing(former))

    assert answer["certificate"]["email"] == "new@example.dk"
    assert answer["certificate"]["uuid"] == former["uuid"]


async def test_an_address_of_the_profile_that_is_not_validated_keeps_it_back(
    ask, bo, issued, archive
):
    former = await issued(archive)
    facts = {"email": "new@example.dk", "is_email_validated": False}
    await CertificateProfile.filter(id=archive.id).update(**facts)

    answer = await ask(bo, RENEW, input=renewing(former))

    assert answer.problem == "EMAIL_NOT_VALIDATED"


async def test_what_has_expired_or_been_revoked_is_not_renewed(ask, bo, eva, issued, gateways):
    expired = await issued()
    gateways.clock.advance(days=366 * 3)
    revoked = await issued()
    await ask(bo, REVOKE, input={"certificateId": revoked["id"], "reason": "SUPERSEDED"})
    before = await everything_stored()

    late = await ask(eva, RENEW, input=renewing(expired))
    ended = await ask(eva, RENEW, input=renewing(revoked))

    assert (late.problem, ended.problem) == ("CERTIFICATE_EXPIRED", "CERTIFICATE_ALREADY_REVOKED")
    assert await everything_stored() == before


async def test_an_order_is_not_renewed(ask, bo, eva):
    given = {"kind": "USER", "holder": {"userId": eva.id}}
    order = (await ask(bo, ORDER, input=given))["certificate"]

    answer = await ask(eva, RENEW, input=renewing(order))

    assert answer.problem == "CERTIFICATE_NOT_ISSUED"


async def test_what_has_been_followed_is_renewed_again_only_when_that_one_has_ended(
    ask, bo, eva, issued
):
    former = await issued()
    first = (await ask(eva, RENEW, input=renewing(former)))["certificate"]

    current = "... on Conflict { current { id } }"
    asked = RENEW.replace("message path", f"message path {current}")
    again = await ask(eva, asked, input=renewing(former, MADE_HERE))
    await ask(eva, REVOKE, input={"certificateId": first["id"], "reason": "KEY_COMPROMISE"})
    anew = await ask(eva, RENEW, input=renewing(former, MADE_HERE))

    assert again.problem == "CERTIFICATE_ALREADY_ISSUED"
    assert again["errors"][0]["current"] == {"id": first["id"]}
    assert anew["errors"] == []


async def test_a_weak_key_is_told_and_changes_nothing(ask, eva, issued):
    former = await issued()
    before = await everything_stored()

    answer = await ask(eva, RENEW, input=renewing(former, {"csr": weak()}))

    assert answer.problem == "CSR_KEY_TOO_WEAK"
    assert await everything_stored() == before


@pytest.mark.parametrize("role", [None, *("user", "rights", "organisation")])
async def test_nobody_but_the_user_renews_a_users_certificate(ask, person, issued, role):
    former = await issued()
    other = await person(*[f"{role}_administrator"] if role else [])

    answer = await ask(other, RENEW, input=renewing(former))

    assert answer.problem == "DENIED"


async def test_a_stranger_renews_nothing(ask, person, issued, jensen: Organisation):
    former = await issued()
    stranger = await person("user_administrator", organisation=jensen)

    answer = await ask(stranger, RENEW, input=renewing(former))

    assert answer.problem == "NOT_FOUND"


async def test_the_next_steps_are_those_of_the_user_alone(ask, bo, eva, issued):
    former = await issued()

    answers = [await ask(who, CHAIN, id=former["id"]) for who in (bo, eva)]

    steps = [
        [(one["action"], one["isAllowed"]) for one in answer["allowedTransitions"]]
        for answer in answers
    ]
    assert steps == [
        [("RENEW", False), ("REVOKE", True)],
        [("RENEW", True), ("REVOKE", True)],
    ]


async def follow(ask, bo, former):
    await ask(bo, RENEW, input=renewing(former))


async def follow_and_revoke(ask, bo, former):
    follower = (await ask(bo, RENEW, input=renewing(former)))["certificate"]
    await ask(bo, REVOKE, input={"certificateId": follower["id"], "reason": "SUPERSEDED"})


async def follow_and_expire(ask, bo, former):
    await ask(bo, RENEW, input=renewing(former))
    (follower,) = await Certificate.exclude(id=former["id"])
    await Certificate.filter(id=follower.id).update(expires_at=follower.valid_from)


async def forbid(ask, bo, former):
    await CertificateSettings.all().update(allowed_kinds=["USER"])


async def doubt(ask, bo, former):
    await CertificateProfile.all().update(is_email_validated=False)


async def leave_alone(ask, bo, former):
    pass


@pytest.mark.parametrize(
    ("happen", "is_offered"),
    [
        (leave_alone, True),
        (follow, False),
        (follow_and_revoke, True),
        (follow_and_expire, True),
        (forbid, False),
        (doubt, False),
    ],
)
async def test_a_renewal_is_offered_when_it_would_be_made(
    ask, bo, issued, archive, happen, is_offered
):
    former = await issued(archive)
    await happen(ask, bo, former)

    steps = (await ask(bo, CHAIN, id=former["id"]))["allowedTransitions"]
    answer = await ask(bo, RENEW, input=renewing(former, MADE_HERE))

    assert [one["action"] for one in steps] == ["RENEW"] * is_offered + ["REVOKE"]
    assert (answer["errors"] == []) is is_offered


async def test_a_renewal_is_not_offered_while_the_user_is_deactivated(ask, bo, eva, issued):
    former = await issued()
    await User.filter(id=eva.id).update(status=UserStatus.DEACTIVATED)

    steps = (await ask(bo, CHAIN, id=former["id"]))["allowedTransitions"]

    assert [one["action"] for one in steps] == ["REVOKE"]


async def test_a_dry_run_renews_nothing(ask, eva, issued):
    former = await issued()
    before = await everything_stored()

    answer = await ask(eva, RENEW, input=renewing(former, MADE_HERE), dryRun=True)

    assert (answer["errors"], answer["pkcs12"]) == ([], None)
    assert answer["certificate"]["pem"] is None
    assert await everything_stored() == before
    assert await Certificate.all().count() == 1
