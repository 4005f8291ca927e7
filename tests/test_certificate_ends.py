"""How orders and certificates end: cancelled before issue, revoked after it, for ever."""

from datetime import timedelta

import pytest

from models import Certificate, HistoryEntry, Letter
from tests.reading import history_of, letters_sent, stored

pytestmark = pytest.mark.anyio

ORDER = """
mutation OrderCertificate($input: OrderCertificateInput!) {
  orderCertificate(input: $input) {
    certificate { id retrieval { reference } allowedTransitions { ...Step } }
  }
}
fragment Step on CertificateTransition { action to permission allowedFor isAllowed }
"""
CANCEL = """
mutation CancelCertificate($input: CancelCertificateInput!, $dryRun: Boolean) {
  cancelCertificate(input: $input, dryRun: $dryRun) {
    certificate { status version retrieval { reference } allowedTransitions { action } }
    errors { code path ... on Conflict { currentVersion current { id } } }
  }
}
"""
REVOKE = """
mutation RevokeCertificate($input: RevokeCertificateInput!, $dryRun: Boolean) {
  revokeCertificate(input: $input, dryRun: $dryRun) {
    certificate {
      status version revokedAt revocationReason revokedBy { name }
      retrieval { reference } allowedTransitions { action }
    }
    errors { code path ... on Conflict { currentVersion current { id } } }
  }
}
"""
TRANSITIONS = """
query Transitions($id: ID!) {
  certificate(id: $id) { allowedTransitions { action to permission allowedFor isAllowed } }
}
"""
OWN_HISTORY = """
query OwnHistory($id: ID!) {
  certificate(id: $id) { history { nodes { operation actor { name } reason } } }
}
"""
UNISSUED = {"issued_at": None, "valid_from": None, "expires_at": None}
STATES = {
    "ORDERED": {"status": "ORDERED", **UNISSUED},
    "ISSUED": {"status": "ISSUED"},
    "EXPIRED": {"status": "ISSUED", "expires_in": -1},
    "REVOKED": {"status": "REVOKED"},
    "CANCELLED": {"status": "CANCELLED", **UNISSUED},
}
CANCELLING = {
    "ORDERED": [],
    "ISSUED": ["CERTIFICATE_ALREADY_ISSUED"],
    "EXPIRED": ["CERTIFICATE_ALREADY_ISSUED"],
    "REVOKED": ["CERTIFICATE_ALREADY_ISSUED"],
    "CANCELLED": ["CERTIFICATE_NOT_ORDERED"],
}
REVOKING = {
    "ORDERED": ["CERTIFICATE_NOT_ISSUED"],
    "ISSUED": [],
    "EXPIRED": ["CERTIFICATE_EXPIRED"],
    "REVOKED": ["CERTIFICATE_ALREADY_REVOKED"],
    "CANCELLED": ["CERTIFICATE_NOT_ISSUED"],
}
REASONS = [
    *("KEY_COMPROMISE", "AFFILIATION_CHANGED", "SUPERSEDED"),
    *("CESSATION_OF_OPERATION", "PRIVILEGE_WITHDRAWN", "UNSPECIFIED"),
]
ENDS = [
    pytest.param(CANCEL, {}, "ORDERED", id="cancelCertificate"),
    pytest.param(REVOKE, {"reason": "SUPERSEDED"}, "ISSUED", id="revokeCertificate"),
]


