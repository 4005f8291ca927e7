"""Who one is and what one may: the viewer, the administrators to turn to, the language."""

import pytest

from gateways import Claims
from models import Language, UserStatus
from policies import Policy
from tests.reading import history_of
from tests.scenes import everything_stored

pytestmark = pytest.mark.anyio

VIEWER = """
{
  viewer {
    language roles permissions ownPermissions
    user { name email }
    organisation { name cvrNumber }
  }
}
"""
CAN = "query Can($permission: String!) { viewer { can(permission: $permission) } }"
ADMINISTRATORS = """
query Administrators($role: Role) {
  organisation { administrators(role: $role) { name email role } }
}
"""
SET_LANGUAGE = """
mutation SetLanguage($input: SetLanguageInput!, $dryRun: Boolean) {
  setLanguage(input: $input, dryRun: $dryRun) {
    viewer { language user { version } }
    errors { code message }
  }
}
"""
CONSENTS = ["consent:give", "consent:withdraw"]
OWN = [
    *("certificate:read", "certificate:read_history", "certificate:revoke", "group:read"),
    *("certificate:retrieve", "certificate:renew", "certificate:validate_email"),
    *("authenticator:read", "right_assignment:read"),
    *("power_of_attorney:read", "delegation_group:read"),
]
ONLY_OWN = [*("user:activate", "user_request:create", "anonymity_request:create")]
ONLY_OWN += ["right_request:create", "role_request:create"]
ONLY_OWN += ["request:withdraw", "group:leave", *CONSENTS]
REVEAL = "user:reveal_cpr_number"
OWN_OF_ALL = [
    *("policy:read", "access:explain"),
    *("node:read", "organisation:read", "viewer:read", "viewer:set_language"),
    *("right:list", "right:read"),
    *("notification:list", "notification:mark_read"),
    *("notification:read_preferences", "notification:update_preferences"),
]
# Over oneself, without anything to name: what one sees, and what one can ask for.
NAMING_NOTHING = {*OWN_OF_ALL, *ONLY_OWN} - {"node:read", *CONSENTS}
NAMING_NOTHING |= {"certificate:retrieve", "certificate:validate_email"}
NAMING_NOTHING -= {"request:withdraw", "group:leave"}
OF_EVERY_ADMINISTRATOR = {
    *("billing:read", "settings:read", "history:list", "history:export"),
    "history:verify",
    "change:list",
    *("user:list", "user:read", "user:read_history", "user:export", "authenticator:read"),
    *("request:list", "request:read"),
    *("group:list", "group:read", "group:list_members"),
    *("right:list_holders", "right_assignment:read", "right:assign", "right:remove"),
    *("certificate:list", "certificate:read", "certificate:read_history", "certificate:export"),
    *("certificate_profile:list", "certificate_profile:read"),
    *("power_of_attorney:list", "power_of_attorney:read", "power_of_attorney:read_history"),
    *("power_of_attorney:list_users", "delegation_group:list", "delegation_group:read"),
    "delegation_group:list_users",
    *OWN_OF_ALL,
}
CHANGES = {
    "organisation_administrator": {
        *("role:assign", "role:remove", "role_request:decide"),
        *("group:create", "group:update", "group:delete"),
        *("group:assign_right", "group:remove_right"),
        *("billing:update", "billing:read_overview", "ean:add", "ean:update", "ean:remove"),
        *("power_of_attorney:grant", "power_of_attorney:request", "power_of_attorney:decide"),
        *("delegation_group:create", "delegation_group:update", "delegation_group:delete"),
        *("settings:update_users", "settings:update_authenticators"),
        *("settings:update_certificates", "settings:update_defaults", "settings:restore"),
        *("production_unit:add", "production_unit:remove", "vat_unit:add", "vat_unit:remove"),
    },
    "user_administrator": {
        *("user:create", "user:update", "user:deactivate", "user:reactivate", "user:delete"),
        *("user:resend_activation", "user:renew_temporary_code", REVEAL),
        *("authenticator:assign", "authenticator:withdraw", "authenticator:renew_code"),
        *("user_request:decide", "anonymity_request:decide", "user:send_for_activation"),
        *("activation_batch:read", "activation_batch:read_codes"),
        *("user_import:list", "user_import:read"),
        *("user_import:read_template", "user_import:upload"),
        *("user_import:start", "user_import:cancel", "user_import:undo"),
        *("group:add_member", "group:remove_member", "settings:update_defaults"),
        "external_user:find",
        *("certificate:order", "certificate:revoke", "certificate:cancel"),
        *("certificate:renew_code", "certificate:retrieve", "certificate:renew"),
        "certificate:validate_email",
        *("certificate_profile:create", "certificate_profile:update"),
        "certificate_profile:delete",
    },
    "rights_administrator": {
        *("group:add_member", "group:remove_member", "right_request:decide"),
        "external_user:find",
        *("power_of_attorney:grant_to_person", "power_of_attorney:revoke"),
        *("power_of_attorney:add_user", "power_of_attorney:remove_user"),
        *("delegation_group:add_user", "delegation_group:remove_user"),
    },
}


