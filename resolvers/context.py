"""What one request carries with it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, ClassVar, NewType, TypeVar
from uuid import UUID

from gateways import Gateways, today
from models import Actor, ActorKind, Entity, Language, Letter, Organisation, User
from models.billing import SHIPPED, Prices
from models.numbers import CprNumber
from models.refusals import Invalid, Refusal
from planner.declarations import Extent
from policies import Policy, Subject
from resolvers import telling
from resolvers.telling import Event


@dataclass(frozen=True)
class Rules:
    """What this installation settles for all its organisations."""

    base_url: str = "http://127.0.0.1:8000"
    admits_replacement_numbers: bool = False
    admits_test_organisations: bool = False
    keeps_letters: bool = False  # after they are sent, for the demo's page of letters
    notification_days: int = 90  # for which notifications are kept that have been read
    prices: Prices = SHIPPED


@dataclass(frozen=True)
class Person:
    """What a sign-in with private MitID proves of somebody."""

    cpr_number_hash: str | None
    name: str | None
    date_of_birth: date | None
    cpr_number: CprNumber | None = field(default=None, repr=False)  # of a person without a user


class Extents(dict[str, Extent]):
    """How much each permission reaches: nothing, where it is not among them."""

    def __missing__(self, permission: str) -> Extent:
        return Extent.NONE


@lru_cache(maxsize=1000)
def extents(over_all: frozenset[str], over_own: frozenset[str]) -> Extents:
    """How much the permissions reach that somebody has over everything, and over their own."""
    return Extents(dict.fromkeys(over_own, Extent.OWN) | dict.fromkeys(over_all, Extent.ALL))


@dataclass
class Context:
    """Who asks, when, in which language; and the ways to the outside."""

    gateways: Gateways
    policy: Policy
    rules: Rules
    subject: Subject
    now: datetime
    today: date
    language: str
    request_id: str
    name: str = ""
    person: Person | None = None
    idempotency_key: str | None = None
    act_for: str | None = None  # the CVR number of the organisation that is acted for
    question: str = ""  # all that was sent, to be compared with a repeat
    attempt: Any = None  # the change that is being made
    # In an answer to a subscription the id of what is told of, or why nothing can be.
    about: str | Refusal | None = None
    wakes: set[str] = field(default_factory=set)  # the jobs that wait for the end of the change
    headers: dict[str, str] = field(default_factory=dict)  # to be added to the answer's
    offered: set[str] = field(default_factory=set)  # addresses that no repeat gives out again

    @classmethod
    def beside(
        cls,
        gateways: Gateways,
        policy: Policy,
        rules: Rules,
        subject: Subject,
        name: str,
        request_uuid: UUID,
    ) -> "Context":
        """What a request of somebody would carry, for work that goes on beside the requests."""
        now = gateways.clock.now()
        return cls(gateways, policy, rules, subject, now, today(now), "da", str(request_uuid), name)

    @property
    def request_uuid(self) -> UUID:
        """The request, as the history names it."""
        return UUID(self.request_id)

    @property
    def organisation_id(self) -> UUID:
        """The one organisation that the request speaks for."""
        assert self.subject.organisation_id, "a person without a user speaks for no organisation"
        return self.subject.organisation_id

    def extent(self, permission: str) -> Extent:
        """How much of what a permission is about the one who asks may see."""
        return self.extents[permission]

    @property
    def extents(self) -> "Extents":
        """How much of everything the one who asks may see, by the permission."""
        return extents(*self.policy.unfolded(self.subject))

    @property
    def is_dry_run(self) -> bool:
        """Whether the change that is being made is to be undone."""
        return bool(self.attempt and self.attempt.is_dry_run)

    async def organisation(self) -> Organisation:
        return await Organisation.get(id=self.organisation_id)

    async def organisation_locked(self) -> Organisation:
        """The organisation, for as long as the change lasts: what must be unique in it stays so."""
        return await Organisation.locked(id=self.organisation_id)

    @property
    def letter_language(self) -> Language:
        """The language to write in to people whose own is not known."""
        return Language.DANISH if self.language == "da" else Language.ENGLISH

    @property
    def holder(self) -> UUID | None:
        """Whose an Idempotency-Key is: a user's, a machine's, or a person's without a user yet."""
        who = self.person
        if self.subject.id or who is None:
            return self.subject.id
        proved = f"{who.cpr_number_hash} {who.name} {who.date_of_birth}"
        return UUID(self.gateways.vault.fingerprint(proved)[:32])

    async def actor(self) -> Actor:
        """Whoever asks, as the history names them; looked up once in an attempt at a change."""
        who, known = self.subject, getattr(self.attempt, "actor", None)
        if known is None or known.user_id != who.user_id:
            kind = ActorKind.MACHINE if who.is_machine else ActorKind.PERSON
            here, certificate = self.organisation_id, who.certificate_id
            known = await Actor.named(here, kind, self.name, who.user_id, certificate)
            if self.attempt:
                self.attempt.actor = known
        return known

    def speak_for(self, user: User) -> None:
        """Goes on as the user that a person has just shown to be."""
        self.subject = Subject.user(user.id, user.organisation_id, ())
        self.name = user.name

    async def appear_in(self, organisation_id: UUID) -> None:
        """Goes down in the history of another organisation: by the name known there, and whence."""
        name = await self.name_in(organisation_id)
        me = self.subject.user_id
        self.attempt.actor = await Actor.named(organisation_id, ActorKind.PERSON, name, me)

    async def name_in(self, organisation_id: UUID) -> str:
        """What whoever asks is known as in another organisation than their own."""
        me = await User.get(id=self.subject.user_id)
        home = await Organisation.get(id=me.organisation_id)
        return f"{me.known_in(organisation_id)}, {home.name}"[:201]

    async def come_to(self, thing: Entity) -> None:
        """Goes on, for this change only, where that is whose secret has just been shown."""
        there = thing.organisation_id
        if there == self.subject.organisation_id:
            return
        if self.subject.user_id:
            self.name = await self.name_in(there)
        elif self.subject.is_machine:
            self.name = ""  # there it is but who holds the secret
        self.visit(there, thing.known_as)

    def visit(self, organisation_id: UUID, name: str) -> None:
        """Goes on, for this change only, as a person in an organisation where they are no user."""
        self.subject = replace(Subject.person(), organisation_id=organisation_id)
        self.name = self.name or name
        if self.attempt:
            self.attempt.actor = None  # who asked at home

    async def tell(
        self,
        users: User | Sequence[User],
        event: str,
        about: Entity | None = None,
        **values: Any,
    ) -> dict[UUID, Letter]:
        """Tells people of an event, each in the ways they chose; the letters, by the user's id."""
        told = [users] if isinstance(users, User) else users
        if not told:
            return {}
        happened = Event(event, await self.organisation(), about, values)
        letters = await telling.tell(self.gateways.vault, self.now, told, happened)
        if letters:
            self.wakes.add("letters")
        return letters

    async def post_to(
        self, organisation_id: UUID, to: str, language: Language, kind: str, **values: Any
    ) -> Letter:
        """Puts a letter into the outbox: it leaves after the change, and not without it."""
        written = self.written(organisation_id, to, language, kind, **values)
        await written.save()
        return written

    def written(
        self, organisation_id: UUID, to: str, language: Language, kind: str, **values: Any
    ) -> Letter:
        """A letter that whoever asks for it puts into the outbox, alone or with others."""
        self.wakes.add("letters")
        return telling.written(
            self.gateways.vault, self.now, organisation_id, to, language, kind, **values
        )


Id = NewType("Id", str)  # an id that the resolver looks up itself
Key = NewType("Key", UUID)  # an id to compare with


class OneOf:
    """An input of which exactly one member is given."""

    is_one_of: ClassVar[bool] = True

    @property
    def chosen(self) -> tuple[str, Any]:
        return next((name, one) for name, one in vars(self).items() if one is not None)


Checks = Callable[[Context, Mapping[str, Any]], AsyncIterator[Invalid]]
Resolver = TypeVar("Resolver", bound=Callable[..., Any])


def checked_by(checks: Checks) -> Callable[[Resolver], Resolver]:
    """Adds the rules on values that need more than the value: told together with wrong forms."""

    def add(resolver: Resolver) -> Resolver:
        resolver.checks = checks  # type: ignore[attr-defined]
        return resolver

    return add
