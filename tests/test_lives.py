"""Lives of users made up by chance: whatever is tried, in whatever order, goes as a model says."""

from collections import Counter

import pytest
from anyio import from_thread
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models import HistoryEntry, Letter
from models.verification import verify
from tests.living import BIRTHS, IS_PROOF, NUMBERS, WRONG, Life, World, lived
from tests.users import link_in

pytestmark = pytest.mark.anyio

LIVES, STEPS = (180, 50) if IS_PROOF else (15, 30)
STATES = """
query ($id: ID!) {
  user(by: {id: $id}) {
    id status version email deactivation { from until }
    activation { kind isExpired expiresAt triesLeft letter { to } }
    allowedTransitions { action to isAllowed }
  }
}
"""
DRY, STALE = (st.sampled_from([False] * often + [True]) for often in (2, 4))
WHO = st.sampled_from([0, 0, 0, 0, 1, 2])  # the person as last corrected, the latest link: mostly
PASSING = st.sampled_from(
    [{"minutes": 30}, {"hours": 9}, {"days": 1}, {"days": 3}, {"days": 13.5}, {"days": 29.9}]
)
SINCE = st.sampled_from([None, None, None, 0, 1, 2, 5, -1])
UNTIL = st.sampled_from([None, None, 1, 2, 5, 20])


def machine_of(world: World, steps: Counter) -> type[RuleBasedStateMachine]:
    """The machine that lives in a world; each of its lives is another user's."""

    class Lives(RuleBasedStateMachine):
        def do(self, operation, expected, is_dry=False, is_stale=False, who=None, **given):
            """Asks for a change, and holds the answer against what the model has foretold."""
            steps[operation] += 1
            if operation not in ("createUser", "activateUser"):
                given["userId"] = self.id
                if is_stale:
                    given["expectedVersion"] = self.life.version + 1
            answer = from_thread.run(world.change, operation, given, is_dry, who)
            problem = answer["errors"][0]["code"] if answer["errors"] else None
            assert problem == expected, f"{operation}: {problem}, foretold was {expected}"
            return answer

        def change(self, operation, is_dry, is_stale, foretell, **given):
            """The same for a change of the user: who comes too late is told so."""
            after = self.life.copy()
            expected = foretell(after)
            if is_stale:
                expected = "VERSION_CHANGED"
            answer = self.do(operation, expected, is_dry, is_stale, **given)
            if expected is None and not is_dry:
                self.life = after
                self.letters(answer)
            return answer

        def letters(self, answer):
            """Takes the link out of the latest letter, and notes the code that was shown."""
            if self.life.awaits_letter:
                self.life.awaits_letter = False
                (letter,) = from_thread.run(world.letters, self.life.email)[-1:]
                self.life.link.secret = link_in(letter)
            if self.life.awaits_code:
                self.life.awaits_code = False
                self.life.link.code = answer["temporaryCode"]["code"]
            else:
                assert not answer.get("temporaryCode")

        @initialize(has_number=st.booleans())
        def begin(self, has_number):
            self.create(has_number)

        @precondition(lambda self: self.life.status == "DELETED")
        @rule(has_number=st.booleans())
        def begin_anew(self, has_number):
            from_thread.run(told_once_for_each_version, self.id, self.life.version)
            self.create(has_number)

        def create(self, has_number):
            self.life = Life(world.now, has_number, world.new_address())
            answer = self.do("createUser", None, **self.life.as_input())
            self.id = answer["user"]["id"]
            self.letters(answer)

        @rule(is_dry=DRY, is_stale=STALE)
        def resend(self, is_dry, is_stale):
            self.change("resendActivation", is_dry, is_stale, lambda life: life.resend(world.now))

        @rule(is_dry=DRY, is_stale=STALE)
        def renew_code(self, is_dry, is_stale):
            self.change("renewTemporaryCode", is_dry, is_stale, lambda one: one.renew(world.now))

        @rule(is_dry=DRY, is_stale=STALE, since=SINCE, until=UNTIL)
        def deactivate(self, is_dry, is_stale, since, until):
            days = {"from": world.day(since), "until": world.day(until)}
            given = {name: str(one) for name, one in days.items() if one}
            self.change(
                *("deactivateUser", is_dry, is_stale),
                lambda life: life.deactivate(world.today, days["from"], days["until"]),
                **given,
            )

        @rule(is_dry=DRY, is_stale=STALE)
        def reactivate(self, is_dry, is_stale):
            self.change("reactivateUser", is_dry, is_stale, lambda life: life.reactivate())

        @rule(is_dry=st.sampled_from([True, True, True, False]), is_stale=STALE)
        def delete(self, is_dry, is_stale):
            self.change("deleteUser", is_dry, is_stale, lambda life: life.delete())

        @rule(is_dry=DRY, is_stale=STALE, number=st.sampled_from([None, "20304050", "70809010"]))
        def change_number(self, is_dry, is_stale, number):
            self.change(
                *("updateUser", is_dry, is_stale), lambda o: o.call(number), phoneNumber=number
            )

        @rule(is_dry=DRY, is_stale=STALE, is_new=st.booleans())
        def change_address(self, is_dry, is_stale, is_new):
            email = world.new_address() if is_new else self.life.email
            self.change(
                *("updateUser", is_dry, is_stale),
                lambda life: life.write_to(email, world.now),
                email=email,
            )

        @rule(is_dry=DRY, is_stale=STALE, person=st.sampled_from([*NUMBERS, *BIRTHS]))
        def correct_person(self, is_dry, is_stale, person):
            key = "cprNumber" if person in NUMBERS else "dateOfBirth"
            self.change(
                *("updateUser", is_dry, is_stale),
                lambda life: life.correct(person, world.now),
                person={key: person},
            )

        @rule(is_dry=DRY, who=WHO, link=WHO, code=st.sampled_from(["right", "right", None, WRONG]))
        def activate(self, is_dry, who, link, code):
            person, given = self.life.person(who), {"link": self.life.old_link(link)}
            if code == "right":
                code = self.life.link.code if self.life.link else None
            if code is not None:
                given["temporaryCode"] = code
            after = self.life.copy()
            expected, is_kept = after.activate(world.now, person, given["link"], code)
            self.do("activateUser", expected, is_dry, who=person.claims, **given)
            if is_kept or (expected is None and not is_dry):
                self.life = after

        @rule(passing=PASSING)
        def let_time_pass(self, passing):
            steps["time"] += 1
            from_thread.run(world.let_pass, passing)
            self.life.turn(world.today)

        @invariant()
        def all_is_as_the_model_says(self):
            if hasattr(self, "id"):
                seen = from_thread.run(world.ask, world.admin, STATES, self.id)
                assert seen == self.life.as_seen(self.id, world.now)

        def teardown(self):
            if hasattr(self, "id"):
                from_thread.run(told_once_for_each_version, self.id, self.life.version)

    return Lives


async def told_once_for_each_version(key, version):
    """The history has an entry for each version of a user, and none of anything else."""
    assert await HistoryEntry.filter(about_id=key, outcome="DONE").count() == version


async def test_no_life_goes_otherwise_than_the_rules_say(
    ask, person, letters, gateways, client, hansen
):
    world, steps = World(ask, await person("user_administrator"), letters, gateways), Counter()
    machine = machine_of(world, steps)

    await lived(machine, LIVES, STEPS)

    assert (await verify(hansen.id)).is_intact
    assert not await Letter.filter(status="FAILED").exists()
    assert steps.total() >= (5_000 if IS_PROOF else 200), steps
