"""Who is asking: from a token to a user with roles, or to a person who has no user yet."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from uuid_utils.compat import uuid4

from gateways import Claims, Gateways, today
from models.numbers import CprNumber
from policies import Policy, Subject
from resolvers.activity import Activity
from resolvers.context import Context, Person, Rules
from resolvers.standings import Standing, Standings

TRUSTED = timedelta(seconds=5)  # how long a token that was checked is not checked again
MOST = 10_000  # tokens that are remembered


@dataclass(frozen=True)
class Door:
    """Lets people in: what a request needs to know beside the token."""

    gateways: Gateways
    policy: Policy
    rules: Rules
    standings: Standings = field(default_factory=Standings)
    activity: Activity = field(default_factory=Activity)
    checked: dict[str, tuple[Claims, datetime]] = field(default_factory=dict)

    async def context(
        self, token: str, language: str | None = None, idempotency_key: str | None = None
    ) -> Context | None:
        """The context of a request, or none when the token is good for nobody."""
        claims = self.claims(token, self.gateways.clock.now()) if token else None
        return await self.context_for(claims, language, idempotency_key) if claims else None

    async def context_for(
        self, claims: Claims, language: str | None = None, idempotency_key: str | None = None
    ) -> Context | None:
        """The context of somebody who has been recognised."""
        now = self.gateways.clock.now()
        day = today(now)
        standing = await self.standing(claims, day)
        if standing is None:
            return None
        if standing.subject.user_id:
            self.activity.note(standing.subject.user_id, now)
        return Context(
            gateways=self.gateways,
            policy=self.policy,
            rules=self.rules,
            subject=standing.subject,
            now=now,
            today=day,
            language=language or standing.language,
            request_uuid=uuid4(),
            name=standing.name,
            person=standing.person,
            idempotency_key=idempotency_key,
        )

    async def standing(self, claims: Claims, day: date) -> Standing | None:
        """Where somebody stands that day; none for a user that is not active."""
        if claims.user_id:
            return await self.standings.of(claims.user_id, day)
        return Standing(Subject.person(), claims.name or "", "en", self.person(claims))

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
        fingerprint = number and vault.fingerprint(number)
        proved = CprNumber(number) if number else None
        return Person(fingerprint, claims.name, claims.date_of_birth, proved)
