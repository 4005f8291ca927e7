"""What the gateways promise to those who reach the outside through them."""

import asyncio
import base64
import ipaddress
import json
import ssl
import stat
import subprocess
import sys
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from uuid import uuid4

import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import OctKey

from gateways import (
    BrokenSeal,
    Claims,
    Gateways,
    Jobs,
    Letter,
    SignedTokens,
    SmtpMail,
    StoppedClock,
    Undeliverable,
    Vault,
    WallClock,
    key_file,
    normalise_code,
    today,
)

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
CPR = "6101900000"
SENDER = "Segl på prøve <segl@eksempel.dk>"


# Clock


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 2, 22, 59, tzinfo=UTC), date(2026, 11, 2)),
        (datetime(2026, 11, 2, 23, 0, tzinfo=UTC), date(2026, 11, 3)),
        (datetime(2026, 7, 1, 21, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC), date(2026, 7, 2)),
        # Summer time ends on 25 October 2026 at 01:00 UTC: that day has 25 hours.
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        # It began on 29 March: that day had 23.
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
    ],
)
def test_the_day_is_the_one_in_copenhagen(moment, day):
    assert today(moment) == day


def test_a_stopped_clock_moves_only_when_told():
    clock = StoppedClock(at=NOW)

    clock.advance(days=30, minutes=1)

    assert clock.now() == clock.now() == NOW + timedelta(days=30, minutes=1)


def test_the_wall_clock_speaks_utc():
    assert WallClock().now().utcoffset() == timedelta(0)


# Vault


def test_a_sealed_text_opens_and_no_two_seals_are_alike():
    vault = Vault(KEY)
    one, other = vault.seal("Åse, " + CPR), vault.seal("Åse, " + CPR)

    assert one != other
    assert CPR.encode() not in one
    assert vault.unseal(one) == vault.unseal(other) == "Åse, " + CPR


def test_a_seal_that_was_touched_anywhere_is_broken():
    vault = Vault(KEY)
    sealed = vault.seal(CPR)

    touched = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in range(len(sealed))]
    for bad in [*touched, sealed[:-1], sealed + b"\0", sealed[:5], b""]:
        with pytest.raises(BrokenSeal):
            vault.unseal(bad)


def test_former_keys_still_open_but_strangers_do_not():
    sealed = Vault(KEY).seal(CPR)

    assert Vault(OTHER_KEY, [KEY]).unseal(sealed) == CPR
    with pytest.raises(BrokenSeal):
        Vault(OTHER_KEY).unseal(sealed)
    with pytest.raises(BrokenSeal):
        Vault(KEY).unseal(Vault(OTHER_KEY, [KEY]).seal(CPR))


def test_fingerprints_and_secrets_are_stable_keyed_and_apart():
    vault = Vault(KEY)

    assert vault.fingerprint(CPR) == Vault(KEY, [OTHER_KEY]).fingerprint(CPR)
    assert len(vault.fingerprint(CPR)) == 64
    four = {each(CPR) for v in (vault, Vault(OTHER_KEY)) for each in (v.fingerprint, v.hash_secret)}
    assert len(four) == 4


def test_a_ticket_is_read_by_its_maker_alone_and_tells_nobody_else_what_it_is_for():
    vault = Vault(KEY)
    ticket = vault.ticket("receipt")

    assert vault.read_ticket(ticket) == "receipt"
    assert vault.ticket("receipt") == ticket
    assert vault.ticket("receipts")[:16] != ticket[:16]
    for given in (ticket[:-4], f"{ticket[:-4]}AAAA", "", "æ", "A" * 200):
        with pytest.raises(BrokenSeal):
            vault.read_ticket(given)
    with pytest.raises(BrokenSeal):
        Vault(OTHER_KEY).read_ticket(ticket)


def test_a_code_survives_being_read_aloud():
    vault = Vault(KEY)
    code = vault.new_code()

    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert not set(code) & set("01258BILOSUVZ")
    retyped = code.lower().replace("-", " \u2011 ")
    assert normalise_code(f" {retyped}\n") == code.replace("-", "")
    assert len({vault.new_code() for _ in range(1000)}) == 1000


