"""System groups: all users, and those of each production unit; the system alone keeps them."""

import pytest

from models import Group, GroupMember, HistoryEntry
from tests.reading import stored

pytestmark = pytest.mark.anyio

SYSTEM_GROUPS = """
query SystemGroups {
  groups(filter: { kind: SYSTEM }) {
    nodes { id name rule canChangeMembers members { nodes { name addedBy { name } until } } }
  }
}
"""
CUSTOM_GROUPS = """
query CustomGroups {
  groups(filter: { kind: CUSTOM }) { nodes { rule canChangeMembers } }
}
"""
CREATE_USER = """
mutation CreateUser($input: CreateUserInput!) {
  createUser(input: $input) { user { id } errors { code } }
}
"""
UPDATE_USER = """
mutation UpdateUser($input: UpdateUserInput!) {
  updateUser(input: $input) { errors { code } }
}
"""
DEACTIVATE_USER = """
mutation DeactivateUser($input: DeactivateUserInput!) {
  deactivateUser(input: $input) { errors { code } }
}
"""
DELETE_USER = """
mutation DeleteUser($input: DeleteUserInput!) {
  deleteUser(input: $input) { consequences { kind } errors { code } }
}
"""
CHANGES = [
    pytest.param("updateGroup", {"name": "Ours"}, id="updateGroup"),
    pytest.param("deleteGroup", {}, id="deleteGroup"),
    pytest.param("addGroupMembers", "members", id="addGroupMembers"),
    pytest.param("removeGroupMembers", "memberIds", id="removeGroupMembers"),
]
ANY_CHANGE = """
mutation Change($input: %sInput!) {
  %s(input: $input) {
    group { id }
    errors { code path ... on Conflict { currentVersion current { id } } }
  }
}
"""
OFFICE, STORE = "1029829825", "1003388394"
ALL, AT_THE_OFFICE, AT_THE_STORE = (
    "Alle brugere",
    f"Unit {OFFICE} ({OFFICE})",
    f"Unit {STORE} ({STORE})",
)


@pytest.fixture
async def bo(person):
    """Bo, who administers users, and is one."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
def groups_of(ask, bo):
    """Tells by HTTP which system groups somebody is a member of."""

    async def groups_of(name):
        answer = await ask(bo, SYSTEM_GROUPS)
        return {
            group["name"]
            for group in answer["nodes"]
            if name in [member["name"] for member in group["members"]["nodes"]]
        }

    return groups_of


@pytest.fixture
async def eva(ask, bo, hansen):
    """Eva, who was just created at the office."""
    given = {
        "firstName": "Eva",
        "surname": "Lund",
        "email": "eva@example.dk",
        "person": {"dateOfBirth": "1990-01-31"},
        "pNumber": OFFICE,
    }
    answer = await ask(bo, CREATE_USER, input=given)
    return answer["user"]


async def test_the_groups_follow_a_user_from_creation_to_deletion_without_anybodys_doing(
    ask, bo, eva, groups_of
):
    created = await groups_of("Eva Lund")
    await ask(bo, UPDATE_USER, input={"userId": eva["id"], "pNumber": STORE})
    moved = await groups_of("Eva Lund")
    await ask(bo, UPDATE_USER, input={"userId": eva["id"], "pNumber": None})
    at_no_unit = await groups_of("Eva Lund")
    await ask(bo, UPDATE_USER, input={"userId": eva["id"], "pNumber": OFFICE})
    await ask(bo, DEACTIVATE_USER, input={"userId": eva["id"]})
    absent = await groups_of("Eva Lund")
    deleted = await ask(bo, DELETE_USER, input={"userId": eva["id"]})
    gone = await groups_of("Eva Lund")

    assert created == {ALL, AT_THE_OFFICE}
    assert moved == {ALL, AT_THE_STORE}
    assert at_no_unit == {ALL}
    assert absent == {ALL, AT_THE_OFFICE}
    assert deleted == {"consequences": [{"kind": "AUTHENTICATOR"}], "errors": []}
    assert gone == set()


async def test_a_change_that_concerns_no_unit_leaves_the_memberships_as_they_are(
    ask, bo, eva, groups_of
):
    before = await stored(GroupMember)

    await ask(bo, UPDATE_USER, input={"userId": eva["id"], "phoneNumber": "12345678"})

    assert await stored(GroupMember) == before


async def test_users_of_other_organisations_are_members_of_their_own_groups_only(
    person, jensen, groups_of
):
    await person(organisation=jensen, name="Kirsten Bech")

    assert await groups_of("Kirsten Bech") == set()
    assert await GroupMember.filter(organisation_id=jensen.id).count() == 1


async def test_nobody_added_the_members_of_a_system_group_and_they_stay_without_end(
    ask, bo, hansen
):
    answer = await ask(bo, SYSTEM_GROUPS)

    everybody = next(one for one in answer["nodes"] if one["name"] == ALL)
    assert everybody["members"]["nodes"] == [{"name": "Bo Holm", "addedBy": None, "until": None}]


@pytest.mark.parametrize(
    ("language", "all_users", "of_the_unit"),
    [
        ("en", "All users of the organisation.", f"The users of production unit {OFFICE}."),
        ("da", "Alle brugere i organisationen.", f"Brugerne i produktionsenhed {OFFICE}."),
    ],
)
async def test_the_rule_of_a_system_group_is_told_in_both_languages(
    ask, bo, make, hansen, language, all_users, of_the_unit
):
    await make.group(hansen)

    answer = await ask(bo, SYSTEM_GROUPS, {"accept-language": language})
    own = await ask(bo, CUSTOM_GROUPS, {"accept-language": language})

    rules = {one["name"]: one["rule"] for one in answer["nodes"]}
    assert (rules[ALL], rules[AT_THE_OFFICE]) == (all_users, of_the_unit)
    assert [one["rule"] for one in own["nodes"]] == [None]


@pytest.mark.parametrize(
    ("role", "can_change"),
    [
        ("user_administrator", True),
        ("rights_administrator", True),
        ("organisation_administrator", False),
    ],
)
async def test_a_group_tells_whether_its_reader_may_change_its_members(
    ask, person, make, hansen, role, can_change
):
    reader = await person(role)
    await make.group(hansen)

    custom, system = await ask(reader, CUSTOM_GROUPS), await ask(reader, SYSTEM_GROUPS)

    assert [one["canChangeMembers"] for one in custom["nodes"]] == [can_change]
    assert [one["canChangeMembers"] for one in system["nodes"]] == [False] * 3


@pytest.mark.parametrize("name", [ALL, AT_THE_OFFICE])
@pytest.mark.parametrize(("operation", "given"), CHANGES)
async def test_nobody_changes_a_system_group(ask, person, hansen, eva, operation, given, name):
    owner = await person("organisation_administrator", "user_administrator")
    group = await Group.get(organisation_id=hansen.id, name=name)
    member = await GroupMember.get(group_id=group.id, user_id=eva["id"])
    named = {"members": [{"userId": str(owner.id)}], "memberIds": [str(member.id)]}
    rest = {given: named[given]} if isinstance(given, str) else given
    before = await stored(Group, GroupMember, HistoryEntry)
    document = ANY_CHANGE % (operation[0].upper() + operation[1:], operation)

    answer = await ask(owner, document, input={"groupId": str(group.id), **rest})

    assert answer["group"] is None
    assert answer["errors"] == [
        {
            "code": "SYSTEM_GROUP",
            "path": None,
            "currentVersion": 1,
            "current": {"id": str(group.id)},
        }
    ]
    assert await stored(Group, GroupMember, HistoryEntry) == before
