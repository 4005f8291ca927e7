"""Letters: put into the outbox with the change that they tell of, and sent after it."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.smtp import SMTP

from gateways import SmtpMail
from models import CertificateKind, DeliveryStatus, Language, Letter
from resolvers.letters import LEASE, deliver

pytestmark = pytest.mark.anyio

CREATE = """
mutation ($input: CreateUserInput!, $dryRun: Boolean) {
  createUser(input: $input, dryRun: $dryRun) { user { id } errors { code } }
}
"""
LETTER = """
query ($id: ID!) {
  user(by: {id: $id}) { activation { letter { to status sentAt failureReason } } }
}
"""
ASSIGN = """mutation ($user: ID!, $role: Role!) {
  assignRole(input: {userId: $user, role: $role}) { errors { code } }
}"""
REMOVE = """mutation ($user: ID!, $role: Role!) {
  removeRole(input: {userId: $user, role: $role}) { errors { code } }
}"""
UPDATE = """mutation ($user: ID!, $email: Email!) {
  updateUser(input: {userId: $user, email: $email}) { errors { code } }
}"""
ORDER = """mutation ($user: ID!, $kind: CertificateKind!) {
  orderCertificate(input: {kind: $kind, holder: {userId: $user}}) {
    certificate { id } errors { code }
  }
}"""
REVOKE = """mutation ($id: ID!) {
  revokeCertificate(input: {certificateId: $id, reason: KEY_COMPROMISE}) { errors { code } }
}"""
SENDER = "Segl <segl@segl.example>"
CPR = "0101901234"
WAITS = [10, 20, 40, 80]  # seconds before the next try, the first four times


class MailServer:
    """Takes letters in, or answers as it is told."""

    def __init__(self):
        self.letters, self.reply, self.knows_nobody = [], "250 OK", False

    async def handle_RCPT(self, server, session, envelope, address, options):
        await asyncio.sleep(0)
        if self.knows_nobody:
            return f"550 No mailbox {address} here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(0)
        if self.reply.startswith("250"):
            self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.reply


@asynccontextmanager
async def listening(mail_server):
    loop = asyncio.get_running_loop()
    made = await loop.create_server(lambda: SMTP(mail_server, loop=loop), "127.0.0.1", 0)
    async with made:
        yield made.sockets[0].getsockname()[1]


@pytest.fixture
def mail_server():
    return MailServer()


@pytest.fixture
async def reach(gateways, mail_server):
    """The gateways, with a mail server in this process where the letterbox was."""
    async with listening(mail_server) as port:
        yield replace(gateways, mail=SmtpMail(f"smtp://127.0.0.1:{port}", SENDER))


@pytest.fixture
async def admin(person):
    return await person("user_administrator")


@pytest.fixture
def create(ask, admin):
    """Creates a user, who is written to."""

    async def create(email="anna@example.dk", **variables):
        given = {"firstName": "Anna", "surname": "Østergaard", "email": email}
        person = {"person": {"cprNumber": CPR}}
        return await ask(admin, CREATE, input=given | person, **variables)

    return create


@pytest.fixture
def state(ask, admin):
    """How far the letter to a new user has come, as the administrator reads it."""

    async def state(answer):
        user = await ask(admin, LETTER, id=answer["user"]["id"])
        return user["activation"]["letter"]

    return state


async def test_a_letter_waits_until_it_is_sent_and_its_text_is_not_kept(
    create, state, reach, mail_server
):
    created = await create()
    before = await state(created)
    kept = (await Letter.get()).body_sealed

    tried = await deliver(reach)

    assert before == {
        "to": "anna@example.dk",
        "status": "QUEUED",
        "sentAt": None,
        "failureReason": None,
    }
    assert tried == 1
    assert await state(created) == before | {
        "status": "SENT",
        "sentAt": reach.clock.now().isoformat(),
    }
    (letter,) = mail_server.letters
    assert letter["To"] == "anna@example.dk"
    assert letter["From"] == SENDER
    assert "/activate#" in letter.get_content()
    assert "Østergaard" in letter.get_content()
    assert b"activate" not in kept
    assert (await Letter.get()).body_sealed is None


async def test_a_letter_that_was_sent_is_not_sent_again(create, reach, mail_server):
    await create()
    await deliver(reach)
    reach.clock.advance(days=1)

    assert await deliver(reach) == 0
    assert len(mail_server.letters) == 1


@pytest.mark.parametrize("dry_run", [True, False], ids=["dry-run", "refused"])
async def test_a_change_that_was_not_made_writes_no_letter(create, dry_run):
    answer = await create("anna@example.dk" if dry_run else "anna", dryRun=dry_run)

    assert [one["code"] for one in answer["errors"]] == ([] if dry_run else ["MALFORMED"])
    assert await Letter.all().count() == 0


async def test_a_server_that_refuses_for_now_is_asked_again_after_growing_waits(
    create, state, reach, mail_server
):
    created = await create()
    mail_server.reply = "451 Come back later"

    for seconds in WAITS:
        assert await deliver(reach) == 1
        reach.clock.advance(seconds=seconds - 1)
        assert await deliver(reach) == 0
        reach.clock.advance(seconds=1)
    waiting = await state(created)
    mail_server.reply = "250 OK"
    await deliver(reach)

    assert waiting["status"] == "QUEUED"
    assert "451" in waiting["failureReason"]
    sent = await state(created)
    assert (sent["status"], sent["failureReason"]) == ("SENT", None)
    assert len(mail_server.letters) == 1


async def test_a_server_that_never_takes_a_letter_is_given_up_after_two_days_at_most(
    create, state, reach, mail_server
):
    created = await create()
    mail_server.reply = "451 Come back later"
    began, tried = reach.clock.now(), 0

    while reach.clock.now() < began + timedelta(days=2):
        tried += await deliver(reach)
        reach.clock.advance(minutes=30)

    assert (await state(created))["status"] == "FAILED"
    assert tried < 20


async def test_a_letter_that_is_refused_for_good_is_given_up_with_the_reason(
    create, state, reach, mail_server
):
    created = await create()
    mail_server.reply = f"550 No such mailbox for {CPR}"

    await deliver(reach)
    reach.clock.advance(days=1)

    assert await deliver(reach) == 0
    failed = await state(created)
    assert (failed["status"], failed["sentAt"]) == ("FAILED", None)
    assert "550" in failed["failureReason"]
    assert CPR not in failed["failureReason"]


async def test_an_address_that_the_server_does_not_know_is_given_up_with_the_reason(
    create, state, reach, mail_server
):
    created = await create()
    mail_server.knows_nobody = True

    await deliver(reach)

    assert await state(created) == {
        "to": "anna@example.dk",
        "status": "FAILED",
        "sentAt": None,
        "failureReason": "The recipient was refused: 550.",
    }


async def test_a_letter_waits_for_a_server_that_is_not_there(create, state, reach, mail_server):
    created = await create()
    nowhere = replace(reach, mail=SmtpMail("smtp://127.0.0.1:1", SENDER))

    await deliver(nowhere)
    waiting = await state(created)
    reach.clock.advance(seconds=10)
    await deliver(reach)

    assert waiting["status"] == "QUEUED"
    assert waiting["failureReason"].startswith("The mail server was not reached")
    assert (await state(created))["status"] == "SENT"


async def test_a_new_letter_may_succeed_where_the_old_one_failed(
    ask, admin, create, state, reach, mail_server
):
    created = await create()
    mail_server.reply = "550 No such mailbox"
    await deliver(reach)
    mail_server.reply = "250 OK"
    resend = "mutation ($id: ID!) { resendActivation(input: {userId: $id}) { errors { code } } }"

    await ask(admin, resend, id=created["user"]["id"])
    await deliver(reach)

    assert (await state(created))["status"] == "SENT"


async def test_one_letter_that_cannot_leave_keeps_no_other_back(create, reach, mail_server):
    await create("anna@example.dk")
    await create("bo@example.dk")
    await Letter.filter(to="anna@example.dk").update(to="no address")

    await deliver(reach)

    assert [one["To"] for one in mail_server.letters] == ["bo@example.dk"]
    assert (await Letter.get(to="no address")).status is DeliveryStatus.FAILED


async def test_two_deliverers_at_once_send_each_letter_once(create, reach, mail_server):
    addresses = {f"person{number}@example.dk" for number in range(30)}
    for address in addresses:
        await create(address)

    tried = await asyncio.gather(*(deliver(reach) for _ in range(3)))

    assert sum(tried) == len(mail_server.letters) == 30
    assert {one["To"] for one in mail_server.letters} == addresses


async def test_a_letter_whose_deliverer_died_is_sent_by_another(create, reach, mail_server):
    await create()
    now = reach.clock.now()
    await Letter.all().update(next_try_at=now + LEASE)  # taken by one that will not return

    early = await deliver(reach)
    reach.clock.advance(seconds=LEASE.total_seconds())
    late = await deliver(reach)

    assert (early, late) == (0, 1)
    assert len(mail_server.letters) == 1


@pytest.mark.parametrize(
    ("language", "words"),
    [(Language.DANISH, "Du er nu"), (Language.ENGLISH, "You are now")],
)
async def test_a_letter_is_in_the_receivers_language_not_the_writers(
    ask, person, letters, language, words
):
    owner, me = await person("organisation_administrator"), await person(language=language)

    answer = await ask(
        owner, ASSIGN, {"accept-language": "fr"}, user=me.id, role="USER_ADMINISTRATOR"
    )

    (letter,) = await letters(me.email)
    assert answer["errors"] == []
    assert words in letter.body


async def test_no_letter_holds_a_cpr_number_or_a_code(ask, person, admin, create, letters, make):
    owner = await person("organisation_administrator")
    me = await person(cpr=CPR, name="Eva Lund")
    code = "mutation ($input: CreateUserInput!) { createUser(input: $input) {"
    code += " temporaryCode { code } errors { code } } }"
    born = {"firstName": "Ib", "surname": "Friis", "email": "ib@example.dk"}

    await create()
    shown = await ask(admin, code, input=born | {"person": {"dateOfBirth": "1990-01-01"}})
    await ask(owner, ASSIGN, user=me.id, role="RIGHTS_ADMINISTRATOR")
    await ask(owner, REMOVE, user=me.id, role="RIGHTS_ADMINISTRATOR")
    await ask(admin, ORDER, user=me.id, kind=CertificateKind.USER)
    certificate = await make.certificate(await me.organisation, user=me, contact_email=me.email)
    await ask(admin, REVOKE, id=certificate.id)
    await ask(admin, UPDATE, user=me.id, email="eva@example.dk")

    texts = [f"{one.subject} {one.body}" for one in await every(letters)]
    assert len(texts) >= 6
    for text in texts:
        digits = "".join(letter for letter in text if letter.isdecimal())
        assert CPR not in digits
        assert CPR[:6] not in digits
        assert shown["temporaryCode"]["code"] not in text


async def every(letters):
    addresses = {one.to for one in await Letter.all()}
    return [letter for address in addresses for letter in await letters(address)]