def test_a_link_is_safe_in_an_address_and_long():
    link = Vault(KEY).new_link()

    assert len(base64.urlsafe_b64decode(link + "=")) == 32


@pytest.mark.parametrize("key", [b"", b"short", b"k" * 31, b"k" * 33])
def test_a_key_of_another_length_is_refused(key):
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(key)
    with pytest.raises(ValueError, match="32 bytes"):
        SignedTokens(key)


MAKE_KEY = """
import sys
from pathlib import Path
from gateways import key_file

print("ready", flush=True)
input()
print(key_file(Path(sys.argv[1])).hex())
"""


def test_eight_processes_that_start_at_once_agree_on_one_key(tmp_path):
    path = tmp_path / "var" / "key"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE_KEY, path],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    keys = {process.communicate()[0].strip() for process in processes}

    assert keys == {key_file(path).hex()}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("content", ["", "abc", "00" * 31, "zz" * 32, "å"])
def test_a_file_that_holds_no_key_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "key"
    path.write_text(content)

    with pytest.raises(ValueError, match="not a key"):
        key_file(path)
    assert path.read_text() == content


# Identity

USER = Claims(user_id=uuid4())
PERSON = Claims(cpr_number=CPR)
NAMED_PERSON = Claims(name="Åse Bødker", date_of_birth=date(1990, 1, 21))

everyone = pytest.mark.parametrize("claims", [USER, PERSON, NAMED_PERSON])


def decoded(segment):
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def encoded(part):
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


@everyone
def test_a_token_says_who_is_signed_in(claims):
    identity = SignedTokens(KEY)

    assert identity.claims(identity.token(claims, NOW), NOW) == claims


@everyone
def test_a_token_expires_to_the_second(claims):
    identity = SignedTokens(KEY, lifetime=timedelta(minutes=5))
    token = identity.token(claims, NOW)

    assert identity.claims(token, NOW + timedelta(minutes=5, seconds=-1)) == claims
    assert identity.claims(token, NOW + timedelta(minutes=5)) is None
    assert identity.claims(token, NOW - timedelta(seconds=1)) is None


@everyone
def test_a_token_under_another_key_is_nobodys(claims):
    assert SignedTokens(KEY).claims(SignedTokens(OTHER_KEY).token(claims, NOW), NOW) is None


@everyone
def test_a_token_that_was_touched_anywhere_is_nobodys(claims):
    identity = SignedTokens(KEY)
    parts = identity.token(claims, NOW).split(".")

    for number, part in enumerate(parts):
        raw = decoded(part)
        for i in range(len(raw)):
            touched = encoded(raw[:i] + bytes([raw[i] ^ 1]) + raw[i + 1 :])
            token = ".".join([*parts[:number], touched, *parts[number + 1 :]])
            assert identity.claims(token, NOW) is None


@pytest.mark.parametrize("algorithm", ["none", "None", "HS512", "RS256", "dir", "", None, 7, []])
def test_the_header_does_not_choose_the_algorithm(algorithm):
    identity = SignedTokens(KEY)
    _, body, signature = identity.token(USER, NOW).split(".")

    for end in ("", signature):
        forged = f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{body}.{end}"
        assert identity.claims(forged, NOW) is None


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "another"},
        {"aud": "another"},
        {"aud": ["another"]},
        {"exp": "never"},
        {"exp": float("inf")},
        {"sub": "bo"},
        {"sub": 7},
        {"sub": None},
        *({name: None} for name in ("iss", "aud", "iat", "exp", "jti")),
    ],
)
def test_a_token_that_lacks_a_claim_or_is_for_something_else_is_nobodys(change):
    identity = SignedTokens(KEY)
    body = json.loads(decoded(identity.token(USER, NOW).split(".")[1]))
    signed = jwt.encode({"alg": "HS256"}, body | change, identity._signing_key)

    assert identity.claims(signed, NOW) is None


