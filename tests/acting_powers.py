"""What people try with powers of attorney and delegation groups."""

from datetime import date
from typing import Any

from tests.acting_oracle import CARRIED, Bundle, Person, Power, organisation
from tests.acting_tries import ANY, NOTICES, SHARED, Attempt, Tries


class PowerTries(Tries):
    """Makes up powers of attorney, whoever may use them, and how they end."""

    def terms(self) -> dict[str, Any]:
        """Rights, a period, and what they make of a power."""
        codes = self.chance.sample([*CARRIED], self.chance.choice([1, 1, 2, 3]))
        until = self.world.day(self.chance.choice([None, None, 0, 1, 3, 6]))
        return {"rights": frozenset(codes), "until": until}

    def unfit_to_give(self, power: Power) -> str | None:
        """Why a power cannot be given: Segl's own rights reach beyond a unit; or it is doubled."""
        if power.is_limited and power.carried:
            return "RIGHT_NOT_ASSIGNABLE"
        is_open = power.status == "REQUESTED"
        code = "REQUEST_ALREADY_OPEN" if is_open else "RIGHT_ALREADY_ASSIGNED"
        lasting = [one for one in self.oracle.powers if not one.is_over(self.today)]
        return code if any(one.is_doubled_by(power) for one in lasting) else None

    def given(self, power: Power) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": power.name,
            "rightIds": [self.world.rights[one] for one in sorted(power.rights)],
        }
        if power.until:
            found["until"] = str(power.until)
        if power.since > self.today:
            found["from"] = str(power.since)
        if power.is_limited:
            found["pNumber"] = "1029829825"
        return found

    def new_power(self, grantor: int, grantee: int, person: Person | None, status: str) -> Power:
        terms = self.terms()
        is_asked = status == "REQUESTED"  # such a one has no first day yet
        since = date.min if is_asked else self.world.day(self.chance.choice([0, 0, 0, 0, 1]))
        if terms["until"] and terms["until"] < since:
            terms["until"] = since
        name = self.world.text(grantor, "power")
        is_limited = self.chance.random() < 0.08
        return Power(
            *(grantor, grantee, person, terms["rights"], since, terms["until"]),
            *(status, is_limited, name),
        )

    def enter(self, power: Power) -> None:
        """A power has come to be, which both sides know."""
        self.oracle.powers.append(power)
        self.oracle.learn(power.grantee, power.name, organisation(power.grantor))
        self.oracle.learn(power.grantor, power.name)

    def grant(self) -> Any:
        permission = "power_of_attorney:grant"
        who, act_for = self.somebody(permission)
        at = act_for if isinstance(act_for, int) else who.home
        other = self.chance.choice([one for one in range(3) if one != at])
        power = self.new_power(at, other, None, "ACTIVE")
        given = self.given(power) | {"granteeCvrNumber": self.world.homes[other].cvr_number}

        def granted(payload: Any) -> None:
            power.key = payload["powerOfAttorney"]["id"]
            self.enter(power)

        attempt = Attempt(
            "grantPowerOfAttorney", permission, given, None, self.unfit_to_give(power)
        )
        attempt.reads, attempt.effect = "powerOfAttorney { id name grantee { name } }", granted
        attempt.others = {other: NOTICES}
        return who, act_for, attempt

    def grant_to_person(self) -> Any:
        permission = "power_of_attorney:grant_to_person"
        who, act_for = self.somebody(permission)
        at = act_for if isinstance(act_for, int) else who.home
        person = self.chance.choice([one for one in self.oracle.people if one.home != at])
        power = self.new_power(at, person.home, person, "ACTIVE")
        number = self.world.homes[person.home].cvr_number
        given = self.given(power) | {"grantee": {"cvrNumber": number, "email": person.mail}}

        def granted(payload: Any) -> None:
            power.key = payload["powerOfAttorney"]["id"]
            self.enter(power)
            self.oracle.learn(at, person.name_abroad, organisation(person.home))

        state = self.unfit_to_give(power)
        attempt = Attempt("grantPersonalPowerOfAttorney", permission, given, None, state)
        attempt.reads = "powerOfAttorney { id name granteePerson grantee { name } }"
        attempt.effect, attempt.others = granted, {person.home: NOTICES}
        attempt.tells = frozenset({person.name_abroad, organisation(person.home)})
        return who, act_for, attempt

    def request_power(self) -> Any:
        permission = "power_of_attorney:request"
        who, act_for = self.somebody(permission)
        at = act_for if isinstance(act_for, int) else who.home
        other = self.chance.choice([one for one in range(3) if one != at])
        power = self.new_power(other, at, None, "REQUESTED")
        power.asker = who
        given = self.given(power) | {"grantorCvrNumber": self.world.homes[other].cvr_number}

        def asked(payload: Any) -> None:
            power.key, power.request = payload["powerOfAttorney"]["id"], payload["request"]["id"]
            self.enter(power)
            self.oracle.learn(other, who.name_abroad, organisation(at))

        attempt = Attempt(
            "requestPowerOfAttorney", permission, given, None, self.unfit_to_give(power)
        )
        attempt.reads = "request { id askedBy { name } } powerOfAttorney { id name }"
        attempt.effect = asked
        attempt.others = {other: NOTICES | {"power_of_attorney", "power_of_attorney_right"}}
        attempt.others[other] |= {"request"}
        return who, act_for, attempt

    def some_power(self, who: Person, act_for: Any, *states: str) -> Power | None:
        """A power: mostly of those who speak, and in one of these states."""
        at = act_for if isinstance(act_for, int) else who.home
        known = self.oracle.powers[-60:]
        fit = [one for one in known if one.status in states and at in (one.grantor, one.grantee)]
        pool = fit if fit and self.chance.random() < 0.8 else known
        return self.chance.choice(pool) if pool else None

    def decide_power(self) -> Any:
        permission = "power_of_attorney:decide"
        who, act_for = self.somebody(permission)
        power = self.some_power(who, act_for, "REQUESTED")
        if power is None or power.request is None:
            return who, act_for, None
        is_yes = self.chance.random() < 0.7
        given = {"requestId": power.request, "decision": "APPROVE" if is_yes else "REJECT"}
        given |= {} if is_yes else {"reason": "Not needed now"}
        other = power.grantee

        def decided(_: Any) -> None:
            power.status = "ACTIVE" if is_yes else "REJECTED"
            power.since = self.today
            self.oracle.learn(other, who.name_abroad, organisation(power.grantor))

        attempt = Attempt("decidePowerOfAttorneyRequest", permission, given)
        attempt.at, attempt.only_for = {power.grantor, power.grantee}, power.grantor
        attempt.state = ANY if power.status != "REQUESTED" or is_yes else None
        attempt.effect, attempt.others = decided, {other: NOTICES}
        return who, act_for, attempt

    def revoke(self) -> Any:
        permission = "power_of_attorney:revoke"
        who, act_for = self.somebody(permission)
        power = self.some_power(who, act_for, "ACTIVE")
        if power is None or self.chance.random() < 0.4:
            return who, act_for, None
        sides = {power.grantor, power.grantee}

        def revoked(_: Any) -> None:
            for person in self.oracle.people:
                if self.oracle.may_use(person, power):  # they read who ended it
                    self.oracle.told[person] |= {who.name_abroad, organisation(who.home)}
            power.status = "REVOKED"
            for bundle in self.oracle.bundles:
                bundle.powers.discard(power)
            for side in sides:
                self.oracle.learn(side, who.name_abroad, organisation(who.home))

        state = None if power.is_open(self.today) else "POWER_OF_ATTORNEY_NOT_ACTIVE"
        given = {"powerOfAttorneyId": power.key}
        attempt = Attempt("revokePowerOfAttorney", permission, given, sides, state)
        attempt.effect = revoked
        attempt.others = {side: SHARED | {"power_of_attorney"} for side in sides}
        return who, act_for, attempt

    def names(self, word: str) -> Any:
        permission = f"power_of_attorney:{word}_user"
        who, act_for = self.somebody(permission)
        power = self.some_power(who, act_for, "ACTIVE")
        if power is None:
            return who, act_for, None
        at = act_for if isinstance(act_for, int) else who.home
        people = [one for one in self.oracle.people if self.chance.random() < 0.3 or one.home == at]
        person = self.chance.choice(people)
        if word == "remove" and power.named:
            person = self.chance.choice(sorted(power.named, key=lambda one: one.name))
        if not power.is_open(self.today):
            state = "POWER_OF_ATTORNEY_NOT_ACTIVE"
        elif power.person:
            state = "NOT_PASSED_ON"
        elif word == "remove":
            state = None if person in power.named else "NOT_A_MEMBER"
        elif person.home != power.grantee:
            state = "NOT_FOUND"
        elif not person.is_active:
            state = "USER_NOT_ACTIVE"
        else:
            state = "ALREADY_MEMBER" if person in power.named else None

        def changed(_: Any) -> None:
            (power.named.add if word == "add" else power.named.remove)(person)
            self.oracle.learn(power.grantor, who.name_abroad, organisation(who.home))

        given = {"powerOfAttorneyId": power.key, "userIds": [str(person.user.id)]}
        sides = {power.grantor, power.grantee}
        attempt = Attempt(f"{word}PowerOfAttorneyUsers", permission, given, sides, state)
        attempt.only_for, attempt.effect = power.grantee, changed
        attempt.others = {power.grantor: NOTICES | {"power_of_attorney"}}
        return who, act_for, attempt

    def add_users(self) -> Any:
        return self.names("add")

    def remove_users(self) -> Any:
        return self.names("remove")

    def create_bundle(self) -> Any:
        if len(self.oracle.bundles) > 12:
            return self.delete_bundle()
        permission = "delegation_group:create"
        who, act_for = self.somebody(permission)
        at = act_for if isinstance(act_for, int) else who.home
        bundle = Bundle(at, self.world.text(at, "bundle"))
        power = self.some_power(who, act_for, "ACTIVE")
        chosen = [power] if power else []
        given = {"name": bundle.name, "powerOfAttorneyIds": [one.key for one in chosen]}

        def made(payload: Any) -> None:
            bundle.key, bundle.powers = payload["delegationGroup"]["id"], set(chosen)
            self.oracle.bundles.append(bundle)

        state = self.unfit(at, chosen)
        attempt = Attempt("createDelegationGroup", permission, given, None, state)
        attempt.reads, attempt.effect = "delegationGroup { id }", made
        return who, act_for, attempt

    def unfit(self, at: int, powers: list[Power]) -> str | None:
        """Why powers cannot be bundled: the first that is not received, or not for all."""
        for one in powers:
            if at not in (one.grantor, one.grantee):
                return "NOT_FOUND"
            if at != one.grantee:
                return "MORE_THAN_RECEIVED"
            if one.person:
                return "NOT_PASSED_ON"
            if not one.is_open(self.today):
                return "POWER_OF_ATTORNEY_NOT_ACTIVE"
        return None

    def delete_bundle(self) -> Any:
        permission = "delegation_group:delete"
        who, act_for = self.somebody(permission)
        one = self.mine(self.oracle.bundles, who, act_for)
        given = {"delegationGroupId": one.key}

        def deleted(_: Any) -> None:
            self.oracle.bundles.remove(one)

        attempt = Attempt("deleteDelegationGroup", permission, given, {one.home}, effect=deleted)
        return who, act_for, attempt

    def update_bundle(self) -> Any:
        permission = "delegation_group:update"
        who, act_for = self.somebody(permission)
        power = self.some_power(who, act_for, "ACTIVE")
        if not self.oracle.bundles or power is None:
            return who, act_for, None
        one = self.mine(self.oracle.bundles, who, act_for)
        wanted = {power} | {each for each in one.powers if self.chance.random() < 0.5}
        chosen = sorted(wanted, key=lambda each: each.name)
        given = {"delegationGroupId": one.key, "powerOfAttorneyIds": [each.key for each in chosen]}

        def bundled(_: Any) -> None:
            one.powers = set(chosen)

        state = self.unfit(one.home, [each for each in chosen if each not in one.powers])
        attempt = Attempt("updateDelegationGroup", permission, given, {one.home}, state)
        attempt.effect = bundled
        return who, act_for, attempt

    def bundle_users(self) -> Any:
        word = self.chance.choice(["add", "add", "remove"])
        permission = f"delegation_group:{word}_user"
        who, act_for = self.somebody(permission)
        if not self.oracle.bundles:
            return who, act_for, None
        one = self.mine(self.oracle.bundles, who, act_for)
        person = self.mine(self.oracle.people, who, act_for)
        if word == "remove" and one.users:
            person = self.chance.choice(sorted(one.users, key=lambda each: each.name))
        if word == "remove":
            state = None if person in one.users else "NOT_A_MEMBER"
        elif person.home != one.home:
            state = "NOT_FOUND"
        elif not person.is_active:
            state = "USER_NOT_ACTIVE"
        else:
            state = "ALREADY_MEMBER" if person in one.users else None

        def changed(_: Any) -> None:
            (one.users.add if word == "add" else one.users.remove)(person)

        given = {"delegationGroupId": one.key, "userIds": [str(person.user.id)]}
        operation = f"{word}DelegationGroupUsers"
        attempt = Attempt(operation, permission, given, {one.home}, state, effect=changed)
        return who, act_for, attempt
