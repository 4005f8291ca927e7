"""Tables of who may see what, written from the law: every guarded read, by role and by whose it is.

The columns are who asks: at Hansen & Søn an employee, and an administrator of users, of rights and
of the organisation; and a stranger, who is all of these at Jensen's. Each cell has a mark for each
thing that they ask for: their own (the stranger, the employee's), a colleague's, the stranger's.
Where nothing is anybody's own there are two marks: Hansen & Søn's, Jensen's; where all is the same
everywhere, one. Above each part stands the permission that the law speaks of.

    x   it is seen
    .   denied, at the field itself
    ~   denied on the way there
    ?   nothing is found by that id
    -   nothing is there, without an error
"""

import re

import orjson
import pytest
from graphql import TypeInfo, TypeInfoVisitor, Visitor, is_object_type, parse, validate, visit

from models import Billing, BillingMethodKind
from schema.bodies import body_of
from schema.graph import graph
from schema.rows import SHOWN
from tests.answering import Asking, sent
from tests.gathering import KINDS, SCHEMA
from tests.generating import LEFT, Question
from tests.neighbours import ASKERS, neighbours
from tests.seeing import DOCUMENTS

pytestmark = pytest.mark.anyio

TABLE = """
                                           employee  users  rights  organisation  stranger
viewer:read
Query.viewer                                  x        x      x          x           x

node:read
Query.node                                    x--      xx-    xx-        xx-         --x
Query.nodes                                   x--      xx-    xx-        xx-         --x
HistoryEntry.about                            x--      xx-    xx-        xx-         --x
Change.entity                                 ~~~      xx-    xx-        xx-         --x
Notification.about                            x--      x--    x--        x--         --x
Conflict.current                              x~?      xx?    x~?        x~?         ??x
Usage.examples                                ~~       ~~     ~~         x?          ?x

policy:read
Query.policy                                  x        x      x          x           x

access:explain
Query.explainAccess                           x.?      xx?    xx?        xx?         ??x

organisation:read
Query.organisation                            x-       x-     x-         x-          -x
Organisation                                  x-       x-     x-         x-          -x
Organisation.productionUnits                  x-       x-     x-         x-          -x
Organisation.vatUnits                         x-       x-     x-         x-          -x
Organisation.eans                             x-       x-     x-         x-          -x
Organisation.administrators                   x-       x-     x-         x-          -x
ProductionUnit                                x-       x-     x-         x-          -x
VatUnit                                       x-       x-     x-         x-          -x
EanLocation                                   x-       x-     x-         x-          -x
Viewer.organisation                           x-       x-     x-         x-          -x
User.organisation                             x~?      xx?    xx?        xx?         ??x
User.productionUnit                           x~?      xx?    xx?        xx?         ??x
User.vatUnit                                  x~?      xx?    xx?        xx?         ??x
User.ean                                      x~?      xx?    xx?        xx?         ??x
Group.productionUnit                          x~?      xx?    xx?        xx?         ??x
Group.vatUnit                                 x~?      xx?    xx?        xx?         ??x
RightAssignment.productionUnit                x--      xx-    xx-        xx-         --x
RightAssignment.vatUnit                       x--      xx-    xx-        xx-         --x
CertificateProfile.productionUnit             ~~       x?     x?         x?          ?x
CertificateProfile.vatUnit                    ~~       x?     x?         x?          ?x
CertificateProfile.ean                        ~~       x?     x?         x?          ?x
NemHandelMethod.defaultEan                    ~~       x-     x-         x-          -x
NemHandelMethod.eans                          ~~       x-     x-         x-          -x
DefaultSettings.userProductionUnit            ~~       x-     x-         x-          -x
DefaultSettings.userVatUnit                   ~~       x-     x-         x-          -x
DefaultSettings.certificateProductionUnit     ~~       x-     x-         x-          -x
DefaultSettings.certificateVatUnit            ~~       x-     x-         x-          -x

user:list
Query.users                                   ...      xx-    xx-        xx-         --x
UserImport.users                              ~~       x?     ~~         ~~          ?x
ActivationBatch.users                         ~~       x?     ~~         ~~          ?x
ActivationBatch.leftOut                       ~~       x?     ~~         ~~          ?x

user:read
Query.user                                    x.?      xx?    xx?        xx?         ??x
User                                          x--      xx-    xx-        xx-         --x
User.cprNumber                                x~?      xx?    xx?        xx?         ??x
User.dateOfBirth                              x~?      xx?    xx?        xx?         ??x
Viewer.user                                   x--      x--    x--        x--         --x
Actor.user                                    x--      xx-    xx-        xx-         --x
Request.user                                  x~?      xx?    xx?        xx?         ??x
RequestedPerson.cprNumber                     x~?      xx?    xx?        xx?         ??x
RightAssignment.user                          x--      xx-    xx-        xx-         --x
GroupMember.user                              x~?      xx?    xx?        xx?         ??x
GroupMember.user@mine                         ~~~      xx-    xx-        xx-         --x
Certificate.user                              x~?      xx?    xx?        xx?         ??x
Authenticator.user                            x~?      xx?    xx?        xx?         ??x
TemporaryCode.user                            ~~       x?     ~~         ~~          ?x
UserImportRow.user                            ~~       x?     ~~         ~~          ?x
ChargeableTransaction.user                    --       --     --         x-          -x

user:export
UserConnection.csv                            ~        x      x          x           x

authenticator:read
Authenticator                                 x--      xx-    xx-        xx-         --x
User.authenticators                           x~?      xx?    xx?        xx?         ??x

user:read_history
User.history                                  x~?      xx?    xx?        xx?         ??x

request:list
Query.requests                                ...      xx-    xx-        xx-         --x

request:read
Query.request                                 x.?      xx?    xx?        xx?         ??x
Request                                       x--      xx-    xx-        xx-         --x
User.requests                                 x~?      xx?    xx?        xx?         ??x
PowerOfAttorney.request                       x~?      xx?    xx?        xx?         ??x

activation_batch:read
Query.activationBatch                         ..       x?     ..         ..          ?x
ActivationBatch                               --       x-     --         --          -x

activation_batch:read_codes
ActivationBatch.codes                         ~~       x?     ~~         ~~          ?x

user_import:list
Query.userImports                             ..       x-     ..         ..          -x

user_import:read_template
Query.userFileTemplate                        .        x      .          .           x

user_import:read
Query.userImport                              ..       x?     ..         ..          ?x
Subscription.userImportProgress               ..       x?     ..         ..          ?x
UserImport                                    --       x-     --         --          -x
UserImport.plan                               ~~       x?     ~~         ~~          ?x
HistoryEntry.userImport                       ~~~      xx-    ...        ...         --x
UserImport.rowErrors                          ~~       x?     ~~         ~~          ?x
UserImport.receipt                            ~~       x?     ~~         ~~          ?x
UserImport.correctionFile                     ~~       x?     ~~         ~~          ?x
UserImportRow                                 --       x-     --         --          -x
UserImportRowError                            --       x-     --         --          -x
User.importedFrom                             .~?      xx?    ..?        ..?         ??x

group:list
Query.groups                                  ...      xx-    xx-        xx-         --x

group:read
Query.group                                   x.?      xx?    xx?        xx?         ??x
Group.rightAssignments                        x~?      xx?    xx?        xx?         ??x
RightSource.group                             x~?      xx?    xx?        xx?         ??x
RightAssignment.group                         x--      xx-    xx-        xx-         --x
Group                                         x--      xx-    xx-        xx-         --x
GroupMember                                   x--      xx-    xx-        xx-         --x
GroupMember.group                             x~?      xx?    xx?        xx?         ??x
GroupMember.group@abroad                      --x      ---    ---        ---         x--
Viewer.externalMemberships                    x--      ---    ---        ---         --x
User.memberships                              x~?      xx?    xx?        xx?         ??x

right:list
Query.rights                                  x        x      x          x           x

right:read
Query.right                                   x        x      x          x           x
Right                                         x        x      x          x           x
RightAssignment.right                         x--      xx-    xx-        xx-         --x
Request.right                                 x~?      xx?    xx?        xx?         ??x
EffectiveRight.right                          x~?      xx?    xx?        xx?         ??x

right:list_holders
Right.holders                                 ...      xx-    xx-        xx-         --x

right_assignment:read
User.effectiveRights                          x~?      xx?    xx?        xx?         ??x
RightSource.assignment                        x~?      xx?    xx?        xx?         ??x
RightAssignment                               x--      xx-    xx-        xx-         --x
User.rightAssignments                         x~?      xx?    xx?        xx?         ??x

group:list_members
Group.members                                 .~?      xx?    xx?        xx?         ??x
Group.members@mine                            ...      xxx    xxx        xxx         xxx
Group.members@abroad                          ...      ---    ---        ---         ...
GroupMemberResult.member                      ~~~      xx?    xx?        ~~~         ??x

external_user:find
Query.externalUser                            ...      ??x    ??x        ...         xx?

power_of_attorney:list
Query.powersOfAttorney                        ...      xx-    xx-        xx-         --x

power_of_attorney:read
Query.powerOfAttorney                         x.?      xx?    xx?        xx?         ??x
PowerOfAttorney                               x--      xx-    xx-        xx-         --x
PowerOfAttorney.rights                        x~?      xx?    xx?        xx?         ??x
Request.powerOfAttorney                       x~?      xx?    xx?        xx?         ??x
User.powersOfAttorney                         x~?      xx?    xx?        xx?         ??x
Viewer.actingFor                              ---      ---    ---        ---         ---
HistoryEntry.actingUnder                      ~~~      ---    ---        ---         ---
AccessExplanation.powerOfAttorney             -~?      --?    --?        --?         ??-
RightSource.powerOfAttorney                   x~?      xx?    xx?        xx?         ??x
DelegationGroup.powersOfAttorney              x--      xx-    xx-        xx-         --x

power_of_attorney:list_users
PowerOfAttorney.users                         .~?      xx?    xx?        xx?         ??x

power_of_attorney:read_history
PowerOfAttorney.history                       .~?      xx?    xx?        xx?         ??x

delegation_group:list
Query.delegationGroups                        ...      xx-    xx-        xx-         --x

delegation_group:read
DelegationGroup                               x--      xx-    xx-        xx-         --x
RightSource.delegationGroup                   x~?      xx?    xx?        xx?         ??x

delegation_group:list_users
DelegationGroup.users                         .--      xx-    xx-        xx-         --x

certificate:list
Query.certificates                            ...      xx-    xx-        xx-         --x
CertificateProfile.certificates               ~~       x?     x?         x?          ?x

certificate:export
CertificateConnection.csv                     ~        x      x          x           x

certificate:read
Query.certificate                             x.?      xx?    xx?        xx?         ??x
Certificate                                   x--      xx-    xx-        xx-         --x
Viewer.certificate                            ---      ---    ---        ---         ---
Certificate.renews                            x~?      xx?    xx?        xx?         ??x
Certificate.renewedBy                         x~?      xx?    xx?        xx?         ??x
User.certificates                             x~?      xx?    xx?        xx?         ??x
ChargeableTransaction.certificate             --       --     --         x-          -x

certificate:read_history
Certificate.history                           x~?      xx?    xx?        xx?         ??x

certificate_profile:list
Query.certificateProfiles                     ..       x-     x-         x-          -x

certificate_profile:read
Query.certificateProfile                      ..       x?     x?         x?          ?x
CertificateProfile                            --       x-     x-         x-          -x
Certificate.profile                           .~?      xx?    xx?        xx?         ??x

billing:read
Query.billing                                 ..       x-     x-         x-          -x
Billing                                       --       x-     x-         x-          -x
Billing.priceList                             ~        x      x          x           x

billing:read_overview
Billing.months                                ~~       ..     ..         x-          -x
Billing.transactions                          ~~       ..     ..         x-          -x
ChargeableTransaction                         --       --     --         x-          -x
ChargeableTransactionConnection.csv           ~        ~      ~          x           x

settings:read
Query.settings                                ..       x-     x-         x-          -x
UserSettings                                  --       x-     x-         x-          -x
AuthenticatorSettings                         --       x-     x-         x-          -x
CertificateSettings                           --       x-     x-         x-          -x
DefaultSettings                               --       x-     x-         x-          -x

history:list
Query.history                                 ...      xx-    xx-        xx-         --x
HistoryEntry                                  ---      xx-    xx-        xx-         --x
Group.history                                 .~?      xx?    xx?        xx?         ??x
CertificateProfile.history                    ~~       x?     x?         x?          ?x
Billing.history                               ~~       x-     x-         x-          -x
UserSettings.history                          ~~       x-     x-         x-          -x
AuthenticatorSettings.history                 ~~       x-     x-         x-          -x
CertificateSettings.history                   ~~       x-     x-         x-          -x
DefaultSettings.history                       ~~       x-     x-         x-          -x

history:export
HistoryEntryConnection.csv                    ~        x      x          x           x

history:verify
Query.historyVerification                     .        x      x          x           x

change:list
Query.changes                                 ...      xx-    xx-        xx-         --x
Subscription.changes                          ...      xx?    xx?        xx?         ??x
Change                                        ---      xx-    xx-        xx-         --x

notification:list
Query.notifications                           x--      x--    x--        x--         --x
Subscription.notificationReceived             x.?      x.?    x.?        x.?         ??x
Notification                                  x--      x--    x--        x--         --x

notification:read_preferences
Viewer.notificationPreferences                x--      x--    x--        x--         --x
NotificationPreferences                       x--      x--    x--        x--         --x

(nothing but the thing that it belongs to)
Viewer                                        x--      x--    x--        x--         --x
AccessExplanation                             x~?      xx?    xx?        xx?         ??x
RoleAssignment                                x~?      xx?    xx?        xx?         ??x
Deactivation                                  x~?      xx?    xx?        xx?         ??x
Activation                                    ~?       x?     x?         x?          ?x
Actor                                         x~?      xx?    xx?        xx?         ??x
RequestedPerson                               x~?      xx?    xx?        xx?         ??x
ImportCounts                                  ~~       x?     ~~         ~~          ?x
ImportRemovals                                ~~       x?     ~~         ~~          ?x
CertificateRetrieval                          x~?      xx?    xx?        xx?         ??x
Letter                                        x~?      xx?    xx?        xx?         ??x
EffectiveRight                                x~?      xx?    xx?        xx?         ??x
RightSource                                   x~?      xx?    xx?        xx?         ??x
RightHolderEdge                               ~~~      xx-    xx-        xx-         --x
ExternalUser                                  ~~~      ??x    ??x        ~~~         xx?
Administrator                                 x-       x-     x-         x-          -x
NemHandelMethod                               ~~       x-     x-         x-          -x
DigitalPostMethod                             ~~       x-     x-         x-          -x
EmailMethod                                   ~~       x-     x-         x-          -x
BillingMonth                                  ~~       ~~     ~~         x-          -x
Settings                                      ~~       x-     x-         x-          -x
"""
HEAD, *LINES = [line for line in TABLE.splitlines() if line]
WORDS = {"users": "user_administrator", "rights": "rights_administrator"}
WORDS |= {"organisation": "organisation_administrator"}
COLUMNS = [WORDS.get(one, one) for one in HEAD.split()]
KINDS_OF_METHOD = {"DigitalPostMethod": "DIGITAL_POST", "EmailMethod": "EMAIL"}