async def test_an_employee_sees_who_one_is_and_what_one_may_over_oneself(ask, person, hansen):
    eva = await person(name="Eva Lund", email="eva@example.dk")

    viewer = await ask(eva, VIEWER)

    assert viewer["user"] == {"name": "Eva Lund", "email": "eva@example.dk"}
    assert viewer["organisation"] == {"name": "Hansen & Søn ApS", "cvrNumber": hansen.cvr_number}
    assert (viewer["language"], viewer["roles"]) == ("DANISH", ["USER"])
    assert viewer["permissions"] == []
    assert viewer["ownPermissions"] == sorted(
        [*OWN, *OWN_OF_ALL, *ONLY_OWN, "request:read", "user:read", "user:read_history", REVEAL]
    )


@pytest.mark.parametrize("role", CHANGES)
async def test_an_administrator_sees_what_the_role_gives(role, ask, person):
    administrator = await person(role)

    viewer = await ask(administrator, VIEWER)

    assert viewer["roles"] == [role.upper(), "USER"]
    assert viewer["permissions"] == sorted(OF_EVERY_ADMINISTRATOR | CHANGES[role])
    assert not set(viewer["permissions"]) & set(viewer["ownPermissions"])


async def test_who_holds_all_roles_may_what_each_may(ask, person):
    owner = await person(*CHANGES)

    viewer = await ask(owner, VIEWER)

    assert viewer["roles"] == [*(one.upper() for one in sorted(CHANGES)), "USER"]
    assert viewer["permissions"] == sorted(OF_EVERY_ADMINISTRATOR.union(*CHANGES.values()))
    assert viewer["ownPermissions"] == sorted(ONLY_OWN)


@pytest.mark.parametrize("role", CHANGES)
async def test_can_says_what_the_law_says(role, ask, person):
    asked = [f'{one.replace(":", "_")}: can(permission: "{one}")' for one in Policy().permissions]
    document = f"{{ viewer {{ {' '.join(asked)} }} }}"

    administrator = await ask(await person(role), document)
    employee = await ask(await person(), document)

    own = {one.replace(":", "_") for one in NAMING_NOTHING}
    may = {one.replace(":", "_") for one in OF_EVERY_ADMINISTRATOR | CHANGES[role]}
    assert {one for one, can in administrator.items() if can} == may | own
    assert {one for one, can in employee.items() if can} == own


async def test_a_permission_that_there_is_not_cannot_be_asked_for(send, person):
    answer = await send(await person(), CAN, permission="user:fly")

    (error,) = answer["errors"]
    assert answer["data"] == {"viewer": None}
    assert error["extensions"]["code"] == "INVALID"
    assert error["extensions"]["path"] == ["permission"]


async def test_who_is_not_signed_in_is_nobody(send):
    answer = await send(None, VIEWER)

    (error,) = answer["errors"]
    assert answer["data"] == {"viewer": None}
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_person_without_a_user_has_no_organisation_to_look_at(send, hansen):
    private = Claims(cpr_number="6101901111")

    answer = await send(private, VIEWER)

    (error,) = answer["errors"]
    assert answer["data"] == {"viewer": None}
    assert error["extensions"]["code"] == "DENIED"
    assert error["extensions"]["permission"] == "viewer:read"


