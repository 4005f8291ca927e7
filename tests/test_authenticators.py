"""Means of signing in: given within the organisation's settings, and taken away again."""

from asyncio import gather

import pytest

from models import Authenticator, AuthenticatorStatus, User
from tests.reading import history_of, stored
from tests.signing_in import ADDRESS, ASSIGN, CHIP, CREDENTIAL, MEANS, PRIVATE, WITHDRAW, allow
from tests.tables import who_may
from tests.users import DELETE, changes_in, last_told

pytestmark = pytest.mark.anyio

test_who_may_use_authenticators = who_may("""
                              self  user_administrator  rights_administrator  organisation_administrator
    authenticator:read         x            x                    x                       x
    authenticator:assign       .            x                    .                       .
    authenticator:withdraw     .            x                    .                       .
    authenticator:renew_code   .            x                    .                       .
    consent:give               x            .                    .                       .
    consent:withdraw           x            .                    .                       .
""")  # noqa: E501

EVERY_KIND = ["PRIVATE_MITID", "SEPARATE_MITID", "SHARED_MITID", "LOCAL"]
APP = {"kind": "SEPARATE_MITID"}
LOCAL = {"kind": "LOCAL", "subjectName": "bo.holm"}
HAVING = """query ($kind: AuthenticatorKind!) {
  users(filter: {authenticatorKind: $kind}) { nodes { id } }
}"""

NARROW = """mutation {
  updateAuthenticatorSettings(input: {allowedKinds: [SEPARATE_MITID], allowedDevices: [APP]}) {
    settings { allowedKinds } contradictions { kind count examples { id } } errors { code path }
  }
}"""
NO_DEVICE = """mutation {
  updateAuthenticatorSettings(input: {allowedDevices: []}) { errors { code path } }
}"""


@pytest.fixture
async def admin(person):
    return await person("user_administrator", name="Kim Friis")


@pytest.fixture
async def bo(person):
    return await person(name="Bo Holm")


@pytest.fixture
async def open_house(make, hansen):
    """The organisation allows everything."""
    await allow(make, hansen, allowed_kinds=EVERY_KIND)


@pytest.fixture
def shared(jensen):
    """A MitID that Jensen has issued."""
    issuer = {"issuerCvrNumber": jensen.cvr_number, "credentialUuid": CREDENTIAL}
    return {"kind": "SHARED_MITID"} | issuer


@pytest.fixture
def assign(ask, admin, bo):
    """Gives Bo, or somebody else, an authenticator."""

    async def assign(given, user=bo, **variables):
        return await ask(
            admin, ASSIGN, input={"userId": user.id, "authenticator": given}, **variables
        )

    return assign


async def test_a_code_display_is_ordered_to_an_address(ask, admin, assign, bo):
    answer = await assign(CHIP | {"device": "CODE_DISPLAY"})

    assert answer["errors"] == []
    made = answer["authenticator"]
    assert (made["kind"], made["device"], made["status"]) == (
        *("SEPARATE_MITID", "CODE_DISPLAY", "ORDERED"),
    )
    assert (made["deliveryAddress"], made["user"]) == (ADDRESS, {"id": str(bo.id)})
    assert (made["orderedAt"], made["activatedAt"]) == ("2026-11-02T09:00:00+00:00", None)
    assert (await ask(admin, MEANS, id=bo.id)) == {"authenticators": {"nodes": [made]}}


async def test_a_separate_mitid_is_by_app_when_no_device_is_named(assign):
    answer = await assign(APP)

    assert (answer["authenticator"]["device"], answer["authenticator"]["status"]) == (
        *("APP", "ORDERED"),
    )


async def test_a_private_mitid_waits_for_the_consent(assign):
    answer = await assign(PRIVATE)

    assert answer["authenticator"]["status"] == "CONSENT_MISSING"
    assert answer["authenticator"]["device"] is None


async def test_a_shared_one_names_its_issuer(assign, shared, jensen, open_house):
    answer = await assign(shared)

    assert answer["errors"] == []
    assert answer["authenticator"]["issuer"] == {
        "cvrNumber": jensen.cvr_number,
        "name": "Jensen ApS",
    }


async def test_of_an_issuer_that_is_not_here_only_the_number_is_known(assign, shared, open_house):
    answer = await assign(shared | {"issuerCvrNumber": "10150817"})

    assert answer["authenticator"]["issuer"] == {"cvrNumber": "10150817", "name": "CVR 10150817"}


