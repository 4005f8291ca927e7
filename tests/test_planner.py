"""The planner's promises: one tenant, values as parameters, no waste, bounds, and memory."""

import re
from base64 import urlsafe_b64decode
from itertools import product
from uuid import UUID

import pytest
from anyio import from_thread, to_thread
from graphql import StringValueNode, Visitor, parse, visit
from hypothesis import HealthCheck, given, settings

from planner.levels import MOST_VARIANTS
from planner.plan import Finder
from planner.reader import LONGEST_TEXT
from schema.graph import graph
from schema.planned import reader_of
from schema.seeing import asking_for
from tests.answering import Asking
from tests.documents import documents, is_of_one_tenant, plans, sent, statements
from tests.furnishing import furnished
from tests.gathering import gathered
from tests.generating import Question, questions

pytestmark = pytest.mark.anyio

MADE_UP = settings(
    max_examples=220,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=HealthCheck,
)
LIKENESSES = """{
  users(first: %d, filter: {text: "%s", pNumber: "%s"}) { totalCount nodes { name } }
  certificates(filter: {contactName: "%s", uuid: "%s", expiresBefore: "%s"}) { nodes { id } }
  history(last: %d, filter: {activity: ["%s"], from: "%s"}) { edges { cursor } }
  user(by: {email: "%s"}) { id }
}"""
ONE = (42, "a 4711", "1029829825", "b 4711", str(UUID(int=4711)), "2026-04-07T11:00:00Z")
ONE += (43, "c 4711", "2025-04-07T11:00:00Z", "nobody4711@example.dk")
OTHER = (17, "x", "1003388394", "x", str(UUID(int=1)), "2027-04-07T11:00:00Z")
OTHER += (18, "x", "2024-04-07T11:00:00Z", "x@example.dk")
USERS = """query ($filter: UserFilter) {
  users(first: 3, filter: $filter) { totalCount pageInfo { endCursor hasNextPage }
    nodes { name cprNumber certificates { nodes { status } } history { totalCount }
      memberships(first: 2) { edges { cursor node { group { name members { totalCount } } } } }
      deactivation { from deactivatedBy { name user { name } } } roles { role } } }
  billing { method { __typename } priceList { amount } }
  viewer { user { history(first: 3) { nodes { about { id } changes { field } } } } }
}"""


@pytest.fixture(scope="module")
async def town(tables):
    return await furnished()


@pytest.fixture(scope="module")
async def learnt(town):
    """A planner that has answered documents of all sorts; and these."""
    asking, known, asked = Asking(town), await gathered(Asking(town).executed), []

    @MADE_UP
    @given(questions(known))
    def answer(question):
        asked.append(question)
        from_thread.run(asking.planned, "owner", question)

    await to_thread.run_sync(answer)
    return asking.endpoint.reader, asked


@pytest.fixture
def reader(tables):
    return reader_of(graph)


async def test_every_statement_of_every_document_keeps_to_one_tenant(reader):
    found = {
        one for text in documents() for plan in plans(reader, text) for one in statements(plan)
    }

    assert {one.text for one in found if not is_of_one_tenant(one)} == set()
    assert {one.places[0] for one in found} == {"tenant"}
    assert len({one.text for one in found}) > 500


async def test_every_statement_that_is_sent_keeps_to_one_tenant(learnt):
    found = [*sent(learnt[0])]

    assert {one.text for one in found if not is_of_one_tenant(one)} == set()
    assert len({one.text for one in found}) > 80


async def test_no_statement_holds_a_value_of_its_document(learnt):
    texts = "\n".join({one.text for one in sent(learnt[0])})

    values = {one for question in learnt[1] for one in written(question.text)}

    assert [one for one in values if one in texts] == []
    assert len(values) > 30


def written(text):
    """The texts that stand in a document as values, and what its cursors are made of."""
    found = []

    class Values(Visitor):
        def enter_string_value(self, node: StringValueNode, *_):
            found.append(node.value)

    visit(parse(text), Values())
    for value in found:
        if value.startswith("Wy"):
            yield from re.findall('[^",]{8,}', urlsafe_b64decode(f"{value}==").decode())
        if len(value) > 3 and re.search("[0-9@ ]", value):
            yield value


async def test_documents_that_differ_in_values_only_send_the_same_statements(town):
    asking, other = Asking(town), Asking(town)

    await asking.planned("owner", Question(LIKENESSES % ONE, {}))
    await other.planned("owner", Question(LIKENESSES % OTHER, {}))

    texts, others = [{one.text for one in sent(each.endpoint.reader)} for each in (asking, other)]
    assert texts == others
    assert len(texts) == 7  # four levels, three of them with a count
    assert [one for one in texts if re.search("4711|4[23]|1029829825|2026|2025", one)] == []


