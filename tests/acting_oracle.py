"""Who may see and do what across organisations, by a plain reading of the domain's own words.

Nothing here asks Segl: powers of attorney, those who use them and the days are kept anew.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

HOMES = ("alpha", "beta", "gamma")
ORGANISATION, USERS, RIGHTS = "organisation", "user", "rights"
ROLES = frozenset({ORGANISATION, USERS, RIGHTS})

# Which of the roles may do what at home, as the table of section 2 has it.
LAW: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            *("user:list", "user:read", "group:list", "group:read", "group:list_members"),
            *("certificate:list", "certificate:read", "certificate_profile:list"),
            *("certificate_profile:read", "request:list", "request:read", "history:list"),
            *("right:list", "right:read", "right:list_holders", "right_assignment:read"),
            *("right:assign", "right:remove", "power_of_attorney:list", "change:list"),
            *("delegation_group:list", "history:verify"),
        ),
        ROLES,
    ),
    **dict.fromkeys(
        (
            *("user:deactivate", "user:reactivate", "user:update", "certificate:order"),
            *("certificate:cancel", "certificate:revoke", "certificate_profile:create"),
            "certificate_profile:update",
        ),
        frozenset({USERS}),
    ),
    **dict.fromkeys(("group:add_member", "group:remove_member"), frozenset({USERS, RIGHTS})),
    **dict.fromkeys(
        (
            *("group:update", "power_of_attorney:grant", "power_of_attorney:request"),
            *("power_of_attorney:decide", "delegation_group:create", "delegation_group:update"),
            "delegation_group:delete",
        ),
        frozenset({ORGANISATION}),
    ),
    **dict.fromkeys(
        (
            *("right_request:decide", "power_of_attorney:grant_to_person"),
            *("power_of_attorney:revoke", "power_of_attorney:add_user"),
            *("power_of_attorney:remove_user", "delegation_group:add_user"),
            "delegation_group:remove_user",
        ),
        frozenset({RIGHTS}),
    ),
}
EVERYBODY = frozenset({"node:read", "organisation:read", "viewer:read", "right:list", "right:read"})
OVER_OWN = frozenset({"certificate:revoke", "right_request:create", "group:leave"})
SEEING = frozenset({"node:read", "organisation:read", "user:list", "user:read"})

# What the rights of Segl's own catalogue carry: those of outside services carry nothing.
CARRIED: dict[str, frozenset[str]] = {
    "segl.see-users": SEEING
    | {"group:list", "group:read", "group:list_members", "right:list", "right:read"}
    | {"right_assignment:read"},
    "segl.administer-users": SEEING
    | {"user:update", "user:deactivate", "user:reactivate", "request:list", "request:read"}
    | {"authenticator:read"},
    "segl.administer-rights": SEEING
    | {"group:list", "group:read", "right:list", "right:read", "right:list_holders"}
    | {"right_assignment:read", "right:assign", "right:remove", "request:list"}
    | {"request:read", "right_request:decide"},
    "segl.see-certificates": frozenset({"node:read", "organisation:read"})
    | {"certificate:list", "certificate:read"}
    | {"certificate_profile:list", "certificate_profile:read"},
    "segl.administer-certificates": SEEING
    | {"certificate:list", "certificate:read", "certificate:order", "certificate:cancel"}
    | {"certificate:renew_code", "certificate:retrieve", "certificate:renew"}
    | {"certificate:revoke", "certificate_profile:list", "certificate_profile:read"}
    | {"certificate_profile:create", "certificate_profile:update"},
    "segl.see-history": frozenset({"node:read", "organisation:read"})
    | {"history:list", "history:verify"},
    "tax.vat": frozenset(),
}

# By which permissions a thing of the organisation that one acts for comes to be seen.
BY_ID: dict[str, tuple[str, ...]] = {
    "organisation": ("organisation:read",),
    "production_unit": ("organisation:read",),
    "user": ("user:list", "user:read"),
    "group": ("group:list", "group:read"),
    # What has no name is told of in the history by its id.
    "group_member": ("group:list_members", "group:read", "history:list"),
    "certificate": ("certificate:list", "certificate:read"),
    "certificate_profile": ("certificate_profile:list", "certificate_profile:read"),
    "request": ("request:list", "request:read"),
    "right_assignment": ("right_assignment:read", "history:list"),
    "history_entry": ("history:list",),
    "power_of_attorney": (),
    "delegation_group": (),
}
TELLING = ("history:list",)  # the history tells of everything by name
BY_NAME: dict[str, tuple[str, ...]] = {
    "org": ("organisation:read",),
    # People are also named as those who ordered, asked and decided.
    "user": (*BY_ID["user"], "group:list_members", "certificate:list", "request:list", *TELLING),
    "mail": (*BY_ID["user"], *TELLING),
    "uuid": (*BY_ID["user"], "group:list_members", "request:list", *TELLING),
    "group": (*BY_ID["group"], *TELLING),
    "profile": (*BY_ID["certificate_profile"], *TELLING),
    "power": TELLING,
    "bundle": TELLING,
}


@dataclass(eq=False)
class Person:
    """Somebody who works somewhere, with what roles there."""

    home: int
    number: int
    roles: frozenset[str]
    is_anonymous: bool
    is_active: bool
    user: Any = None

    @property
    def name(self) -> str:
        return f"{HOMES[self.home]}-user-{self.number}"

    @property
    def mail(self) -> str:
        return f"{HOMES[self.home]}-mail-{self.number}@example.dk"

    @property
    def name_abroad(self) -> str:
        return str(self.user.uuid) if self.is_anonymous else self.name


@dataclass(eq=False)
class Power:
    """What one organisation lets another do for it, or one person there."""

    grantor: int
    grantee: int
    person: Person | None
    rights: frozenset[str]
    since: date
    until: date | None
    status: str
    is_limited: bool
    name: str
    key: str = ""
    asker: Person | None = None
    request: str | None = None
    named: set[Person] = field(default_factory=set)

    def is_open(self, day: date) -> bool:
        """Whether it has been granted and has not ended, though it may not have begun."""
        return self.status == "ACTIVE" and not self.is_over(day)

    def is_over(self, day: date) -> bool:
        """Whether its last day has passed."""
        return self.until is not None and self.until < day

    def is_doubled_by(self, other: "Power") -> bool:
        """Whether another gives the same, to the same, at the same time."""
        same = ("grantor", "grantee", "person", "rights", "status", "is_limited")
        mine, theirs = self.until or date.max, other.until or date.max
        return (
            all(getattr(self, one) == getattr(other, one) for one in same)
            and self.since <= theirs
            and other.since <= mine
        )

    @cached_property
    def carried(self) -> frozenset[str]:
        return frozenset().union(*(CARRIED[one] for one in self.rights))


@dataclass(eq=False)
class Bundle:
    """Received powers of attorney for the same users."""

    home: int
    name: str
    key: str = ""
    powers: set[Power] = field(default_factory=set)
    users: set[Person] = field(default_factory=set)


@dataclass(frozen=True)
class Standing:
    """Where somebody stands, what they may do there to everything, and by which powers."""

    at: int | None
    may: frozenset[str]
    powers: tuple[Power, ...] = ()
    is_acting: bool = False


class Oracle:
    """Keeps the powers of attorney, and knows what each person may see and do."""

    def __init__(self, people: list[Person], today: date):
        self.people, self.today = people, today
        self.powers: list[Power] = []
        self.bundles: list[Bundle] = []
        self.members: dict[tuple[str, Person], str] = {}  # by the group, in groups elsewhere
        self.known: dict[int, set[str]] = defaultdict(set)  # foreign names in an archive
        self.told: dict[Person, set[str]] = defaultdict(set)  # and what each was told

    def may_use(self, person: Person, power: Power) -> bool:
        if power.grantee != person.home:
            return False
        if power.person is not None:
            return power.person is person
        bundled = any(power in one.powers and person in one.users for one in self.bundles)
        return person in power.named or bundled

    def acted_by(self, person: Person, at: int) -> tuple[Power, ...]:
        """The powers by which somebody may act there today; a limited one carries nothing."""
        return tuple(
            one
            for one in self.powers
            if one.grantor == at
            and one.is_open(self.today)
            and one.since <= self.today
            and not one.is_limited
            and self.may_use(person, one)
        )

    def standing(self, person: Person, act_for: int | str | None) -> Standing:
        """Where a request stands; an unknown number is a text."""
        if act_for is None or act_for == person.home:
            may = [one for one, roles in LAW.items() if roles & person.roles]
            return Standing(person.home, frozenset(may) | EVERYBODY)
        powers = self.acted_by(person, act_for) if isinstance(act_for, int) else ()
        if not powers:
            return Standing(None, frozenset())
        may = frozenset().union(*(one.carried for one in powers))
        return Standing(int(act_for), may, powers, True)

    def refusal(self, who: Person, where: Standing, permission: str, at: set[int]) -> str | None:
        """Why somebody may not do this to a thing of these organisations, if they may not."""
        is_own = permission in OVER_OWN and not where.is_acting and where.at is not None
        if permission not in where.may and not is_own:
            return "DENIED"
        if where.at not in at:
            return "NOT_FOUND"
        is_own = permission == "right_request:create"
        return None if is_own or permission in where.may else "DENIED"

    def may_see_name(self, who: Person, where: Standing, name: str) -> bool:
        """Whether the text by which one recognises a thing may stand in an answer."""
        home, kind = HOMES.index(name.split("-")[0]), name.split("-")[1]
        return self.may_see_text(who, where, name, home, kind)

    def may_see_text(self, who: Person, where: Standing, text: str, home: int, kind: str) -> bool:
        if where.at is None:
            return False
        if not where.is_acting:
            is_office = bool(who.roles) and text in self.known[home_of(where)]
            return home == who.home or is_office or text in self.told[who]
        own = (one.name for one in self.powers if self.may_use(who, one))
        if text in (who.name, organisation(who.home), *own):
            return True  # a power is its user's own, on whichever side; it tells whose it is
        is_reached = any(one in where.may for one in BY_NAME[kind])
        if home == where.at:
            return is_reached or kind == "org"
        reached = {"user": BY_NAME["user"], "org": BY_NAME["user"], "uuid": BY_NAME["user"]}
        by = reached.get(kind, TELLING)
        return text in self.known[home_of(where)] and any(one in where.may for one in by)

    def may_see_thing(self, who: Person, where: Standing, kind: str, home: int, key: str) -> bool:
        """Whether the id of a thing may stand in an answer."""
        if where.at is None:
            return False
        power = next((one for one in self.powers if key in (one.key, one.request)), None)
        if where.is_acting:
            if power and kind == "power_of_attorney":
                return power.grantor == where.at and self.may_use(who, power)
            sides = {power.grantor, power.grantee} if power else {home}  # what was asked for, too
            return where.at in sides and any(one in where.may for one in BY_ID.get(kind, ()))
        if home == who.home:
            return True
        if kind in ("power_of_attorney", "request") and power and power.grantee == who.home:
            is_mine = power.asker is who if kind == "request" else self.may_use(who, power)
            return bool(who.roles) or is_mine
        own = {one: group for (group, person), one in self.members.items() if person is who}
        return (kind == "group_member" and key in own) or (kind == "group" and key in own.values())

    def learn(self, at: int, *names: str) -> None:
        """An organisation hears of somebody or something elsewhere, and keeps it."""
        self.known[at].update(names)

    def tell_users(self) -> None:
        """Whoever may use a power knows its name and whose it is, and does not forget it."""
        for power in self.powers:
            if power.status == "ACTIVE":
                for person in self.people:
                    if self.may_use(person, power):
                        self.told[person] |= {power.name, organisation(power.grantor)}


def home_of(where: Standing) -> int:
    assert where.at is not None
    return where.at


def organisation(home: int) -> str:
    return f"{HOMES[home]}-org-0"