def test_the_key_itself_signs_nothing():
    identity = SignedTokens(KEY)
    body = json.loads(decoded(identity.token(USER, NOW).split(".")[1]))

    assert identity.claims(jwt.encode({"alg": "HS256"}, body, OctKey.import_key(KEY)), NOW) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "....",
        "a.b.c",
        "a.b.c.d.e",
        "ø.ø.ø",
        "\ud800.a.b",
        "\0",
        "e30.e30.",
        "x" * 10_000_000,
        encoded(b"[" * 100_000) + ".e30.e30",
    ],
    ids=range(12),
)
def test_rubbish_is_nobodys(token):
    assert SignedTokens(KEY).claims(token, NOW) is None


def test_a_persons_token_shows_nothing_of_the_person():
    claims = Claims(cpr_number=CPR, name="Bo Holm", date_of_birth=date(1990, 1, 21))
    token = SignedTokens(KEY).token(claims, NOW)

    for shown in (token.encode(), *map(decoded, token.split(".")), repr(claims).encode()):
        for secret in (CPR, "Holm", "1990"):
            assert secret.encode() not in shown


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"name": "Bo Holm"},
        {"date_of_birth": date(1990, 1, 21)},
        {"cpr_number": ""},
        {"user_id": uuid4(), "cpr_number": CPR},
        {"certificate_id": uuid4(), "cpr_number": CPR},
        {"certificate_id": uuid4(), "user_id": uuid4()},
    ],
)
def test_claims_speak_of_a_user_or_else_of_a_person_or_a_machine(given):
    with pytest.raises(ValueError, match="or else"):
        Claims(**given)


# Mail


class PostOffice:
    """A mail server's clerk: keeps what is sent, and answers with the given refusals first."""

    def __init__(self, *refusals):
        self.refusals = list(refusals)
        self.content_refusals = []
        self.received = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.content_refusals:
            return self.content_refusals.pop(0)
        message = message_from_bytes(envelope.content, policy=default)
        self.received.append((envelope, message, session.ssl is not None))
        return "250 OK"


@asynccontextmanager
async def served(clerk, **options):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(clerk, loop=loop, **options), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def a_letter(**given):
    return Letter(
        **{"id": uuid4(), "to": "bo@hansen.dk", "subject": "Velkommen", "body": "Kære Bo\n"} | given
    )


async def refusal(mail, letter):
    with pytest.raises(Undeliverable) as caught:
        await mail.send(letter)
    assert len(caught.value.reason) < 100
    assert caught.value.__suppress_context__
    return caught.value


async def test_a_letter_arrives_as_it_was_written():
    clerk = PostOffice()
    body = "Kære Åse\n\n.Æblegrød på øen.\nFrom here " + "x" * 2000 + "\n"
    letter = a_letter(subject="Bliv bruger hos Hansen & Søn " * 5, body=body)

    async with served(clerk) as port:
        await SmtpMail(f"smtp://127.0.0.1:{port}", SENDER).send(letter)

    [(envelope, message, _)] = clerk.received
    assert (envelope.mail_from, envelope.rcpt_tos) == ("segl@eksempel.dk", ["bo@hansen.dk"])
    assert message["From"] == SENDER
    assert message["To"] == "bo@hansen.dk"
    assert message["Subject"] == letter.subject.strip()
    assert message["Message-ID"] == f"<{letter.id}@eksempel.dk>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert abs(message["Date"].datetime - WallClock().now()) < timedelta(minutes=1)
    assert message.get_content().replace("\r\n", "\n") == body
    assert max(map(len, envelope.content.splitlines())) <= 998


async def test_a_temporary_refusal_is_tried_again_as_the_same_letter():
    clerk, letter = PostOffice("451 Try later"), a_letter()

    async with served(clerk) as port:
        mail = SmtpMail(f"smtp://127.0.0.1:{port}", SENDER)
        refused = await refusal(mail, letter)
        await mail.send(letter)

    assert (refused.is_final, refused.reason) == (False, "The recipient was refused: 451.")
    assert [message["Message-ID"] for _, message, _ in clerk.received] == [
        f"<{letter.id}@eksempel.dk>"
    ]


async def test_a_permanent_refusal_is_final():
    async with served(PostOffice("550 5.1.1 Nobody here")) as port:
        refused = await refusal(SmtpMail(f"smtp://127.0.0.1:{port}", SENDER), a_letter())

    assert (refused.is_final, refused.reason) == (True, "The recipient was refused: 550.")


