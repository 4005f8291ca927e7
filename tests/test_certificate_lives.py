"""Users and certificates by chance: the database and the authority agree, whatever is done.

Nothing of a deleted or deactivated user is good by OCSP once what waits has been told.
"""

from collections import Counter
from datetime import timedelta

import pytest
from anyio import from_thread
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from gateways import Reason, today
from models import Certificate, User
from models.verification import verify
from tests.certificates import (
    CANCEL,
    ORDER,
    RENEW,
    RETRIEVE,
    REVOKE,
    own,
    request,
    said_of,
)
from tests.living import IS_PROOF, lived
from tests.users import changing as changing_user

pytestmark = pytest.mark.anyio

LIVES, STEPS = (400, 50) if IS_PROOF else (6, 30)
USERS = {one: changing_user(one) for one in ("deactivateUser", "reactivateUser", "deleteUser")}
REASONS = ["KEY_COMPROMISE", "SUPERSEDED", "CESSATION_OF_OPERATION", "UNSPECIFIED"]
WHICH = st.integers(0, 5)
OFTEN_NOT = st.sampled_from([False, False, False, True])
PASSING = st.sampled_from([{"minutes": 5}, {"days": 1}, {"days": 40}, {"days": 500}])


def machine_of(town, steps):
    """The machine that lives in a town, where it makes new users each time."""

    class Lives(RuleBasedStateMachine):
        @initialize()
        def begin(self):
            self.users, self.everybody, self.certificates = [], [], []
            for _ in range(2):
                self.arrive()
                self.issue(-1)

        def arrive(self):
            user = from_thread.run(town.newcomer)
            self.users.append(user)
            self.everybody.append(user.id)

        def do(self, *given, **also):
            answer = from_thread.run(lambda: town.do(*given, **also))
            problem = answer["errors"][0]["code"] if answer["errors"] else "done"
            steps[f"{given[1]} {problem}"] += 1
            return answer

        def user(self, which):
            return self.users[which % len(self.users)]

        def issue(self, which):
            """Orders a certificate, which is retrieved at once if it can be."""
            known = len(self.certificates)
            self.order(which)
            if len(self.certificates) > known:
                self.retrieve(-1, False, False)

        @rule(which=WHICH)
        def receive(self, which):
            self.issue(which)

        @rule(which=WHICH)
        def order(self, which):
            holder = {"userId": self.user(which).id}
            answer = self.do(town.admin, "orderCertificate", {"kind": "USER", "holder": holder})
            if answer["certificate"]:
                self.certificates.append((answer["certificate"]["id"], self.user(which)))

        def one(self, which):
            return self.certificates[which % len(self.certificates)]

        @rule(which=WHICH, is_others=OFTEN_NOT, is_dry=OFTEN_NOT)
        def retrieve(self, which, is_others, is_dry):
            if self.certificates:
                key, user = self.one(which)
                who = self.user(which + 1) if is_others else user
                if from_thread.run(town.is_active, who):
                    self.do(who, "retrieveCertificate", own(key), is_dry)

        @rule(which=WHICH, is_dry=OFTEN_NOT)
        def renew(self, which, is_dry):
            if self.certificates:
                key, user = self.one(which)
                if from_thread.run(town.is_active, user):
                    given = {"certificateId": key, "key": {"csr": request()}}
                    answer = self.do(user, "renewCertificate", given, is_dry)
                    if answer["certificate"] and not is_dry:
                        self.certificates.append((answer["certificate"]["id"], user))

        @rule(which=WHICH, is_dry=OFTEN_NOT, reason=st.sampled_from(REASONS))
        def revoke(self, which, is_dry, reason):
            if self.certificates:
                given = {"certificateId": self.one(which)[0], "reason": reason}
                self.do(town.admin, "revokeCertificate", given, is_dry)

        @rule(which=WHICH)
        def cancel(self, which):
            if self.certificates:
                given = {"certificateId": self.one(which)[0]}
                self.do(town.admin, "cancelCertificate", given)

        @rule(which=WHICH, is_dry=OFTEN_NOT, until=st.sampled_from([None, None, 1, 30]))
        def deactivate(self, which, is_dry, until):
            given = {"userId": self.user(which).id, "until": town.day(until)}
            self.do(town.admin, "deactivateUser", given, is_dry)

        @rule(which=WHICH, is_dry=OFTEN_NOT)
        def reactivate(self, which, is_dry):
            self.do(town.admin, "reactivateUser", {"userId": self.user(which).id}, is_dry)

        @rule(which=WHICH, is_dry=st.sampled_from([True, True, True, False]))
        def delete(self, which, is_dry):
            user = self.user(which)
            answer = self.do(town.admin, "deleteUser", {"userId": user.id}, is_dry)
            if not answer["errors"] and not is_dry:
                self.users.remove(user)
                self.arrive()
                self.issue(-1)

        @rule(passing=PASSING)
        def let_time_pass(self, passing):
            steps["time"] += 1
            from_thread.run(lambda: town.let_pass(**passing))

        @rule()
        def settle(self):
            steps["settle"] += 1
            from_thread.run(town.settle, self.everybody)

        def teardown(self):
            from_thread.run(town.settle, self.everybody)

    return Lives


class Town:
    """Where users and certificates are, an administrator, and the authority."""

    def __init__(self, ask, admin, person, gateways):
        self.ask, self.admin, self.person, self.gateways = ask, admin, person, gateways

    async def newcomer(self):
        return await self.person()

    def day(self, ahead):
        now = today(self.gateways.clock.now())
        return None if ahead is None else now + timedelta(days=ahead)

    async def do(self, who, operation, given, is_dry=False):
        asked = USERS.get(operation) or DOCUMENTS[operation]
        return await self.ask(who, asked, input=given, dryRun=is_dry)

    async def is_active(self, user):
        return (await User.get(id=user.id)).status == "ACTIVE"

    async def let_pass(self, **passing):
        self.gateways.clock.advance(**passing)
        await self.gateways.jobs.run_once("periods")

    async def settle(self, users):
        """What waits is told; then the authority says of everything what the database says."""
        await self.gateways.jobs.run_once("certificates")
        now = self.gateways.clock.now()
        valid = Certificate.filter(user_id__in=users, pem__isnull=False, expires_at__gt=now)
        for one in await valid.select_related("user"):
            assert one.settle_at is None
            assert await said_of(self.gateways, one) == foretold(one), one.status


def foretold(certificate):
    """What the authority is to say of a certificate that has not expired."""
    if certificate.status == "REVOKED":
        reason = Reason[certificate.revocation_reason.name]
        return "REVOKED", None if reason is Reason.UNSPECIFIED else reason.value
    assert certificate.status == "ISSUED"
    assert certificate.user.status != "DELETED"
    if certificate.user.status == "DEACTIVATED":
        return "REVOKED", "certificateHold"
    return "GOOD", None


DOCUMENTS = {
    "orderCertificate": ORDER,
    "retrieveCertificate": RETRIEVE,
    "renewCertificate": RENEW,
    "revokeCertificate": REVOKE,
    "cancelCertificate": CANCEL,
}


async def test_the_authority_says_what_the_database_says_whatever_is_done(
    ask, person, gateways, client, hansen
):
    town, steps = Town(ask, await person("user_administrator"), person, gateways), Counter()
    machine = machine_of(town, steps)

    await lived(machine, LIVES, STEPS)

    assert (await verify(hansen.id)).is_intact
    assert await Certificate.filter(pem__isnull=False).exists()
    assert steps.total() >= (10_000 if IS_PROOF else 100), steps
