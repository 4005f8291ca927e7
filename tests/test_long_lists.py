"""Lists of what is found among much: the same pages whether it is rare, common, or all at the end.

The statements look for it in one of several ways, by how much of it there is and where it stands.
"""

import pytest

from models import (
    DelegationGroupPower,
    Group,
    GroupMember,
    PowerOfAttorney,
    PowerOfAttorneyUser,
    User,
)
from planner.sought import FAR, RARE

pytestmark = pytest.mark.anyio

PEOPLE, COMMON = FAR + RARE + 300, RARE + 100
PLACES = {
    "few": slice(7, PEOPLE, 300),
    "every other": slice(0, PEOPLE, 2),
    "the last": slice(-COMMON, PEOPLE),
    "the first": slice(0, COMMON),
    "all": slice(0, PEOPLE),
}
HOLDERS = """
query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  right(id: $id) { holders(first: $first, after: $after, last: $last, before: $before) { ...page } }
}
fragment page on RightHolderConnection {
  nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } totalCount
}
"""
HAVING = """
query (
  $filter: UserFilter, $order: UserOrder,
  $first: Int, $after: String, $last: Int, $before: String
) {
  users(
    filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before
  ) { nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } totalCount }
}
"""
USERS = """
query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  powerOfAttorney(id: $id) {
    users(first: $first, after: $after, last: $last, before: $before) {
      nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } totalCount
    }
  }
}
"""
BUNDLED = """
query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  node(id: $id) { ... on DelegationGroup {
    powersOfAttorney(first: $first, after: $after, last: $last, before: $before) {
      nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } totalCount
    }
  } }
}
"""


@pytest.fixture
async def dorte(person):
    return await person("rights_administrator", "user_administrator", name="Dorte Friis")


@pytest.fixture
async def people(make, hansen):
    """Many users, whose names run the other way than their ids."""
    moment = {"created_at": make.now, "updated_at": make.now, "activated_at": make.now}
    facts = {"organisation_id": hansen.id, "target_assurance_level": 3, **moment}
    people = [User(status="ACTIVE", email=f"{one}@hansen.dk", **facts) for one in range(PEOPLE)]
    for number, user in enumerate(people):
        user.rename("Person", f"{PEOPLE - number:05}")
    await User.bulk_create(people, batch_size=500)
    return await User.filter(email__endswith="@hansen.dk").order_by("id")


@pytest.fixture
def shared(make, hansen):
    """Gives a right to users by a group, and to some of them again."""

    async def shared(users, code):
        group = Group(organisation_id=hansen.id, name=code)
        async with make.change(hansen.id):
            await group.save()
        here = {"organisation_id": hansen.id, "group_id": group.id, "created_at": make.now}
        members = [GroupMember(**here, user_id=one.id, updated_at=make.now) for one in users]
        await GroupMember.bulk_create(members, batch_size=500)
        right = (await make.right(group, code)).right
        for user in users[:2]:
            await make.right(user, code)
        return right

    return shared


@pytest.fixture
def walked(send, dorte):
    """All pages of a list, from its beginning or from its end, as ids in the list's order."""

    async def walked(document, is_backward=False, **given):
        size, mark, edge = (
            ("last", "before", "startCursor") if is_backward else ("first", "after", "endCursor")
        )
        more, cursor, found = True, None, []
        while more:
            answer = await send(dorte, document, **given, **{size: 97, mark: cursor})
            page = answer["data"]
            while "nodes" not in page:
                (page,) = page.values()
            ids = [one["id"] for one in page["nodes"]]
            found = ids + found if is_backward else found + ids
            about = page["pageInfo"]
            cursor, more = (
                about[edge],
                about["has" + ("Previous" if is_backward else "Next") + "Page"],
            )
        assert page["totalCount"] == len(found)
        return found

    return walked


def ids(things):
    return [str(one.id) for one in things]


@pytest.mark.parametrize("is_backward", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("where", PLACES)
async def test_who_has_a_right_is_found_wherever_they_stand(
    people, shared, walked, where, is_backward
):
    having = people[PLACES[where]]
    right = await shared(having, "tax.vat")
    chosen = {"filter": {"rights": {"rightIds": [str(right.id)]}}}

    holders = await walked(HOLDERS, is_backward, id=str(right.id))
    by_id = await walked(HAVING, is_backward, **chosen)
    by_name = await walked(HAVING, is_backward, **chosen, order={"field": "NAME"})

    assert holders == by_id == ids(having)
    assert by_name == ids(reversed(having))


async def test_who_has_several_rights_has_each_of_them(people, shared, walked):
    common, late = [
        await shared(people[PLACES[one]], code)
        for one, code in (("every other", "tax.vat"), ("the last", "own.invoices"))
    ]
    chosen = {"filter": {"rights": {"rightIds": [str(common.id), str(late.id)]}}}

    found = await walked(HAVING, **chosen)

    both = {*ids(people[PLACES["every other"]])} & {*ids(people[PLACES["the last"]])}
    assert found == sorted(both)


@pytest.mark.parametrize("where", PLACES)
async def test_who_uses_a_power_of_attorney_is_found_wherever_they_stand(
    make, hansen, jensen, people, walked, where
):
    power = await make.power(jensen, hansen)
    here, named = {"organisation_id": hansen.id, "power_of_attorney": power}, people[PLACES[where]]
    await PowerOfAttorneyUser.bulk_create(
        [PowerOfAttorneyUser(**here, user_id=one.id) for one in named], batch_size=500
    )
    await make.bundle(hansen, power, named[0])

    found = await walked(USERS, id=str(power.id))

    assert found == ids(named)


@pytest.mark.parametrize("where", PLACES)
async def test_what_is_bundled_is_found_wherever_it_stands(make, hansen, jensen, walked, where):
    facts = {"organisation_id": jensen.id, "grantee_id": hansen.id, "name": "Accounts"}
    facts |= {"grantee_cvr_number": hansen.cvr_number, "status": "ACTIVE"}
    facts |= {"created_at": make.now, "updated_at": make.now}
    powers = [PowerOfAttorney(**facts) for _ in range(PEOPLE)]
    await PowerOfAttorney.bulk_create(powers, batch_size=500)
    group = await make.bundle(hansen)
    powers = sorted(powers, key=lambda one: one.id)
    bundled = [
        DelegationGroupPower(
            organisation_id=hansen.id, delegation_group=group, power_of_attorney_id=one.id
        )
        for one in powers[PLACES[where]]
    ]
    await DelegationGroupPower.bulk_create(bundled, batch_size=500)

    found = await walked(BUNDLED, id=str(group.id))

    assert found == ids(powers[PLACES[where]])
