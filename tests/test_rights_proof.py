"""Effective rights are those that a slow and simple reading of all that was given finds."""

import os
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import product
from uuid import uuid4

import pytest
from anyio import from_thread, to_thread
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateways import today
from gateways.clock import COPENHAGEN
from models import (
    Actor,
    ActorKind,
    Group,
    GroupKind,
    GroupMember,
    ProductionUnit,
    Right,
    RightAssignment,
    VatUnit,
)

pytestmark = pytest.mark.anyio

IS_PROOF = bool(os.environ.get("SEGL_PROVE"))
PEOPLE, RIGHTS = 4, ("tax.vat", "own.invoices", "post.read")
DOCUMENT = """
query ($at: Date, $p: PNumber, $se: SeNumber, $having: UserRightsFilter) {
  users(first: 100) {
    nodes { id effectiveRights(at: $at) { until right { id } sources { ...source } } }
  }
  rights(first: 100) {
    nodes { id holders(at: $at, pNumber: $p, seNumber: $se) {
      totalCount nodes { id } edges { node { id } sources { ...source } }
    } }
  }
  found: users(first: 100, filter: {rights: $having}) { nodes { id } totalCount }
}
fragment source on RightSource { kind from until pNumber seNumber assignment { id } group { id } }
"""

days = st.integers(-3, 3)
maybe_days, units = st.none() | days, st.sampled_from([None, None, 0, 1])


@dataclass(frozen=True)
class Shared:
    """A group, with its limits and with its members by number: since when, and until when."""

    is_system: bool
    p: int | None
    se: int | None
    members: dict[int, tuple[int, int | None]]


@dataclass(frozen=True)
class Gift:
    """A right given to a user or, by a number beyond them, to a group."""

    right: int
    holder: int
    p: int | None
    se: int | None
    since: int | None
    until: int | None


groups = st.builds(
    Shared,
    st.booleans(),
    units,
    units,
    st.dictionaries(st.integers(0, PEOPLE - 1), st.tuples(days, maybe_days)),
)
gifts = st.builds(
    Gift, st.integers(0, 2), st.integers(0, PEOPLE + 2), units, units, maybe_days, maybe_days
)
organisations = st.tuples(st.lists(groups, min_size=3, max_size=3), st.lists(gifts, max_size=12))
questions = st.tuples(days, units, units, st.lists(st.integers(0, 2), min_size=1, max_size=3))


def valid(source, day):
    since, until = source["since"], source["until"]
    return (since is None or since <= day) and (until is None or day <= until)


def narrowed(one, other):
    """What two limits have in common: one of them, or nothing at all."""
    if one is not None and other is not None and one != other:
        raise LookupError
    return other if one is None else one


def earliest(*ends):
    return min((one for one in ends if one is not None), default=None)


def latest(*beginnings):
    return max((one for one in beginnings if one is not None), default=None)


def sources_of(user, groups, gifts):
    """All ways in which a user comes by rights at any time, one gift after the other."""
    for number, gift in enumerate(gifts):
        own = {"gift": number, "right": gift.right, "group": None, "kind": "DIRECT"}
        own |= {"since": gift.since, "until": gift.until, "p": gift.p, "se": gift.se}
        if gift.holder == user:
            yield own
        if gift.holder < PEOPLE or user not in groups[gift.holder - PEOPLE].members:
            continue
        group = groups[gift.holder - PEOPLE]
        joined, left = group.members[user]
        own |= {"since": latest(gift.since, joined), "until": earliest(gift.until, left)}
        own |= {"group": gift.holder - PEOPLE}
        own["kind"] = "SYSTEM_GROUP" if group.is_system else "CUSTOM_GROUP"
        try:
            yield own | {"p": narrowed(gift.p, group.p), "se": narrowed(gift.se, group.se)}
        except LookupError:
            continue


class Home:
    """An organisation whose groups and gifts are made anew for each question."""

    def __init__(self, make, organisation, people, units, vat_units, rights, actor):
        self.make, self.organisation, self.people = make, organisation, people
        self.units, self.vat_units, self.rights, self.actor = units, vat_units, rights, actor

    def day(self, number):
        return None if number is None else today(self.make.now) + timedelta(days=number)

    def moment(self, number):
        """The last moment of a day in Denmark, which is the day's in no other country."""
        return datetime.combine(self.day(number), time(23, 59), COPENHAGEN)

    async def furnish(self, groups, gifts):
        """Stores what was made up in place of what there was."""
        here = {"organisation_id": self.organisation.id}
        moments = {"created_at": self.make.now, "updated_at": self.make.now}
        await RightAssignment.filter(**here).delete()
        await Group.filter(**here).delete()
        self.groups = [
            Group(
                **here,
                **moments,
                name=uuid4().hex,
                kind=GroupKind.SYSTEM if one.is_system else GroupKind.CUSTOM,
                production_unit_id=(one.p is not None and self.units[one.p].id) or None,
                vat_unit_id=(one.se is not None and self.vat_units[one.se].id) or None,
            )
            for one in groups
        ]
        await Group.bulk_create(self.groups)
        members = [
            GroupMember(
                **here,
                group_id=group.id,
                user_id=self.people[user].id,
                created_at=self.moment(joined),
                updated_at=self.make.now,
                until_on=self.day(left),
            )
            for group, one in zip(self.groups, groups, strict=True)
            for user, (joined, left) in one.members.items()
        ]
        await GroupMember.bulk_create(members)
        self.gifts = [
            RightAssignment(
                **here,
                **moments,
                right=self.rights[one.right],
                user_id=self.people[one.holder].id if one.holder < PEOPLE else None,
                group_id=self.groups[one.holder - PEOPLE].id if one.holder >= PEOPLE else None,
                production_unit_id=(one.p is not None and self.units[one.p].id) or None,
                vat_unit_id=(one.se is not None and self.vat_units[one.se].id) or None,
                from_on=self.day(one.since),
                until_on=self.day(one.until),
                assigned_by=self.actor,
            )
            for one in gifts
        ]
        await RightAssignment.bulk_create(self.gifts)

    def shown(self, source):
        """A source as a client reads it."""
        in_group = source["group"] is not None
        p, se = source["p"], source["se"]
        return {
            "kind": source["kind"],
            "from": text(self.day(source["since"])),
            "until": text(self.day(source["until"])),
            "pNumber": None if p is None else self.units[p].p_number,
            "seNumber": None if se is None else self.vat_units[se].se_number,
            "assignment": {"id": str(self.gifts[source["gift"]].id)},
            "group": {"id": str(self.groups[source["group"]].id)} if in_group else None,
        }