async def test_a_reason_never_repeats_what_the_server_quotes_from_a_letter():
    clerk, letter = PostOffice(), a_letter(body="https://segl.eksempel.dk/activate/h3mm3ligt")
    clerk.content_refusals = ["554 Suspicious: h3mm3ligt", "452 h3mm3ligt"]

    async with served(clerk) as port:
        mail = SmtpMail(f"smtp://127.0.0.1:{port}", SENDER)
        first, second = await refusal(mail, letter), await refusal(mail, letter)

    assert (first.is_final, first.reason) == (True, "The letter was refused: 554.")
    assert (second.is_final, second.reason) == (False, "The letter was refused: 452.")
    assert "h3mm3ligt" not in repr(letter)


async def test_nobody_listening_is_not_final():
    async with served(PostOffice()) as port:
        pass

    for scheme in ("smtp", "smtps"):
        assert not (
            await refusal(SmtpMail(f"{scheme}://127.0.0.1:{port}", SENDER), a_letter())
        ).is_final


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\u2028", "\x85"])
async def test_a_line_break_in_a_subject_begins_no_header(line_break):
    clerk = PostOffice()

    async with served(clerk) as port:
        mail = SmtpMail(f"smtp://127.0.0.1:{port}", SENDER)
        await mail.send(
            a_letter(subject=f"Hej{line_break}Bcc: ond@hansen.dk{line_break}{line_break}Æ")
        )

    [(envelope, message, _)] = clerk.received
    assert envelope.rcpt_tos == ["bo@hansen.dk"]
    assert message["Bcc"] is None
    assert message["Subject"] == "Hej Bcc: ond@hansen.dk Æ"


@pytest.mark.parametrize(
    "to",
    [
        "",
        "bo",
        "bo@",
        "@hansen.dk",
        "bo@hansen.dk\r\nBcc: ond@hansen.dk",
        "bo@hansen.dk, x@y.dk",
        "Bo <bo@hansen.dk>",
        "bo @hansen.dk",
        "bo(Holm)@hansen.dk",
        "bø@hansen.dk",
        "bo@hansen..dk",
        "bo@hansen.dk\0",
    ],
)
async def test_what_is_no_address_is_refused_before_it_reaches_a_server(to):
    clerk = PostOffice()

    async with served(clerk) as port:
        assert (
            await refusal(SmtpMail(f"smtp://127.0.0.1:{port}", SENDER), a_letter(to=to))
        ).is_final

    assert clerk.received == []


