"""The explanation of access says what the guards do: of each change and each read, cell by cell."""

import pytest
from tortoise.transactions import in_transaction

from models.refusals import Denied, NotFound
from schema.allowing import kinds_about
from schema.changes import ChangeField
from schema.graph import graph
from schema.guard import Guard
from schema.planned import changes_of
from schema.rows import SHOWN, TYPES
from tests.answering import Asking
from tests.generating import Question
from tests.neighbours import ASKERS, neighbours
from tests.seeing import DOCUMENTS
from tests.tables import POLICY
from tests.test_who_sees_what import COLUMNS, rows, whose

pytestmark = pytest.mark.anyio

# For each kind the words of `tests.neighbours` for things of that kind.
THINGS = {
    "User": ("user",),
    "Authenticator": ("authenticator",),
    "Request": ("request", "right_request", "hope"),
    "UserImport": ("file",),
    "ActivationBatch": ("batch",),
    "Group": ("group",),
    "GroupMember": ("member",),
    "Right": ("right",),
    "RightAssignment": ("assignment", "group_assignment"),
    "PowerOfAttorney": ("power",),
    "DelegationGroup": ("delegation",),
    "Certificate": ("certificate", "order", "follower"),
    "CertificateProfile": ("profile",),
    "Organisation": ("organisation",),
    "ProductionUnit": ("unit",),
    "VatUnit": ("vat_unit",),
    "EanLocation": ("ean",),
    "Billing": ("billing",),
    "ChargeableTransaction": ("charge",),
    "UserSettings": ("users",),
    "AuthenticatorSettings": ("authenticators",),
    "CertificateSettings": ("certificates",),
    "DefaultSettings": ("defaults",),
    "Notification": ("notification",),
    "NotificationPreferences": ("preferences",),
    "HistoryEntry": ("user_entry",),
    "Change": ("change",),
    "UserImportRow": ("plan_row",),
    "UserImportRowError": ("row_error",),
}
CHANGES = changes_of(graph)
EXPLAIN = """
query ($permission: String!, $target: ID) {
  explainAccess(permission: $permission, target: $target) { isAllowed decidedBy { permission } }
}
"""
WHOSE = ("own", "colleague", "stranger")


@pytest.fixture(scope="module")
async def settled(tables):
    return await neighbours()


@pytest.fixture(scope="module")
def asking(settled):
    return Asking(settled[0])


@pytest.fixture
def explained(asking):
    """What is explained of a permission over a thing: yes, no, or that there is no such thing."""

    async def explained(asker, permission, target=None):
        variables = {"permission": permission, "target": target}
        both = await asking.both(asker, Question(EXPLAIN, variables))
        assert both.are_alike
        if both.codes:
            return both.codes.pop()
        return b'"isAllowed":true' in both.executed[0]

    return explained


def the_one(known, asker, whom, word):
    """The id of a thing of one's own, of a colleague's, or of the stranger's."""
    if asker == "stranger" and whom == "stranger":
        whom = "employee"  # who is a stranger to the stranger
    return known[asker if whom == "own" else whom][word]


async def guarded(town, asker, guard: Guard, key):
    """What the guard of a change does where a thing is named: lets one in, denies, finds none."""
    context = await town.context(asker)
    context.attempt = type("Attempt", (), {"denied": None})()
    name = guard.target[0]
    given = {f"{str(name).rstrip('_')}_id": key} if key else {}
    try:
        async with in_transaction():
            await guard.must_ever_be_allowed(context)
            await guard.find(context, given)
    except Denied:
        return False
    except NotFound:
        return "NOT_FOUND"
    return True


@pytest.mark.parametrize("asker", ASKERS)
@pytest.mark.parametrize("mutation", CHANGES)
async def test_the_explanation_says_what_the_guard_of_a_change_does(
    settled, explained, mutation, asker
):
    town, known = settled
    declared: ChangeField = CHANGES[mutation]
    model, permission = declared.guard.target[1], declared.allow
    if model is None or model.is_implied():
        guards = await guarded(town, asker, declared.guard, None)
        assert await explained(asker, permission) is guards
        return
    for word in THINGS[TYPES[model]]:
        for whom in WHOSE:
            key = the_one(known, asker, whom, word)
            guards = await guarded(town, asker, declared.guard, key)

            assert await explained(asker, permission, key) == guards, (word, whom)


def reads():
    """Of each read that shows one thing of a kind, whose permission it asks: who sees what."""
    for permission, read, cells in rows():
        kind, _, field = read.partition(".")
        document = DOCUMENTS[read]
        is_type = not field and permission and SHOWN[kind].allow == permission
        is_named = kind == "Query" and len(document.names) == 1 and document.token in document.names
        if is_type or is_named:
            for asker, marks in zip(COLUMNS, cells, strict=True):
                yield pytest.param(permission, read, asker, marks, id=f"{read}-{asker}")


@pytest.mark.parametrize(("permission", "read", "asker", "marks"), [*reads()])
async def test_the_explanation_says_what_is_seen(
    settled, explained, permission, read, asker, marks
):
    known = settled[1]
    people = [asker] if len(marks) == 1 else whose(asker, len(marks))
    for one, mark in zip(people, marks, strict=True):
        may = await explained(asker, permission, known[one][DOCUMENTS[read].token])

        assert (may is True) == (mark == "x"), one
        if mark == ".":
            assert may is False
        if mark == "?":
            assert may == "NOT_FOUND"


def lists():
    """Of each way in that names nothing, whether anything is seen there."""
    for permission, read, cells in rows():
        if read.startswith("Query.") and not DOCUMENTS[read].names:
            for asker, marks in zip(COLUMNS, cells, strict=True):
                yield pytest.param(permission, asker, "x" in marks, id=f"{read}-{asker}")


@pytest.mark.parametrize(("permission", "asker", "is_seen"), [*lists()])
async def test_the_explanation_says_whether_anything_is_seen(explained, permission, asker, is_seen):
    assert await explained(asker, permission) is is_seen


@pytest.mark.parametrize("asker", ASKERS)
@pytest.mark.parametrize("permission", POLICY.permissions)
async def test_the_explanation_says_what_the_law_says(settled, explained, permission, asker):
    """Over all there is by a role; over one's own, of each kind that one has something of."""
    town, known = settled
    subject = (await town.context(asker)).subject
    is_over_all = POLICY.allows(subject, permission)
    if is_over_all:
        assert await explained(asker, permission) is True
    for model in kinds_about(permission):
        word, *_ = THINGS[TYPES[model]]
        for whom in WHOSE:
            may = await explained(asker, permission, the_one(known, asker, whom, word))
            if whom == "stranger" or (asker == "stranger" and whom == "colleague"):
                is_shared = model.is_shared and POLICY.allows_own(subject, permission)
                assert may is is_shared or may == "NOT_FOUND"
            elif not POLICY.allows_own(subject, permission) or (
                permission in model.for_owner and whom != "own"
            ):
                assert may is False
            elif is_over_all and not model.is_private and permission not in model.for_others:
                assert may is True or permission == "node:read"


def test_every_kind_that_a_permission_is_about_has_things_here():
    kinds = {TYPES[model] for one in POLICY.permissions for model in kinds_about(one)}

    assert kinds == set(THINGS)
