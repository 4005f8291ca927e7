"""Who stands where, remembered until the database says that it has changed.

A trigger tells of every change of a user's standing or roles by NOTIFY, to every process at once.
As long as a process hears it, it need not ask again for each request; when it no longer hears, it
forgets everything and asks each time.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from tortoise import connections

from models import Language
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
    """Where a user stands: with which roles, by which name, in which language; and as whom."""

    subject: Subject
    name: str
    language: str
    person: Person
    name_abroad: str = ""  # by which other organisations know a user

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Standing":
        return cls(
            Subject.user(row["id"], row["organisation_id"], row["roles"]),
            row["name"],
            Language(row["language"]).tag,
            Person(row["cpr_number_hash"], row["name"], row["date_of_birth"]),
            str(row["uuid"]) if row["is_anonymous"] else row["name"],
        )


@dataclass
class Standings:
    """The standings of the users who asked lately."""

    known: dict[tuple[UUID, date], Standing | None] = field(default_factory=dict)
    is_listening: bool = False
    told: int = 0  # how often something was told

    async def of(self, user_id: UUID, today: date) -> Standing | None:
        """The standing of a user on a day; none for one that is not active."""
        key = (user_id, today)
        if key in self.known:
            return self.known[key]
        before = self.told
        rows = await connections.get("default").execute_query_dict(WHO, [user_id, today])
        standing = Standing.of(rows[0]) if rows else None
        if self.is_listening and self.told == before:  # nothing was told while we asked
            if len(self.known) >= MOST:
                self.known.clear()
            self.known[key] = standing
        return standing

    def forget(self, user_id: str) -> None:
        """Forgets one user's standing."""
        self.told += 1
        for key in [key for key in self.known if str(key[0]) == user_id]:
            del self.known[key]

    def hear(self, is_listening: bool) -> None:
        """Begins or ceases to trust what is known; what was known before is forgotten."""
        self.is_listening = is_listening
        self.told += 1
        self.known.clear()
