"""The demo's pages: choosing whom to be, and reading the letters; and none of it elsewhere."""

import re

import pytest

from graphiql.forms import COOKIE
from models import Organisation
from server import Environment

pytestmark = pytest.mark.anyio

CREATE = """mutation ($cpr: CprNumber!) {
  createUser(input: {
    firstName: "<b>Anna</b>", surname: "Hansen", email: "anna@example.dk", person: {cprNumber: $cpr}
  }) { user { id } errors { code } }
}"""
ACTIVATE = """mutation ($link: String!) {
  activateUser(input: {link: $link}) { user { status } errors { code } }
}"""
CPR = "6101901234"
HERE = pytest.mark.parametrize(
    "environment", [Environment(is_demo=True, base_url="http://test")], ids=["here"]
)
NO_DEMO = pytest.mark.parametrize("environment", [Environment(is_demo=False)], ids=["no-demo"])


@pytest.fixture
async def admin(person):
    """The user administrator of the demo."""
    return await person("user_administrator", email="user-administrator@example.dk", name="Bo Holm")


@pytest.fixture
def sign_in(client):
    """Fills in a form of the page for signing in."""

    async def sign_in(_headers=None, **fields):
        return await client.post("/sign-in", data=fields, headers=_headers)

    return sign_in


async def test_one_chooses_whom_to_be(client, admin, person):
    await person(name="Nobody Known", email="bruger1@example.dk")

    page = await client.get("/sign-in")

    assert page.status_code == 200
    assert re.search(
        r'value="user-administrator".*?Bo Holm.*?Hansen &amp; Søn', page.text, re.DOTALL
    )
    assert "User administrator" in page.text
    assert "Nobody Known" not in page.text


async def test_the_front_page_leads_a_stranger_to_the_choice(client, empty):
    page = await client.get("/")

    assert (page.status_code, page.headers["location"]) == (303, "/sign-in")


async def test_signing_in_sets_a_cookie_that_no_script_and_no_other_site_can_use(sign_in, admin):
    answer = await sign_in(user="user-administrator", next="/mailbox")

    cookie = answer.headers["set-cookie"].lower()
    assert (answer.status_code, answer.headers["location"]) == (303, "/mailbox")
    assert cookie.startswith(f"{COOKIE}=")
    assert {"httponly", "samesite=lax", "path=/", "max-age=3600"} <= set(cookie.split("; "))


async def test_the_cookie_is_for_encrypted_connections_where_there_are_such(client, admin):
    answer = await client.post("https://test/sign-in", data={"user": "user-administrator"})

    assert "secure" in answer.headers["set-cookie"].lower().split("; ")


async def test_whoami_tells_who_is_signed_in_and_where(client, sign_in, admin):
    stranger = await client.get("/whoami")
    await sign_in(user="user-administrator")

    known = await client.get("/whoami")

    assert (stranger.status_code, stranger.json()) == (401, {"signIn": "/sign-in"})
    assert known.status_code == 200
    told = known.json()
    assert [one["title"] for one in told.pop("tabs")] == [
        "Overview",
        "Create a user",
        "Upload a file",
    ]
    assert told == {
        "id": str(admin.id),
        "name": "Bo Holm",
        "organisation": "Hansen & Søn ApS",
        "roles": ["USER_ADMINISTRATOR"],
        "kind": "user",
        "signIn": "/sign-in",
    }


async def test_the_first_tabs_can_be_asked(client, sign_in, admin):
    await sign_in(user="user-administrator")
    tabs = (await client.get("/whoami")).json()["tabs"]

    for tab in tabs:
        answer = await client.post(
            "/graphql", json={"query": tab["query"]}, headers={"graphql-preflight": "1"}
        )
        assert "errors" not in answer.json()
        assert None not in answer.json()["data"].values()
        assert all(one.get("errors", []) == [] for one in answer.json()["data"].values())


