"""What holds for every change, whatever it is about: a new mutation needs a row in the table."""

from typing import Any

import pytest

from models import HistoryEntry, HistoryOutcome
from schema.graph import graph
from tests.changes import (
    CHANGES,
    MUTATIONS,
    NAMING,
    VERSIONED,
    actor_of,
    document,
    shown_once,
    with_other_ids,
)
from tests.scenes import CPR, Scene, everything_stored, scene_of
from tests.tables import POLICY

pytestmark = pytest.mark.anyio

PERMISSIONS = {name: graph.permissions[f"Mutation.{name}"] for name in MUTATIONS}
CONSENTS = ("giveConsent", "withdrawConsent")
# To no person closed, so there is none to deny.
OVER_ONESELF = (
    *("setLanguage", "activateUser", "requestUser", "requestAnonymity", "requestRight"),
    *("requestRole", "validateCertificateEmail"),
    *("markNotificationsRead", "updateNotificationPreferences", *CONSENTS),
)
# Whether it is one's own is seen when it is found.
OVER_ONE_S_OWN = (
    *("retrieveCertificate", "renewCertificate", "revokeCertificate", "revealCprNumber"),
    *("withdrawRequest", "markNotificationsRead"),
    *(*CONSENTS, "leaveGroup"),
)

NOUNS = {"version", "user", "group", "renews"}
every = pytest.mark.parametrize("mutation", MUTATIONS)
# A file that is checked only is kept for a day: that is what a dry run of it is for.
every_undone = pytest.mark.parametrize(
    "mutation", [one for one in MUTATIONS if one != "uploadUserFile"]
)
every_versioned = pytest.mark.parametrize("mutation", VERSIONED)
every_naming = pytest.mark.parametrize("mutation", NAMING)
every_guarded = pytest.mark.parametrize(
    "mutation", [one for one in MUTATIONS if one not in OVER_ONESELF]
)
every_closed = pytest.mark.parametrize(
    "mutation", [one for one in NAMING if one not in OVER_ONE_S_OWN]
)


@pytest.fixture
async def scene(make) -> Scene:
    return await scene_of(make)


@pytest.fixture
def change(ask, scene) -> Any:
    """Makes the change of a row as whoever may, with more input or in a dry run if that is said."""

    async def change(mutation: str, is_dry: bool = False, **more: Any) -> Any:
        given = CHANGES[mutation].given(scene) | more
        return await ask(actor_of(mutation, scene), document(mutation), input=given, dryRun=is_dry)

    return change


def test_every_mutation_of_the_schema_has_a_row():
    assert set(CHANGES) == set(MUTATIONS)
    assert {name for name, row in CHANGES.items() if row.about} == set(VERSIONED)


@every
async def test_a_change_is_made_and_its_history_names_it(mutation, change, scene):
    here = scene.organisation.id

    answer = await change(mutation)

    assert answer["errors"] == []
    entries = await HistoryEntry.filter(operation=mutation, organisation_id=here)
    assert {one.activity for one in entries} == {PERMISSIONS[mutation]}
    assert {one.outcome for one in entries} == {HistoryOutcome.DONE}
    assert len({one.about_id for one in entries}) == len(entries)
    assert len({one.request_uuid for one in entries}) == 1


@every
async def test_who_is_not_signed_in_changes_nothing(mutation, send, scene):
    before = await everything_stored()

    answer = await send(None, document(mutation), input=CHANGES[mutation].given(scene))

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert answer["data"] == {mutation: None}
    assert await everything_stored() == before


@every_guarded
async def test_an_employee_is_denied_and_the_attempt_is_kept(mutation, ask, scene):
    before = await everything_stored()

    answer = await ask(scene.employee, document(mutation), input=CHANGES[mutation].given(scene))

    (error,) = answer["errors"]
    assert error["code"] == "DENIED"
    assert error["permission"] == PERMISSIONS[mutation]
    assert error["allowedFor"] == [*POLICY.roles(PERMISSIONS[mutation])]
    assert error["grantableBy"] == [*POLICY.granters(PERMISSIONS[mutation])]
    (entry,) = await HistoryEntry.filter(outcome=HistoryOutcome.DENIED)
    assert (entry.activity, entry.operation) == (PERMISSIONS[mutation], mutation)
    assert entry.actor_user_id == scene.employee.id
    after = await everything_stored()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"actor", "history_entry", "history_head"}