async def test_a_person_without_a_user_changes_nothing(ask, hansen):
    private, before = Claims(cpr_number="6101901111"), await everything_stored()

    answer = await ask(private, SET_LANGUAGE, input={"language": "ENGLISH"})

    assert answer.problem == "DENIED"
    assert await everything_stored() == before


async def test_a_deactivated_person_is_nobody(send, person):
    answer = await send(await person(status=UserStatus.DEACTIVATED), VIEWER)

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_everybody_sees_the_administrators_to_turn_to(ask, person, make, jensen):
    employee = await person()
    await make.user(jensen, "organisation_administrator", name="Kirsten Bech")
    await person("organisation_administrator", name="Ulla Møller", email="ulla@example.dk")
    await person("user_administrator", "rights_administrator", name="Bo Holm")

    answer = await ask(employee, ADMINISTRATORS)
    of_users = await ask(employee, ADMINISTRATORS, role="USER_ADMINISTRATOR")

    told = [(one["name"], one["role"]) for one in answer["administrators"]]
    assert sorted(told) == [
        ("Bo Holm", "RIGHTS_ADMINISTRATOR"),
        ("Bo Holm", "USER_ADMINISTRATOR"),
        ("Ulla Møller", "ORGANISATION_ADMINISTRATOR"),
    ]
    assert "ulla@example.dk" in [one["email"] for one in answer["administrators"]]
    assert [one["name"] for one in of_users["administrators"]] == ["Bo Holm"]


async def test_whom_one_cannot_reach_is_no_administrator_to_turn_to(ask, person, gateways):
    ulla, bo = await person("organisation_administrator", name="Ulla Møller"), await person()
    await person("user_administrator", status=UserStatus.DEACTIVATED)
    assign = "mutation ($input: AssignRoleInput!) { assignRole(input: $input) { errors { code } } }"
    given = {"userId": bo.id, "role": "USER_ADMINISTRATOR", "until": "2026-11-03"}
    await ask(ulla, assign, input=given | {"from": "2026-11-03"})
    today = await ask(bo, ADMINISTRATORS)
    gateways.clock.advance(days=1)
    tomorrow = await ask(bo, ADMINISTRATORS)
    gateways.clock.advance(days=1)

    after = await ask(bo, ADMINISTRATORS)

    assert [len(one["administrators"]) for one in (today, tomorrow, after)] == [1, 2, 1]


async def test_a_person_chooses_the_language_of_letters_and_problems(ask, send, person):
    eva, administrator = await person(), await person("user_administrator")
    denied = "mutation ($input: AddEanInput!) { addEan(input: $input) { errors { message } } }"
    ean = {"eanNumber": "5790002345678", "label": "Canteen"}
    before = await ask(eva, denied, input=ean)

    answer = await ask(eva, SET_LANGUAGE, input={"language": "ENGLISH"})

    assert answer == {"viewer": {"language": "ENGLISH", "user": {"version": 2}}, "errors": []}
    assert before["errors"][0]["message"].startswith("Du må ikke")
    after = await ask(eva, denied, input=ean)
    assert after["errors"][0]["message"].startswith("You may not")
    entry, *_ = await history_of(ask, administrator, eva)
    assert entry.told == ("setLanguage", "DONE")
    assert entry.changes == {"language": (Language.DANISH, Language.ENGLISH)}


async def test_the_language_of_one_request_outranks_the_one_chosen(ask, person):
    eva = await person(language=Language.ENGLISH)
    denied = "mutation ($input: AddEanInput!) { addEan(input: $input) { errors { message } } }"
    ean = {"eanNumber": "5790002345678", "label": "Canteen"}

    answer = await ask(eva, denied, {"accept-language": "da"}, input=ean)

    assert answer["errors"][0]["message"].startswith("Du må ikke")


async def test_a_dry_run_keeps_the_language(ask, person):
    eva = await person()

    answer = await ask(eva, SET_LANGUAGE, input={"language": "ENGLISH"}, dryRun=True)

    assert answer["viewer"]["language"] == "ENGLISH"
    assert (await ask(eva, "{ viewer { language } }"))["language"] == "DANISH"
