"""The history: who did what, and what was denied, found again by every filter."""

import pytest

from models import HistoryEntry
from tests.tables import who_may

pytestmark = pytest.mark.anyio

test_who_may_use_history = who_may("""
                      self  user_administrator  rights_administrator  organisation_administrator
    history:list       .            x                    x                       x
    history:export     .            x                    x                       x
    history:verify     .            x                    x                       x
""")

ADMINISTRATORS = ("organisation_administrator", "user_administrator", "rights_administrator")
ENTRY = """
    sequence occurredAt outcome activity operation summary reason aboutKind requestUuid hash
    actor { kind name user { id } }
    about { __typename id }
    changes { field old new }
"""
HISTORY = f"""
query History($filter: HistoryFilter, $first: Int, $after: String) {{
  history(filter: $filter, first: $first, after: $after) {{
    totalCount
    nodes {{ {ENTRY} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
CREATE_GROUP = """
mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id } errors { code } } }
"""
UPDATE_GROUP = """
mutation ($input: UpdateGroupInput!) { updateGroup(input: $input) { group { id } errors { code } } }
"""
DELETE_GROUP = """
mutation ($input: DeleteGroupInput!) { deleteGroup(input: $input) { group { id } errors { code } } }
"""
DEACTIVATE = """
mutation ($input: DeactivateUserInput!) { deactivateUser(input: $input) { errors { code } } }
"""
CREATE_USER = """
mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } errors { code } } }
"""


@pytest.fixture
async def ulla(person):
    """An administrator of the organisation and its users."""
    roles = ("organisation_administrator", "user_administrator")
    return await person(*roles, name="Ulla Møller")


@pytest.fixture
def found(ask, ulla):
    """The operations in the history that a filter leaves, latest first."""

    async def found(**given):
        answer = await ask(ulla, HISTORY, filter=given, first=100)
        operations = [one["operation"] for one in answer["nodes"]]
        assert answer["totalCount"] == len(operations)
        return [one for one in operations if one != "demo"]

    return found


async def test_an_entry_tells_all_that_there_is_to_tell(asker, ulla):
    made = await asker.post(ulla, CREATE_GROUP, input={"name": "Løn & bogføring"})

    answer = await asker.ask(ulla, HISTORY, first=1)

    (entry,) = answer["nodes"]
    stored = await HistoryEntry.get(operation="createGroup")
    group = made.json()["data"]["createGroup"]["group"]["id"]
    assert entry == {
        "sequence": answer["totalCount"],
        "occurredAt": "2026-11-02T09:00:00+00:00",
        "outcome": "DONE",
        "activity": "group:create",
        "operation": "createGroup",
        "summary": "Create group: Løn & bogføring",
        "reason": None,
        "aboutKind": "GROUP",
        "requestUuid": made.headers["x-request-id"],
        "hash": stored.hash,
        "actor": {"kind": "PERSON", "name": "Ulla Møller", "user": {"id": str(ulla.id)}},
        "about": {"__typename": "Group", "id": group},
        "changes": [
            {"field": "kind", "old": None, "new": "CUSTOM"},
            {"field": "name", "old": None, "new": "Løn & bogføring"},
        ],
    }


async def test_a_reason_is_told(ask, ulla, person):
    bo = await person(name="Bo Holm")
    given = {"userId": bo.id, "reason": "Parental leave"}

    await ask(ulla, DEACTIVATE, input=given)

    (entry,) = (await ask(ulla, HISTORY, first=1))["nodes"]
    assert (entry["summary"], entry["reason"]) == ("Deactivate user: Bo Holm", "Parental leave")


@pytest.mark.parametrize("role", ADMINISTRATORS)
async def test_every_administrator_reads_the_history(role, ask, person):
    reader = await person(role)

    answer = await ask(reader, HISTORY)

    assert answer["totalCount"] == await HistoryEntry.all().count()
    assert [one["sequence"] for one in answer["nodes"]] == list(range(answer["totalCount"], 0, -1))


async def test_an_employee_does_not_read_the_history(send, person):
    answer = await send(await person(), HISTORY)

    (error,) = answer["errors"]
    assert answer["data"] == {"history": None}
    assert error["extensions"]["permission"] == "history:list"


async def test_the_history_of_another_organisation_is_its_own(ask, make, jensen, ulla):
    stranger = await make.user(jensen, *ADMINISTRATORS)
    await ask(ulla, CREATE_GROUP, input={"name": "Canteen"})
    entry = await HistoryEntry.get(operation="createGroup")

    answer = await ask(stranger, HISTORY, filter={"aboutId": entry.about_id})
    node = await ask(stranger, "query ($id: ID!) { node(id: $id) { id } }", id=entry.id)

    assert answer["totalCount"] == 0
    assert node is None


async def test_an_entry_is_found_by_its_id(ask, ulla):
    entry = await HistoryEntry.all().first()

    asked = "query ($id: ID!) { node(id: $id) { id ... on HistoryEntry { sequence } } }"
    answer = await ask(ulla, asked, id=entry.id)

    assert answer == {"id": str(entry.id), "sequence": entry.sequence}


async def test_what_happened_before_and_since_a_moment_is_found(ask, ulla, found, gateways):
    await ask(ulla, CREATE_GROUP, input={"name": "Canteen"})
    gateways.clock.advance(hours=1)
    await ask(ulla, CREATE_USER, input=by_birth("Eva"))
    ten = "2026-11-02T10:00:00Z"

    assert await found(until=ten) == ["createGroup"]
    of_a_user_and_an_authenticator = ["createUser", "createUser"]
    assert await found(**{"from": ten}) == of_a_user_and_an_authenticator
    assert await found(**{"from": "2026-11-02T11:00:00+01:00"}) == of_a_user_and_an_authenticator
    assert await found(**{"from": ten, "until": ten}) == []


async def test_what_was_done_is_found_by_its_activity_and_outcome(ask, ulla, found, person):
    bo, employee = await person(), await person()
    await ask(ulla, DEACTIVATE, input={"userId": bo.id})
    await ask(employee, DEACTIVATE, input={"userId": bo.id})
    await ask(ulla, CREATE_GROUP, input={"name": "Canteen"})

    assert await found(activity=["user:deactivate"]) == ["deactivateUser"] * 2
    assert await found(activity=["user:deactivate", "group:create"]) == [
        *("createGroup", "deactivateUser", "deactivateUser")
    ]
    assert await found(activity=["user:delete"]) == []
    assert await found(outcome=["DENIED"]) == ["deactivateUser"]
    assert await found(outcome=["DONE"]) == ["createGroup", "deactivateUser"]
    assert len(await found(outcome=["DONE", "DENIED"])) == 3


async def test_what_somebody_did_is_found_and_what_it_was_about(ask, ulla, found, person):
    bo, other = await person(), await person("user_administrator")
    await ask(ulla, CREATE_GROUP, input={"name": "Canteen"})
    await ask(other, DEACTIVATE, input={"userId": bo.id})

    assert await found(actorUserId=ulla.id) == ["createGroup"]
    assert await found(actorUserId=other.id) == ["deactivateUser"]
    assert await found(actorUserId=bo.id) == []
    assert await found(aboutId=bo.id) == ["deactivateUser"]
    assert await found(aboutKind=["GROUP"]) == ["createGroup"]
    assert await found(aboutKind=["GROUP", "USER"]) == ["deactivateUser", "createGroup"]
    assert await found(aboutKind=["BILLING"], activity=["group:create"]) == []


async def test_text_is_found_in_summaries_and_values_alone(ask, ulla, found):
    await ask(ulla, CREATE_GROUP, input={"name": "Løn", "description": "Pays 100 % of us_all"})

    for text in ("løn", "LØN", "100 %", "us_all", "create group", "pays 100"):
        assert await found(text=text) == ["createGroup"], text
    for text in ("100%", "us-all", "usXall", "old", "new", "field", "description", '"', "{"):
        assert await found(text=text) == [], text


async def test_a_value_of_before_is_found_too(ask, ulla, found):
    made = await ask(ulla, CREATE_GROUP, input={"name": "Canteen"})
    await ask(ulla, UPDATE_GROUP, input={"groupId": made["group"]["id"], "name": "Kitchen"})

    assert await found(text="canteen") == ["updateGroup", "createGroup"]


async def test_a_wrong_filter_is_told_where_it_is_wrong(send, ulla):
    answer = await send(ulla, HISTORY, filter={"from": "yesterday"})

    (error,) = answer["errors"]
    assert answer["data"] == {"history": None}
    assert error["extensions"]["problem"] == "MALFORMED"
    assert error["extensions"]["path"] == ["filter", "from"]


async def test_the_history_is_read_page_by_page_latest_first(ask, ulla):
    for number in range(5):
        await ask(ulla, CREATE_GROUP, input={"name": f"Group {number}"})
    given = {"activity": ["group:create"]}

    first = await ask(ulla, HISTORY, filter=given, first=3)
    rest = await ask(ulla, HISTORY, filter=given, first=3, after=first["pageInfo"]["endCursor"])

    told = [one["summary"] for one in first["nodes"] + rest["nodes"]]
    assert told == [f"Create group: Group {number}" for number in (4, 3, 2, 1, 0)]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert first["totalCount"] == rest["totalCount"] == 5


async def test_what_is_gone_is_told_but_no_longer_led_to(ask, ulla):
    made = await ask(ulla, CREATE_GROUP, input={"name": "Canteen"})

    await ask(ulla, DELETE_GROUP, input={"groupId": made["group"]["id"]})

    (entry,) = (await ask(ulla, HISTORY, first=1))["nodes"]
    assert entry["summary"] == "Delete group: Canteen"
    assert entry["about"] is None
    assert {"field": "name", "old": "Canteen", "new": None} in entry["changes"]


async def test_secrets_are_masked_or_left_out(ask, ulla):
    created = await ask(
        ulla,
        """
        mutation ($input: CreateUserInput!) {
          createUser(input: $input) { user { id } errors { code } }
        }
        """,
        input={**by_birth("Eva"), "person": {"cprNumber": "6101904242"}},
    )
    coded = await ask(
        ulla,
        """
        mutation ($input: CreateUserInput!) {
          createUser(input: $input) { user { id } temporaryCode { code } errors { code } }
        }
        """,
        input=by_birth("Ida"),
    )

    answer = await ask(ulla, HISTORY, first=4)

    by_cpr = next(one for one in answer["nodes"] if one["about"]["id"] == created["user"]["id"])
    changes = {one["field"]: one["new"] for one in by_cpr["changes"]}
    assert changes["cprNumber"] == "610190-****"
    assert not [name for name in changes if "ealed" in name or "ash" in name]
    stored = [str(dict(one)) for one in await HistoryEntry.all()]
    assert not [one for one in stored if "6101904242" in one.replace("-", "")]
    assert not [one for one in stored if coded["temporaryCode"]["code"] in one]


async def test_the_history_of_one_thing_is_read_from_it(ask, ulla, person):
    bo = await person(name="Bo Holm")
    await ask(ulla, DEACTIVATE, input={"userId": bo.id})
    asked = """
        query ($by: UserRef!) {
          user(by: $by) { history(filter: {outcome: [DONE]}) { nodes { operation } } }
        }
    """

    answer = await ask(ulla, asked, by={"id": bo.id})

    assert [one["operation"] for one in answer["history"]["nodes"]] == ["deactivateUser", "demo"]


def by_birth(name: str) -> dict[str, object]:
    return {
        "firstName": name,
        "surname": "Lund",
        "email": f"{name.lower()}@example.dk",
        "person": {"dateOfBirth": "1990-01-31"},
    }
