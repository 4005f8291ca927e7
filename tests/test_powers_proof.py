"""Rights by powers of attorney are those that a slow and simple reading of all powers finds."""

import os
from dataclasses import dataclass
from datetime import timedelta

import pytest
from anyio import from_thread, to_thread
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateways import today
from models import DelegationGroup, PowerOfAttorney, ProductionUnit, Right

pytestmark = pytest.mark.anyio

IS_PROOF = bool(os.environ.get("SEGL_PROVE"))
HOMES, PEOPLE, CODES = 3, 3, ("tax.vat", "post.read", "segl.see-users")
DOCUMENT = """
query ($at: Date, $p: PNumber) {
  users(first: 100) {
    nodes {
      id
      effectiveRights(at: $at) { until right { id } sources { ...source } }
      powersOfAttorney { nodes { id } }
    }
  }
  rights(first: 100) {
    nodes { id holders(pNumber: $p) { nodes { id } } }
  }
}
fragment source on RightSource {
  kind from until pNumber assignment { id }
  powerOfAttorney { id side } delegationGroup { id }
}
"""

days = st.integers(-2, 2)


@dataclass(frozen=True)
class Power:
    """What one organisation lets another do, or a person there; and who there may use it."""

    grantor: int
    step: int  # from the grantor to the grantee
    person: int | None
    rights: frozenset[int]
    since: int
    until: int | None
    status: str
    is_limited: bool
    named: frozenset[int]
    bundles: frozenset[int]

    @property
    def grantee(self):
        return (self.grantor + self.step) % HOMES


people = st.integers(0, PEOPLE - 1)
powers = st.builds(
    Power,
    st.integers(0, HOMES - 1),
    st.integers(1, HOMES - 1),
    st.none() | people,
    st.frozensets(st.integers(0, len(CODES) - 1), min_size=1),
    days,
    st.none() | days,
    st.sampled_from(["ACTIVE", "ACTIVE", "ACTIVE", "REVOKED", "REQUESTED"]),
    st.booleans(),
    st.frozensets(people),
    st.frozensets(st.integers(0, 1)),
)
bundles = st.lists(st.frozensets(people), min_size=2, max_size=2)
worlds = st.tuples(st.lists(powers, max_size=8), st.lists(bundles, min_size=HOMES, max_size=HOMES))


def ways(world, home, user):
    """Each way in which a user of an organisation may use a power: the power, and the bundle."""
    for number, power in enumerate(world[0]):
        if power.grantee != home:
            continue
        if power.person is not None:
            if power.person == user:
                yield number, None
            continue
        if user in power.named:
            yield number, None
        for bundle in power.bundles:
            if user in world[1][home][bundle]:
                yield number, bundle


def is_valid(power, day):
    return power.since <= day and (power.until is None or day <= power.until)


class Worlds:
    """Three organisations whose powers are made anew for each question."""

    def __init__(self, make, homes, people, units, rights):
        self.make, self.homes, self.people = make, homes, people
        self.units, self.rights = units, rights

    def day(self, number):
        return None if number is None else today(self.make.now) + timedelta(days=number)

    async def furnish(self, world):
        await DelegationGroup.all().delete()
        await PowerOfAttorney.all().delete()
        self.powers = []
        for one in world[0]:
            to = self.homes[one.grantee]
            if one.person is not None:
                to = self.people[one.grantee][one.person]
            power = await self.make.power(
                self.homes[one.grantor],
                to,
                *[CODES[right] for right in one.rights],
                from_on=self.day(one.since),
                until_on=self.day(one.until),
                status=one.status,
                production_unit=self.units[one.grantor] if one.is_limited else None,
            )
            if one.person is None:
                await self.make.name(power, *[self.people[one.grantee][each] for each in one.named])
            self.powers.append(power)
        self.bundles = [
            [
                await self.make.bundle(
                    organisation,
                    *[self.people[home][user] for user in members],
                    *[
                        power
                        for power, one in zip(self.powers, world[0], strict=True)
                        if one.grantee == home and one.person is None and number in one.bundles
                    ],
                    name=f"Bundle {number}",
                )
                for number, members in enumerate(world[1][home])
            ]
            for home, organisation in enumerate(self.homes)
        ]

    def shown(self, world, home, number, bundle):
        power = world[0][number]
        unit = self.units[power.grantor].p_number if power.is_limited else None
        return {
            "kind": "POWER_OF_ATTORNEY" if bundle is None else "DELEGATION_GROUP",
            "from": text(self.day(power.since)),
            "until": text(self.day(power.until)),
            "pNumber": unit,
            "assignment": None,
            "powerOfAttorney": {"id": str(self.powers[number].id), "side": "RECEIVED"},
            "delegationGroup": bundle
            if bundle is None
            else {"id": str(self.bundles[home][bundle].id)},
        }