def rows():
    """Of each row the permission, the read, and the marks."""
    permission = None
    for line in LINES:
        read, *marks = line.split("  ", 1)
        if not marks:
            permission = read if ":" in read else None
        else:
            yield permission, read, marks[0].split()


CELLS = [
    pytest.param(read, asker, marks, id=f"{read}-{asker}")
    for _, read, cells in rows()
    for asker, marks in zip(COLUMNS, cells, strict=True)
]


@pytest.fixture(scope="module")
async def settled(tables):
    return await neighbours()


@pytest.fixture(scope="module")
def asking(settled):
    return Asking(settled[0])


def whose(asker, marks):
    """Those whose things are asked for."""
    mine = "employee" if asker == "stranger" else asker
    return {1: (asker,), 2: ("colleague", "stranger"), 3: (mine, "colleague", "stranger")}[marks]


async def answered(asking, asker, question, read, token):
    """What is answered by each of the two ways that can: they are alike."""
    if read.is_told:
        return await asking.told(asker, question, about=token)
    if not read.is_change:
        both = await asking.both(asker, question)
        assert both.are_alike or tuple(read.about.split(".")) in LEFT
        return [one for one in (both.planned, both.executed) if one]
    planned = await asking.planned(asker, question)
    context = await asking.town.context(asker)
    result = await graph.execute(read.text, question.variables, context_value=context)
    return [sent(one) for one in (planned, body_of(result, context.language)) if one]