async def test_signing_out_forgets_the_cookie(client, sign_in, admin):
    await sign_in(user="user-administrator")

    answer = await client.post("/sign-out")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert (await client.get("/whoami")).status_code == 401


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}], ids=str
)
async def test_a_form_of_another_site_is_refused(client, admin, path, headers):
    answer = await client.post(path, data={"user": "user-administrator"}, headers=headers)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example", "/\\evil.example", ""]
)
async def test_signing_in_leads_to_no_other_site(sign_in, admin, there):
    answer = await sign_in(user="user-administrator", next=there)

    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"user": "nobody"}, "There is nobody of that name"),
        ({"cpr_number": "3102901234"}, "CPR number"),
        ({"name": "Bo Holm"}, "date of birth"),
        ({"name": "Bo Holm", "date_of_birth": "yesterday"}, "Date of birth"),
        ({}, "CPR number"),
    ],
    ids=str,
)
async def test_nobody_in_particular_cannot_sign_in(sign_in, admin, fields, words):
    answer = await sign_in(**fields)

    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers
    assert words in answer.text
    assert "3102901234" not in answer.text


@HERE
async def test_the_letter_to_a_new_user_is_read_in_the_mailbox_and_its_link_activates(
    client, sign_in, ask, admin, letters
):
    await ask(admin, CREATE, cpr=CPR)
    waiting = await client.get("/mailbox")
    await letters("anna@example.dk")

    sent = await client.get("/mailbox")
    link = re.search(r'href="/activate#([^"]+)"', sent.text)
    await sign_in(cpr_number=CPR, next="/activate")
    answer = await client.post(
        "/graphql",
        json={"query": ACTIVATE, "variables": {"link": link and link[1]}},
        headers={"graphql-preflight": "1"},
    )

    assert "Queued" in waiting.text
    assert "Sent" in sent.text
    assert "anna@example.dk" in sent.text
    assert "<b>Anna" not in sent.text
    assert answer.json()["data"]["activateUser"] == {"user": {"status": "ACTIVE"}, "errors": []}


async def test_the_page_to_activate_on_asks_for_a_sign_in_first(client, sign_in, empty):
    as_nobody = await client.get("/activate")
    await sign_in(cpr_number=CPR, next="/activate")
    as_person = await client.get("/activate")

    assert (as_nobody.status_code, as_person.status_code) == (200, 200)
    assert 'name="cpr_number"' in as_nobody.text
    assert 'name="cpr_number"' not in as_person.text
    assert CPR not in as_person.text


async def test_the_page_to_confirm_an_address_on_takes_anybody_who_is_signed_in(
    client, sign_in, admin
):
    as_nobody = await client.get("/validate-email")
    mistyped = await sign_in(cpr_number="3102901234", next="/validate-email")
    signed_in = await sign_in(cpr_number=CPR, next="/validate-email")
    as_person = await client.get("/validate-email")
    await sign_in(user="user-administrator")
    as_user = await client.get("/validate-email")

    assert signed_in.headers["location"] == "/validate-email"
    assert mistyped.status_code == 400
    for page, asks in ((as_nobody, True), (mistyped, True), (as_person, False), (as_user, False)):
        assert ('name="cpr_number"' in page.text) is asks
        assert "<h1>Confirm your e-mail address</h1>" in page.text


@pytest.mark.parametrize("path", ["/sign-in", "/mailbox", "/activate", "/validate-email"])
async def test_the_pages_let_no_foreign_script_in_and_are_not_kept(client, empty, path):
    page = await client.get(path)

    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\bsrc=)|https?://(?!test)", page.text)


@NO_DEMO
@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-out", "/mailbox", "/activate", "/validate-email"]
)
async def test_where_there_is_no_demo_there_are_no_such_pages(client, empty, path):
    assert (await client.get(path)).status_code == 404
    assert (await client.post(path, data={"user": "owner"})).status_code in (404, 405)


@NO_DEMO
async def test_where_there_is_no_demo_nobody_is_led_to_sign_in(client, empty):
    page, known = await client.get("/"), await client.get("/whoami")

    assert page.status_code == 401
    assert "/sign-in" not in page.text
    assert (known.status_code, known.json()) == (401, {"signIn": None})
    assert not await Organisation.exists()
