"""A row for every mutation of the schema: by whom it is made, with the least input that will do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from graphql import GraphQLObjectType, build_schema

from gateways import Claims
from models import User
from schema.graph import graph
from tests.files import created, file
from tests.pages import UNREGISTERED_P
from tests.scenes import CPR, LINK, ORGANISATION, RIGHTS, USERS, Scene

SDL = build_schema(graph.as_str(), assume_valid=True)
MUTATIONS: dict[str, Any] = SDL.mutation_type.fields if SDL.mutation_type else {}


@dataclass(frozen=True)
class Row:
    """How one mutation is asked for: by whom, with what input, and what to read of its answer."""

    by: str | None  # the role, or somebody of the scene; None for a person without a user
    reads: str
    given: Callable[[Scene], dict[str, Any]]
    about: Callable[[Scene], Any] | None = None  # the entity whose version grows


USER, GROUP, PROFILE = "user { version status }", "group { version }", "profile { version }"
CERTIFICATE, SETTINGS = "certificate { version status }", "settings { version }"
AUTHENTICATOR = "authenticator { version status }"
REQUEST = "request { version status kind }"
ASSIGNMENT = "assignment { version from until right { title } }"
POWER = "powerOfAttorney { version status name users { totalCount } }"
DELEGATION = "delegationGroup { version name powersOfAttorney { totalCount } }"
CODE, ONE_TIME_CODE = "temporaryCode { expiresAt }", "oneTimeCode { expiresAt }"
PKCS12, KEY = "pkcs12 { fileName }", {"pkcs12": {"keyKind": "EC_P256"}}
USER_FILE = {"text": file(created(1))}

CHANGES = {
    "addProductionUnit": Row(
        ORGANISATION,
        "productionUnit { version pNumber }",
        lambda _: {"pNumber": UNREGISTERED_P, "name": "Canteen"},
    ),
    "removeProductionUnit": Row(
        ORGANISATION,
        "productionUnit { version }",
        lambda s: {"productionUnitId": s.store.id},
        lambda s: s.store,
    ),
    "addVatUnit": Row(
        ORGANISATION,
        "vatUnit { version seNumber }",
        lambda _: {"seNumber": "13748136", "name": "Canteen"},
    ),
    "removeVatUnit": Row(
        ORGANISATION,
        "vatUnit { version }",
        lambda s: {"vatUnitId": s.vat_unit.id},
        lambda s: s.vat_unit,
    ),
    "setLanguage": Row("", "viewer { language }", lambda _: {"language": "ENGLISH"}),
    "assignRole": Row(
        ORGANISATION,
        USER,
        lambda s: {"userId": s.bo.id, "role": "RIGHTS_ADMINISTRATOR"},
        lambda s: s.bo,
    ),
    "removeRole": Row(
        ORGANISATION,
        USER,
        lambda s: {"userId": s.user_administrator.id, "role": "USER_ADMINISTRATOR"},
        lambda s: s.user_administrator,
    ),
    "createUser": Row(
        USERS,
        f"{USER} {CODE}",
        lambda _: {
            "firstName": "Eva",
            "surname": "Lund",
            "email": "eva@example.dk",
            "person": {"dateOfBirth": "1990-01-31"},
        },
    ),
    "updateUser": Row(
        USERS, USER, lambda s: {"userId": s.bo.id, "phoneNumber": "12345678"}, lambda s: s.bo
    ),
    "resendActivation": Row(USERS, USER, lambda s: {"userId": s.newcomer.id}, lambda s: s.newcomer),
    "renewTemporaryCode": Row(
        USERS, f"{USER} {CODE}", lambda s: {"userId": s.born.id}, lambda s: s.born
    ),
    "activateUser": Row(None, USER, lambda _: {"link": LINK}),
    "deactivateUser": Row(USERS, USER, lambda s: {"userId": s.bo.id}, lambda s: s.bo),
    "reactivateUser": Row(USERS, USER, lambda s: {"userId": s.absent.id}, lambda s: s.absent),
    "deleteUser": Row(USERS, USER, lambda s: {"userId": s.bo.id}, lambda s: s.bo),
    "assignAuthenticator": Row(
        USERS,
        "authenticator { status user { version } }",
        lambda s: {
            "userId": s.bo.id,
            "authenticator": {
                "kind": "SEPARATE_MITID",
                "device": "CHIP",
                "deliveryAddress": "Storegade 1, 8000 Aarhus C",
            },
        },
        lambda s: s.bo,
    ),
    "withdrawAuthenticator": Row(
        USERS,
        AUTHENTICATOR,
        lambda s: {"authenticatorId": s.authenticator.id},
        lambda s: s.authenticator,
    ),
    "renewAuthenticatorCode": Row(
        USERS,
        f"{AUTHENTICATOR} {CODE}",
        lambda s: {"authenticatorId": s.authenticator.id},
        lambda s: s.authenticator,
    ),
    "giveConsent": Row(
        "", AUTHENTICATOR, lambda s: {"authenticatorId": s.unused.id}, lambda s: s.unused
    ),
    "withdrawConsent": Row(
        "", AUTHENTICATOR, lambda s: {"authenticatorId": s.private.id}, lambda s: s.private
    ),
    "requestUser": Row(
        None,
        REQUEST,
        lambda s: {
            "cvrNumber": s.organisation.cvr_number,
            "firstName": "Eva",
            "surname": "Lund",
            "email": "eva@example.dk",
        },
    ),
    "requestAnonymity": Row("", REQUEST, lambda _: {"reason": "Protected address"}),
    "requestRight": Row("", REQUEST, lambda s: {"rightId": s.vat.id, "reason": "New tasks"}),
    "decideRightRequest": Row(
        RIGHTS,
        f"{REQUEST} {ASSIGNMENT.replace('version ', '')}",
        lambda s: {"requestId": s.right_request.id, "decision": "APPROVE"},
        lambda s: s.right_request,
    ),
    "requestRole": Row(
        "", REQUEST, lambda _: {"role": "USER_ADMINISTRATOR", "reason": "New tasks from today"}
    ),
    "decideRoleRequest": Row(
        ORGANISATION,
        f"{REQUEST} user {{ name roles {{ role }} }}",
        lambda s: {"requestId": s.role_request.id, "decision": "APPROVE"},
        lambda s: s.role_request,
    ),
    "decideUserRequest": Row(
        USERS,
        f"{REQUEST} user {{ status name }}",
        lambda s: {"requestId": s.user_request.id, "decision": "APPROVE"},
        lambda s: s.user_request,
    ),
    "decideAnonymityRequest": Row(
        USERS,
        f"{REQUEST} user {{ status name }}",
        lambda s: {"requestId": s.anonymity_request.id, "decision": "APPROVE"},
        lambda s: s.anonymity_request,
    ),
    "withdrawRequest": Row(
        "bo",
        REQUEST,
        lambda s: {"requestId": s.anonymity_request.id},
        lambda s: s.anonymity_request,
    ),
    "revealCprNumber": Row(
        USERS,
        "cprNumber user { version }",
        lambda s: {"userId": s.bo.id, "reason": "Two people of one name"},
    ),
    "uploadUserFile": Row(USERS, "userImport { version status }", lambda _: {"file": USER_FILE}),
    "startUserImport": Row(
        USERS,
        "userImport { version status }",
        lambda s: {"importId": s.file.id},
        lambda s: s.file,
    ),
    "cancelUserImport": Row(
        USERS,
        "userImport { version status }",
        lambda s: {"importId": s.file.id},
        lambda s: s.file,
    ),
    "undoUserImport": Row(
        USERS,
        "userImport { version status }",
        lambda s: {"importId": s.run_file.id},
        lambda s: s.run_file,
    ),
    "sendUserForActivation": Row(
        USERS, f"{USER} {CODE}", lambda s: {"userId": s.imported.id}, lambda s: s.imported
    ),
    "sendUsersForActivation": Row(
        USERS,
        "batch { version sentCount leftOutCount }",
        lambda s: {
            "users": {"userIds": [s.imported.id]},
            "authenticatorKind": "PRIVATE_MITID",
        },
    ),
    "createGroup": Row(ORGANISATION, GROUP, lambda _: {"name": "Canteen"}),
    "updateGroup": Row(
        ORGANISATION,
        GROUP,
        lambda s: {"groupId": s.group.id, "name": "Wages"},
        lambda s: s.group,
    ),
    "deleteGroup": Row(ORGANISATION, GROUP, lambda s: {"groupId": s.group.id}, lambda s: s.group),
    "addGroupMembers": Row(
        RIGHTS,
        f"{GROUP} results {{ index member {{ name }} }}",
        lambda s: {"groupId": s.group.id, "members": [{"userId": s.user_administrator.id}]},
        lambda s: s.group,
    ),
    "removeGroupMembers": Row(
        USERS,
        f"{GROUP} results {{ index member {{ name }} }}",
        lambda s: {"groupId": s.group.id, "memberIds": [s.member.id]},
        lambda s: s.group,
    ),
    "leaveGroup": Row(
        "bo", "member { version name }", lambda s: {"memberId": s.member.id}, lambda s: s.member
    ),
    "assignRight": Row(
        RIGHTS,
        "assignment { from user { version } }",
        lambda s: {"userId": s.bo.id, "right": {"rightId": s.vat.id}},
        lambda s: s.bo,
    ),
    "removeRight": Row(
        USERS, ASSIGNMENT, lambda s: {"assignmentId": s.assignment.id}, lambda s: s.assignment
    ),
    "assignGroupRight": Row(
        ORGANISATION,
        "assignment { from group { version } }",
        lambda s: {"groupId": s.group.id, "right": {"rightId": s.vat.id}},
        lambda s: s.group,
    ),
    "removeGroupRight": Row(
        ORGANISATION,
        ASSIGNMENT,
        lambda s: {"assignmentId": s.group_assignment.id},
        lambda s: s.group_assignment,
    ),
    "grantPowerOfAttorney": Row(
        ORGANISATION,
        POWER,
        lambda s: {
            "granteeCvrNumber": s.partner.cvr_number,
            "name": "VAT",
            "rightIds": [s.vat.id],
        },
    ),
    "grantPersonalPowerOfAttorney": Row(
        RIGHTS,
        POWER,
        lambda s: {
            "grantee": {"cvrNumber": s.partner.cvr_number, "email": s.kirsten.email},
            "name": "VAT",
            "rightIds": [s.vat.id],
        },
    ),
    "requestPowerOfAttorney": Row(
        ORGANISATION,
        f"{REQUEST} {POWER}",
        lambda s: {
            "grantorCvrNumber": s.partner.cvr_number,
            "name": "VAT",
            "rightIds": [s.vat.id],
        },
    ),
    "decidePowerOfAttorneyRequest": Row(
        ORGANISATION,
        f"{REQUEST} {POWER.replace('version ', '')}",
        lambda s: {"requestId": s.power_request.id, "decision": "APPROVE"},
        lambda s: s.power_request,
    ),
    "revokePowerOfAttorney": Row(
        RIGHTS, POWER, lambda s: {"powerOfAttorneyId": s.power.id}, lambda s: s.power
    ),
    "addPowerOfAttorneyUsers": Row(
        RIGHTS,
        POWER,
        lambda s: {"powerOfAttorneyId": s.power.id, "userIds": [s.employee.id]},
        lambda s: s.power,
    ),
    "removePowerOfAttorneyUsers": Row(
        RIGHTS,
        POWER,
        lambda s: {"powerOfAttorneyId": s.power.id, "userIds": [s.bo.id]},
        lambda s: s.power,
    ),
    "createDelegationGroup": Row(
        ORGANISATION,
        DELEGATION,
        lambda s: {"name": "Audits", "powerOfAttorneyIds": [s.power.id]},
    ),
    "updateDelegationGroup": Row(
        ORGANISATION,
        DELEGATION,
        lambda s: {"delegationGroupId": s.delegation.id, "powerOfAttorneyIds": []},
        lambda s: s.delegation,
    ),
    "deleteDelegationGroup": Row(
        ORGANISATION,
        "delegationGroup { version name }",
        lambda s: {"delegationGroupId": s.delegation.id},
        lambda s: s.delegation,
    ),
    "addDelegationGroupUsers": Row(
        RIGHTS,
        DELEGATION,
        lambda s: {"delegationGroupId": s.delegation.id, "userIds": [s.employee.id]},
        lambda s: s.delegation,
    ),
    "removeDelegationGroupUsers": Row(
        RIGHTS,
        DELEGATION,
        lambda s: {"delegationGroupId": s.delegation.id, "userIds": [s.bo.id]},
        lambda s: s.delegation,
    ),
    "createCertificateProfile": Row(
        USERS,
        PROFILE,
        lambda _: {
            "name": "Archive",
            "email": "archive@example.dk",
            "contactName": "Eva Lund",
            "contactEmail": "eva@example.dk",
        },
    ),
    "updateCertificateProfile": Row(
        USERS,
        PROFILE,
        lambda s: {"profileId": s.profile.id, "name": "Archive"},
        lambda s: s.profile,
    ),
    "deleteCertificateProfile": Row(
        USERS, PROFILE, lambda s: {"profileId": s.profile.id}, lambda s: s.profile
    ),
    "orderCertificate": Row(
        USERS,
        f"{CERTIFICATE} {ONE_TIME_CODE}",
        lambda s: {
            "kind": "ORGANISATION",
            "holder": {"profileId": s.profile.id},
            "identification": "ONE_TIME_CODE",
        },
    ),
    "validateCertificateEmail": Row(None, PROFILE, lambda _: {"link": LINK}),
    "renewOneTimeCode": Row(
        USERS,
        f"{CERTIFICATE} {ONE_TIME_CODE}",
        lambda s: {"certificateId": s.shared_order.id},
        lambda s: s.shared_order,
    ),
    "retrieveCertificate": Row(
        "bo",
        f"{CERTIFICATE} {PKCS12}",
        lambda s: {"proof": {"certificateId": s.order.id}, "key": KEY},
    ),
    "renewCertificate": Row(
        "bo",
        f"certificate {{ status renews {{ version }} }} {PKCS12}",
        lambda s: {"certificateId": s.certificate.id, "key": KEY},
        lambda s: s.certificate,
    ),
    "cancelCertificate": Row(
        USERS, CERTIFICATE, lambda s: {"certificateId": s.order.id}, lambda s: s.order
    ),
    "revokeCertificate": Row(
        USERS,
        CERTIFICATE,
        lambda s: {"certificateId": s.certificate.id, "reason": "SUPERSEDED"},
        lambda s: s.certificate,
    ),
    "updateBilling": Row(
        ORGANISATION,
        "billing { version }",
        lambda _: {"method": {"digitalPost": {"reference": "A-17"}}},
        lambda s: s.billing,
    ),
    "addEan": Row(
        ORGANISATION,
        "ean { version }",
        lambda _: {"eanNumber": "5790002345678", "label": "Canteen"},
    ),
    "updateEan": Row(
        ORGANISATION,
        "ean { version }",
        lambda s: {"eanId": s.ean.id, "label": "Store"},
        lambda s: s.ean,
    ),
    "removeEan": Row(
        ORGANISATION, "ean { version }", lambda s: {"eanId": s.ean.id}, lambda s: s.ean
    ),
    "markNotificationsRead": Row(
        "",
        "viewer { unreadNotificationCount }",
        lambda s: {"notifications": {"notificationIds": [s.notification.id]}},
    ),
    "updateNotificationPreferences": Row(
        "",
        "preferences { version isDailyDigest }",
        lambda _: {"isDailyDigest": True},
        lambda s: s.preferences,
    ),
    "updateUserSettings": Row(
        ORGANISATION, SETTINGS, lambda _: {"retentionDays": 30}, lambda s: s.user_settings
    ),
    "updateAuthenticatorSettings": Row(
        ORGANISATION,
        SETTINGS,
        lambda _: {"allowedDevices": ["CHIP"]},
        lambda s: s.authenticator_settings,
    ),
    "updateCertificateSettings": Row(
        ORGANISATION, SETTINGS, lambda _: {"canSeal": True}, lambda s: s.certificate_settings
    ),
    "updateDefaultSettings": Row(
        USERS,
        SETTINGS,
        lambda _: {"userPNumber": "1029829825"},
        lambda s: s.default_settings,
    ),
    "restoreSettings": Row(
        ORGANISATION,
        SETTINGS,
        lambda s: {"historyEntryId": s.delivery.id},
        lambda s: s.user_settings,
    ),
}


def document(name: str, reads: str | None = None) -> str:
    """The document that asks for a mutation, and for whatever its problems tell."""
    kind = name[0].upper() + name[1:]
    reads = CHANGES[name].reads if reads is None else reads
    return f"""
        mutation ($input: {kind}Input!, $dryRun: Boolean) {{
          {name}(input: $input, dryRun: $dryRun) {{
            {reads}
            errors {{
              code message path
              ... on Denied {{ permission allowedFor grantableBy }}
              ... on Conflict {{ currentVersion current {{ id version }} }}
            }}
          }}
        }}
    """


def has_field(mutation: str, wanted: Callable[[str, Any], bool]) -> bool:
    """Whether the input of a mutation has such a field, however deep."""
    return any(
        wanted(name, kind)
        for name, kind in fields_of(SDL.get_type(mutation[0].upper() + mutation[1:] + "Input"))
    )


def fields_of(kind: Any) -> list[tuple[str, str]]:
    found = []
    for name, one in kind.fields.items():
        found.append((name, str(one.type).strip("[]!")))
        if hasattr(SDL.get_type(found[-1][1]), "fields"):
            found += fields_of(SDL.get_type(found[-1][1]))
    return found


VERSIONED = [one for one in MUTATIONS if has_field(one, lambda name, _: name == "expectedVersion")]
# Those that name things of the organisation; the rights of the catalogue are everybody's.
NAMING = [
    one
    for one in MUTATIONS
    if has_field(one, lambda name, kind: kind == "ID" and name not in ("rightId", "rightIds"))
]


def shown_once(mutation: str) -> set[str]:
    """The members of a payload that only the first answer shows."""
    kind = MUTATIONS[mutation].type
    assert isinstance(kind, GraphQLObjectType)
    return {name for name, one in kind.fields.items() if str(one.type) in SECRETS}


SECRETS = ("TemporaryCode", "OneTimeCode", "Pkcs12File", "CprNumber")


def actor_of(name: str, scene: Scene) -> User | Claims:
    """Whoever may make the change of a row."""
    by = CHANGES[name].by
    if by is None:
        return Claims(cpr_number=CPR)
    return scene.users[by or "employee"]


def with_other_ids(given: Any, instead: Any = None) -> Any:
    """The same input about things that do not exist."""
    match given:
        case UUID():
            return instead or uuid4()
        case dict():
            return {name: with_other_ids(one, instead) for name, one in given.items()}
        case list():
            return [with_other_ids(one, instead) for one in given]
        case _:
            return given
