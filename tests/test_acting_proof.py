"""Whatever people of three organisations try, nothing crosses but what a power of attorney lets."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from tortoise import connections

from gateways import today
from models import HistoryEntry
from models.verification import verify
from schema.endpoint import Endpoint
from tests.acting_oracle import (
    CARRIED,
    HOMES,
    LAW,
    Bundle,
    Oracle,
    Person,
    Power,
    Standing,
    organisation,
)
from tests.acting_world import IDENTITY, MARKER, UNWATCH, Thing, World

pytestmark = pytest.mark.anyio

IS_PROOF = bool(os.environ.get("SEGL_PROVE"))
OPERATIONS = 20_000 if IS_PROOF else 400
SEED = int(os.environ.get("SEGL_SEED", "7"))
FEW = 20  # persons who may act: more powers are given while there are fewer
ANY = "whatever the state says"  # where the oracle keeps no state: only denials are foretold

FRAGMENTS = """
fragment entry on HistoryEntry {
  id summary reason actor { name user { id name } } about { id } actingUnder { id name }
  changes { field old new }
}
fragment power on PowerOfAttorney {
  id name status side granteePerson grantor { name } grantee { name } endedBy { name user { id } }
  rights { nodes { id } } users { nodes { id name } } request { id }
}
fragment user on User {
  id name email uuid organisation { id name } roles { assignedBy { name user { id } } }
  memberships(first: 9) { nodes { id name group { id name } user { id } } }
  rightAssignments(first: 9) { nodes { id assignedBy { name } } }
  certificates(first: 9) { nodes { id } } requests(first: 9) { nodes { id } }
}
fragment group on Group {
  id name members(first: 30) { nodes { id name user { id name } organisation { name } } }
}
fragment certificate on Certificate {
  id mail: email contactName orderedBy { name user { id } } revokedBy { name } user { id name }
  profile { id name }
}
fragment profile on CertificateProfile { id name certificates(first: 9) { nodes { id } } }
fragment request on Request {
  id reason askedBy { name user { id } } decidedBy { name } user { id name }
  powerOfAttorney { id name }
}
fragment assignment on RightAssignment {
  id assignedBy { name user { id } } user { id name } group { id name }
}
fragment bundle on DelegationGroup {
  id name powersOfAttorney { nodes { id name } } users { nodes { id name } }
}
"""
KINDS = {
    "User": "user",
    "Group": "group",
    "Certificate": "certificate",
    "CertificateProfile": "profile",
    "Request": "request",
    "RightAssignment": "assignment",
    "PowerOfAttorney": "power",
    "DelegationGroup": "bundle",
    "HistoryEntry": "entry",
}
ALL_KINDS = " ".join(f"... on {kind} {{ ...{one} }}" for kind, one in KINDS.items())


def needed(text: str) -> str:
    """The fragments that a document names."""
    found = [f"fragment {one}" for one in FRAGMENTS.split("fragment ")[1:]]
    return text + "".join(one for one in found if f"...{one.split()[1]} " in text + " ")


LISTS = {
    "users": ("user:list", "{ users(first: 100) { nodes { ...user } } }"),
    "groups": ("group:list", "{ groups(first: 100) { nodes { ...group } } }"),
    "certificates": ("certificate:list", "{ certificates(last: 50) { nodes { ...certificate } } }"),
    "certificateProfiles": (
        "certificate_profile:list",
        "{ certificateProfiles(first: 100) { nodes { ...profile } } }",
    ),
    "requests": ("request:list", "{ requests(first: 50) { nodes { ...request } } }"),
    "history": ("history:list", "{ history(first: 30) { nodes { ...entry } } }"),
    "rights": (
        "right:list",
        "{ rights(first: 20) { nodes { id holders(first: 20) { nodes { id name } } } } }",
    ),
    "powersOfAttorney": (
        "power_of_attorney:list",
        "{ powersOfAttorney(last: 30) { nodes { ...power } } }",
    ),
    "delegationGroups": ("delegation_group:list", "{ delegationGroups { nodes { ...bundle } } }"),
    "changes": ("change:list", "{ changes(last: 20) { nodes { id } } }"),
    "viewer": (
        "viewer:read",
        "{ viewer { user { id } organisation { id name } actingFor { ...power }"
        " externalMemberships { nodes { id name group { id name } } } } }",
    ),
}
ONES = {
    "user": ("user:read", "query ($id: ID!) { user(by: {id: $id}) { ...user", "user"),
    "group": ("group:read", "query ($id: ID!) { group(id: $id) { ...group", "group"),
    "certificate": (
        "certificate:read",
        "query ($id: ID!) { certificate(id: $id) { ...certificate",
        "certificate",
    ),
    "certificateProfile": (
        "certificate_profile:read",
        "query ($id: ID!) { certificateProfile(id: $id) { ...profile",
        "profile",
    ),
    "request": ("request:read", "query ($id: ID!) { request(id: $id) { ...request", "request"),
}
HISTORIES = {
    "user": "query ($id: ID!) { user(by: {id: $id}) { history(first: 20) { nodes { ...entry } }"
    " powersOfAttorney { nodes { ...power } } effectiveRights { sources { group { id name }"
    " assignment { id } powerOfAttorney { id name } delegationGroup { id name } } } } }",
    "group": "query ($id: ID!) { group(id: $id) { history(first: 20) { nodes { ...entry } } } }",
    "power": "query ($id: ID!) { powerOfAttorney(id: $id)"
    " { ...power history(first: 20) { nodes { ...entry } } } }",
}
ENTITIES = {
    "user": "user:read",
    "group": "group:read",
    "certificate": "certificate:read",
    "profile": "certificate_profile:read",
    "request": "request:read",
    "assignment": "right_assignment:read",
}
NOTICES = {"notification", "letter", "history_entry", "history_head", "actor"}
SHARED = NOTICES | {"power_of_attorney_user", "delegation_group_power", "delegation_group_user"}


def changing(operation: str, reads: str = "") -> str:
    kind = operation[0].upper() + operation[1:]
    return (
        f"mutation ($input: {kind}Input!, $dryRun: Boolean)"
        f" {{ {operation}(input: $input, dryRun: $dryRun) {{ {reads} errors {{ code message }} }} }}"
    )


@dataclass
class Attempt:
    """A change that somebody tries, and what the oracle says of it."""

    operation: str
    permission: str
    given: dict[str, Any]
    at: set[int] | None = None  # whose the thing is that it is about; None where it names none
    state: str | None = None  # the code by which the state forbids it
    reads: str = ""
    effect: Callable[[Any], None] = lambda _: None
    others: dict[int, set[str]] = field(default_factory=dict)  # whom else it touches, and where
    tells: frozenset[str] = frozenset()  # names that the answer gives whoever may do it
    only_for: int | None = None  # of two sides the one that may
    about: Person | None = None  # who will read who did it


class Walk:
    """People who try whatever they can think of."""

    def __init__(self, asker: Any, world: World, oracle: Oracle):
        self.asker, self.world, self.oracle = asker, world, oracle
        self.chance, self.told = world.chance, Counter[str]()
        self.written = set[str]()  # by whoever asks, and therefore known to them

    @property
    def today(self) -> Any:
        return self.oracle.today

    async def step(self) -> None:
        """One operation of one person."""
        dice = self.chance.random()
        if dice < 0.015:
            await self.pass_time()
        elif dice < 0.5:
            await self.read()
        else:
            await self.change()
        self.told["operations"] += 1

    async def pass_time(self) -> None:
        """A day passes, and those who watch the days do their work."""
        gateways = self.world.make.gateways
        gateways.clock.advance(days=1)
        if self.chance.random() < 0.6:
            await gateways.jobs.run_once("powers of attorney")
        self.oracle.today = today(gateways.clock.now())
        for one in self.oracle.powers:
            if one.status == "ACTIVE" and not one.is_open(self.today):
                one.status = "EXPIRED"
                for bundle in self.oracle.bundles:
                    bundle.powers.discard(one)
        await self.world.touched()
        self.told["days"] += 1

    def somebody(self, permission: str = "") -> tuple[Person, int | str | None]:
        """Somebody and for whom they act: often so that they may do it."""
        dice = self.chance.random()
        people = self.oracle.people
        if dice < 0.5 and (able := self.able(permission)):
            return self.chance.choice(able)
        if dice < 0.75:
            fit = [one for one in people if one.roles & LAW.get(permission, frozenset())]
            return self.chance.choice(fit or people), None
        person = self.chance.choice(people)
        others = [None, 0, 1, 2, 0, 1, 2, "99999999", "no number"]
        return person, self.chance.choice(others)

    def able(self, permission: str) -> list[tuple[Person, int | str | None]]:
        """Who may act for somebody, by a power that carries this."""
        found = []
        for power in self.oracle.powers:
            if power.is_open(self.today) and (not permission or permission in power.carried):
                who = [one for one in self.oracle.people if self.oracle.may_use(one, power)]
                found += [(one, power.grantor) for one in who]
        return found

    async def send(self, who: Person, act_for: Any, document: str, **variables: Any) -> Any:
        number = self.world.homes[act_for].cvr_number if isinstance(act_for, int) else act_for
        headers = {"Act-For": number} if number else {}
        return await self.asker.send(who.user, document, headers, **variables)

    async def check(self, who: Person, where: Standing, answer: Any, said: str) -> None:
        """Everything by which one recognises something in an answer is what one may see."""
        text = json.dumps(answer)
        for name in set(MARKER.findall(text)) - self.written:
            self.told["names seen"] += 1
            if not name.startswith(HOMES[who.home]):
                self.told["foreign names seen"] += 1
            at = text.find(name)
            what = f"{name} in {text[max(0, at - 400) : at + 60]}"
            assert self.oracle.may_see_name(who, where, name), self.why(who, where, what, said)
        keys = set(IDENTITY.findall(text))
        for key in (keys & self.world.uuids.keys()) - self.written:
            whose = self.world.uuids[key].home
            is_seen = self.oracle.may_see_text(who, where, key, whose, "uuid")
            assert is_seen, self.why(who, where, f"uuid {key}", said)
        for key, (kind, home) in (await self.world.whose(keys)).items():
            self.told["ids seen"] += 1
            if home != who.home:
                self.told["foreign ids seen"] += 1
            is_seen = self.oracle.may_see_thing(who, where, kind, home, key)
            at = text.find(key)
            what = f"{kind} of {HOMES[home]} in {text[max(0, at - 200) : at + 60]}"
            assert is_seen, self.why(who, where, what, said)

    def why(self, who: Person, where: Standing, what: str, said: str) -> str:
        at = where.at if where.at is None else HOMES[where.at]
        return (
            f"operation {self.told['operations']}: {who.name} {sorted(who.roles)} at {at} by"
            f" {[sorted(one.rights) for one in where.powers]} saw {what}: {said}"
        )

    async def read(self) -> None:
        """Lists, single things of whosever, and nodes."""
        self.written = set()
        way = self.chance.choice(["list", "list", "one", "node", "nodes", "history"])
        if way == "list":
            name = self.chance.choice([*LISTS])
            permission, document = LISTS[name]
            await self.ask(way, name, permission, document)
        elif way == "one":
            name = self.chance.choice([*ONES])
            permission, document, kind = ONES[name]
            thing = self.thing(kind)
            await self.ask(way, name, permission, f"{document} }} }}", thing, id=thing.key)
        elif way == "history":
            name = self.chance.choice([*HISTORIES])
            thing = self.thing(name)
            await self.ask(way, name, "", HISTORIES[name], None, id=thing.key)
        elif way == "node":
            kind = self.chance.choice([*ENTITIES])
            thing = self.thing(kind)
            document = f"query ($id: ID!) {{ node(id: $id) {{ id {ALL_KINDS} }} }}"
            await self.ask(way, kind, ENTITIES[kind], document, thing, id=thing.key)
        else:
            things = [self.thing(self.chance.choice([*ENTITIES, "power"])) for _ in range(6)]
            document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ id {ALL_KINDS} }} }}"
            await self.ask(way, "nodes", "", document, None, ids=[one.key for one in things])

    def thing(self, kind: str) -> Thing:
        match kind:
            case "user":
                one = self.chance.choice(self.oracle.people)
                return Thing(str(one.user.id), one.home)
            case "power":
                if not self.oracle.powers:
                    return self.thing("user")
                power = self.chance.choice(self.oracle.powers[-40:])
                return Thing(power.key, power.grantor)
        return self.chance.choice(self.world.things[kind])

    async def ask(
        self,
        way: str,
        name: str,
        permission: str,
        document: str,
        thing: Thing | None = None,
        **variables: Any,
    ) -> None:
        """Reads, and holds the answer against what the oracle lets be seen."""
        who, act_for = self.somebody(permission)
        where = self.oracle.standing(who, act_for)
        answer = await self.send(who, act_for, needed(document), **variables)
        said = f"{way} {name}"
        assert not {"INVALID", "INTERNAL"} & codes(answer), (said, answer["errors"])
        if not who.is_active:
            assert codes(answer) == {"UNAUTHENTICATED"}, said
            self.told["reads denied"] += 1
            return
        await self.check(who, where, answer, said)
        assert not await self.world.touched(), f"{said} changed something"
        seen = next(iter((answer.get("data") or {"": None}).values()))
        if way == "list" and permission != "viewer:read":
            if permission not in where.may:
                assert seen is None and "DENIED" in codes(answer), said
            else:
                assert seen is not None, (said, answer)
                self.all_are_there(name, where, seen)
        if thing and (where.is_acting or thing.home != who.home):
            is_there = permission in where.may and thing.home == where.at
            assert (seen is not None) is is_there, (self.why(who, where, said, ""), answer)
        is_abroad = where.is_acting or (thing is not None and thing.home != who.home)
        outcome = "allowed" if seen and seen != [None] * 6 else "denied"
        self.told[f"reads {outcome}"] += 1
        if is_abroad or where.at is None:
            self.told[f"reads abroad {outcome}"] += 1

    def all_are_there(self, name: str, where: Standing, seen: Any) -> None:
        """A list that may be read is whole."""
        kind = {"users": "user", "groups": "group", "certificateProfiles": "profile"}.get(name)
        if kind is None:
            return
        own = [one for one in self.world.things[kind] if one.home == where.at]
        expected = {one.key for one in own}
        if kind == "user":
            expected = {str(one.user.id) for one in self.oracle.people if one.home == where.at}
        found = {one["id"] for one in seen["nodes"]}
        assert expected <= found, f"{name} of {where.at}: {expected - found} are missing"

    async def change(self) -> None:
        """Tries a change as somebody, and holds what comes of it against the oracle."""
        makers = [
            *[self.on_user] * 3,
            *[self.on_certificate] * 3,
            *[self.on_profile, self.on_right, self.on_request, self.on_right_request],
            *[self.on_member, self.on_member, self.on_group],
            *[self.grant, self.grant, self.grant_to_person, self.request_power],
            *[self.decide_power, self.revoke, self.add_users, self.add_users, self.remove_users],
            *[self.create_bundle, self.update_bundle, self.bundle_users, self.bundle_users],
        ]
        if len(self.able("")) < FEW and self.chance.random() < 0.4:
            makers = [self.grant, self.grant_to_person, self.grant_to_person, self.add_users]
        make = self.chance.choice(makers)
        who, act_for, attempt = make()
        if attempt is None:
            return
        self.written = set(MARKER.findall(json.dumps(attempt.given)))
        where = self.oracle.standing(who, act_for)
        is_dry = self.chance.random() < 0.05
        document = changing(attempt.operation, attempt.reads)
        answer = await self.send(who, act_for, document, input=attempt.given, dryRun=is_dry)
        said = attempt.operation
        touched = await self.world.touched()
        if not who.is_active:
            assert codes(answer) == {"UNAUTHENTICATED"}, said
            assert not touched, said
            self.told["changes denied"] += 1
            return
        at = attempt.at if attempt.at is not None else {where.at}
        refusal = self.oracle.refusal(who, where, attempt.permission, at)
        if refusal is None and attempt.only_for not in (None, where.at):
            refusal = "DENIED"
        if where.is_acting:
            home = organisation(who.home)
            self.oracle.learn(where.at, who.name_abroad, home)
        payload = (answer.get("data") or {}).get(said)
        assert payload is not None, (said, answer)
        found = next((one["code"] for one in payload["errors"]), None)
        why = self.why(who, where, f"{found}, {attempt.given}", said)
        if refusal:
            assert found == refusal, f"{refusal} was foretold: {why}"
            outside = {key: kinds for key, kinds in touched.items() if key != where.at}
            assert not outside, f"{outside}: {why}"
            assert touched.get(where.at, set()) <= NOTICES, f"{touched}: {why}"
            self.told["changes denied"] += 1
            if where.is_acting or where.at is None:
                self.told["changes abroad denied"] += 1
            await self.check(who, where, answer, said)
            return
        self.written |= attempt.tells
        if attempt.state is ANY:
            assert found not in ("DENIED", "NOT_FOUND"), why
        else:
            assert found == attempt.state, f"{attempt.state} was foretold: {why}"
        if found or is_dry:
            assert not touched, f"{touched}: {why}"
            self.told["changes refused by state" if found else "dry runs"] += 1
        else:
            self.told["changes allowed"] += 1
            for key, kinds in touched.items():
                fit = kinds if key == where.at else attempt.others.get(key, set())
                assert kinds <= fit, f"{kinds - fit} of {HOMES[key]}: {why}"
            attempt.effect(payload)
            if attempt.about:
                self.oracle.told[attempt.about] |= {who.name_abroad, organisation(who.home)}
            self.oracle.tell_users()
            if where.is_acting:
                await self.stands_in_history(who, where, attempt)
        await self.check(who, where, answer, said)

    async def stands_in_history(self, who: Person, where: Standing, attempt: Attempt) -> None:
        """What was done for another organisation stands in its history, with the power."""
        self.told["changes abroad allowed"] += 1
        home = self.world.homes[where.at]
        entry = await (
            HistoryEntry.filter(organisation_id=home.id, outcome="DONE")
            .order_by("-sequence")
            .first()
            .prefetch_related("actor")
        )
        fit = {one.key for one in where.powers if attempt.permission in one.carried}
        assert entry.operation == attempt.operation
        assert str(entry.acting_under_id) in fit, attempt
        assert entry.actor.name.startswith(who.name_abroad), entry.actor.name

    # What people try: each answers who, for whom, and the attempt.

    def on_user(self) -> Any:
        word = self.chance.choice(["deactivate", "reactivate", "update"])
        who, act_for = self.somebody(f"user:{word}")
        people = [one for one in self.oracle.people if one.number]
        if word == "reactivate" and self.chance.random() < 0.8:
            people = [one for one in people if not one.is_active] or people
        if word == "deactivate":
            people = [one for one in people if self.chance.random() < 0.5 or not one.roles]
        person = self.mine(people, who, act_for)
        given: dict[str, Any] = {"userId": str(person.user.id)}
        state: Any = None
        if (word == "deactivate" and not person.is_active) or (word == "reactivate" and person.is_active):
            state = ANY
        elif word == "update":
            given["phoneNumber"] = str(self.chance.randrange(20_000_000, 90_000_000))
            state = None if person.is_active else ANY

        def effect(_: Any) -> None:
            if word != "update":
                person.is_active = word == "reactivate"

        at = {person.home}
        return who, act_for, Attempt(f"{word}User", f"user:{word}", given, at, state, effect=effect)

    def mine(self, things: Any, who: Person, act_for: Any) -> Any:
        """One of some things: mostly of the organisation that is spoken for."""
        things = [*things]
        at = act_for if isinstance(act_for, int) else who.home
        fit = [one for one in things if getattr(one, "home", None) == at]
        return self.chance.choice(fit if fit and self.chance.random() < 0.75 else things)

    def on_certificate(self) -> Any:
        word = self.chance.choice(["order", "cancel", "revoke"])
        permission = f"certificate:{word}"
        who, act_for = self.somebody(permission)
        known = self.world.things["certificate"]
        if word == "order":
            profile = self.mine(self.world.things["profile"], who, act_for)
            given: dict[str, Any] = {
                "kind": "ORGANISATION",
                "holder": {"profileId": profile.key},
                "identification": "ONE_TIME_CODE",
            }
            home = act_for if isinstance(act_for, int) else who.home

            def ordered(payload: Any) -> None:
                known.append(Thing(payload["certificate"]["id"], home, "ORDERED"))

            state = None if profile.home == home else "NOT_FOUND"
            attempt = Attempt("orderCertificate", permission, given, None, state)
            attempt.reads, attempt.effect = "certificate { id }", ordered
            return who, act_for, attempt
        wanted = "ORDERED" if word == "cancel" else "ISSUED"
        one = self.mine([each for each in known if each.state == wanted] or known, who, act_for)
        given = {"certificateId": one.key}
        given |= {"reason": "SUPERSEDED"} if word == "revoke" else {}

        def ended(_: Any) -> None:
            one.state = "OVER"

        state = None if one.state == wanted else ANY
        attempt = Attempt(f"{word}Certificate", permission, given, {one.home}, state)
        attempt.effect, attempt.about = ended, one.about
        return who, act_for, attempt

    def on_profile(self) -> Any:
        is_new = self.chance.random() < 0.05
        permission = f"certificate_profile:{'create' if is_new else 'update'}"
        who, act_for = self.somebody(permission)
        if not is_new:
            one = self.mine(self.world.things["profile"], who, act_for)
            given = {
                "profileId": one.key,
                "contactName": f"Bo Lind {self.chance.randrange(10**9)}",
            }
            return (
                *(who, act_for),
                Attempt("updateCertificateProfile", permission, given, {one.home}),
            )
        home = act_for if isinstance(act_for, int) else who.home
        mail = "archive@example.dk"
        given = {"name": self.world.text(home, "profile"), "email": mail}
        given |= {"contactName": "Eva Lund", "contactEmail": mail}

        def made(payload: Any) -> None:
            self.world.things["profile"].append(Thing(payload["profile"]["id"], home))

        attempt = Attempt("createCertificateProfile", permission, given)
        attempt.reads, attempt.effect = "profile { id }", made
        return who, act_for, attempt

    def on_right(self) -> Any:
        word = self.chance.choice(["assign", "remove"])
        who, act_for = self.somebody(f"right:{word}")
        known = self.world.things["assignment"]
        if word == "remove":
            fit = [one for one in known if one.state == "GIVEN"] or known
            one = self.mine(fit, who, act_for)

            def removed(_: Any) -> None:
                one.state = "OVER"

            # What is over is gone.
            at = {one.home} if one.state == "GIVEN" else set[int]()
            given = {"assignmentId": one.key}
            attempt = Attempt("removeRight", "right:remove", given, at, effect=removed)
            return who, act_for, attempt
        person = self.mine(self.oracle.people, who, act_for)
        right = self.world.rights[self.chance.choice(["tax.wages", "tax.company", "post.read"])]
        given = {"userId": str(person.user.id), "right": {"rightId": right}}

        def given_to(payload: Any) -> None:
            known.append(Thing(payload["assignment"]["id"], person.home, "GIVEN"))

        attempt = Attempt("assignRight", "right:assign", given, {person.home}, ANY)
        attempt.reads, attempt.effect, attempt.about = "assignment { id }", given_to, person
        return who, act_for, attempt

    def on_right_request(self) -> Any:
        who, act_for = self.somebody()
        right = self.world.rights[self.chance.choice(["tax.wages", "post.read", "tax.company"])]
        given = {"rightId": right, "reason": "New tasks from today"}

        def asked(payload: Any) -> None:
            one = Thing(payload["request"]["id"], who.home, "OPEN", who)
            self.world.things["request"].append(one)

        attempt = Attempt("requestRight", "right_request:create", given, None, ANY)
        attempt.reads, attempt.effect = "request { id }", asked
        return who, act_for, attempt

    def on_request(self) -> Any:
        permission = "right_request:decide"
        who, act_for = self.somebody(permission)
        known = self.world.things["request"]
        one = self.mine([each for each in known if each.state == "OPEN"] or known, who, act_for)
        given = {"requestId": one.key, "decision": "REJECT", "reason": "Not needed now"}

        def decided(_: Any) -> None:
            one.state = "REJECTED"

        state = None if one.state == "OPEN" else ANY
        attempt = Attempt("decideRightRequest", permission, given, {one.home}, state)
        attempt.effect, attempt.about = decided, one.about
        if one.about is who:
            return who, act_for, None
        return who, act_for, attempt

    def on_group(self) -> Any:
        who, act_for = self.somebody("group:update")
        one = self.mine(self.world.things["group"], who, act_for)
        given = {"groupId": one.key, "description": f"No. {self.chance.randrange(10**9)}"}
        return who, act_for, Attempt("updateGroup", "group:update", given, {one.home})

    def on_member(self) -> Any:
        word = self.chance.choice(["add", "remove"])
        permission = f"group:{word}_member"
        who, act_for = self.somebody(permission)
        group = self.mine(self.world.things["group"], who, act_for)
        known = self.world.things["member"]
        inside = [one for one in known if one.about[0] == group.key and one.state == "IN"]
        if word == "remove":
            pool = inside or known
            one = self.chance.choice(pool)
            person = one.about[1]

            def left(payload: Any) -> None:
                if payload["results"][0]["member"]:
                    one.state = "OVER"
                    self.oracle.members.pop((group.key, person), None)

            given: dict[str, Any] = {"groupId": group.key, "memberIds": [one.key]}
            attempt = Attempt("removeGroupMembers", permission, given, {group.home}, ANY)
            attempt.effect = left
        else:
            outside = {
                one.about[1] for one in known if one.state == "IN" and one.home == group.home
            }
            people = [one for one in self.oracle.people if one not in outside]
            person = self.chance.choice(people or self.oracle.people)
            ref = {"userId": str(person.user.id)}
            if person.home != group.home:
                number = self.world.homes[person.home].cvr_number
                ref = {"external": {"cvrNumber": number, "email": person.mail}}

            def came(payload: Any) -> None:
                (result,) = payload["results"]
                if result["member"]:
                    self.world.join(self.oracle, group, person, result["member"]["id"])

            given = {"groupId": group.key, "members": [ref]}
            attempt = Attempt("addGroupMembers", permission, given, {group.home}, ANY)
            attempt.effect = came
        attempt.reads = "results { member { id name user { id } } problem { code } }"
        attempt.others = {person.home: NOTICES}
        return who, act_for, attempt

    def terms(self) -> dict[str, Any]:
        """Rights, a period, and what they make of a power."""
        codes = self.chance.sample([*CARRIED], self.chance.choice([1, 1, 2, 3]))
        until = self.world.day(self.chance.choice([None, None, 0, 1, 3, 6]))
        return {"rights": frozenset(codes), "until": until}

    def doubled(self, power: Power) -> str | None:
        is_open = power.status == "REQUESTED"
        code = "REQUEST_ALREADY_OPEN" if is_open else "RIGHT_ALREADY_ASSIGNED"
        return code if any(one.is_doubled_by(power) for one in self.oracle.powers) else None

    def given(self, power: Power) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": power.name,
            "rightIds": [self.world.rights[one] for one in sorted(power.rights)],
        }
        if power.until:
            found["until"] = str(power.until)
        if power.since > self.today:
            found["from"] = str(power.since)
        if power.is_limited:
            found["pNumber"] = "1029829825"
        return found

    def new_power(self, grantor: int, grantee: int, person: Person | None, status: str) -> Power:
        terms = self.terms()
        since = self.world.day(self.chance.choice([0, 0, 0, 0, 1]) if status == "ACTIVE" else 0)
        if terms["until"] and terms["until"] < since:
            terms["until"] = since
        name = self.world.text(grantor, "power")
        is_limited = self.chance.random() < 0.08
        return Power(
            *(grantor, grantee, person, terms["rights"], since, terms["until"]),
            *(status, is_limited, name),
        )

    def enter(self, power: Power) -> None:
        """A power has come to be, which both sides know."""
        self.oracle.powers.append(power)
        self.oracle.learn(power.grantee, power.name, organisation(power.grantor))
        self.oracle.learn(power.grantor, power.name)

    def grant(self) -> Any:
        permission = "power_of_attorney:grant"
        who, act_for = self.somebody(permission)
        at = act_for if isinstance(act_for, int) else who.home
        other = self.chance.choice([one for one in range(3) if one != at])
        power = self.new_power(at, other, None, "ACTIVE")
        given = self.given(power) | {"granteeCvrNumber": self.world.homes[other].cvr_number}

        def granted(payload: Any) -> None:
            power.key = payload["powerOfAttorney"]["id"]
            self.enter(power)

        attempt = Attempt("grantPowerOfAttorney", permission, given, None, self.doubled(power))
        attempt.reads, attempt.effect = "powerOfAttorney { id name grantee { name } }", granted
        attempt.others = {other: NOTICES}
        return who, act_for, attempt

    def grant_to_person(self) -> Any:
        permission = "power_of_attorney:grant_to_person"
        who, act_for = self.somebody(permission)
        at = act_for if isinstance(act_for, int) else who.home
        person = self.chance.choice([one for one in self.oracle.people if one.home != at])
        power = self.new_power(at, person.home, person, "ACTIVE")
        number = self.world.homes[person.home].cvr_number
        given = self.given(power) | {"grantee": {"cvrNumber": number, "email": person.mail}}

        def granted(payload: Any) -> None:
            power.key = payload["powerOfAttorney"]["id"]
            self.enter(power)
            self.oracle.learn(at, person.name_abroad, organisation(person.home))

        state = self.doubled(power)
        attempt = Attempt("grantPersonalPowerOfAttorney", permission, given, None, state)
        attempt.reads = "powerOfAttorney { id name granteePerson grantee { name } }"
        attempt.effect, attempt.others = granted, {person.home: NOTICES}
        attempt.tells = frozenset({person.name_abroad, organisation(person.home)})
        return who, act_for, attempt

    def request_power(self) -> Any:
        permission = "power_of_attorney:request"
        who, act_for = self.somebody(permission)
        at = act_for if isinstance(act_for, int) else who.home
        other = self.chance.choice([one for one in range(3) if one != at])
        power = self.new_power(other, at, None, "REQUESTED")
        power.asker = who
        given = self.given(power) | {"grantorCvrNumber": self.world.homes[other].cvr_number}

        def asked(payload: Any) -> None:
            power.key, power.request = payload["powerOfAttorney"]["id"], payload["request"]["id"]
            self.enter(power)
            self.oracle.learn(other, who.name_abroad, organisation(at))

        attempt = Attempt("requestPowerOfAttorney", permission, given, None, self.doubled(power))
        attempt.reads = "request { id askedBy { name } } powerOfAttorney { id name }"
        attempt.effect = asked
        attempt.others = {other: NOTICES | {"power_of_attorney", "power_of_attorney_right"}}
        attempt.others[other] |= {"request"}
        return who, act_for, attempt

    def some_power(self, who: Person, act_for: Any, *states: str) -> Power | None:
        """A power: mostly of those who speak, and in one of these states."""
        at = act_for if isinstance(act_for, int) else who.home
        known = self.oracle.powers[-60:]
        fit = [one for one in known if one.status in states and at in (one.grantor, one.grantee)]
        pool = fit if fit and self.chance.random() < 0.8 else known
        return self.chance.choice(pool) if pool else None

    def decide_power(self) -> Any:
        permission = "power_of_attorney:decide"
        who, act_for = self.somebody(permission)
        power = self.some_power(who, act_for, "REQUESTED")
        if power is None or power.request is None:
            return who, act_for, None
        is_yes = self.chance.random() < 0.7
        given = {"requestId": power.request, "decision": "APPROVE" if is_yes else "REJECT"}
        given |= {} if is_yes else {"reason": "Not needed now"}
        other = power.grantee

        def decided(_: Any) -> None:
            power.status = "ACTIVE" if is_yes else "REJECTED"
            power.since = self.today
            self.oracle.learn(other, who.name_abroad, organisation(power.grantor))

        attempt = Attempt("decidePowerOfAttorneyRequest", permission, given)
        attempt.at, attempt.only_for = {power.grantor, power.grantee}, power.grantor
        attempt.state = ANY if power.status != "REQUESTED" or is_yes else None
        attempt.effect, attempt.others = decided, {other: NOTICES}
        return who, act_for, attempt

    def revoke(self) -> Any:
        permission = "power_of_attorney:revoke"
        who, act_for = self.somebody(permission)
        power = self.some_power(who, act_for, "ACTIVE")
        if power is None or self.chance.random() < 0.4:
            return who, act_for, None
        sides = {power.grantor, power.grantee}

        def revoked(_: Any) -> None:
            for person in self.oracle.people:
                if self.oracle.may_use(person, power):  # they read who ended it
                    self.oracle.told[person] |= {who.name_abroad, organisation(who.home)}
            power.status = "REVOKED"
            for bundle in self.oracle.bundles:
                bundle.powers.discard(power)
            for side in sides:
                self.oracle.learn(side, who.name_abroad, organisation(who.home))

        state = None if power.is_open(self.today) else "POWER_OF_ATTORNEY_NOT_ACTIVE"
        given = {"powerOfAttorneyId": power.key}
        attempt = Attempt("revokePowerOfAttorney", permission, given, sides, state)
        attempt.effect = revoked
        attempt.others = {side: SHARED | {"power_of_attorney"} for side in sides}
        return who, act_for, attempt

    def names(self, word: str) -> Any:
        permission = f"power_of_attorney:{word}_user"
        who, act_for = self.somebody(permission)
        power = self.some_power(who, act_for, "ACTIVE")
        if power is None:
            return who, act_for, None
        at = act_for if isinstance(act_for, int) else who.home
        people = [one for one in self.oracle.people if self.chance.random() < 0.3 or one.home == at]
        person = self.chance.choice(people)
        if word == "remove" and power.named:
            person = self.chance.choice(sorted(power.named, key=lambda one: one.name))
        if not power.is_open(self.today):
            state = "POWER_OF_ATTORNEY_NOT_ACTIVE"
        elif power.person:
            state = "NOT_PASSED_ON"
        elif word == "remove":
            state = None if person in power.named else "NOT_A_MEMBER"
        elif person.home != power.grantee:
            state = "NOT_FOUND"
        elif not person.is_active:
            state = "USER_NOT_ACTIVE"
        else:
            state = "ALREADY_MEMBER" if person in power.named else None

        def changed(_: Any) -> None:
            (power.named.add if word == "add" else power.named.remove)(person)
            self.oracle.learn(power.grantor, who.name_abroad, organisation(who.home))

        given = {"powerOfAttorneyId": power.key, "userIds": [str(person.user.id)]}
        sides = {power.grantor, power.grantee}
        attempt = Attempt(f"{word}PowerOfAttorneyUsers", permission, given, sides, state)
        attempt.only_for, attempt.effect = power.grantee, changed
        attempt.others = {power.grantor: NOTICES | {"power_of_attorney"}}
        return who, act_for, attempt

    def add_users(self) -> Any:
        return self.names("add")

    def remove_users(self) -> Any:
        return self.names("remove")

    def create_bundle(self) -> Any:
        if len(self.oracle.bundles) > 12:
            return self.delete_bundle()
        permission = "delegation_group:create"
        who, act_for = self.somebody(permission)
        at = act_for if isinstance(act_for, int) else who.home
        bundle = Bundle(at, self.world.text(at, "bundle"))
        power = self.some_power(who, act_for, "ACTIVE")
        chosen = [power] if power else []
        given = {"name": bundle.name, "powerOfAttorneyIds": [one.key for one in chosen]}

        def made(payload: Any) -> None:
            bundle.key, bundle.powers = payload["delegationGroup"]["id"], set(chosen)
            self.oracle.bundles.append(bundle)

        state = self.unfit(at, chosen)
        attempt = Attempt("createDelegationGroup", permission, given, None, state)
        attempt.reads, attempt.effect = "delegationGroup { id }", made
        return who, act_for, attempt

    def unfit(self, at: int, powers: list[Power]) -> str | None:
        """Why powers cannot be bundled: the first that is not received, or not for all."""
        for one in powers:
            if at not in (one.grantor, one.grantee):
                return "NOT_FOUND"
            if at != one.grantee:
                return "MORE_THAN_RECEIVED"
            if one.person:
                return "NOT_PASSED_ON"
            if not one.is_open(self.today):
                return "POWER_OF_ATTORNEY_NOT_ACTIVE"
        return None

    def delete_bundle(self) -> Any:
        permission = "delegation_group:delete"
        who, act_for = self.somebody(permission)
        one = self.mine(self.oracle.bundles, who, act_for)
        given = {"delegationGroupId": one.key}

        def deleted(_: Any) -> None:
            self.oracle.bundles.remove(one)

        attempt = Attempt("deleteDelegationGroup", permission, given, {one.home}, effect=deleted)
        return who, act_for, attempt

    def update_bundle(self) -> Any:
        permission = "delegation_group:update"
        who, act_for = self.somebody(permission)
        power = self.some_power(who, act_for, "ACTIVE")
        if not self.oracle.bundles or power is None:
            return who, act_for, None
        one = self.mine(self.oracle.bundles, who, act_for)
        wanted = {power} | {each for each in one.powers if self.chance.random() < 0.5}
        chosen = sorted(wanted, key=lambda each: each.name)
        given = {"delegationGroupId": one.key, "powerOfAttorneyIds": [each.key for each in chosen]}

        def bundled(_: Any) -> None:
            one.powers = set(chosen)

        state = self.unfit(one.home, [each for each in chosen if each not in one.powers])
        attempt = Attempt("updateDelegationGroup", permission, given, {one.home}, state)
        attempt.effect = bundled
        return who, act_for, attempt

    def bundle_users(self) -> Any:
        word = self.chance.choice(["add", "add", "remove"])
        permission = f"delegation_group:{word}_user"
        who, act_for = self.somebody(permission)
        if not self.oracle.bundles:
            return who, act_for, None
        one = self.mine(self.oracle.bundles, who, act_for)
        person = self.mine(self.oracle.people, who, act_for)
        if word == "remove" and one.users:
            person = self.chance.choice(sorted(one.users, key=lambda each: each.name))
        if word == "remove":
            state = None if person in one.users else "NOT_A_MEMBER"
        elif person.home != one.home:
            state = "NOT_FOUND"
        elif not person.is_active:
            state = "USER_NOT_ACTIVE"
        else:
            state = "ALREADY_MEMBER" if person in one.users else None

        def changed(_: Any) -> None:
            (one.users.add if word == "add" else one.users.remove)(person)

        given = {"delegationGroupId": one.key, "userIds": [str(person.user.id)]}
        operation = f"{word}DelegationGroupUsers"
        attempt = Attempt(operation, permission, given, {one.home}, state, effect=changed)
        return who, act_for, attempt


def codes(answer: Any) -> set[str]:
    return {one["extensions"]["code"] for one in answer.get("errors", ())}


@pytest.fixture
def way_in() -> type[Endpoint]:
    """Answered once: that both ways answer alike is told elsewhere."""
    return Endpoint


@pytest.fixture
async def walk(asker, make):
    """Three organisations, and people there who will try whatever comes to mind."""
    world = World(make, Random(SEED))
    oracle = await world.furnish()
    yield Walk(asker, world, oracle)
    await connections.get("default").execute_script(UNWATCH)


async def test_nothing_crosses_organisations_but_what_the_oracle_allows(walk):
    begun = time.monotonic()

    while walk.told["operations"] < OPERATIONS:
        await walk.step()

    for home in walk.world.homes:
        assert (await verify(home.id)).is_intact
    print(f"{dict(walk.told)} in {time.monotonic() - begun:.0f} s")
    for what in ("allowed", "denied"):
        for kind in ("reads abroad", "changes abroad"):
            assert walk.told[f"{kind} {what}"] >= OPERATIONS // 40, walk.told
