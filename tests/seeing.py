"""For each guarded read, and each type that shows a table, a document that asks for just that.

A row says what is read, the way there, and the text of `tests.neighbours` by which one recognises
that it was seen. A variable is named after the thing whose id it is; with `my_` before the name, it
is the thing of whoever asks, whosever is asked about. What is the same everywhere is recognised by
a text of the answer itself.
"""

import re
from dataclasses import dataclass

WAYS = {
    "NODE": "node(id: $TOKEN) > ... on TYPE > id",
    "WHYS": 'explainAccess(permission: "group:list", userId: $user)',
    "USER": "user(by: {id: $user})",
    "SELF": "user(by: {id: $my_user})",
    "DONE": "history(filter: {actorUserId: $user}) > nodes",
    "ABOUT": "history(filter: {aboutId: $user}) > nodes",
    "HISTORY": "history > nodes > id",
    "WAITING": "user(by: {id: $waiting})",
    "RENEW": "mutation > renewTemporaryCode(input: {userId: $forgetful}) > errors { code }",
    "FILE": "userImport(id: $file)",
    "PROGRESS": "subscription > userImportProgress(importId: $file)",
    "BATCH": "activationBatch(id: $batch)",
    "GROUP": "group(id: $group)",
    "MINE": "group(id: $my_group)",
    "ELSEWHERE": "viewer > externalMemberships(first: 100) > nodes",
    "OUTSIDE": "externalUser(by: {cvrNumber: $cvr, email: $address})",
    "JOIN": "mutation > addGroupMembers(dryRun: true, input:"
    " {groupId: $group, members: [{userId: $my_payer}]}) > errors { code }",
    "RIGHTLY": "request(id: $right_request)",
    "REQUEST": "request(id: $request)",
    "HOPE": "request(id: $hope)",
    "RIGHT": "right(id: $right)",
    "HOLDERS": "holders(first: 100)",
    "EFFECTIVE": "effectiveRights",
    "CAUSE": "sources > assignment > id",
    "GIVEN": "sources > powerOfAttorney",
    "BUNDLED": "sources > delegationGroup",
    "ASSIGNMENT": "node(id: $assignment) > ... on RightAssignment",
    "SHARED": "node(id: $group_assignment) > ... on RightAssignment",
    "POWER": "powerOfAttorney(id: $power)",
    "ASKED": "request(id: $power_request)",
    "BUNDLE": "node(id: $delegation) > ... on DelegationGroup",
    "CERTIFICATE": "certificate(id: $certificate)",
    "FOLLOWER": "certificate(id: $follower)",
    "ORDER": "certificate(id: $order) > retrieval",
    "REVOKE": "mutation > revokeCertificate(input: {certificateId: $certificate,"
    " reason: SUPERSEDED, expectedVersion: 99}) > errors > code ... on Conflict",
    "COMES": "subscription > notificationReceived",
    "FEED": "changes(first: 1, after: $place)",
    "FOLLOWED": "subscription > changes(after: $place)",
    "PROFILE": "certificateProfile(id: $profile)",
    "REMOVE": "mutation > removeEan(dryRun: true, input: {eanId: $ean})"
    " > errors > code ... on Conflict",
    "METHOD": "billing > method",
    "CHARGE": "node(id: $charge) > ... on ChargeableTransaction",
    "USERS": "settings > users",
    "AUTHENTICATORS": "settings > authenticators",
    "CERTIFICATES": "settings > certificates",
    "DEFAULTS": "settings > defaults",
}
FORMS = {"cvr": "CvrNumber", "address": "Email", "place": "String"}  # of what is no id
READS = """
Query.viewer                               viewer > language                    DANISH
Query.node                                 node(id: $certificate) > id          certificate
Query.nodes                                nodes(ids: [$group]) > id            group
Query.policy                               policy > permission                  user:list
Query.explainAccess                        WHYS > message                       group:list
AccessExplanation.powerOfAttorney          WHYS > powerOfAttorney > id         power
AccessExplanation                          WHYS > allowedFor permission         group:list
Viewer                                     viewer > user > id                   user
Viewer.user                                viewer > user > name                 name
Viewer.actingFor                           viewer > actingFor > id              power
Viewer.certificate                         viewer > certificate > id            certificate
Viewer.organisation                        viewer > organisation > id           organisation
Viewer.externalMemberships                 ELSEWHERE > id      guesthood

Query.users                                users > nodes > id                   user
Query.user                                 USER > id                            user
User                                       NODE                                 user
User.cprNumber                             USER > cprNumber                     cpr
User.dateOfBirth                           USER > dateOfBirth                   born
User.organisation                          USER > organisation > id             organisation
User.productionUnit                        USER > productionUnit > id           unit
User.vatUnit                               USER > vatUnit > id                  vat_unit
User.ean                                   USER > ean > id                      ean
User.authenticators                        USER > authenticators > nodes > id   authenticator
User.memberships                           USER > memberships > nodes > id      member
User.rightAssignments                      USER > rightAssignments > nodes > id  assignment
User.effectiveRights                       USER > EFFECTIVE > CAUSE  assignment
User.certificates                          USER > certificates > nodes > id     certificate
User.requests                              USER > requests > nodes > id         request
User.history                               USER > history(first: 100) > nodes > id  user_entry
RoleAssignment                             USER > roles > from                  promise
Deactivation                               USER > deactivation > reason         reason
Actor                                      USER > roles > assignedBy > name     giver
Actor.user                                 SELF > DONE > actor > user > id      user
Activation                                 WAITING > activation > expiresAt     link
TemporaryCode.user                         RENEW temporaryCode > user > id      forgetful

UserConnection.csv                         users > csv > fileName                       users.csv

Authenticator                              NODE                                 authenticator
Authenticator.user                         USER > authenticators > nodes > user > id  user
User.importedFrom                          USER > importedFrom > id             file

Query.activationBatch                      BATCH > id                           batch
ActivationBatch                            NODE                                 batch
ActivationBatch.users                      BATCH > users > nodes > id           payer
ActivationBatch.leftOut                    BATCH > leftOut > nodes > id         left_out
ActivationBatch.codes                      BATCH > codes > fileName             codes
Query.userImports                          userImports > nodes > id             file
Query.userFileTemplate                     userFileTemplate(action: CREATE) > mediaType  text/csv
Query.userImport                           FILE > id                            file
Subscription.userImportProgress            PROGRESS > id                        file
UserImport                                 NODE                                 file
UserImport.plan                            FILE > plan > nodes > id             plan_row
UserImport.rowErrors                       FILE > rowErrors > nodes > id        row_error
UserImport.receipt                         FILE > receipt > mediaType              text/csv
UserImport.correctionFile                  FILE > correctionFile > fileName        corrections
UserImport.users                           FILE > users > nodes > id            user
ImportCounts                               FILE > counts > rows                 cvr
ImportRemovals                             FILE > removals > count              cvr
UserImportRow                              NODE                                 plan_row
UserImportRow.user                         FILE > plan > nodes > user > id      user
UserImportRowError                         NODE                                 row_error

Query.groups                               groups(first: 100) > nodes > id      group
Query.group                                GROUP > id                           group
Group                                      NODE                                 group
Group.productionUnit                       GROUP > productionUnit > id          unit
Group.vatUnit                              GROUP > vatUnit > id                 vat_unit
Group.rightAssignments                     GROUP > rightAssignments > nodes > id  group_assignment
Group.members                              GROUP > members > nodes > id         member
Group.members@mine                         MINE > members > nodes > name        name
Group.members@abroad                       ELSEWHERE > group > members > nodes > id  member
Group.history                              GROUP > HISTORY                      group_entry
GroupMember                                NODE                                 member
GroupMember.group                          USER > memberships > nodes > group > id  group
GroupMember.user                           USER > memberships > nodes > user > id  user
GroupMember.user@mine                      MINE > members > nodes > user > id   user
GroupMember.group@abroad                   ELSEWHERE > group > id  group
Query.externalUser                         OUTSIDE > name                       name
ExternalUser                               OUTSIDE > name                       name
GroupMemberResult.member                   JOIN results > member > user > id    my_payer

Query.requests                             requests(first: 100) > nodes > id    request
Query.request                              REQUEST > id                         request
Request                                    NODE                                 request
Request.right                              RIGHTLY > right > id                 right
Request.user                               REQUEST > user > id                  user
RequestedPerson                            HOPE > person > email                hopeful
RequestedPerson.cprNumber                  HOPE > person > cprNumber            hoped

Query.rights                               rights(first: 100) > nodes > id      right
Query.right                                RIGHT > id                           right
Right                                      NODE                                 right
Right.holders                              RIGHT > HOLDERS > nodes > id         user
RightHolderEdge                            RIGHT > HOLDERS > edges > CAUSE  assignment
EffectiveRight                             USER > EFFECTIVE > CAUSE  assignment
EffectiveRight.right                       USER > EFFECTIVE > right > id        right
RightSource                                USER > EFFECTIVE > CAUSE  assignment
RightSource.assignment                     USER > EFFECTIVE > CAUSE  assignment
RightSource.group                          USER > EFFECTIVE > sources > group > id  group
RightSource.powerOfAttorney                USER > EFFECTIVE > GIVEN > id  power
RightSource.delegationGroup                USER > EFFECTIVE > BUNDLED > id  delegation
RightAssignment                            NODE                                 assignment
RightAssignment.right                      ASSIGNMENT > right > id              right
RightAssignment.user                       ASSIGNMENT > user > id               user
RightAssignment.group                      SHARED > group > id                  group
RightAssignment.productionUnit             ASSIGNMENT > productionUnit > id     unit
RightAssignment.vatUnit                    ASSIGNMENT > vatUnit > id            vat_unit

Query.powersOfAttorney                     powersOfAttorney > nodes > id        power
Query.powerOfAttorney                      POWER > id                           power
PowerOfAttorney                            NODE                                 power
PowerOfAttorney.rights                     POWER > rights > nodes > id          right
PowerOfAttorney.users                      POWER > users > nodes > id           user
PowerOfAttorney.request                    POWER > request > id                 power_request
PowerOfAttorney.history                    POWER > HISTORY                      power_entry
Request.powerOfAttorney                    ASKED > powerOfAttorney > id         power
User.powersOfAttorney                      USER > powersOfAttorney > nodes > id  power
Query.delegationGroups                     delegationGroups > nodes > id        delegation
DelegationGroup                            NODE                                 delegation
DelegationGroup.powersOfAttorney           BUNDLE > powersOfAttorney > nodes > id  power
DelegationGroup.users                      BUNDLE > users > nodes > id          user

Query.certificates                         certificates(first: 100) > nodes > id  certificate
Query.certificate                          CERTIFICATE > id                     certificate
Certificate                                NODE                                 certificate
CertificateConnection.csv                  certificates > csv > fileName           certificates.csv
Certificate.user                           CERTIFICATE > user > id              user
Certificate.profile                        CERTIFICATE > profile > id           profile
Certificate.renews                         FOLLOWER > renews > id                certificate
Certificate.renewedBy                      CERTIFICATE > renewedBy > id          follower
Certificate.history                        CERTIFICATE > HISTORY                certificate_entry
CertificateRetrieval                       ORDER > reference                    order_number
Letter                                     ORDER > letter > to                  post
Conflict.current                           REVOKE > current > id                certificate

Query.certificateProfiles                  certificateProfiles > nodes > id     profile
Query.certificateProfile                   PROFILE > id                         profile
CertificateProfile                         NODE                                 profile
CertificateProfile.productionUnit          PROFILE > productionUnit > id        unit
CertificateProfile.vatUnit                 PROFILE > vatUnit > id               vat_unit
CertificateProfile.ean                     PROFILE > ean > id                   ean
CertificateProfile.certificates            PROFILE > certificates > nodes > id  sealed
CertificateProfile.history                 PROFILE > HISTORY                    profile_entry

Query.organisation                         organisation > id                    organisation
Organisation                               NODE                                 organisation
Organisation.productionUnits               organisation > productionUnits > nodes > id  unit
Organisation.vatUnits                      organisation > vatUnits > nodes > id  vat_unit
Organisation.eans                          organisation > eans > nodes > id     ean
Organisation.administrators                organisation > administrators > email  helper
Administrator                              organisation > administrators > email  helper
ProductionUnit                             NODE                                 unit
VatUnit                                    NODE                                 vat_unit
EanLocation                                NODE                                 ean

Query.billing                              billing > id                         billing
Billing                                    NODE                                 billing
Billing.history                            billing > HISTORY                    billing_entry
Billing.priceList                          billing > priceList > amount         amount
Billing.months                             billing > months > amount            cvr
Billing.transactions                       billing > transactions > nodes > id  charge
BillingMonth                               billing > months > lines > amount    cvr
ChargeableTransaction                      NODE                                 charge
ChargeableTransaction.user                 CHARGE > user > id                   payer
ChargeableTransaction.certificate          CHARGE > certificate > id            sealed
ChargeableTransactionConnection.csv        billing > transactions > csv > fileName  transactions.csv
NemHandelMethod                            METHOD > ... on NemHandelMethod > defaultEan > id  ean
NemHandelMethod.defaultEan                 METHOD > ... on NemHandelMethod > defaultEan > id  ean
NemHandelMethod.eans                       METHOD > ... on NemHandelMethod > eans > nodes > id  ean
DigitalPostMethod                          METHOD > ... on DigitalPostMethod > reference  reference
EmailMethod                                METHOD > ... on EmailMethod > email  bills
Usage.examples                             REMOVE > usages > examples > id      payer

Query.settings                             settings > users > id                users
Settings                                   settings > defaults > id             defaults
UserSettings                               NODE                                 users
UserSettings.history                       USERS > HISTORY                      users_entry
AuthenticatorSettings                      NODE                                 authenticators
AuthenticatorSettings.history              AUTHENTICATORS > HISTORY             authenticators_entry
CertificateSettings                        NODE                                 certificates
CertificateSettings.history                CERTIFICATES > HISTORY               certificates_entry
DefaultSettings                            NODE                                 defaults
DefaultSettings.history                    DEFAULTS > HISTORY                   defaults_entry
DefaultSettings.userProductionUnit         DEFAULTS > userProductionUnit > id   unit
DefaultSettings.userVatUnit                DEFAULTS > userVatUnit > id          vat_unit
DefaultSettings.certificateProductionUnit  DEFAULTS > certificateProductionUnit > id  unit
DefaultSettings.certificateVatUnit         DEFAULTS > certificateVatUnit > id   vat_unit

Query.notifications                        notifications > nodes > id           notification
Notification                               NODE                                 notification
Notification.about                         notifications > nodes > about > id   group
Subscription.notificationReceived          COMES > id                           notification
Viewer.notificationPreferences             viewer > notificationPreferences > id  preferences
NotificationPreferences                    NODE                                 preferences

Query.history                              ABOUT > id                           user_entry
HistoryEntryConnection.csv                 history > csv > fileName                history.csv
Query.historyVerification                  historyVerification > isIntact       true
HistoryEntry                               NODE                                 user_entry
HistoryEntry.actingUnder                   DONE > actingUnder > id             power
HistoryEntry.userImport                    ABOUT > userImport > id             file
HistoryEntry.about                         SELF > ABOUT > about > id            user

Query.changes                              FEED > nodes > id                    change
Subscription.changes                       FOLLOWED > node > id                 change
Change                                     NODE                                 change
Change.entity                              FEED > nodes > entity > id           user
"""