def mark(answer, read, token):
    data, errors = answer
    text = b"".join([data, *errors]).decode()
    codes, is_seen = {*re.findall('"code":"(DENIED|NOT_FOUND)"', text)}, token in text
    if not codes:
        return "x" if is_seen else "-"
    if is_seen or len(codes) > 1:
        return "!"
    if codes == {"NOT_FOUND"}:
        return "?"
    paths = [[str(key) for key in orjson.loads(one)["path"]] for one in errors]
    kind, _, field = read.about.partition(".")
    is_there = paths and all(path[-1] == field for path in paths)
    is_root = kind in ("Query", "Subscription")
    return "." if is_there and is_root == (len(paths[0]) == 1) else "~"


@pytest.mark.parametrize(("name", "asker", "marks"), CELLS)
async def test_who_sees_what(settled, asking, name, asker, marks):
    read, known = DOCUMENTS[name], settled[1]
    await Billing.all().update(kind=KINDS_OF_METHOD.get(name, BillingMethodKind.NEM_HANDEL))
    found = ""
    for one in whose(asker, len(marks)):
        here = known[one] | {f"my_{thing}": text for thing, text in known[asker].items()}
        question = Question(read.text, {thing: here[thing] for thing in read.names})
        token = here.get(read.token, read.token)
        answers = await answered(asking, asker, question, read, token)
        seen = {mark(answer, read, token) for answer in answers}
        found += "".join(sorted(seen))

    assert found == marks


def test_every_guarded_read_and_every_type_stands_in_the_table_under_its_permission():
    """Of an interface the types that have it; a change is no read, but what it answers with is."""
    guarded = {
        read: permission
        for read, permission in graph.permissions.items()
        if is_object_type(kind := KINDS[read.split(".")[0]]) and kind is not SCHEMA.mutation_type
    }

    declared = guarded | {name: shown.allow for name, shown in SHOWN.items()}

    assert {read.split("@")[0]: permission for permission, read, _ in rows()} == declared
    assert {*COLUMNS} == {*ASKERS}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_asks_for_what_its_row_is_about(name):
    document, types, asked = parse(DOCUMENTS[name].text), TypeInfo(SCHEMA), set()

    class Asked(Visitor):
        def enter_field(self, node, *_):
            kind = types.get_parent_type().name
            asked.update((kind, f"{kind}.{node.name.value}"))

    visit(document, TypeInfoVisitor(types, Asked()))

    assert validate(SCHEMA, document) == []
    assert DOCUMENTS[name].about in asked
