"""GraphQL over HTTP: media types, status codes, who a token speaks for, and what an error tells."""

import json
import logging
from urllib.parse import urlencode

import pytest

from models import Group, HistoryEntry
from schema.http import LONGEST, TooLarge, body_within

pytestmark = pytest.mark.anyio

GRAPHQL, JSON = "application/graphql-response+json", "application/json"
ME = "{ viewer { user { id } } }"
CREATE = """
mutation ($name: String!) {
  createGroup(input: {name: $name}) { group { id } errors { code message } }
}
"""


@pytest.fixture
def knock(client, asker):
    """Sends a request as a person, and returns the response."""

    async def knock(who=None, method="POST", body=None, content=None, **headers):
        named = {name.replace("_", "-"): one for name, one in headers.items()}
        if who:
            named["authorization"] = f"Bearer {asker.token(who)}"
        if body is not None:
            content, kind = json.dumps(body), {"content-type": JSON}
            named = kind | named
        return await client.request(method, "/graphql", content=content, headers=named)

    return knock


@pytest.fixture
async def admin(person):
    return await person("organisation_administrator")


def media(response):
    return response.headers["content-type"].split(";")[0]


def codes(response):
    return [one["extensions"]["code"] for one in response.json()["errors"]]


# Documents that are none, that the schema does not know, or that do not say what to do.
MISTAKES = {
    "no-document": {"query": "{"},
    "an-unknown-field": {"query": "{ nonsense }"},
    "a-missing-variable": {"query": CREATE},
    "an-unknown-operation": {"query": "query A { __typename }", "operationName": "B"},
    "one-of-two-operations": {"query": "query A { __typename } query B { __typename }"},
}


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_an_answer_comes_in_the_media_type_that_is_accepted(knock, admin, accept):
    response = await knock(admin, body={"query": ME}, accept=accept)

    assert response.status_code == 200
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert response.json()["data"] == {"viewer": {"user": {"id": str(admin.id)}}}


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f"{JSON};q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{JSON}, {GRAPHQL};q=0.5", JSON),
        (f"{GRAPHQL};q=0, {JSON}", JSON),
        ("Application/GraphQL-Response+JSON", GRAPHQL),
        ("*/*", JSON),
    ],
)
async def test_the_media_type_that_a_client_likes_best_is_chosen(knock, admin, accept, chosen):
    response = await knock(admin, body={"query": ME}, accept=accept)

    assert media(response) == chosen


@pytest.mark.parametrize("body", MISTAKES.values(), ids=MISTAKES)
@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), (JSON, 200)])
async def test_a_document_that_cannot_be_executed_is_a_bad_request_in_the_newer_media_type(
    knock, admin, body, accept, status
):
    response = await knock(admin, body=body, accept=accept)

    assert response.status_code == status
    assert media(response) == accept
    assert "data" not in response.json()
    assert codes(response) == ["INVALID"]


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_an_answer_with_errors_in_it_is_an_answer(knock, person, accept):
    response = await knock(
        await person(), body={"query": "{ users { nodes { id } } }"}, accept=accept
    )

    assert response.status_code == 200
    assert response.json()["data"] == {"users": None}
    assert codes(response) == ["DENIED"]


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b'"text"',
        b"7",
        b"{}",
        b'{"query": 7}',
        b'{"query": ""}',
        b'{"query": "{a}", "variables": []}',
    ],
)
async def test_a_body_that_is_no_request_is_a_bad_one(knock, admin, content, accept):
    response = await knock(admin, content=content, content_type=JSON, accept=accept)

    assert response.status_code == 400
    assert media(response) == accept
    assert codes(response) == ["INVALID"]


async def test_a_batch_is_refused(knock, admin):
    response = await knock(admin, body=[{"query": ME}, {"query": ME}])

    assert response.status_code == 400
    assert codes(response) == ["INVALID"]
    assert "one by one" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
async def test_a_content_type_that_any_page_can_send_is_refused(knock, admin, kind):
    body = json.dumps({"query": CREATE, "variables": {"name": "Payroll"}})

    response = await knock(admin, content=body, content_type=kind)

    assert response.status_code == 415
    assert not await Group.exists(name="Payroll")


async def test_a_content_type_may_name_its_letters(knock, admin):
    content = json.dumps({"query": ME})

    response = await knock(admin, content=content, content_type="Application/JSON; charset=utf-8")

    assert response.status_code == 200
    assert "errors" not in response.json()


async def test_a_body_that_is_too_large_is_refused(knock, admin):
    response = await knock(admin, body={"query": ME + "#" * 1_000_000})

    assert response.status_code == 413
    assert codes(response) == ["REQUEST_TOO_LARGE"]


async def test_of_a_body_that_is_too_large_no_more_is_read():
    chunk = {"type": "http.request", "body": b" " * 100_000, "more_body": True}
    left = [chunk] * 100

    async def receive():
        return left.pop()

    with pytest.raises(TooLarge):
        await body_within(receive, LONGEST)

    assert len(left) == 100 - 11


def address(document, **variables):
    return "/graphql?" + urlencode({"query": document, "variables": json.dumps(variables)})