async def test_a_local_one_bears_a_name(assign, open_house):
    answer = await assign(LOCAL)

    assert answer["authenticator"]["subjectName"] == "bo.holm"


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        (CHIP | {"deliveryAddress": None}, {"deliveryAddress": "REQUIRED"}),
        (CHIP | {"deliveryAddress": "  "}, {"deliveryAddress": "REQUIRED"}),
        (CHIP | {"device": "APP"}, {"deliveryAddress": "MUST_BE_EMPTY"}),
        (CHIP | {"subjectName": "bo"}, {"subjectName": "MUST_BE_EMPTY"}),
        (
            {"kind": "SHARED_MITID", "device": "CHIP", "deliveryAddress": ADDRESS},
            {
                "device": "MUST_BE_EMPTY",
                "deliveryAddress": "MUST_BE_EMPTY",
                "issuerCvrNumber": "REQUIRED",
                "credentialUuid": "REQUIRED",
            },
        ),
        ({"kind": "LOCAL"}, {"subjectName": "REQUIRED"}),
        (PRIVATE | {"credentialUuid": CREDENTIAL}, {"credentialUuid": "MUST_BE_EMPTY"}),
        ({"kind": "SHARED_MITID", "issuerCvrNumber": "1"}, {"issuerCvrNumber": "MALFORMED"}),
    ],
)
async def test_what_is_missing_or_does_not_belong_is_told_at_once(
    assign, open_house, given, problems
):
    answer = await assign(given)

    told = {one["path"][-1]: one["code"] for one in answer["errors"]}
    assert told == problems
    assert {tuple(one["path"][:-1]) for one in answer["errors"]} == {("authenticator",)}
    assert not await Authenticator.exists()


async def test_an_organisation_shares_nothing_with_itself(assign, shared, hansen, open_house):
    answer = await assign(shared | {"issuerCvrNumber": hansen.cvr_number})

    assert answer.problem == "OWN_ORGANISATION"
    assert answer["errors"][0]["path"] == ["authenticator", "issuerCvrNumber"]


@pytest.mark.parametrize(
    ("given", "path"),
    [(LOCAL, "kind"), (PRIVATE, "kind"), (CHIP, "device"), (APP, "device")],
)
async def test_the_settings_bound_what_can_be_given(assign, make, hansen, given, path):
    await allow(
        make, hansen, allowed_kinds=["SEPARATE_MITID"], allowed_devices=["AUDIO_CODE_READER"]
    )

    answer = await assign(given)

    assert answer.problem == "AUTHENTICATOR_FORBIDDEN"
    assert answer["errors"][0]["path"] == ["authenticator", path]


@pytest.mark.parametrize("given", [APP, PRIVATE, LOCAL, CHIP])
async def test_nobody_is_given_the_same_twice(assign, open_house, given):
    first = await assign(given)

    again = await assign(given)

    assert again.problem == "AUTHENTICATOR_ALREADY_ASSIGNED"
    assert again["errors"][0]["current"] == {"id": first["authenticator"]["id"]}
    assert await Authenticator.all().count() == 1


async def test_another_device_is_another_authenticator(assign):
    answers = [await assign(one) for one in (APP, CHIP, CHIP | {"device": "CODE_DISPLAY"})]

    assert [one["errors"] for one in answers] == [[], [], []]


async def test_a_subject_name_is_used_once_in_an_organisation(assign, person, open_house):
    await assign(LOCAL)

    answer = await assign(LOCAL | {"subjectName": "BO.HOLM"}, await person())

    assert answer.problem == "SUBJECT_NAME_TAKEN"
    assert answer["errors"][0]["path"] == ["authenticator", "subjectName"]


async def test_a_subject_name_is_given_once_even_at_the_same_time(assign, person, open_house):
    people = [await person() for _ in range(4)]

    answers = await gather(*(assign(LOCAL, one) for one in people))

    problems = [code for one in answers for code in one.problems]
    assert problems == ["SUBJECT_NAME_TAKEN"] * 3


async def test_a_subject_name_is_free_again_and_another_organisations_own(
    ask, admin, assign, make, person, jensen, open_house
):
    stranger = await make.user(jensen)
    await make.authenticator(stranger, kind="LOCAL", subject_name="bo.holm")
    first = await assign(LOCAL)

    await ask(admin, WITHDRAW, input={"authenticatorId": first["authenticator"]["id"]})
    answer = await assign(LOCAL, await person())

    assert (first["errors"], answer["errors"]) == ([], [])


async def test_a_deleted_user_is_given_nothing(ask, admin, assign, bo):
    await ask(admin, DELETE, input={"userId": bo.id})

    answer = await assign(APP)

    assert answer.problem == "USER_DELETED"


async def test_both_histories_tell_what_was_given(ask, admin, assign, bo):
    answer = await assign(CHIP)

    (entry,) = await history_of(ask, admin, answer["authenticator"]["id"])
    assert entry.changes["status"] == (None, "ORDERED")
    assert entry.changes["user"] == (None, "Bo Holm")
    told = await last_told(bo)
    assert told.activity == "authenticator:assign"
    assert changes_in(told) == {"authenticators": (None, "separate MitID (chip)")}
    assert (await User.get(id=bo.id)).version == 2


async def test_the_user_is_written_to(assign, letters, bo):
    await assign(CHIP)
    await assign(PRIVATE)

    given, asked = sorted(await letters(bo.email), key=lambda one: one.subject)
    assert given.subject == "Dine loginmidler i Hansen & Søn ApS er ændret"
    assert "separat MitID (chip)" in given.body
    assert asked.subject == "Må Hansen & Søn ApS bruge dit private MitID?"


