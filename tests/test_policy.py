"""The law as a whole: every permission stands in a table, and every field asks for one."""

from importlib import import_module
from pathlib import Path

import pytest

from policies import Policy
from policies.policy import WORDS
from schema.graph import graph
from tests.tables import POLICY, SPOKEN_FOR, who_may

test_who_may_look_around = who_may("""
                         self  user_administrator  rights_administrator  organisation_administrator
    viewer:read           x            x                    x                       x
    viewer:set_language   x            x                    x                       x
    node:read             x            x                    x                       x
    organisation:read     x            x                    x                       x
""")


def test_every_permission_in_the_policy_stands_in_a_table():
    for file in Path(__file__).parent.glob("test_*.py"):
        import_module(f"tests.{file.stem}")

    assert set(POLICY.permissions) == SPOKEN_FOR


def test_every_permission_is_described_in_both_languages():
    words = {
        f"{thing}:{action}": said
        for thing, actions in WORDS.items()
        for action, said in actions.items()
    }

    assert set(words) == set(POLICY.permissions)
    for said in words.values():
        assert said.keys() == {"en", "da"}
        assert all(one[0].isupper() and one.endswith(".") for one in said.values())


def test_every_field_that_leads_somewhere_asks_for_a_permission_that_some_role_holds():
    graph.must_be_guarded(POLICY.permissions)


def policy_of(tmp_path: Path, text: str) -> Policy:
    (tmp_path / "model.conf").write_text(Path("policies/model.conf").read_text())
    (tmp_path / "policy.csv").write_text(text)
    return Policy(tmp_path)


def test_a_field_that_no_role_may_enter_keeps_the_house_closed(tmp_path):
    policy = policy_of(tmp_path, "p, user_administrator, user, list\n")

    with pytest.raises(LookupError, match=r"Mutation\.createUser"):
        graph.must_be_guarded(policy.permissions)


@pytest.mark.parametrize(
    "row", ["p, user_administrator, user", "p, user_administrator, user, list # all of them"]
)
def test_a_row_that_casbin_would_take_in_silence_is_refused(tmp_path, row):
    with pytest.raises(ValueError, match="line 1"):
        policy_of(tmp_path, row + "\n")
