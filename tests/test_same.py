"""Whatever is asked, the planner answers what GraphQL's own executor answers, to the byte."""

import os
import re
from collections import Counter

import pytest
from anyio import from_thread, to_thread
from graphql import get_named_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.declarations import ALL, NONE, OWN
from policies import Policy
from tests.answering import Asking
from tests.furnishing import ASKERS, furnished
from tests.gathering import SCHEMA, gathered
from tests.generating import LEFT, Question, questions, whole

pytestmark = pytest.mark.anyio

IS_PROOF = bool(os.environ.get("SEGL_PROVE"))  # forty times as many, and new ones each time
LAWS = st.fixed_dictionaries(
    {one: st.sampled_from([ALL, ALL, OWN, OWN, NONE]) for one in Policy().permissions}
)
WAYS = [name for name in SCHEMA.query_type.fields if ("Query", name) not in LEFT]
WITH_ID = (
    "node",
    "request",
    "group",
    "powerOfAttorney",
    "right",
    "certificate",
    "certificateProfile",
    "userImport",
    "activationBatch",
)
ARGUMENTS = {
    **dict.fromkeys(WITH_ID, "(id: $id)"),
    "nodes": "(ids: [$id])",
    "user": "(by: {id: $id})",
    "explainAccess": '(permission: "user:read")',
    "externalUser": "(by: {cvrNumber: $cvrNumber, email: $email})",
}
FORMS = {"id": "ID", "cvrNumber": "CvrNumber", "email": "Email"}


@pytest.fixture(scope="module")
async def town(tables):
    return await furnished()


@pytest.fixture(scope="module")
async def known(town):
    return await gathered(Asking(town).executed)


def tried(times):
    """How often a rule is tried: the same documents each time, but for the long proof."""
    return settings(
        max_examples=times * (40 if IS_PROOF else 1),
        derandomize=not IS_PROOF,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


async def test_the_planner_answers_as_the_executor_does(town, known):
    asking, planned = Asking(town), Counter()

    @tried(60)
    @given(questions(known), st.permutations(ASKERS))
    def alike(question, askers):
        for asker in askers if IS_PROOF else askers[:4]:
            for one in (question, question.again())[: 1 + bool(question.variables)]:
                both = from_thread.run(asking.both, asker, one)
                planned[both.planned is not None] += asker != "visitor"  # never planned
                assert both.are_alike, f"{asker} is answered two different things"
                assert not asking.endpoint.reader.faults

    await to_thread.run_sync(alike)

    assert planned[True] > 2 * planned[False]


async def test_they_are_alike_whatever_the_law_says(town, known):
    asking, planned = Asking(town), Counter()

    @tried(40)
    @given(questions(known), LAWS)
    def alike(question, law):
        for asker in ("owner", "employee", "stranger"):
            both = from_thread.run(asking.both, asker, question, law)
            planned[both.planned is not None] += 1
            assert both.are_alike, f"{asker} is answered two different things"
            assert not asking.endpoint.reader.faults

    await to_thread.run_sync(alike)

    assert planned[True] > planned[False]


@pytest.mark.parametrize("way", WAYS)
async def test_every_field_is_answered_by_the_planner(town, known, way):
    """All that there is, two things deep: what is made up by chance may miss a field."""
    kind, arguments = get_named_type(SCHEMA.query_type.fields[way].type), ARGUMENTS.get(way, "")
    names = re.findall(r"\$(\w+)", arguments)
    types = ", ".join(f"${name}: {FORMS[name]}!" for name in names)
    head = f"query ({types})" if types else ""
    text = f"{head} {{ {way}{arguments} {whole(kind, 2)} }}"
    variables = {name: known.likely(name, FORMS[name], kind.name)[0] for name in names}
    asking = Asking(town)

    for asker in ASKERS:
        both = await asking.both(asker, Question(text, variables))

        assert both.are_alike
        assert both.planned or both.is_nothing