async def test_a_domain_with_danish_letters_is_written_as_the_dns_knows_it():
    clerk = PostOffice()

    async with served(clerk) as port:
        await SmtpMail(f"smtp://127.0.0.1:{port}", SENDER).send(a_letter(to="bo@blåbær.dk"))

    assert clerk.received[0][0].rcpt_tos == ["bo@xn--blbr-roah.dk"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "post office")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("post-office") / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_starttls_is_used_when_offered(tls, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    clerk = PostOffice()

    async with served(clerk, tls_context=tls) as port:
        await SmtpMail(f"smtp://127.0.0.1:{port}", SENDER).send(a_letter())

    [(_, _, was_encrypted)] = clerk.received
    assert was_encrypted


async def test_a_server_whom_nobody_vouches_for_gets_no_letter(tls):
    clerk = PostOffice()

    async with served(clerk, tls_context=tls) as port:
        refused = await refusal(SmtpMail(f"smtp://127.0.0.1:{port}", SENDER), a_letter())

    assert not refused.is_final
    assert clerk.received == []


async def test_a_password_is_never_sent_unencrypted():
    tried = []

    def authenticator(server, session, envelope, mechanism, data):
        tried.append(data)

    async with served(PostOffice(), authenticator=authenticator, auth_require_tls=False) as port:
        refused = await refusal(SmtpMail(f"smtp://bo:kode@127.0.0.1:{port}", SENDER), a_letter())

    assert (refused.is_final, tried) == (False, [])


@pytest.mark.parametrize("url", ["", "http://x", "smtp://", "127.0.0.1:25", "smtp:bo:kode@x"])
def test_a_url_that_names_no_mail_server_is_refused_without_being_repeated(url):
    with pytest.raises(ValueError, match="A mail server is") as caught:
        SmtpMail(url, SENDER)
    assert "kode" not in str(caught.value)


async def test_a_letterbox_keeps_what_would_have_been_sent():
    gateways, letter = Gateways.in_memory(), a_letter()

    await gateways.mail.send(letter)

    assert gateways.mail.letters == [letter]


# Jobs


@pytest.fixture
def jobs():
    return Jobs()


class Work:
    """Work that counts how often it was done, and can be waited for."""

    def __init__(self, failure=None):
        self.count = 0
        self.failure = failure
        self.done = asyncio.Event()

    async def __call__(self):
        self.count += 1
        self.done.set()
        if self.failure:
            raise self.failure

    async def again(self):
        self.done.clear()
        await asyncio.wait_for(self.done.wait(), 5)


async def test_a_job_that_fails_stops_neither_itself_nor_another(jobs, caplog):
    failing, steady = Work(RuntimeError("no power")), Work()
    jobs.every(0.01, failing, "failing")
    jobs.every(0.01, steady, "steady")

    async with jobs.running():
        for _ in range(3):
            await asyncio.gather(failing.again(), steady.again())

    assert min(failing.count, steady.count) >= 3
    assert "The job failing failed" in caplog.text
    assert "RuntimeError: no power" in caplog.text


async def test_waking_a_job_runs_it_at_once(jobs):
    work = Work()
    jobs.every(3600, work, "outbox")

    async with jobs.running():
        for times in (1, 2):
            jobs.wake("outbox")
            await work.again()
            assert work.count == times


async def test_waking_a_job_that_is_under_way_runs_it_once_more_and_never_twice_at_once(jobs):
    begun, may_end, under_way, most = asyncio.Event(), asyncio.Event(), 0, 0
    runs = []

    async def slow():
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        runs.append(under_way)
        begun.set()
        await may_end.wait()
        under_way -= 1

    jobs.every(3600, slow, "slow")
    async with jobs.running():
        jobs.wake("slow")
        await asyncio.wait_for(begun.wait(), 5)
        for _ in range(3):
            jobs.wake("slow")
        begun.clear()
        may_end.set()
        await asyncio.wait_for(begun.wait(), 5)

    assert (len(runs), most) == (2, 1)


async def test_what_is_under_way_at_the_end_may_finish(jobs):
    begun, finished = asyncio.Event(), []

    async def slow():
        begun.set()
        await asyncio.sleep(0.05)
        finished.append(True)

    jobs.every(0.001, slow, "slow")
    before = asyncio.all_tasks()
    async with jobs.running():
        await asyncio.wait_for(begun.wait(), 5)

    assert finished == [True]
    assert asyncio.all_tasks() == before


async def test_what_does_not_finish_in_time_is_cancelled(jobs, monkeypatch):
    monkeypatch.setattr("gateways.jobs.GRACE", 0.02)
    begun, ends = asyncio.Event(), []

    async def endless():
        begun.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    jobs.every(0.001, endless, "endless")
    before = asyncio.all_tasks()
    async with jobs.running():
        await asyncio.wait_for(begun.wait(), 5)

    assert ends == ["cancelled"]
    assert asyncio.all_tasks() == before


async def test_jobs_can_run_again_after_an_end_and_leave_nothing_if_the_server_fails(jobs):
    work = Work()
    jobs.every(3600, work, "outbox")
    before = asyncio.all_tasks()

    with pytest.raises(RuntimeError, match="server"):
        async with jobs.running():
            raise RuntimeError("server")
    async with jobs.running():
        jobs.wake("outbox")
        await work.again()

    assert work.count == 1
    assert asyncio.all_tasks() == before


async def test_a_test_runs_a_job_by_itself_and_sees_it_fail(jobs):
    jobs.every(3600, Work(RuntimeError("no power")), "failing")

    jobs.wake("failing")
    with pytest.raises(RuntimeError, match="no power"):
        await jobs.run_once("failing")


def test_two_jobs_cannot_share_a_name(jobs):
    jobs.every(1, Work(), "outbox")

    with pytest.raises(ValueError, match="outbox already"):
        jobs.every(1, Work(), "outbox")
