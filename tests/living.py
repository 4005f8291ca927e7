"""A small model of a user's life, by the domain's own rules, and the world that it is lived in."""

import copy
import os
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from anyio import to_thread
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from gateways import Claims, Gateways, Letterbox, today
from tests.users import changing

IS_PROOF = bool(os.environ.get("SEGL_PROVE"))  # many more lives, and new ones each time
NUMBERS = ("6101904242", "6101904243", "6202904244")
BIRTHS = ("1990-01-01", "1985-05-17")
NAME, WRONG = "Anne Østergaard", "3333-3333-3333-3333"
OPERATIONS = {
    "createUser": changing("createUser", "temporaryCode { code }"),
    "renewTemporaryCode": changing("renewTemporaryCode", "temporaryCode { code }"),
    **{one: changing(one) for one in ("updateUser", "resendActivation", "activateUser")},
    **{one: changing(one) for one in ("deactivateUser", "reactivateUser", "deleteUser")},
}
LINK_LASTS, CODE_LASTS = timedelta(days=30), timedelta(days=14)


async def lived(machine: Any, lives: int, steps: int) -> None:
    """Lets a machine live so many lives of so many steps."""
    told = settings(
        max_examples=lives,
        stateful_step_count=steps,
        derandomize=not IS_PROOF,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    await to_thread.run_sync(lambda: run_state_machine_as_test(machine, settings=told))


class World:
    """Where lives are lived: an administrator, letters, and a clock."""

    def __init__(self, ask: Any, admin: Any, letters: Any, gateways: Gateways):
        self._ask, self.admin, self._letters, self.gateways = ask, admin, letters, gateways
        self._numbers = count(1)

    @property
    def now(self) -> datetime:
        return self.gateways.clock.now()

    @property
    def today(self) -> date:
        return today(self.now)

    def day(self, ahead: int | None) -> date | None:
        return None if ahead is None else self.today + timedelta(days=ahead)

    def new_address(self) -> str:
        return f"anne{next(self._numbers)}@example.dk"

    async def change(self, operation: str, given: Any, is_dry: bool, who: Claims | None) -> Any:
        asked = OPERATIONS[operation]
        return await self._ask(who or self.admin, asked, input=given, dryRun=is_dry)

    async def ask(self, who: Any, document: str, key: str) -> Any:
        return dict(await self._ask(who, document, id=key))

    async def letters(self, to: str) -> Any:
        return await self._letters(to)

    async def let_pass(self, passing: dict[str, float]) -> None:
        """The time passes, and those who watch the periods do their work."""
        self.gateways.clock.advance(**passing)  # type: ignore[attr-defined]
        await self.gateways.jobs.run_once("periods")
        assert isinstance(self.gateways.mail, Letterbox)


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, by number or by name and date of birth."""

    known_by: str

    @property
    def claims(self) -> Claims:
        if self.known_by in NUMBERS:
            return Claims(cpr_number=self.known_by)
        return Claims(name=NAME, date_of_birth=date.fromisoformat(self.known_by))


@dataclass
class Link:
    """A link in a letter, and the code that may belong to it."""

    expires_at: datetime
    has_code: bool
    tries: int = 0
    code_expires_at: datetime | None = None
    secret: str = ""
    code: str | None = None
    is_used: bool = False

    def is_open(self, now: datetime) -> bool:
        has_code = bool(self.tries and self.code_expires_at and self.code_expires_at > now)
        return not self.is_used and self.expires_at > now and (has_code or not self.has_code)


@dataclass
class Life:
    """What the domain says of one user."""

    born_at: datetime
    has_number: bool
    email: str
    known_by: str = ""
    status: str = "AWAITING_ACTIVATION"
    before: str = ""
    since: date | None = None
    until: date | None = None
    was_active: bool = False
    phone: str | None = None
    version: int = 1
    link: Link | None = None
    secrets: list[str] = field(default_factory=lambda: ["unknown"])
    awaits_letter: bool = False
    awaits_code: bool = False

    def __post_init__(self) -> None:
        self.known_by = self.known_by or (NUMBERS if self.has_number else BIRTHS)[0]
        if self.link is None and self.version == 1:
            self.send(self.born_at)
            self.give_code(self.born_at)

    def copy(self) -> "Life":
        return copy.deepcopy(self)

    def as_input(self) -> dict[str, Any]:
        key = "cprNumber" if self.has_number else "dateOfBirth"
        first, surname = NAME.split()
        return {
            "firstName": first,
            "surname": surname,
            "email": self.email,
            "person": {key: self.known_by},
        }

    # What can be done. Each tells why it is refused, or None.

    def resend(self, now: datetime) -> str | None:
        if refusal := self.must_wait():
            return refusal
        self.send(now)
        return self.done()

    def renew(self, now: datetime) -> str | None:
        if refusal := self.must_wait():
            return refusal
        if self.has_number:
            return "USER_HAS_CPR_NUMBER"
        if self.link is None:
            self.send(now)
        self.give_code(now)
        return self.done()

    def deactivate(self, day: date, since: date | None, until: date | None) -> str | None:
        since = since or day
        if since < day:
            return "DATE_IN_PAST"
        if until and until <= since:
            return "PERIOD_REVERSED"
        if self.status == "DELETED":
            return "USER_DELETED"
        if self.status == "DEACTIVATED":
            return "USER_ALREADY_DEACTIVATED"
        self.since, self.until = since, until
        if since == day:
            self.close()
        return self.done()

    def reactivate(self) -> str | None:
        if self.status == "DELETED":
            return "USER_DELETED"
        if self.status != "DEACTIVATED" and not self.since:
            return "USER_NOT_DEACTIVATED"
        self.open_again()
        return self.done()

    def delete(self) -> str | None:
        if self.status == "DELETED":
            return "USER_DELETED"
        self.status, self.link, self.since, self.until = "DELETED", None, None, None
        return self.done()

    def call(self, number: str | None) -> str | None:
        if self.status == "DELETED":
            return "USER_DELETED"
        if self.phone != number:
            self.phone = number
            self.done()
        return None

    def write_to(self, email: str, now: datetime) -> str | None:
        if self.status == "DELETED":
            return "USER_DELETED"
        if self.email != email:
            self.email = email
            if self.status == "AWAITING_ACTIVATION":
                self.send(now)
            self.done()
        return None

    def correct(self, person: str, now: datetime) -> str | None:
        if self.status == "DELETED":
            return "USER_DELETED"
        if self.was_active:
            return "NAME_FIXED_AFTER_ACTIVATION"
        if person == self.known_by:
            return None
        had_number, self.has_number = self.has_number, person in NUMBERS
        self.known_by = person
        if (had_number or self.has_number) and self.status == "AWAITING_ACTIVATION":
            self.forget_link()
            self.send(now)
        return self.done()

    def activate(
        self, now: datetime, person: Person, secret: str, code: str | None
    ) -> tuple[str | None, bool]:
        """Why it is refused, and whether that costs a try."""
        link = self.link
        if link is None or secret != link.secret:
            return "LINK_UNKNOWN", False
        if person.known_by != self.known_by:
            return "PERSON_DOES_NOT_MATCH", False
        if link.is_used:
            return "USER_ALREADY_ACTIVE", False
        if link.expires_at <= now:
            return "LINK_EXPIRED", False
        if link.has_code:
            if not link.tries or not link.code_expires_at:
                return "CODE_VOID", False
            if link.code_expires_at <= now:
                return "CODE_EXPIRED", False
            if code is None:
                return "REQUIRED", False
            if code != link.code:
                link.tries -= 1
                return ("CODE_WRONG" if link.tries else "CODE_VOID"), True
        self.status, self.was_active, link.is_used = "ACTIVE", True, True
        self.done()
        return None, False

    def turn(self, day: date) -> None:
        """The periods that have begun by a day begin, and those that are over end."""
        if self.since and self.since <= day and self.status in ("AWAITING_ACTIVATION", "ACTIVE"):
            self.close()
            self.done()
        if self.until and self.until < day and self.status == "DEACTIVATED":
            self.open_again()
            self.done()

    # What that does.

    def must_wait(self) -> str | None:
        if self.status == "DELETED":
            return "USER_DELETED"
        return None if self.status == "AWAITING_ACTIVATION" else "USER_NOT_AWAITING_ACTIVATION"

    def send(self, now: datetime) -> None:
        """A new link; a code that was handed over for the former stays good."""
        if self.link is None:
            self.link = Link(now + LINK_LASTS, not self.has_number)
        else:
            self.secrets.append(self.link.secret)
            self.link.expires_at = now + LINK_LASTS
        self.awaits_letter = True

    def forget_link(self) -> None:
        if self.link:
            self.secrets.append(self.link.secret)
        self.link = None

    def give_code(self, now: datetime) -> None:
        if self.link and self.link.has_code:
            self.link.tries, self.link.code_expires_at = 5, now + CODE_LASTS
            self.awaits_code = True

    def close(self) -> None:
        self.forget_link()
        self.before, self.status = self.status, "DEACTIVATED"

    def open_again(self) -> None:
        if self.status == "DEACTIVATED":
            self.status = self.before
        self.since = self.until = None

    def done(self) -> None:
        self.version += 1

    # What is seen of it.

    def person(self, which: int) -> Person:
        """The person of this user, or another."""
        others = [one for one in (*NUMBERS, *BIRTHS) if one != self.known_by]
        return Person([self.known_by, *others][which])

    def old_link(self, age: int) -> str:
        """The link in the latest letter, or one of those before."""
        known = [*self.secrets, *([self.link.secret] if self.link else [])]
        return known[max(-1 - age, -len(known))]

    def as_seen(self, key: str, now: datetime) -> dict[str, Any]:
        period = {"from": str(self.since), "until": str(self.until) if self.until else None}
        is_waiting = self.status == "AWAITING_ACTIVATION"
        return {
            "id": key,
            "status": self.status,
            "version": self.version,
            "email": self.email,
            "deactivation": period if self.since else None,
            "activation": self.way_in(now) if self.link and is_waiting else None,
            "allowedTransitions": [
                {"action": action, "to": to, "isAllowed": action != "ACTIVATE"}
                for action, to in self.possible(now)
            ],
        }

    def way_in(self, now: datetime) -> dict[str, Any]:
        assert self.link
        ends = [self.link.expires_at, *filter(None, [self.link.code_expires_at])]
        return {
            "kind": "TEMPORARY_CODE" if self.link.has_code else "LINK",
            "isExpired": min(ends) <= now,
            "expiresAt": min(ends).isoformat(),
            "triesLeft": self.link.tries if self.link.has_code else None,
            "letter": {"to": self.email},
        }

    def possible(self, now: datetime) -> list[tuple[str, str]]:
        """What can happen now, and where it leads."""
        found, here = [], self.status
        if here == "AWAITING_ACTIVATION":
            found.append(("RESEND_ACTIVATION", here))
            if not self.has_number:
                found.append(("RENEW_TEMPORARY_CODE", here))
            if self.link and self.link.is_open(now):
                found.append(("ACTIVATE", "ACTIVE"))
        if here in ("AWAITING_ACTIVATION", "ACTIVE"):
            found.append(("DEACTIVATE", "DEACTIVATED"))
            if self.since:
                found.append(("REACTIVATE", here))
        if here == "DEACTIVATED":
            found.append(("REACTIVATE", self.before))
        if here != "DELETED":
            found.append(("DELETE", "DELETED"))
        return found