@dataclass(frozen=True)
class Read:
    """A document, the things whose ids it names, what it is about, and what is looked for."""

    text: str
    names: tuple[str, ...]
    about: str
    token: str

    @property
    def is_change(self) -> bool:
        return self.text.startswith("mutation")

    @property
    def is_told(self) -> bool:
        return self.text.startswith("subscription")


def read(row: str) -> tuple[str, Read]:
    """The document of a row."""
    name, way, token = re.split(r"\s{2,}", row.strip())
    about = name.partition("@")[0]
    kind = about.partition(".")[0]
    way = re.sub("[A-Z]{4,}", lambda word: WAYS.get(word[0], word[0]), way)
    steps = way.replace("TOKEN", token).replace("TYPE", kind).split(" > ")
    operation = steps.pop(0) if steps[0] in ("mutation", "subscription") else "query"
    names = tuple(dict.fromkeys(re.findall(r"\$(\w+)", way.replace("TOKEN", token))))
    given = ", ".join(f"${one}: {FORMS.get(one, 'ID')}!" for one in names)
    head = f"{operation} ({given})" if given else operation
    return name, Read(f"{head} {{ {' { '.join(steps)}{' }' * len(steps)}", names, about, token)


DOCUMENTS = dict(read(row) for row in READS.splitlines() if row)
