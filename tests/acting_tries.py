"""What people try to change, for whomever; and what the oracle says of the state of things."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.acting_oracle import LAW, Oracle, Person
from tests.acting_world import Thing, World

ANY = "whatever the state says"  # where the oracle keeps no state: only denials are foretold
NOTICES = {"notification", "letter", "history_entry", "history_head", "actor"}
SHARED = NOTICES | {"power_of_attorney_user", "delegation_group_power", "delegation_group_user"}


@dataclass
class Attempt:
    """A change that somebody tries, and what the oracle says of it."""

    operation: str
    permission: str
    given: dict[str, Any]
    at: set[int] | None = None  # whose the thing is that it is about; None where it names none
    state: str | None = None  # the code by which the state forbids it
    reads: str = ""
    effect: Callable[[Any], None] = lambda _: None
    others: dict[int, set[str]] = field(default_factory=dict)  # whom else it touches, and where
    tells: frozenset[str] = frozenset()  # names that the answer gives whoever may do it
    only_for: int | None = None  # of two sides the one that may
    about: Person | None = None  # who will read who did it


class Tries:
    """Makes up attempts: each answers who, for whom, and what."""

    def __init__(self, world: World, oracle: Oracle):
        self.world, self.oracle, self.chance = world, oracle, world.chance

    @property
    def today(self) -> Any:
        return self.oracle.today

    def somebody(self, permission: str = "") -> tuple[Person, int | str | None]:
        """Somebody and for whom they act: often so that they may do it."""
        dice = self.chance.random()
        people = self.oracle.people
        if dice < 0.5 and (able := self.able(permission)):
            return self.chance.choice(able)
        if dice < 0.75:
            fit = [one for one in people if one.roles & LAW.get(permission, frozenset())]
            return self.chance.choice(fit or people), None
        person = self.chance.choice(people)
        if dice > 0.92 and self.oracle.powers:  # perhaps by one that has just ended
            power = self.chance.choice(self.oracle.powers[-40:])
            held = [one for one in people if self.oracle.may_use(one, power)]
            return self.chance.choice(held or people), power.grantor
        others = [None, 0, 1, 2, 0, 1, 2, "99999999", "no number"]
        return person, self.chance.choice(others)

    def able(self, permission: str) -> list[tuple[Person, int | str | None]]:
        """Who may act for somebody, by a power that carries this."""
        found = []
        for power in self.oracle.powers:
            if power.is_open(self.today) and (not permission or permission in power.carried):
                who = [one for one in self.oracle.people if self.oracle.may_use(one, power)]
                found += [(one, power.grantor) for one in who]
        return found

    def mine(self, things: Any, who: Person, act_for: Any) -> Any:
        """One of some things: mostly of the organisation that is spoken for."""
        things = [*things]
        at = act_for if isinstance(act_for, int) else who.home
        fit = [one for one in things if getattr(one, "home", None) == at]
        return self.chance.choice(fit if fit and self.chance.random() < 0.75 else things)

    def on_user(self) -> Any:
        word = self.chance.choice(["deactivate", "reactivate", "update"])
        who, act_for = self.somebody(f"user:{word}")
        people = [one for one in self.oracle.people if one.number]
        if word == "reactivate" and self.chance.random() < 0.8:
            people = [one for one in people if not one.is_active] or people
        if word == "deactivate":
            people = [one for one in people if self.chance.random() < 0.5 or not one.roles]
        person = self.mine(people, who, act_for)
        given: dict[str, Any] = {"userId": str(person.user.id)}
        state: Any = None
        if word == ("reactivate" if person.is_active else "deactivate"):
            state = ANY
        elif word == "update":
            given["phoneNumber"] = str(self.chance.randrange(20_000_000, 90_000_000))
            state = None if person.is_active else ANY

        def effect(_: Any) -> None:
            if word != "update":
                person.is_active = word == "reactivate"

        at = {person.home}
        attempt = Attempt(f"{word}User", f"user:{word}", given, at, state, effect=effect)
        attempt.about = person
        return who, act_for, attempt

    def on_certificate(self) -> Any:
        word = self.chance.choice(["order", "cancel", "revoke"])
        permission = f"certificate:{word}"
        who, act_for = self.somebody(permission)
        known = self.world.things["certificate"]
        if word == "order":
            profile = self.mine(self.world.things["profile"], who, act_for)
            given: dict[str, Any] = {
                "kind": "ORGANISATION",
                "holder": {"profileId": profile.key},
                "identification": "ONE_TIME_CODE",
            }
            home = act_for if isinstance(act_for, int) else who.home

            def ordered(payload: Any) -> None:
                known.append(Thing(payload["certificate"]["id"], home, "ORDERED"))

            state = None if profile.home == home else "NOT_FOUND"
            attempt = Attempt("orderCertificate", permission, given, None, state)
            attempt.reads, attempt.effect = "certificate { id }", ordered
            return who, act_for, attempt
        wanted = "ORDERED" if word == "cancel" else "ISSUED"
        one = self.mine([each for each in known if each.state == wanted] or known, who, act_for)
        given = {"certificateId": one.key}
        given |= {"reason": "SUPERSEDED"} if word == "revoke" else {}

        def ended(_: Any) -> None:
            one.state = "OVER"

        state = None if one.state == wanted else ANY
        attempt = Attempt(f"{word}Certificate", permission, given, {one.home}, state)
        attempt.effect, attempt.about = ended, one.about
        return who, act_for, attempt

    def on_profile(self) -> Any:
        is_new = self.chance.random() < 0.05
        permission = f"certificate_profile:{'create' if is_new else 'update'}"
        who, act_for = self.somebody(permission)
        if not is_new:
            one = self.mine(self.world.things["profile"], who, act_for)
            given = {
                "profileId": one.key,
                "contactName": f"Bo Lind {self.chance.randrange(10**9)}",
            }
            return (
                *(who, act_for),
                Attempt("updateCertificateProfile", permission, given, {one.home}),
            )
        home = act_for if isinstance(act_for, int) else who.home
        mail = "archive@example.dk"
        given = {"name": self.world.text(home, "profile"), "email": mail}
        given |= {"contactName": "Eva Lund", "contactEmail": mail}

        def made(payload: Any) -> None:
            self.world.things["profile"].append(Thing(payload["profile"]["id"], home))

        attempt = Attempt("createCertificateProfile", permission, given)
        attempt.reads, attempt.effect = "profile { id }", made
        return who, act_for, attempt

    def on_right(self) -> Any:
        word = self.chance.choice(["assign", "remove"])
        who, act_for = self.somebody(f"right:{word}")
        known = self.world.things["assignment"]
        if word == "remove":
            fit = [one for one in known if one.state == "GIVEN"] or known
            one = self.mine(fit, who, act_for)

            def removed(_: Any) -> None:
                one.state = "GONE"

            # What is over is gone.
            at = {one.home} if one.state == "GIVEN" else set[int]()
            given = {"assignmentId": one.key}
            attempt = Attempt("removeRight", "right:remove", given, at, effect=removed)
            attempt.about = one.about
            return who, act_for, attempt
        person = self.mine(self.oracle.people, who, act_for)
        right = self.world.rights[self.chance.choice(["tax.wages", "tax.company", "post.read"])]
        given = {"userId": str(person.user.id), "right": {"rightId": right}}

        def given_to(payload: Any) -> None:
            known.append(Thing(payload["assignment"]["id"], person.home, "GIVEN", person))

        attempt = Attempt("assignRight", "right:assign", given, {person.home}, ANY)
        attempt.reads, attempt.effect, attempt.about = "assignment { id }", given_to, person
        return who, act_for, attempt

    def on_right_request(self) -> Any:
        who, act_for = self.somebody()
        right = self.world.rights[self.chance.choice(["tax.wages", "post.read", "tax.company"])]
        given = {"rightId": right, "reason": "New tasks from today"}

        def asked(payload: Any) -> None:
            one = Thing(payload["request"]["id"], who.home, "OPEN", who)
            self.world.things["request"].append(one)

        attempt = Attempt("requestRight", "right_request:create", given, None, ANY)
        attempt.reads, attempt.effect = "request { id }", asked
        return who, act_for, attempt

    def on_request(self) -> Any:
        permission = "right_request:decide"
        who, act_for = self.somebody(permission)
        known = self.world.things["request"]
        one = self.mine([each for each in known if each.state == "OPEN"] or known, who, act_for)
        given = {"requestId": one.key, "decision": "REJECT", "reason": "Not needed now"}

        def decided(_: Any) -> None:
            one.state = "REJECTED"

        state = None if one.state == "OPEN" else ANY
        attempt = Attempt("decideRightRequest", permission, given, {one.home}, state)
        attempt.effect, attempt.about = decided, one.about
        if one.about is who:
            return who, act_for, None
        return who, act_for, attempt

    def on_group(self) -> Any:
        who, act_for = self.somebody("group:update")
        one = self.mine(self.world.things["group"], who, act_for)
        given = {"groupId": one.key, "description": f"No. {self.chance.randrange(10**9)}"}
        return who, act_for, Attempt("updateGroup", "group:update", given, {one.home})

    def on_member(self) -> Any:
        word = self.chance.choice(["add", "remove"])
        permission = f"group:{word}_member"
        who, act_for = self.somebody(permission)
        group = self.mine(self.world.things["group"], who, act_for)
        known = self.world.things["member"]
        inside = [one for one in known if one.about[0] == group.key and one.state == "IN"]
        if word == "remove":
            pool = inside or known
            one = self.chance.choice(pool)
            person = one.about[1]

            def left(payload: Any) -> None:
                if payload["results"][0]["member"]:
                    one.state = "OVER"
                    self.oracle.members.pop((group.key, person), None)

            given: dict[str, Any] = {"groupId": group.key, "memberIds": [one.key]}
            attempt = Attempt("removeGroupMembers", permission, given, {group.home}, ANY)
            attempt.effect = left
        else:
            outside = {
                one.about[1] for one in known if one.state == "IN" and one.home == group.home
            }
            people = [one for one in self.oracle.people if one not in outside]
            person = self.chance.choice(people or self.oracle.people)
            ref = {"userId": str(person.user.id)}
            if person.home != group.home:
                number = self.world.homes[person.home].cvr_number
                ref = {"external": {"cvrNumber": number, "email": person.mail}}

            def came(payload: Any) -> None:
                (result,) = payload["results"]
                if result["member"]:
                    self.world.join(self.oracle, group, person, result["member"]["id"])

            given = {"groupId": group.key, "members": [ref]}
            attempt = Attempt("addGroupMembers", permission, given, {group.home}, ANY)
            attempt.effect = came
        attempt.reads = "results { member { id name user { id } } problem { code } }"
        attempt.others = {person.home: NOTICES}
        attempt.tells = frozenset({person.name_abroad})
        return who, act_for, attempt
