"""Whatever people of three organisations try, nothing crosses but what a power of attorney lets."""

import json
import os
import time
from collections import Counter
from random import Random
from typing import Any

import pytest
from tortoise.connection import get_connection

from gateways import today
from models import HistoryEntry
from models.verification import verify
from resolvers import acting
from schema.endpoint import Endpoint
from tests.acting_documents import ALL_KINDS, ENTITIES, HISTORIES, LISTS, ONES, changing, needed
from tests.acting_oracle import HOMES, Oracle, Person, Standing, organisation
from tests.acting_powers import PowerTries
from tests.acting_tries import ANY, NOTICES, Attempt
from tests.acting_world import IDENTITY, MARKER, UNWATCH, Thing, World

pytestmark = pytest.mark.anyio

IS_PROOF = bool(os.environ.get("SEGL_PROVE"))
OPERATIONS = 20_000 if IS_PROOF else 400
SEED = int(os.environ.get("SEGL_SEED", "7"))
FEW = 20  # persons who may act: more powers are given while there are fewer
FAULTS = [  # of the statement that looks up the powers that somebody may act by
    ("coalesce(p.until_on, $4) >= $4", "true"),
    ("given.power_of_attorney_id = p.id", "true"),
]


class Walk:
    """People who try whatever they can think of."""

    def __init__(self, asker: Any, world: World, oracle: Oracle):
        self.asker, self.world, self.oracle = asker, world, oracle
        self.chance, self.told = world.chance, Counter[str]()
        self.tries = PowerTries(world, oracle)
        self.written = set[str]()  # by whoever asks, and therefore known to them

    @property
    def today(self) -> Any:
        return self.oracle.today

    async def go(self, operations: int) -> None:
        """Goes on for so many operations."""
        for _ in range(operations):
            await self.step()

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
        if self.chance.random() < 0.4:
            await gateways.jobs.run_once("powers of attorney")
        self.oracle.today = today(gateways.clock.now())
        for one in self.oracle.powers:
            if one.status == "ACTIVE" and not one.is_open(self.today):
                one.status = "EXPIRED"
                for bundle in self.oracle.bundles:
                    bundle.powers.discard(one)
        await self.world.touched()
        self.told["days"] += 1

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
        who, act_for = self.tries.somebody(permission)
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
                assert seen is None, said
                assert "DENIED" in codes(answer), said
            else:
                assert seen is not None, (said, answer)
                self.all_are_there(name, where, seen)
        if thing and (where.is_acting or thing.home != who.home):
            is_there = permission in where.may and thing.home == where.at
            is_there = is_there and thing.state != "GONE"
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
        tries = self.tries
        makers = [
            *[tries.on_user] * 3,
            *[tries.on_certificate] * 3,
            *[tries.on_profile, tries.on_right, tries.on_request, tries.on_right_request],
            *[tries.on_member, tries.on_member, tries.on_group],
            *[tries.grant, tries.grant, tries.grant_to_person, tries.request_power],
            *[
                tries.decide_power,
                tries.revoke,
                tries.add_users,
                tries.add_users,
                tries.remove_users,
            ],
            *[tries.create_bundle, tries.update_bundle, tries.bundle_users, tries.bundle_users],
        ]
        if len(self.tries.able("")) < FEW and self.chance.random() < 0.4:
            makers = [tries.grant, tries.grant_to_person, tries.grant_to_person, tries.add_users]
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
    await get_connection("default").execute_script(UNWATCH)


async def test_nothing_crosses_organisations_but_what_the_oracle_allows(walk):
    begun = time.monotonic()

    await walk.go(OPERATIONS)

    for home in walk.world.homes:
        assert (await verify(home.id)).is_intact
    print(f"{dict(walk.told)} in {time.monotonic() - begun:.0f} s")
    for what in ("allowed", "denied"):
        for kind in ("reads abroad", "changes abroad"):
            assert walk.told[f"{kind} {what}"] >= OPERATIONS // 40, walk.told


@pytest.mark.skipif(not IS_PROOF, reason="The walk itself is proved with the rest.")
@pytest.mark.parametrize(("whole", "planted"), FAULTS)
async def test_the_walk_finds_a_fault_that_is_planted(walk, monkeypatch, whole, planted):
    assert whole in acting.POWERS
    monkeypatch.setattr(acting, "POWERS", acting.POWERS.replace(whole, planted))

    with pytest.raises(AssertionError) as found:
        await walk.go(6_000)

    print(found.value)