async def test_an_answer_leaves_no_reference_cycle_behind(town):
    asking, askers = Asking(town), ("owner", "employee")

    left = await asking.left_behind(askers, Question(USERS, {}))

    assert left == []


async def test_a_page_of_a_type_that_no_row_is_shown_as_is_not_asked_for(town):
    text = "{ billing { method { __typename ... on NemHandelMethod { eans(first: 0) { totalCount }"
    asking = Asking(town)

    both = [
        await asking.both(one, Question(f"{text} }} }} }} }}", {})) for one in ("owner", "stranger")
    ]

    assert {one.left_for for one in both if b"NemHandel" in one.executed[0]} == {"refused"}
    assert {one.planned == one.executed for one in both if one.planned} == {True}


async def test_a_flood_of_documents_leaves_as_many_as_there_is_room_for(reader):
    for number in range(2_000):
        reader.operation(f"{{ a{number}: viewer {{ language }} }}", None)

    assert len(reader.operations) == reader.operations.room == 500


@pytest.mark.parametrize("size", [LONGEST_TEXT, 90_000])
async def test_neither_a_long_document_nor_a_long_name_is_remembered(reader, size):
    long = f"{{ viewer {{ language }} }} # {'x' * size}"

    assert reader.known(long, None)
    assert reader.known("{ viewer { language } }", "x" * size) is None

    assert len(reader.operations) == 0


async def test_all_combinations_of_switches_leave_as_many_plans_as_there_is_room_for(reader, town):
    names = [f"s{number}" for number in range(10)]
    text = f"""query ({" ".join(f"${one}: Boolean!" for one in names)}) {{
      viewer {{ {" ".join(f"{one}: language @include(if: ${one})" for one in names)} }}
    }}"""
    operation, asking = reader.operation(text, None), asking_for(await town.context("owner"))

    for values in product((False, True), repeat=len(names)):
        variables = reader.variables(operation, dict(zip(names, values, strict=True)))
        plan = reader.plan(operation, variables, asking)

        assert plan.levels[0].text.count(":") == sum(values)

    assert len(operation.plans) == operation.plans.room
    assert len(operation.permissions) == operation.permissions.room


async def test_all_combinations_of_a_filter_leave_as_many_statements_as_there_is_room_for(town):
    asking = Asking(town)
    members = {
        "text": "a",
        "status": ["ACTIVE"],
        "pNumber": "1029829825",
        "isAnonymous": True,
        "isEligibleForGroups": True,
        "assuranceLevel": "HIGH",
        "role": "USER_ADMINISTRATOR",
    }
    for chosen in product((False, True), repeat=len(members)):
        given = {name: members[name] for name, is_on in zip(members, chosen, strict=True) if is_on}
        assert await asking.planned("owner", Question(USERS, {"filter": given}))

    (operation,) = asking.endpoint.reader.operations.values()
    (plan,) = operation.plans.values()
    assert len(plan.levels[0].variants) == 2 ** len(members) - MOST_VARIANTS


async def test_what_was_asked_before_is_answered_by_the_same_plan(town):
    asking = Asking(town)
    first = await asking.planned("owner", Question(USERS, {"filter": {"text": "example"}}))
    before = known_by(asking.endpoint.reader)

    second = await asking.planned("owner", Question(USERS, {"filter": {"text": "person"}}))

    assert [*map(id, known_by(asking.endpoint.reader))] == [*map(id, before)]
    assert len(before) > 50
    assert first
    assert second


def known_by(reader):
    """All that a planner has compiled: operations, plans, levels, functions, statements."""
    found = []
    for operation in reader.operations.values():
        found.append(operation)
        for plan in operation.plans.values():
            found += [plan, *plan.levels]
            levels = [level for level in plan.levels if not isinstance(level, Finder)]
            found += [level.__dict__.get("build") for level in levels]
            found += [one for level in levels for both in level.variants.values() for one in both]
    return found


async def test_who_sees_the_same_is_answered_by_the_same_plan_and_who_does_not_is_not(town):
    asking = Asking(town)

    for asker in ("user_administrator", "rights_administrator", "owner", "stranger", "employee"):
        await asking.planned(asker, Question(USERS, {}))

    (operation,) = asking.endpoint.reader.operations.values()
    # Whoever holds all roles may read all that the history is about; who administers users not what
    # was paid for, who administers rights not the files of users either, and employees only what is
    # their own.
    assert len(operation.plans) == 4
