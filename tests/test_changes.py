"""What holds for every change, whatever it is about: a new mutation needs a row in the table."""

from typing import Any
from uuid import uuid4

import pytest

from models import HistoryEntry, HistoryOutcome, Letter
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

pytestmark = pytest.mark.anyio

PERMISSIONS = {name: graph.permissions()[f"Mutation.{name}"] for name in MUTATIONS}
OVER_ONESELF = ("setLanguage", "activateUser")  # to no person closed, so there is none to deny

every = pytest.mark.parametrize("mutation", MUTATIONS)
every_versioned = pytest.mark.parametrize("mutation", VERSIONED)
every_naming = pytest.mark.parametrize("mutation", NAMING)
every_guarded = pytest.mark.parametrize(
    "mutation", [one for one in MUTATIONS if one not in OVER_ONESELF]
)


@pytest.fixture
async def scene(make, hansen) -> Scene:
    return await scene_of(make, hansen)


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
async def test_a_change_is_made_and_its_history_names_it(mutation, change):
    answer = await change(mutation)

    assert answer["errors"] == []
    entries = await HistoryEntry.filter(operation=mutation)
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
    assert CHANGES[mutation].by.upper() in error["allowedFor"]
    assert error["grantableBy"] == ["ORGANISATION_ADMINISTRATOR"]
    (entry,) = await HistoryEntry.filter(outcome=HistoryOutcome.DENIED)
    assert (entry.activity, entry.operation) == (PERMISSIONS[mutation], mutation)
    assert entry.actor_user_id == scene.employee.id
    after = await everything_stored()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"actor", "history_entry", "history_head"}


@every_guarded
async def test_an_employee_is_denied_before_anything_is_looked_up(mutation, ask, scene):
    given = CHANGES[mutation].given(scene)

    there = await ask(scene.employee, document(mutation), input=given)
    nowhere = await ask(scene.employee, document(mutation), input=with_other_ids(given))

    if mutation != "revokeCertificate":  # which one holds over one's own
        assert nowhere == there
    else:
        assert nowhere.problem == "NOT_FOUND"


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


@every
async def test_a_dry_run_answers_as_if_it_were_done_and_keeps_nothing(mutation, change, scene):
    before = await everything_stored()

    shown = await change(mutation, is_dry=True)

    assert shown["errors"] == []
    assert await everything_stored() == before
    done = await change(mutation)
    assert shown == done | dict.fromkeys(shown_once(mutation))


@pytest.mark.parametrize(
    "mutation",
    [
        *("assignRole", "removeRole", "createUser", "resendActivation", "renewTemporaryCode"),
        *("orderCertificate", "revokeCertificate"),
    ],
)
async def test_no_letter_leaves_in_a_dry_run(mutation, change, letters, scene):
    before = await Letter.all().count()

    await change(mutation, is_dry=True)

    assert await Letter.all().count() == before


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
    (noun,) = [one for one in answer if isinstance(answer[one], dict) and "version" in answer[one]]
    assert answer[noun]["version"] == about.version + 1


@every_versioned
async def test_without_a_version_it_does_not_matter_which(mutation, change, scene):
    answer = await change(mutation, expectedVersion=None)

    assert answer["errors"] == []


@every_naming
@pytest.mark.parametrize("given", ["", "x", "6101901234", "00000000-0000-0000-0000-00000000000g"])
async def test_what_is_no_id_names_nothing(mutation, given, ask, scene):
    def spoilt(value: Any) -> Any:
        match value:
            case dict():
                return {name: spoilt(one) for name, one in value.items()}
            case list():
                return [spoilt(one) for one in value]
            case _ if value in ids:
                return given
            case _:
                return value

    whole = CHANGES[mutation].given(scene)
    ids = {getattr(one, "id", None) for one in [*scene.users.values(), *scene.things.values()]}

    answer = await ask(actor_of(mutation, scene), document(mutation), input=spoilt(whole))

    assert answer.problem == "NOT_FOUND"
    assert given == "" or given not in str(answer)


@every
async def test_a_change_leaves_the_history_intact(mutation, change, ask, scene):
    await change(mutation)

    found = await ask(
        scene.rights_administrator,
        "{ historyVerification { isIntact checkedCount brokenAt } }",
    )

    count = await HistoryEntry.filter(organisation_id=scene.organisation.id).count()
    assert found == {"isIntact": True, "checkedCount": count, "brokenAt": None}


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


async def test_a_change_whose_answer_cannot_be_read_by_the_asker_is_made_all_the_same(
    send, scene
):
    # An employee may choose a language, but not look at the history.
    asked = """
        mutation ($input: SetLanguageInput!) {
          setLanguage(input: $input) {
            viewer { language user { history { totalCount } memberships { totalCount } } }
            errors { code }
          }
        }
    """

    answer = await send(scene.employee, asked, input={"language": "ENGLISH"})

    assert answer["data"]["setLanguage"]["viewer"]["language"] == "ENGLISH"
    assert await HistoryEntry.filter(operation="setLanguage").count() == 1


async def test_an_unknown_id_is_told_without_repeating_it(ask, scene):
    key = uuid4()

    answer = await ask(scene.user_administrator, document("deleteUser"), input={"userId": key})

    assert answer.problem == "NOT_FOUND"
    assert str(key) not in str(answer)
