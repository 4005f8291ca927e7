"""Letters that leave the house by e-mail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
from aiosmtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException

from gateways.clock import WallClock
from gateways.settings import Unusable

TIMEOUT = 30.0


@dataclass(frozen=True)
class Letter:
    """A plain text for one reader.

    The id becomes the Message-ID, so that a letter sent again after an uncertain hand-over
    is recognised as the same one (RFC 5322, section 3.6.4).
    """

    id: UUID
    to: str
    subject: str
    body: str = field(repr=False)


class Undeliverable(Exception):
    """A letter did not leave: for good if it is final, else it is worth another try."""

    def __init__(self, reason: str, is_final: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final


class Waiting(Exception):
    """Nothing can leave yet; letters wait until it can."""


class Mail(Protocol):
    """Sends letters."""

    async def send(self, letter: Letter) -> None:
        """Hand a letter over, or raise Undeliverable."""


class SmtpMail:
    """Hands letters to the server of a URL: smtp://user:password@host:port, or smtps://.

    With smtp:// the connection is encrypted where the server offers it; a password is
    never sent unencrypted. Certificates are verified against the authorities of the system.
    """

    def __init__(self, url: str, sender: str) -> None:
        name, address = parseaddr(sender)
        self._sender = _address(address, name)
        self._server = _server(url)

    async def send(self, letter: Letter) -> None:
        """Hand a letter over, or raise Undeliverable."""
        message = self._written(letter)
        with _explained():
            await aiosmtplib.send(message, timeout=TIMEOUT, **self._server)

    def _written(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        try:
            message["From"] = self._sender
            message["To"] = _address(letter.to)
            # A line break would begin a new header: names in a subject may contain one.
            message["Subject"] = " ".join(letter.subject.split())
            message["Date"] = format_datetime(WallClock().now())
            message["Message-ID"] = f"<{letter.id}@{self._sender.domain}>"
            message["Auto-Submitted"] = "auto-generated"
            # Quoted-printable passes servers that know neither 8 bits nor long lines.
            message.set_content(letter.body, charset="utf-8", cte="quoted-printable")
        except ValueError:
            raise Undeliverable("The address or the text cannot be written.", True) from None
        return message


class NoMail:
    """Lets letters wait, since no mail server is known."""

    async def send(self, letter: Letter) -> None:
        """Refuse without counting it as a try."""
        raise Waiting


class Letterbox:
    """Keeps what would have been sent."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> None:
        """Keep a letter."""
        self.letters.append(letter)


def _server(url: str) -> dict[str, Any]:
    """Read a URL into what aiosmtplib asks for; complaints never repeat it, for its password."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("A mail server is smtp://host:port or smtps://host:port.")
    is_tls = parts.scheme == "smtps"
    username = unquote(parts.username) if parts.username else None
    return {
        "hostname": parts.hostname,
        "port": parts.port,
        "username": username,
        "password": unquote(parts.password) if parts.password else None,
        "use_tls": is_tls,
        "start_tls": False if is_tls else (True if username else None),
    }


def _address(text: str, name: str = "") -> Address:
    """Check an address; a domain with Danish letters is written as the DNS knows it."""
    try:
        address = Address(name, addr_spec=text)
    except (IndexError, MessageError) as error:
        raise ValueError("This is not an e-mail address.") from error
    if address.addr_spec != text:
        raise ValueError("An e-mail address has no blanks and no comments.")
    return Address(name, address.username, address.domain.encode("idna").decode())


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what went wrong into a reason made of codes alone.

    Servers quote letters in their replies, and a letter may contain a secret link: so the
    reply is not repeated, and not chained to the exception either. Final is only what a
    server has against this letter; refusing us, our sender or our password may be mended.
    """
    try:
        yield
    except SMTPRecipientsRefused as error:
        code = error.recipients[0].code
        raise Undeliverable(f"The recipient was refused: {code}.", code >= 500) from None
    except SMTPDataError as error:
        raise Undeliverable(f"The letter was refused: {error.code}.", error.code >= 500) from None
    except SMTPResponseException as error:
        raise Undeliverable(f"The mail server refused us: {error.code}.", False) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        reason = f"The mail server was not reached: {type(error).__name__}."
        raise Undeliverable(reason, False) from None
    except (ValueError, MessageError):
        raise Undeliverable("The letter cannot be put on the wire.", True) from None


def mail_by(url: str | None, sender: str, keeps_letters: bool) -> Mail:
    """The mail server of an address; without one letters wait, or are kept to be read here."""
    try:
        if url:
            return SmtpMail(url, sender)
    except ValueError as bad:
        raise Unusable(f"SEGL_SMTP_URL or SEGL_SENDER: {bad}") from None
    return Letterbox() if keeps_letters else NoMail()