@every_guarded
async def test_who_is_denied_in_a_dry_run_has_tried_nothing(mutation, ask, scene):
    given, before = CHANGES[mutation].given(scene), await everything_stored()

    answer = await ask(scene.employee, document(mutation), input=given, dryRun=True)

    assert answer.problem == "DENIED"
    assert await everything_stored() == before


@every_closed
async def test_an_employee_is_denied_before_anything_is_looked_up(mutation, ask, scene):
    given = CHANGES[mutation].given(scene)

    there = await ask(scene.employee, document(mutation), input=given)
    nowhere = await ask(scene.employee, document(mutation), input=with_other_ids(given))

    assert there.problem == "DENIED"
    assert nowhere == there


@every_naming
async def test_a_stranger_is_told_the_same_as_if_there_were_no_such_thing(
    mutation, ask, scene, make, jensen
):
    stranger = await make.user(
        jensen, "organisation_administrator", "user_administrator", "rights_administrator"
    )
    given, before = CHANGES[mutation].given(scene), await everything_stored()

    there = await ask(stranger, document(mutation), input=given)
    nowhere = await ask(stranger, document(mutation), input=with_other_ids(given))

    assert there.problem == "NOT_FOUND"
    assert there == nowhere
    assert await everything_stored() == before


@every_undone
async def test_a_dry_run_answers_as_if_it_were_done_and_keeps_nothing(mutation, change, scene):
    before = await everything_stored()

    shown = await change(mutation, is_dry=True)

    assert shown["errors"] == []
    assert await everything_stored() == before
    done = await change(mutation)
    assert shown == done | dict.fromkeys(shown_once(mutation))


@every_versioned
async def test_a_change_based_on_another_version_is_refused(mutation, change, scene):
    about, before = CHANGES[mutation].about(scene), await everything_stored()

    answer = await change(mutation, expectedVersion=about.version + 1)

    (error,) = answer["errors"]
    assert (error["code"], error["path"]) == ("VERSION_CHANGED", ["expectedVersion"])
    assert error["currentVersion"] == about.version
    assert error["current"] == {"id": str(about.id), "version": about.version}
    assert await everything_stored() == before


@every_versioned
async def test_a_change_adds_exactly_one_to_the_version(mutation, change, scene):
    about = CHANGES[mutation].about(scene)

    answer = await change(mutation, expectedVersion=about.version)

    assert answer["errors"] == []
    assert version_in(answer) == about.version + 1


def version_in(answer: Any) -> int:
    """The version that an answer tells: of what it answers with, or of what that belongs to."""
    (thing,) = [one for one in answer.values() if isinstance(one, dict) and one.keys() & NOUNS]
    return thing["version"] if "version" in thing else version_in(thing)


async def test_a_version_of_null_is_none(change):
    answer = await change("updateBilling", expectedVersion=None)

    assert answer["errors"] == []


@every_naming
async def test_what_is_no_id_names_nothing_and_is_not_repeated(mutation, ask, scene):
    given = with_other_ids(CHANGES[mutation].given(scene), CPR)

    answer = await ask(actor_of(mutation, scene), document(mutation), input=given)

    assert answer.problem == "NOT_FOUND"
    assert CPR not in str(answer)


async def test_several_changes_in_one_document_are_made_one_after_the_other(ask, send, scene):
    both = """
        mutation ($first: CreateGroupInput!, $second: CreateGroupInput!) {
          first: createGroup(input: $first) { group { name } errors { code } }
          second: createGroup(input: $second) { group { name } errors { code } }
        }
    """

    answer = await send(
        scene.organisation_administrator,
        both,
        first={"name": "Canteen"},
        second={"name": "Canteen"},
    )

    assert answer["data"] == {
        "first": {"group": {"name": "Canteen"}, "errors": []},
        "second": {"group": None, "errors": [{"code": "NAME_TAKEN"}]},
    }


async def test_a_change_is_made_even_where_its_answer_may_not_all_be_read(send, scene):
    asked = """
        mutation ($input: SetLanguageInput!) {
          setLanguage(input: $input) {
            viewer { user { memberships { nodes { group { name members { totalCount } } } } } }
            errors { code }
          }
        }
    """

    answer = await send(scene.bo, asked, input={"language": "ENGLISH"})

    codes = [one["extensions"]["permission"] for one in answer["errors"]]
    assert set(codes) == {"group:list_members"}
    assert answer["data"]["setLanguage"]["errors"] == []
    assert await HistoryEntry.filter(operation="setLanguage").count() == 1