def text(day):
    return day and day.isoformat()


def by_assignment(sources):
    return sorted(sources, key=lambda one: one["assignment"]["id"])


@pytest.fixture
async def home(make):
    organisation = await make.organisation("Hansen & Søn ApS", production_units=2, vat_units=1)
    here = {"organisation_id": organisation.id}
    async with make.change(organisation.id):
        await VatUnit(**here, se_number="13748136", name="Another").save()
    people = [await make.user(organisation, "rights_administrator") for _ in range(PEOPLE)]
    return Home(
        make,
        organisation,
        people,
        await ProductionUnit.filter(**here).order_by("p_number"),
        await VatUnit.filter(**here).order_by("se_number"),
        [await Right.get(code=code) for code in RIGHTS],
        await Actor.named(organisation.id, ActorKind.SYSTEM, "Segl"),
    )


async def test_effective_rights_are_those_of_a_simple_reading(home, make, jensen, send):
    elsewhere = await make.user(jensen)
    await make.right(elsewhere, RIGHTS[0])
    await make.right(await make.group(jensen, elsewhere, *home.people), RIGHTS[1])

    @settings(
        max_examples=500 if IS_PROOF else 25,
        derandomize=not IS_PROOF,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(organisations, questions)
    def equal(organisation, question):
        from_thread.run(check, organisation, question)

    async def check(organisation, question):
        await home.furnish(*organisation)
        at, p, se, having = question
        given = {
            "at": text(home.day(at)),
            "p": None if p is None else home.units[p].p_number,
            "se": None if se is None else home.vat_units[se].se_number,
        }
        having_given = {"rightIds": [str(home.rights[one].id) for one in having]}
        having_given |= {"pNumber": given["p"], "seNumber": given["se"]}
        answer = (await send(home.people[0], DOCUMENT, **given, having=having_given))["data"]

        every = {number: [*sources_of(number, *organisation)] for number in range(len(home.people))}
        assert told_of_users(answer) == expected_of_users(home, every, at)
        assert told_of_rights(answer) == expected_of_rights(home, every, at, p, se)
        todays = holding(every, 0, p, se)
        names = {str(home.people[one].id) for one in every if {*having} <= todays[one]}
        assert {one["id"] for one in answer["found"]["nodes"]} == names
        assert answer["found"]["totalCount"] == len(names)

    await to_thread.run_sync(equal)


def told_of_users(answer):
    return {
        user["id"]: {
            one["right"]["id"]: (one["until"], by_assignment(one["sources"]))
            for one in user["effectiveRights"]
        }
        for user in answer["users"]["nodes"]
    }


def expected_of_users(home, every, at):
    found = {}
    for number, sources in every.items():
        mine = found[str(home.people[number].id)] = {}
        for right, key in enumerate(home.rights):
            held = [one for one in sources if one["right"] == right and valid(one, at)]
            if held:
                ends = [one["until"] for one in held]
                until = None if None in ends else text(home.day(max(ends)))
                mine[str(key.id)] = (until, by_assignment([home.shown(one) for one in held]))
    return found


def holds(source, at, p, se):
    """Whether a source is valid on a day, at a unit and under another."""
    limits = product([source["p"]], [p]), product([source["se"]], [se])
    fits = all(None in (own, asked) or own == asked for pair in limits for own, asked in pair)
    return valid(source, at) and fits


def holding(every, at, p, se):
    found = defaultdict(set)
    for number, sources in every.items():
        found[number] |= {one["right"] for one in sources if holds(one, at, p, se)}
    return found


def told_of_rights(answer):
    found = {}
    for right in answer["rights"]["nodes"]:
        page = right["holders"]
        told = {one["node"]["id"]: by_assignment(one["sources"]) for one in page["edges"]}
        assert {one["id"] for one in page["nodes"]} == told.keys()
        assert page["totalCount"] == len(page["edges"]) == len(told)
        if told:
            found[right["id"]] = told
    return found


def expected_of_rights(home, every, at, p, se):
    found = defaultdict(dict)
    for number, sources in every.items():
        for right, key in enumerate(home.rights):
            held = [one for one in sources if one["right"] == right and holds(one, at, p, se)]
            if held:
                shown = by_assignment([home.shown(one) for one in held])
                found[str(key.id)][str(home.people[number].id)] = shown
    return found
