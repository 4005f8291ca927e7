"""Who is asking: from a token to a user with roles, or to a person who has no user yet."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from gateways import Claims, Gateways, today
from models import Language
from policies import Policy, Subject
from resolvers.context import Context, Person, Rules
from resolvers.standings import Standings

TRUSTED = timedelta(seconds=5)  # how long a token that was checked is not checked again
MOST = 10_000  # tokens that are remembered


@dataclass(frozen=True)
class Door:
    """Lets people in: what a request needs to know beside the token."""

    gateways: Gateways
    policy: Policy
    rules: Rules
    standings: Standings = field(default_factory=Standings)
    checked: dict[str, tuple[Claims, datetime]] = field(default_factory=dict)

    async def context(
        self, token: str, language: str | None = None, idempotency_key: str | None = None
    ) -> Context | None:
        """The context of a request, or none when the token is good for nobody."""
        now = self.gateways.clock.now()
        claims = self.claims(token, now) if token else None
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
        row = await self.standings.of(user_id, context.today)
        if row is None:
            return None
        context.subject = Subject.user(row["id"], row["organisation_id"], row["roles"])
        context.name = row["name"]
        context.language = language or Language(row["language"]).tag
        context.person = Person(row["cpr_number_hash"], row["name"], row["date_of_birth"])
        return context

    def claims(self, token: str, now: datetime) -> Claims | None:
        """Who a token speaks of; one that was good a moment ago is taken at its word."""
        claims, checked_at = self.checked.get(token, (None, now))
        if claims and timedelta() <= now - checked_at < TRUSTED:
            return claims
        claims = self.gateways.identity.claims(token, now)
        if claims:
            if len(self.checked) >= MOST:
                self.checked.clear()
            self.checked[token] = claims, now
        return claims

    def person(self, claims: Claims) -> Person:
        """What a sign-in with private MitID proves."""
        vault, number = self.gateways.vault, claims.cpr_number
        return Person(number and vault.fingerprint(number), claims.name, claims.date_of_birth)
