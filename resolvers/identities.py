"""Who is asking: from a token to a user with roles, a machine with rights, or a person without."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from uuid_utils import uuid4

from gateways import Claims, Gateways, heard, today
from models import news
from models.numbers import CprNumber
from policies import Policy, Subject
from resolvers.acting import standing_for
from resolvers.activity import Activity
from resolvers.context import Context, Person, Rules
from resolvers.standings import CHANNEL, Standing, Standings

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
    # What a token was found to say, and from when until when that is believed.
    checked: dict[str, tuple[Claims, datetime, datetime]] = field(default_factory=dict)

    def listening(self, url: str) -> AbstractAsyncContextManager[None]:
        """Hears what other processes change: who stands where, and what is followed here."""
        channels = {CHANNEL: self.forget, news.CHANNEL: self.gateways.news.tell}
        return heard(url, channels, self.hear)

    def forget(self, who: str) -> None:
        """Asks again where a user or a machine stands, and what they may still follow."""
        self.standings.forget(who)
        self.gateways.news.remind(who)

    def hear(self, is_listening: bool) -> None:
        """Trusts what is known only as long as changes are heard of."""
        self.standings.hear(is_listening)
        self.gateways.news.hear(is_listening)

    async def context(
        self,
        token: str,
        language: str | None = None,
        idempotency_key: str | None = None,
        is_active: bool = True,
        act_for: str | None = None,
    ) -> Context | None:
        """The context of a request, or none when the token is good for nobody."""
        now = self.gateways.clock.now()
        claims = self.claims(token, now) if token else None
        if claims is None:
            return None
        return await self.context_for(claims, now, language, idempotency_key, is_active, act_for)

    async def context_for(
        self,
        claims: Claims,
        now: datetime,
        language: str | None = None,
        idempotency_key: str | None = None,
        is_active: bool = True,
        act_for: str | None = None,
    ) -> Context | None:
        """The context of somebody who has been recognised, and who acts or only goes on reading.

        `act_for` is the CVR number of the organisation that they act for, if not their own.
        """
        day = today(now)
        standing = await self.standing(claims, now)
        if standing is None:
            return None
        if standing.subject.user_id and is_active:
            self.activity.note(standing.subject.user_id, now)
        if act_for and standing.subject.id:
            standing = await standing_for(standing, act_for, day)
        return Context(
            gateways=self.gateways,
            policy=self.policy,
            rules=self.rules,
            subject=standing.subject,
            now=now,
            today=day,
            language=language or standing.language,
            request_id=str(uuid4()),
            name=standing.name,
            person=standing.person,
            idempotency_key=idempotency_key,
            act_for=act_for,
        )

    async def standing(self, claims: Claims, now: datetime) -> Standing | None:
        """Where somebody stands; none for a user that is not active, or a void certificate."""
        if claims.user_id or claims.certificate_id:
            return await self.standings.of_signed_in(claims, now)
        return Standing(Subject.person(), claims.name or "", "en", self.person(claims))

    def claims(self, token: str, now: datetime) -> Claims | None:
        """Who a token speaks of; one that was good a moment ago is taken at its word."""
        claims, since, until = self.checked.get(token, (None, now, now))
        if since <= now < until:
            return claims
        claims = self.gateways.identity.claims(token, now)
        if claims:
            if len(self.checked) >= MOST:
                self.checked.clear()
            self.checked[token] = claims, now, now + TRUSTED
        return claims

    def person(self, claims: Claims) -> Person:
        """What a sign-in with private MitID proves."""
        vault, number = self.gateways.vault, claims.cpr_number
        fingerprint = number and vault.fingerprint(number)
        proved = CprNumber(number) if number else None
        return Person(fingerprint, claims.name, claims.date_of_birth, proved)
