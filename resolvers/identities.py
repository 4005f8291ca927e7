"""Who is asking: from a token to a user with roles, or to a person who has no user yet."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from tortoise import connections

from gateways import Claims, Gateways, today
from models import Language
from policies import Policy, Subject
from resolvers.context import Context, Person, Rules

# One statement for each request: roles are those held today, and withdrawing one works at once.
WHO = """
select u.id, u.organisation_id, u.name, u.language, u.cpr_number_hash, u.date_of_birth,
       array(select lower(r.role) from role_assignment r
             where r.user_id = u.id and coalesce(r.from_on, $2) <= $2
               and coalesce(r.until_on, $2) >= $2) as roles
from "user" u
where u.id = $1 and u.status = 'ACTIVE'
"""


@dataclass(frozen=True)
class Door:
    """Lets people in: what a request needs to know beside the token."""

    gateways: Gateways
    policy: Policy
    rules: Rules

    async def context(
        self, token: str, language: str | None = None, idempotency_key: str | None = None
    ) -> Context | None:
        """The context of a request, or none when the token is good for nobody."""
        now = self.gateways.clock.now()
        claims = self.gateways.identity.claims(token, now) if token else None
        if claims is None:
            return None
        context = Context(
            gateways=self.gateways,
            policy=self.policy,
            rules=self.rules,
            subject=Subject.person(),
            now=now,
            today=today(now),
            language=language or "en",
            request_uuid=uuid4(),
            idempotency_key=idempotency_key,
        )
        if claims.user_id is None:
            context.person, context.name = self.person(claims), claims.name or ""
            return context
        return await self.signed_in(context, claims.user_id, language)

    async def signed_in(
        self, context: Context, user_id: UUID, language: str | None
    ) -> Context | None:
        """Completes a context for a user; none for one that is not active."""
        client = connections.get("default")
        rows = await client.execute_query_dict(WHO, [user_id, context.today])
        if not rows:
            return None
        (row,) = rows
        context.subject = Subject.user(row["id"], row["organisation_id"], row["roles"])
        context.name = row["name"]
        context.language = language or Language(row["language"]).tag
        context.person = Person(row["cpr_number_hash"], row["name"], row["date_of_birth"])
        return context

    def person(self, claims: Claims) -> Person:
        """What a sign-in with private MitID proves."""
        vault, number = self.gateways.vault, claims.cpr_number
        return Person(number and vault.fingerprint(number), claims.name, claims.date_of_birth)