def text(day):
    return day and day.isoformat()


def in_order(sources):
    return sorted(sources, key=str)


@pytest.fixture
async def lands(make):
    """All three have a production unit of the same number: it must not be taken for another's."""
    homes = [await make.organisation(f"Home {one} ApS", production_units=1) for one in range(HOMES)]
    return Worlds(
        make,
        homes,
        [[await make.user(home, "rights_administrator") for _ in range(PEOPLE)] for home in homes],
        [await ProductionUnit.get(organisation_id=home.id) for home in homes],
        [await Right.get(code=code) for code in CODES],
    )


async def test_rights_by_powers_of_attorney_are_those_of_a_simple_reading(lands, send):
    @settings(
        max_examples=300 if IS_PROOF else 15,
        derandomize=not IS_PROOF,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(worlds, st.integers(0, HOMES - 1), days)
    def equal(world, home, at):
        from_thread.run(check, world, home, at)

    async def check(world, home, at):
        await lands.furnish(world)
        asker, unit = lands.people[home][0], lands.units[home].p_number

        everywhere = (await send(asker, DOCUMENT, at=text(lands.day(at))))["data"]
        at_the_unit = (await send(asker, DOCUMENT, p=unit))["data"]

        users = {one["id"]: one for one in everywhere["users"]["nodes"]}
        assert users.keys() == {str(one.id) for one in lands.people[home]}
        for number, person in enumerate(lands.people[home]):
            mine = users[str(person.id)]
            assert told_of(mine) == expected_of(world, home, number, at)
            usable = {
                str(lands.powers[power].id)
                for power, _ in ways(world, home, number)
                if world[0][power].status == "ACTIVE" and is_valid(world[0][power], 0)
            }
            assert {one["id"] for one in mine["powersOfAttorney"]["nodes"]} == usable
        for right, key in enumerate(lands.rights):
            (asked,) = [one for one in everywhere["rights"]["nodes"] if one["id"] == str(key.id)]
            having = {
                str(person.id)
                for number, person in enumerate(lands.people[home])
                if right in {one for one, _ in sources_of(world, home, number, 0)}
            }
            assert {one["id"] for one in asked["holders"]["nodes"]} == having
        assert [one for one in at_the_unit["rights"]["nodes"] if one["holders"]["nodes"]] == []

    def sources_of(world, home, user, day):
        for number, bundle in ways(world, home, user):
            power = world[0][number]
            if power.status == "ACTIVE" and is_valid(power, day):
                for right in power.rights:
                    yield right, (number, bundle)

    def expected_of(world, home, user, day):
        found = {}
        for right, (number, bundle) in sources_of(world, home, user, day):
            ends, shown = found.setdefault(str(lands.rights[right].id), ([], []))
            ends.append(world[0][number].until)
            shown.append(lands.shown(world, home, number, bundle))
        return {
            right: (None if None in ends else text(lands.day(max(ends))), in_order(shown))
            for right, (ends, shown) in found.items()
        }

    def told_of(user):
        return {
            one["right"]["id"]: (one["until"], in_order(one["sources"]))
            for one in user["effectiveRights"]
        }

    await to_thread.run_sync(equal)
