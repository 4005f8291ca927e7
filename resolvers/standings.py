"""Who stands where, remembered until the database says that it has changed.

Triggers tell of every change of a user's standing or roles, and of a machine's certificate or its
system rights, by NOTIFY, to every process at once.
As long as a process hears it, it need not ask again for each request; when it no longer hears, it
forgets everything and asks each time.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tortoise.connection import get_connection

from gateways import Claims, today
from models import Actor, Certificate, CertificateStatus, Language
from policies import Subject
from resolvers.context import Person

CHANNEL = "standing"
MOST = 10_000  # standings that are remembered

# Roles are those held on the day that is asked about.
WHO = """
select u.id, u.organisation_id, u.name, u.language, u.uuid, u.is_anonymous,
       u.cpr_number_hash, u.date_of_birth,
       array(select lower(r.role) from role_assignment r
             where r.user_id = u.id and coalesce(r.from_on, $2) <= $2
               and coalesce(r.until_on, $2) >= $2) as roles
from "user" u
where u.id = $1 and u.status = 'ACTIVE'
"""


@dataclass(frozen=True)
class Standing:
    """Where somebody stands: with which roles, by which name, in which language; and as whom."""

    subject: Subject
    name: str
    language: str
    person: Person
    name_abroad: str = ""  # by which other organisations know a user
    until: datetime | None = None  # when a machine's certificate expires

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Standing":
        return cls(
            Subject.user(row["id"], row["organisation_id"], row["roles"]),
            row["name"],
            Language(row["language"]).tag,
            Person(row["cpr_number_hash"], row["name"], row["date_of_birth"]),
            str(row["uuid"]) if row["is_anonymous"] else row["name"],
        )

    @classmethod
    def of_certificate(cls, certificate: Certificate) -> "Standing | None":
        """Where a machine stands that signed in with a certificate; none without a right."""
        rights = certificate.profile.system_rights if certificate.profile else []
        if not rights:
            return None
        subject = Subject.machine(certificate.id, certificate.organisation_id, rights)
        nobody, until = Person(None, None, None), certificate.expires_at
        return cls(subject, certificate.known_as, "en", nobody, until=until)


@dataclass
class Standings:
    """The standings of the users and machines who asked lately."""

    known: dict[tuple[UUID, date | None], Standing | None] = field(default_factory=dict)
    is_listening: bool = False
    told: int = 0  # how often something was told

    async def of_signed_in(self, who: Claims | Actor, now: datetime) -> Standing | None:
        """The standing of a user or of a machine, of those who are asking or have asked."""
        if who.certificate_id:
            return await self.of_machine(who.certificate_id, now)
        return await self.of(who.user_id, today(now)) if who.user_id else None

    async def of(self, user_id: UUID, today: date) -> Standing | None:
        """The standing of a user on a day; none for one that is not active."""
        if (user_id, today) in self.known:
            return self.known[user_id, today]

        async def asked() -> Standing | None:
            rows = await get_connection("default").execute_query_dict(WHO, [user_id, today])
            return Standing.of(rows[0]) if rows else None

        return await self.remembered((user_id, today), asked)

    async def of_machine(self, certificate_id: UUID, now: datetime) -> Standing | None:
        """The standing of a machine; none where its certificate is not valid, or gives no right."""

        async def asked() -> Standing | None:
            valid = Certificate.filter(id=certificate_id, status=CertificateStatus.ISSUED)
            found = await valid.select_related("profile").first()
            return Standing.of_certificate(found) if found else None

        standing = await self.remembered((certificate_id, None), asked)
        return standing if standing and standing.until and now < standing.until else None

    async def remembered(
        self, key: tuple[UUID, date | None], ask: Callable[[], Awaitable[Standing | None]]
    ) -> Standing | None:
        """What is known of somebody; what is not is asked for, and known from now on."""
        if key in self.known:
            return self.known[key]
        before, standing = self.told, await ask()
        if self.is_listening and self.told == before:  # nothing was told while we asked
            if len(self.known) >= MOST:
                self.known.clear()
            self.known[key] = standing
        return standing

    def forget(self, who: str) -> None:
        """Forgets the standing of one user, or of one machine by its certificate."""
        self.told += 1
        for key in [key for key in self.known if str(key[0]) == who]:
            del self.known[key]

    def hear(self, is_listening: bool) -> None:
        """Begins or ceases to trust what is known; what was known before is forgotten."""
        self.is_listening = is_listening
        self.told += 1
        self.known.clear()
