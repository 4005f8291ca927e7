"""What holds for every change, whatever it is about: a new mutation needs a row in the table."""

import asyncio
from typing import Any

import pytest

from models import HistoryEntry, Letter
from models.history import HistoryOutcome
from schema.graph import graph
from tests.changes import (
    CHANGES,
    MUTATIONS,
    NAMING,
    VERSIONED,
    Scene,
    actor_of,
    document,
    everything_stored,
    scene_of,
    shown_once,
    with_other_ids,
)
from tests.tables import POLICY

pytestmark = pytest.mark.anyio

PERMISSIONS = {name: graph.permissions()[f"Mutation.{name}"] for name in MUTATIONS}
every = pytest.mark.parametrize("mutation", MUTATIONS)
every_versioned = pytest.mark.parametrize("mutation", VERSIONED)
every_naming = pytest.mark.parametrize("mutation", NAMING)
OPEN_TO_ALL = ("setLanguage", "activateUser")  # everybody may, over oneself
every_guarded = pytest.mark.parametrize(
    "mutation", [one for one in MUTATIONS if one not in OPEN_TO_ALL]
)


@pytest.fixture
async def scene(make, hansen) -> Scene:
    return await scene_of(make, hansen)


@pytest.fixture
def change(ask, asker, scene) -> Any:
    """Makes the change of a row, as whoever may."""

    async def change(mutation: str, headers: Any = None, dry: bool = False, **more: Any) -> Any:
        given = as_json(CHANGES[mutation].given(scene) | more)
        who = actor_of(mutation, scene)
        return await ask(who, document(mutation), headers, input=given, dryRun=dry)

    return change


def as_json(given: Any) -> Any:
    match given:
        case dict():
            return {name: as_json(one) for name, one in given.items()}
        case list():
            return [as_json(one) for one in given]
        case bool() | int() | None:
            return given
        case _:
            return str(given)


def test_every_mutation_has_a_row():
    assert set(CHANGES) == set(MUTATIONS)


@every
async def test_a_change_leaves_history_that_names_it(mutation, change, scene):
    answer = await change(mutation)

    assert answer["errors"] == []
    done = await HistoryEntry.filter(operation=mutation)
    assert done
    assert {one.activity for one in done} == {PERMISSIONS[mutation]}
    assert {one.outcome for one in done} == {HistoryOutcome.DONE}


@every
async def test_who_is_not_signed_in_changes_nothing(mutation, send, scene):
    before = await everything_stored()

    given = as_json(CHANGES[mutation].given(scene))
    answer = await send(None, document(mutation), input=given)

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert answer["data"] == {mutation: None}
    assert await everything_stored() == before