@pytest.fixture
async def bo(person):
    """Bo, who administers users."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
async def eva(person):
    return await person(name="Eva Lund", email="eva@example.dk", language="ENGLISH")


@pytest.fixture
def certificate(make, hansen):
    """Makes a certificate in a state."""

    async def certificate(state, **facts):
        facts = STATES[state] | facts
        if "expires_in" in facts:
            facts["expires_at"] = make.now + timedelta(days=facts.pop("expires_in"))
        return await make.certificate(hansen, **facts)

    return certificate


def ending(one, **also):
    return {"certificateId": str(getattr(one, "id", one)), **also}


async def test_an_open_order_is_cancelled_and_can_no_longer_be_retrieved(ask, bo, eva, gateways):
    given = {"kind": "USER", "holder": {"userId": str(eva.id)}}
    order = (await ask(bo, ORDER, input=given))["certificate"]

    answer = await ask(bo, CANCEL, input=ending(order["id"]))

    assert order["retrieval"]
    assert answer["errors"] == []
    assert answer["certificate"] == {
        "status": "CANCELLED",
        "version": 2,
        "retrieval": None,
        "allowedTransitions": [],
    }
    entry, _ = await history_of(ask, bo, order["id"])
    assert entry.told == ("cancelCertificate", "DONE")
    assert entry.changes == {"status": ("ORDERED", "CANCELLED")}


@pytest.mark.parametrize("reason", REASONS)
async def test_a_revoked_certificate_keeps_when_by_whom_and_why(
    ask, bo, eva, certificate, make, gateways, reason
):
    issued = await certificate("ISSUED", user=eva)
    gateways.clock.advance(hours=3)

    answer = await ask(bo, REVOKE, input=ending(issued, reason=reason))

    assert answer["errors"] == []
    assert answer["certificate"] == {
        "status": "REVOKED",
        "version": 2,
        "revokedAt": make.now.isoformat(),
        "revocationReason": reason,
        "revokedBy": {"name": "Bo Holm"},
        "retrieval": None,
        "allowedTransitions": [],
    }
    (entry,) = await history_of(ask, bo, issued)
    assert entry.told == ("revokeCertificate", "DONE")
    assert entry["reason"] == reason
    assert entry.changes == {
        "status": ("ISSUED", "REVOKED"),
        "revokedAt": (None, make.now.isoformat()),
        "revocationReason": (None, reason),
    }


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("ENGLISH", "A certificate of Hansen & Søn ApS has been revoked"),
        ("DANISH", "Et certifikat for Hansen & Søn ApS er spærret"),
    ],
)
async def test_the_holder_of_a_revoked_certificate_gets_a_letter_in_the_own_language(
    ask, person, bo, certificate, gateways, language, subject
):
    holder = await person(email="eva@example.dk", name="Eva Lund", language=language)
    facts = {"contact_name": "Eva Lund", "contact_email": "eva.as.she.was@example.dk"}
    issued = await certificate("ISSUED", user=holder, **facts)
    headers = {"accept-language": "da" if language == "ENGLISH" else "en"}

    await ask(bo, REVOKE, headers, input=ending(issued, reason="SUPERSEDED"))

    (letter,) = await letters_sent(gateways)
    assert (letter.to, letter.subject) == ("eva@example.dk", subject)
    assert issued.reference in letter.body


async def test_the_contact_person_of_a_revoked_organisation_certificate_gets_a_letter(
    ask, bo, certificate, make, hansen, gateways
):
    profile = await make.profile(hansen)
    facts = {"contact_name": "Bo Lind", "contact_email": "bo@example.dk", "kind": "ORGANISATION"}
    issued = await certificate("ISSUED", profile=profile, **facts)

    await ask(bo, REVOKE, {"accept-language": "en"}, input=ending(issued, reason="UNSPECIFIED"))

    (letter,) = await letters_sent(gateways)
    assert letter.to == "bo@example.dk"
    assert letter.subject == "A certificate of Hansen & Søn ApS has been revoked"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("document", "also", "refusals"),
    [(CANCEL, {}, CANCELLING), (REVOKE, {"reason": "SUPERSEDED"}, REVOKING)],
    ids=["cancel", "revoke"],
)
async def test_what_can_happen_to_a_certificate_follows_from_its_state(
    ask, bo, eva, certificate, document, also, refusals, state
):
    one = await certificate(state, user=eva, contact_email="eva@example.dk")
    before = await stored(Certificate, Letter, HistoryEntry)

    foretold = await ask(bo, TRANSITIONS, id=one.id)
    answer = await ask(bo, document, input=ending(one, **also))

    action = "CANCEL" if document is CANCEL else "REVOKE"
    assert answer.problems == refusals[state]
    assert (action in [step["action"] for step in foretold["allowedTransitions"]]) is (
        not refusals[state]
    )
    if refusals[state]:
        (problem,) = answer["errors"]
        assert problem["path"] is None
        assert (problem["currentVersion"], problem["current"]) == (1, {"id": str(one.id)})
        assert await stored(Certificate, Letter, HistoryEntry) == before


@pytest.mark.parametrize(
    ("state", "step"),
    [
        ("ORDERED", ("CANCEL", "CANCELLED", "certificate:cancel")),
        ("ISSUED", ("REVOKE", "REVOKED", "certificate:revoke")),
    ],
)
async def test_the_next_steps_tell_where_they_lead_and_who_may_take_them(
    ask, person, bo, eva, certificate, state, step
):
    viewer, one = await person("rights_administrator"), await certificate(state, user=eva)
    action, to, permission = step
    facts = {"action": action, "to": to, "permission": permission}
    facts["allowedFor"] = ["USER_ADMINISTRATOR"]

    answers = [await ask(who, TRANSITIONS, id=one.id) for who in (bo, viewer, eva)]

    own = state == "ISSUED"
    assert [
        [one for one in answer["allowedTransitions"] if one["action"] == action]
        for answer in answers
    ] == [
        [{**facts, "isAllowed": True}],
        [{**facts, "isAllowed": False}],
        [{**facts, "isAllowed": own}],
    ]


async def test_an_employee_revokes_the_own_certificate(ask, bo, eva, certificate):
    own = await certificate("ISSUED", user=eva)

    answer = await ask(eva, REVOKE, input=ending(own, reason="KEY_COMPROMISE"))

    assert answer["errors"] == []
    assert answer["certificate"]["revokedBy"] == {"name": "Eva Lund"}
    history = await ask(eva, OWN_HISTORY, id=own.id)
    assert history["history"]["nodes"][0] == {
        "operation": "revokeCertificate",
        "actor": {"name": "Eva Lund"},
        "reason": "KEY_COMPROMISE",
    }


@pytest.mark.parametrize("role", [None, "organisation_administrator", "rights_administrator"])
async def test_nobodys_or_anothers_certificate_is_not_revoked_and_the_attempt_is_kept(
    ask, person, bo, certificate, role, make, hansen
):
    who, lars = await person(*[role] if role else [], name="Eva Lund"), await person()
    anothers = await certificate("ISSUED", user=lars)
    nobodys = await certificate("ISSUED", profile=await make.profile(hansen))

    for one in (anothers, nobodys):
        answer = await ask(who, REVOKE, input=ending(one, reason="SUPERSEDED"))

        assert answer["errors"] == [{"code": "DENIED", "path": None}]
        assert (await Certificate.get(id=one.id)).status == "ISSUED"
        (entry,) = await history_of(ask, bo, one)
        assert entry.told == ("revokeCertificate", "DENIED")
        assert entry["actor"] == {"name": "Eva Lund"}


async def test_an_employee_does_not_cancel_even_an_order_for_oneself(
    ask, bo, eva, hansen, certificate
):
    order = await certificate("ORDERED", user=eva)

    answer = await ask(eva, CANCEL, input=ending(order))

    assert answer["errors"] == [{"code": "DENIED", "path": None}]
    assert (await Certificate.get(id=order.id)).status == "ORDERED"
    (entry,) = await history_of(ask, bo, hansen)
    assert entry.told == ("cancelCertificate", "DENIED")


@pytest.mark.parametrize(("document", "also", "state"), ENDS)
async def test_a_stranger_ends_no_certificate_of_hansens(
    ask, person, jensen, certificate, document, also, state
):
    stranger = await person("user_administrator", organisation=jensen)
    one = await certificate(state, contact_email="eva@example.dk")
    before = await stored(Certificate, Letter, HistoryEntry)

    answer = await ask(stranger, document, input=ending(one, **also))

    assert answer["errors"] == [{"code": "NOT_FOUND", "path": ["certificateId"]}]
    assert await stored(Certificate, Letter, HistoryEntry) == before


@pytest.mark.parametrize(("document", "also", "state"), ENDS)
async def test_a_dry_run_shows_the_end_and_nothing_ends(
    ask, bo, certificate, gateways, document, also, state
):
    one = await certificate(state, contact_email="eva@example.dk")
    before = await stored(Certificate, Letter, HistoryEntry)

    answer = await ask(bo, document, input=ending(one, **also), dryRun=True)

    assert answer["certificate"]["status"] in ("CANCELLED", "REVOKED")
    assert await stored(Certificate, Letter, HistoryEntry) == before
    assert await letters_sent(gateways) == []
