"""Machines sign in with a certificate of the organisation, and may what its system rights say."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from models import (
    Certificate,
    CertificateKind,
    CertificateProfile,
    HistoryEntry,
    Role,
    SignInTries,
    SpentAssertion,
    UserImport,
)
from policies.policy import HERE, rows
from policies.subject import OF_MACHINES
from resolvers.imports import JOB
from tests.certificates import ORDER, RENEW, RENEW_CODE, RETRIEVE, REVOKE, own, request
from tests.files import READ, START, UPLOAD, created, file
from tests.machines import BY_BEARER, CERTIFICATES, IDENTITY, Machine, certified
from tests.tables import who_may

pytestmark = pytest.mark.anyio

VIEWER = """
{
  viewer {
    user { id } organisation { name } certificate { id } roles permissions ownPermissions language
    unreadNotificationCount can(permission: "user:list")
  }
}
"""
PERMISSIONS = "{ viewer { permissions } }"
CREATE = """
mutation Create($input: CreateUserInput!) {
  createUser(input: $input) { user { id name } errors { code message } }
}
"""
USERS = "{ users(first: 10) { nodes { name } } }"
ANNE = {
    "firstName": "Anne",
    "surname": "Lund",
    "email": "anne@example.dk",
    "person": {"cprNumber": "6101901111"},
}
ORGANISATION = "{ organisation { name } }"
TEMPLATE = "{ userFileTemplate(action: CREATE) { url } }"
HISTORY = """
query ($id: ID!) { user(by: {id: $id}) { history(first: 1) { nodes { actor { kind name } } } } }
"""
CERTIFICATE = "query ($id: ID!) { certificate(id: $id) { id } }"
UPDATE = """
mutation ($input: UpdateCertificateProfileInput!) {
  updateCertificateProfile(input: $input) { errors { code } }
}
"""
WHY = """
query ($permission: String!) {
  explainAccess(permission: $permission) { isAllowed message role { role } allowedFor }
}
"""

test_what_a_system_right_gives = who_may("""
                                    identity_management  certificate_management
    viewer:read                              x                     x
    viewer:set_language                      .                     .
    node:read                                x                     x
    policy:read                              x                     x
    access:explain                           x                     x
    organisation:read                        x                     x
    user:list                                x                     .
    user:read                                x                     .
    user:create                              x                     .
    user:delete                              x                     .
    user:activate                            .                     .
    user_import:start                        x                     .
    activation_batch:read_codes              x                     .
    group:list                               x                     .
    group:add_member                         x                     .
    group:create                             .                     .
    external_user:find                       x                     .
    authenticator:assign                     .                     .
    right:assign                             .                     .
    role:assign                              .                     .
    user_request:decide                      .                     .
    certificate:list                         .                     x
    certificate:order                        .                     x
    certificate:retrieve                     .                     x
    certificate:revoke                       .                     x
    certificate_profile:list                 .                     x
    certificate_profile:read                 .                     x
    certificate_profile:create               .                     .
    certificate_profile:update               .                     .
    settings:read                            .                     .
    history:list                             .                     .
    notification:list                        .                     .