async def test_a_query_may_come_by_get(client, asker, admin):
    headers = {"authorization": f"Bearer {asker.token(admin)}", "accept": GRAPHQL}
    document = "query ($id: ID!) { node(id: $id) { id } }"

    response = await client.get(address(document, id=str(admin.id)), headers=headers)

    assert response.status_code == 200
    assert response.json()["data"] == {"node": {"id": str(admin.id)}}


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_a_change_does_not_come_by_get(client, asker, admin, accept):
    headers = {"authorization": f"Bearer {asker.token(admin)}", "accept": accept}

    response = await client.get(address(CREATE, name="Payroll"), headers=headers)

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert codes(response) == ["INVALID"]
    assert not await Group.exists(name="Payroll")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_not_allowed(knock, admin, method):
    response = await knock(admin, method, body={"query": ME})

    assert response.status_code == 405


async def test_one_of_several_operations_is_chosen_by_name(knock, admin):
    body = {"query": f"query A {{ __typename }} query B {ME}", "operationName": "B"}

    response = await knock(admin, body=body)

    assert response.json()["data"].keys() == {"viewer"}


SECRET = "0101901234"
INPUT = 'firstName: "Bo", surname: "Lind", email: "bo@example.dk"'
# Each document is wrong, and holds a CPR number in the wrong place.
INDISCREET = {
    "number-for-text": (
        "query ($n: String!) { users(filter: {text: $n}) { totalCount } }",
        101901234,
    ),
    "text-for-number": ("query ($n: Int!) { users(first: $n) { totalCount } }", SECRET),
    "unknown-word": (
        "query ($n: UserStatus!) { users(filter: {status: [$n]}) { totalCount } }",
        SECRET,
    ),
    "object-for-id": ("query ($n: ID!) { user(by: {id: $n}) { id } }", {"cprNumber": SECRET}),
    "object-for-text": (
        "query ($n: String!) { users(filter: {text: $n}) { totalCount } }",
        {"n": SECRET},
    ),
    "two-of-one": (
        "query ($n: UserRef!) { user(by: $n) { id } }",
        {"cprNumber": SECRET, "email": SECRET},
    ),
    "none-of-one": ("query ($n: UserRef!) { user(by: $n) { id } }", {SECRET: SECRET}),
    "wrong-cpr": ("query ($n: CprNumber!) { user(by: {cprNumber: $n}) { id } }", f"99{SECRET}"),
    "not-found": ("query ($n: CprNumber!) { user(by: {cprNumber: $n}) { id } }", SECRET),
    "missing-member": (
        "mutation ($n: CreateUserInput!) { createUser(input: $n) { errors { message } } }",
        {"firstName": SECRET, "person": {"cprNumber": SECRET}},
    ),
    "literal-word": (f"{{ users(filter: {{status: [X{SECRET}]}}) {{ totalCount }} }}", None),
    "literal-text": (f'{{ users(first: "{SECRET}") {{ totalCount }} }}', None),
    "literal-number": (f"{{ users(filter: {{text: {SECRET[2:]}}}) {{ totalCount }} }}", None),
    "literal-object": (f'{{ users(filter: {{text: {{n: "{SECRET}"}}}}) {{ totalCount }} }}', None),
    "literal-two-of-one": (
        f'{{ user(by: {{cprNumber: "{SECRET}", email: "{SECRET}"}}) {{ id }} }}',
        None,
    ),
    "unexpected-text": (f'{{ user "{SECRET}" }}', None),
    "unended-text": (f'{{ user(by: {{cprNumber: "{SECRET}}}) {{ id }} }}', None),
    "unexpected-number": (f"{{ user {SECRET[2:]} }}", None),
    "problem-in-a-change": (
        f'mutation {{ createUser(input: {{{INPUT}, person: {{cprNumber: "99{SECRET}"}}}})'
        " { errors { code message path } } }",
        None,
    ),
}


@pytest.mark.parametrize("accept_language", ["en", "da"])
@pytest.mark.parametrize(("document", "value"), INDISCREET.values(), ids=INDISCREET)
async def test_no_error_repeats_a_value(knock, person, caplog, document, value, accept_language):
    admin = await person("user_administrator")
    caplog.clear()

    response = await knock(
        admin,
        body={"query": document, "variables": {"n": value} if value is not None else {}},
        accept_language=accept_language,
    )

    assert "message" in response.text
    assert SECRET[2:] not in response.text
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


async def test_the_history_names_the_request_that_the_answer_names(knock, admin):
    response = await knock(admin, body={"query": CREATE, "variables": {"name": "Payroll"}})

    entry = await HistoryEntry.filter(operation="createGroup").get()
    assert response.headers["x-request-id"] == str(entry.request_uuid)


async def test_every_request_has_a_name_of_its_own(knock, admin):
    names = {(await knock(admin, body={"query": ME})).headers["x-request-id"] for _ in range(3)}

    assert len(names) == 3


async def test_an_answer_is_not_kept_by_anything_on_its_way(knock, admin):
    response = await knock(admin, body={"query": ME})

    assert "no-store" in response.headers["cache-control"]


@pytest.mark.parametrize(
    "deep", ["{a" * 100_000, "[" * 400_000, "{ users(filter: " + "[" * 400_000]
)
async def test_a_document_of_bottomless_depth_is_refused_like_any_other(knock, admin, deep):
    response = await knock(admin, body={"query": deep}, accept=GRAPHQL)

    assert response.status_code == 400
    assert codes(response) == ["INVALID"]