async def test_a_dry_run_gives_nothing_and_writes_to_nobody(assign, letters, bo):
    answer = await assign(CHIP, dryRun=True)

    assert (answer["errors"], answer["authenticator"]["status"]) == ([], "ORDERED")
    assert not await Authenticator.exists()
    assert await letters(bo.email) == []


async def test_who_is_only_imported_hears_nothing_yet(assign, person, letters):
    anne = await person(status="IMPORTED", activated_at=None)

    answer = await assign(CHIP, anne)

    assert answer["errors"] == []
    assert await letters(anne.email) == []


async def test_the_settings_tell_what_contradicts_them_and_leave_it(ask, make, person, jensen, bo):
    owner = await person("organisation_administrator")
    kept = [
        await make.authenticator(bo, kind="PRIVATE_MITID"),
        await make.authenticator(bo, device="CHIP"),
    ]
    await make.authenticator(bo)
    await make.authenticator(bo, device="CODE_DISPLAY", status="WITHDRAWN")
    await make.authenticator(await make.user(jensen), kind="LOCAL", subject_name="bo")
    before = await stored(Authenticator)

    answer = await ask(owner, NARROW)

    assert answer == {
        "settings": {"allowedKinds": ["SEPARATE_MITID"]},
        "contradictions": [
            {
                "kind": "AUTHENTICATOR",
                "count": 2,
                "examples": [{"id": str(one.id)} for one in kept],
            }
        ],
        "errors": [],
    }
    assert await stored(Authenticator) == before


async def test_separate_mitid_keeps_at_least_one_device(ask, person):
    owner = await person("organisation_administrator")

    answer = await ask(owner, NO_DEVICE)

    assert answer.problem == "SEPARATE_MITID_ALWAYS_ALLOWED"
    assert answer["errors"][0]["path"] == ["allowedDevices"]


async def test_what_is_withdrawn_is_no_longer_there_to_sign_in_with(ask, admin, make, bo, letters):
    given = await make.authenticator(bo)

    answer = await ask(admin, WITHDRAW, input={"authenticatorId": given.id})

    assert answer["errors"] == []
    assert (answer["authenticator"]["status"], answer["authenticator"]["version"]) == (
        *("WITHDRAWN", 2),
    )
    assert (await ask(admin, MEANS, id=bo.id)) == {"authenticators": {"nodes": []}}
    assert "separat MitID (app)" in (await letters(bo.email))[-1].body
    (entry,) = await history_of(ask, admin, given)
    assert entry.changes == {"status": ("ACTIVE", "WITHDRAWN")}


async def test_what_is_withdrawn_can_still_be_read_by_its_id(ask, admin, make, bo):
    given = await make.authenticator(bo, status=AuthenticatorStatus.WITHDRAWN)
    node = "query ($id: ID!) { node(id: $id) { ... on Authenticator { status } } }"

    assert (await ask(admin, node, id=given.id)) == {"status": "WITHDRAWN"}


async def test_what_is_withdrawn_stays_withdrawn(ask, admin, make, bo):
    given = await make.authenticator(bo)
    await ask(admin, WITHDRAW, input={"authenticatorId": given.id})
    before = await stored(Authenticator)

    again = await ask(admin, WITHDRAW, input={"authenticatorId": given.id})

    assert again.problem == "NOTHING_TO_CHANGE"
    assert again["errors"][0]["current"] == {"id": str(given.id)}
    assert await stored(Authenticator) == before


async def test_users_are_found_by_what_they_sign_in_with(ask, admin, make, person, bo):
    former = await person()
    await make.authenticator(bo, kind="LOCAL", subject_name="bo")
    await make.authenticator(former, kind="LOCAL", subject_name="ib", status="WITHDRAWN")

    found = await ask(admin, HAVING, kind="LOCAL")

    assert found == {"nodes": [{"id": str(bo.id)}]}


async def test_an_employee_sees_ones_own_and_no_colleagues(ask, send, make, admin, bo):
    own, other = await make.authenticator(bo), await make.authenticator(admin)
    node = "query ($id: ID!) { node(id: $id) { id } }"

    seen = await ask(bo, MEANS, id=bo.id)

    assert [one["id"] for one in seen["authenticators"]["nodes"]] == [str(own.id)]
    assert await ask(bo, node, id=other.id) is None


async def test_authenticators_of_a_page_of_users_are_read_in_one_statement(
    ask, admin, make, person, sql
):
    asked = "{ users { nodes { authenticators(first: 3) { nodes { kind issuer { name } } } } } }"
    await make.authenticator(admin)
    await ask(admin, asked)
    sql()
    await ask(admin, asked)
    few = sql()
    for _ in range(5):
        user = await person()
        await make.authenticator(user)
        await make.authenticator(user, kind="SHARED_MITID", issuer_cvr_number="10150817")
    sql()

    await ask(admin, asked)

    assert sql() == few