""")
LOOKING_AROUND = {
    *("viewer:read", "node:read", "policy:read", "access:explain", "organisation:read"),
}
OVER = {
    "identity_management": {"user", "user_import", "activation_batch", "group", "external_user"},
    "certificate_management": {"certificate"},
}
TO_ORDER_BY = {"certificate_profile:list", "certificate_profile:read"}


def held(role):
    law = [row for _, row in rows(HERE / "policy.csv")]
    return {f"{thing}:{action}" for _, who, thing, action in law if who == role}


@pytest.mark.parametrize("role", OVER)
def test_a_system_right_gives_what_a_user_administrator_holds_over_the_same(role):
    mirrored = {one for one in held("user_administrator") if one.split(":")[0] in OVER[role]}
    beside = LOOKING_AROUND | (TO_ORDER_BY if role == "certificate_management" else set())

    assert held(role) == mirrored | beside


def test_no_person_can_be_given_what_only_machines_have():
    assert OVER.keys() == OF_MACHINES
    assert not OF_MACHINES & {one.value.lower() for one in Role}


@pytest.fixture
async def bo(person):
    """Bo, who administers users."""
    return await person("user_administrator", name="Bo Holm")


@pytest.fixture
def machine(make, ask, bo, hansen, client, gateways):
    """Makes a machine of Hansen & Søn, with the system rights that are named."""

    async def machine(*rights, key=None, kind=CertificateKind.ORGANISATION):
        key = key or ec.generate_private_key(ec.SECP256R1())
        certificate = await certified(make, ask, bo, hansen, *rights, key=key, kind=kind)
        return Machine(client, gateways, certificate, key)

    return machine


def code_of(answer):
    (error,) = answer["errors"]
    return error["extensions"]["code"]


async def test_a_machine_signs_in_and_creates_a_user(machine, hansen):
    payroll = await machine(IDENTITY)

    answer = await payroll.post()

    token = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
    assert token["scope"] == "identity_management"

    payroll.token = token["access_token"]
    created = await payroll.ask(CREATE, input=ANNE)

    assert (created["errors"], created["user"]["name"]) == ([], "Anne Lund")
    entry = await HistoryEntry.filter(operation="createUser").first().select_related("actor")
    assert entry.organisation_id == hansen.id
    assert entry.actor.kind == "MACHINE"
    assert entry.actor.name == f"organisation certificate {payroll.certificate.reference}"
    assert entry.actor.certificate_id == payroll.certificate.id


async def test_a_machine_is_no_user_and_nobodys_self(machine):
    both = await (await machine(IDENTITY, CERTIFICATES)).sign_in()

    viewer = await both.ask(VIEWER)

    assert viewer == {
        "user": None,
        "organisation": {"name": "Hansen & Søn ApS"},
        "certificate": {"id": str(both.certificate.id)},
        "roles": [],
        "permissions": sorted(held("identity_management") | held("certificate_management")),
        "ownPermissions": [],
        "language": "ENGLISH",
        "unreadNotificationCount": 0,
        "can": True,
    }


async def test_a_machine_may_no_more_than_its_rights(machine):
    payroll, keeper = await machine(IDENTITY), await machine(CERTIFICATES)

    denied = [
        await (await payroll.sign_in()).send("{ certificates { nodes { id } } }"),
        await payroll.send("{ settings { users { canRequestUser } } }"),
        await (await keeper.sign_in()).send(USERS),
    ]

    assert [code_of(one) for one in denied] == ["DENIED"] * 3
    assert "CERTIFICATE" not in str(denied[0]["errors"][0]["extensions"]["allowedFor"])


async def test_a_denied_attempt_of_a_machine_is_kept_under_its_name(machine):
    keeper = await (await machine(CERTIFICATES)).sign_in()

    answer = await keeper.ask(CREATE, input=ANNE)

    assert answer.problem == "DENIED"
    entry = await HistoryEntry.filter(outcome="DENIED").get().select_related("actor")
    assert (entry.actor.kind, entry.actor.name) == ("MACHINE", keeper.certificate.known_as)


async def test_the_history_of_a_user_names_the_machine(machine, ask, bo):
    payroll = await (await machine(IDENTITY)).sign_in()
    created = await payroll.ask(CREATE, input=ANNE)

    user = await ask(bo, HISTORY, id=created["user"]["id"])

    actor = {"kind": "MACHINE", "name": payroll.certificate.known_as}
    assert user["history"]["nodes"] == [{"actor": actor}]


async def test_a_machine_is_told_why_it_may_do_something(machine):
    payroll = await (await machine(IDENTITY)).sign_in()

    may = await payroll.ask(WHY, permission="user:create")
    may_not = await payroll.ask(WHY, permission="role:assign")

    assert (may["isAllowed"], may["role"]) == (True, None)
    assert "system right" in may["message"]
    assert (may_not["isAllowed"], may_not["allowedFor"]) == (False, ["ORGANISATION_ADMINISTRATOR"])


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"grant_type": BY_BEARER, "client_assertion": None, "client_assertion_type": None},
    ],
    ids=["client_credentials", "jwt-bearer"],
)
async def test_both_grants_give_a_token(machine, given):
    payroll = await machine(IDENTITY)
    assertion = payroll.assertion()
    given = given and given | {"assertion": assertion}

    answer = await payroll.post(assertion, **given)

    payroll.token = answer.json()["access_token"]
    assert (await payroll.ask(ORGANISATION))["name"] == "Hansen & Søn ApS"


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (ec.generate_private_key(ec.SECP384R1()), "ES384"),
        (ec.generate_private_key(ec.SECP521R1()), "ES512"),
        (rsa.generate_private_key(65537, 3072), "PS256"),
        (rsa.generate_private_key(65537, 3072), "RS256"),
    ],
    ids=["ES256", "ES384", "ES512", "PS256", "RS256"],
)
async def test_the_key_chooses_the_algorithm(machine, key, alg):
    payroll = await machine(IDENTITY, key=key)

    answer = await payroll.post(payroll.assertion({"alg": alg, **payroll.chain}))

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("kind", ["SYSTEM", "QUALIFIED_ORGANISATION"])
async def test_every_kind_of_the_organisation_serves(machine, kind):
    system = await machine(IDENTITY, kind=CertificateKind[kind])

    await system.sign_in()

    assert (await system.ask(ORGANISATION))["name"] == "Hansen & Søn ApS"


async def test_a_chain_above_the_certificate_is_taken(machine):
    payroll = await machine(IDENTITY)
    chain = [payroll.chain["x5c"][0] for _ in range(3)]

    answer = await payroll.post(payroll.assertion({"x5c": chain, "x5t#S256": payroll.thumbprint}))

    assert answer.status_code == 200


async def test_an_hour_later_the_token_is_nobodys(machine, gateways):
    payroll = await (await machine(IDENTITY)).sign_in()
    gateways.clock.advance(minutes=59, seconds=59)
    early = await payroll.send(ORGANISATION)

    gateways.clock.advance(seconds=5)
    late = await payroll.send(ORGANISATION)

    assert "errors" not in early
    assert code_of(late) == "UNAUTHENTICATED"


async def test_a_revoked_certificate_ends_the_token_at_the_next_request(machine, ask, bo):
    payroll = await (await machine(IDENTITY)).sign_in()
    given = {"certificateId": payroll.certificate.id, "reason": "KEY_COMPROMISE"}

    await ask(bo, REVOKE, input=given)

    assert code_of(await payroll.send(ORGANISATION)) == "UNAUTHENTICATED"
    assert (await payroll.post()).status_code == 401


async def test_an_expired_certificate_ends_the_token(machine, gateways):
    payroll = await machine(IDENTITY)
    almost = payroll.certificate.expires_at - timedelta(minutes=1) - gateways.clock.now()
    gateways.clock.advance(seconds=almost.total_seconds())
    await payroll.sign_in()
    before = await payroll.send(ORGANISATION)

    gateways.clock.advance(minutes=1)

    assert "errors" not in before
    assert code_of(await payroll.send(ORGANISATION)) == "UNAUTHENTICATED"


async def test_a_change_of_the_rights_works_at_once(machine, ask, bo):
    payroll = await (await machine(IDENTITY)).sign_in()
    profile = {"profileId": payroll.certificate.profile_id}

    await ask(bo, UPDATE, input=profile | {"systemRights": [CERTIFICATES]})
    other = (await payroll.ask(PERMISSIONS))["permissions"]
    await ask(bo, UPDATE, input=profile | {"systemRights": []})

    assert set(other) == held("certificate_management")
    assert code_of(await payroll.send(PERMISSIONS)) == "UNAUTHENTICATED"


async def test_a_machine_of_another_organisation_sees_nothing_here(
    make, ask, client, gateways, jensen, hansen, bo
):
    key = ec.generate_private_key(ec.SECP256R1())
    admin = await make.user(jensen, "user_administrator", name="Ida Krogh")
    certificate = await certified(make, ask, admin, jensen, IDENTITY, CERTIFICATES, key=key)
    stranger = await Machine(client, gateways, certificate, key).sign_in()
    theirs = await make.certificate(hansen, user=bo)

    users = await stranger.ask(USERS)
    unseen = await stranger.send(CERTIFICATE, id=theirs.id)

    assert [one["name"] for one in users["nodes"]] == ["Ida Krogh"]
    assert (await stranger.ask(ORGANISATION))["name"] == "Jensen ApS"
    assert code_of(unseen) == "NOT_FOUND"


async def test_a_machine_acts_for_no_other_organisation(machine, make, hansen, jensen):
    await make.power(jensen, hansen, "segl.users")
    payroll = await (await machine(IDENTITY)).sign_in()

    at_home = await payroll.send(ORGANISATION, {"act-for": hansen.cvr_number})
    abroad = await payroll.send(ORGANISATION, {"act-for": jensen.cvr_number})
    nowhere = await payroll.send(ORGANISATION, {"act-for": "99999999"})

    assert at_home["data"]["organisation"]["name"] == "Hansen & Søn ApS"
    assert [code_of(one) for one in (abroad, nowhere)] == ["DENIED", "DENIED"]
    assert abroad == nowhere


async def test_a_machine_repeats_a_change_under_its_own_key(machine):
    payroll, other = await machine(IDENTITY), await machine(IDENTITY)
    key = {"idempotency-key": "monday"}

    first = await (await payroll.sign_in()).ask(CREATE, key, input=ANNE)
    again = await payroll.ask(CREATE, key, input=ANNE)
    by_other = await (await other.sign_in()).ask(CREATE, key, input=ANNE)

    assert first["user"]["id"] == again["user"]["id"]
    assert by_other["user"]["id"] != first["user"]["id"]


async def test_a_machine_fetches_a_file_until_it_is_shut_out(machine, client):
    payroll = await (await machine(IDENTITY)).sign_in()
    address = (await payroll.ask(TEMPLATE))["url"]

    first = await client.get(address)
    await Certificate.filter(id=payroll.certificate.id).update(status="REVOKED")
    second = await client.get(address)

    assert (first.status_code, second.status_code) == (200, 404)
    entry = await HistoryEntry.get(operation="userFileTemplate").select_related("actor")
    assert entry.actor.kind == "MACHINE"


async def test_a_file_of_a_machine_is_run_in_its_name(machine, gateways):
    payroll = await (await machine(IDENTITY)).sign_in()
    rows = file(created(1, Fornavn="Anne", CPR="6101901234", Email="anne@example.dk"))
    found = await payroll.ask(UPLOAD, input={"file": {"text": rows}, "startWhenReady": True})

    await gateways.jobs.run_once(JOB)

    ran = await payroll.ask(READ, id=found["userImport"]["id"])
    assert (ran["status"], ran["uploadedBy"]) == (
        "DONE",
        {"name": payroll.certificate.known_as},
    )
    entry = await HistoryEntry.filter(activity="user:create").first().select_related("actor")
    assert entry.actor.kind == "MACHINE"


async def test_a_file_of_a_machine_that_has_been_shut_out_is_not_run(machine, gateways):
    payroll = await (await machine(IDENTITY)).sign_in()
    found = await payroll.ask(UPLOAD, input={"file": {"text": file(created(1))}})
    await gateways.jobs.run_once(JOB)
    key = found["userImport"]["id"]
    await payroll.ask(START, input={"importId": key})

    await CertificateProfile.filter(id=payroll.certificate.profile_id).update(system_rights=[])
    await gateways.jobs.run_once(JOB)

    assert (await UserImport.get(id=key)).failure_code == "PERMISSION_WITHDRAWN"


async def test_a_machine_gives_itself_no_right_that_it_lacks(machine, make, hansen):
    keeper = await (await machine(CERTIFICATES)).sign_in()
    facts = {"is_email_validated": True}
    mighty = await make.profile(hansen, system_rights=[IDENTITY], **facts)
    humble = await make.profile(hansen, system_rights=[CERTIFICATES], **facts)
    order = await make.order(hansen, kind=CertificateKind.ORGANISATION, profile=mighty)
    issued = await make.certificate(hansen, kind=CertificateKind.ORGANISATION, profile=mighty)
    given = {"kind": "ORGANISATION", "holder": {"profileId": mighty.id}}
    csr = {"csr": request()}

    refused = [
        await keeper.ask(ORDER, input=given),
        await keeper.ask(RENEW_CODE, input={"certificateId": order.id}),
        await keeper.ask(RETRIEVE, input=own(order)),
        await keeper.ask(RENEW, input={"certificateId": issued.id, "key": csr}),
    ]
    allowed = await keeper.ask(ORDER, input=given | {"holder": {"profileId": humble.id}})
    renewed = await keeper.ask(RENEW, input={"certificateId": keeper.certificate.id, "key": csr})

    assert [one.problem for one in refused] == ["DENIED"] * 4
    assert await HistoryEntry.filter(outcome="DENIED", actor__kind="MACHINE").count() == 4
    assert (allowed["errors"], renewed["errors"]) == ([], [])


async def test_a_certificate_of_a_user_is_no_machines_to_retrieve(machine, make, hansen, bo):
    keeper = await (await machine(CERTIFICATES)).sign_in()
    order = await make.order(hansen, user=bo)

    answer = await keeper.ask(RETRIEVE, input=own(order))

    assert answer.problem == "DENIED"


async def test_what_was_used_is_forgotten_when_it_is_too_old_to_serve(machine, gateways):
    payroll = await (await machine(IDENTITY)).sign_in()

    gateways.clock.advance(minutes=6)
    await gateways.jobs.run_once("forgetting assertions")
    kept = await SpentAssertion.all().count()
    gateways.clock.advance(seconds=2)
    await gateways.jobs.run_once("forgetting assertions")

    assert (kept, await SpentAssertion.all().count()) == (1, 0)
    assert await SignInTries.all().count() == 0
    assert payroll.token


async def test_what_a_machine_asks_is_planned_and_costs_what_a_person_costs(
    machine, ask, client, bo, sql
):
    payroll = await (await machine(IDENTITY)).sign_in()
    body, heads = {"query": USERS}, {"authorization": f"Bearer {payroll.token}"}
    sql()

    answer = await client.post("/graphql", json=body, headers=heads)

    assert "x-segl-executor" not in answer.headers
    by_machine = sql()
    await ask(bo, USERS)
    assert by_machine == sql()
