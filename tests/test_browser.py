"""The page in a real browser: workbench, sign-in, letters and activation, the network closed."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, Route, async_playwright, expect

from gateways.database import embedded
from models.user_files import HEADINGS

HERE = Path(__file__).parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
IS_BUILT = (HERE / "graphiql" / "dist" / "index.html").is_file()

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium was found: install it to run the page's test",
    ),
    pytest.mark.skipif(
        not IS_BUILT,
        reason="the page is not built: run `npm ci && npm run build` in graphiql to test it",
    ),
]

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
CREATE_GROUP = """
mutation CreateGroup {
  createGroup(input: { name: "Kantinen" }) { group { name } errors { code } }
}
"""
CREATE_BY_DATE_OF_BIRTH = """
mutation CreateByDateOfBirth {
  createUser(
    input: {
      firstName: "Ib"
      surname: "Krogh"
      email: "ib@example.dk"
      person: { dateOfBirth: "1985-03-14" }
    }
  ) {
    temporaryCode { code }
    errors { code }
  }
}
"""
CREATE_WITH_PRIVATE_MITID = """
mutation CreateWithPrivateMitId {
  createUser(
    input: {
      firstName: "Per"
      surname: "Bak"
      email: "per@example.dk"
      person: { cprNumber: "6101904321" }
      authenticators: [{ kind: PRIVATE_MITID }]
    }
  ) {
    user { status }
    errors { code }
  }
}
"""
CREATE_PROFILE = """
mutation CreateProfile {
  createCertificateProfile(
    input: {
      name: "Archive"
      email: "archive@example.dk"
      contactName: "Bo Lind"
      contactEmail: "lind@example.dk"
    }
  ) {
    profile { isEmailValidated }
    errors { code }
  }
}
"""
UPLOAD = """
mutation Upload {
  uploadUserFile(input: { file: { text: "HEAD\\nD" }, policy: SKIP_BAD_ROWS }) {
    userImport { id }
  }
}
"""
WHO_AM_I = """
headers => fetch("/graphql", {
  method: "POST",
  headers: { "Content-Type": "application/json", ...headers },
  body: JSON.stringify({ query: "{ viewer { user { name } } }" }),
}).then(response => response.json())
"""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The demo, served by a process of its own from a database of its own."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = (sys.executable, "server.py", "serve", "--demo", "--port", str(port))
    plain = {name: one for name, one in os.environ.items() if not name.startswith("SEGL_")}
    with (
        tempfile.TemporaryDirectory(prefix="segl-test-") as folder,
        embedded(Path(folder) / "database", fast=True),
        subprocess.Popen(
            command, cwd=HERE, env=plain | {"SEGL_VAR": folder}, stdout=subprocess.PIPE
        ) as server,
    ):
        try:
            assert server.stdout
            assert server.stdout.readline().startswith(b"Segl is at")
            address = f"http://127.0.0.1:{port}"
            with httpx.Client(transport=httpx.HTTPTransport(retries=6)) as client:
                assert client.get(f"{address}/ready").is_success
            yield address
        finally:
            server.send_signal(signal.SIGINT)


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    expect.set_options(timeout=20_000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, site: str) -> AsyncIterator[Page]:
    """A new visitor's page, which must never complain, nor ask any other host."""
    visitor = await browser.new_context(base_url=site, viewport={"width": 1280, "height": 800})
    asked, complaints = set(), []
    visitor.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page = await visitor.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # What the Content-Security-Policy refuses stands in the console as an error.
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)

    yield page

    await visitor.close()
    assert asked == {urlsplit(site).netloc}
    assert complaints == []


async def sign_in(page: Page, word: str, to: str = "/") -> None:
    """Sign in as somebody of the demo, and go on to a page."""
    await page.goto(f"/sign-in?next={to}")
    await page.locator(f"button[name=user][value={word}]").click()
    await expect(page.get_by_label("Signed in")).to_be_visible()


async def write(page: Page, document: str) -> None:
    """Write a document into a new tab of the workbench."""
    await page.get_by_role("button", name="New tab").click()
    await page.locator(".graphiql-query-editor").click()
    await page.keyboard.insert_text(document)


async def run(page: Page) -> Locator:
    """Run what stands in the tab, and return where its result will stand."""
    await page.get_by_role("button", name="Execute query").click()
    return page.locator(".result-window")


async def follow_letter(page: Page, to: str) -> None:
    """Follow the link of the letter to an address, to where one activates one's user."""
    await page.get_by_role("link", name="Letters").click()
    await page.locator("article.letter").filter(has_text=to).get_by_role("link").click()
    as_person = page.get_by_role("heading", name="First sign in with private MitID")
    await expect(as_person).to_be_visible()


# Workbench


async def test_somebody_signs_in_and_runs_the_first_tab(page):
    await sign_in(page, "user-administrator")

    result = await run(page)

    await expect(page.get_by_label("Signed in")).to_contain_text("Bo Holm")
    await expect(page.get_by_role("tab", selected=True)).to_contain_text("Overview")
    await expect(result).to_contain_text('"name": "Bo Holm"')


async def test_no_tab_changes_before_the_editor_has_arrived(page):
    arrives = anyio.Event()

    async def hold(route: Route) -> None:
        await arrives.wait()
        await route.continue_()

    await page.route("**/assets/monaco-editor-*.js", hold)
    await sign_in(page, "user-administrator")

    await page.locator(".graphiql-tab", has_text="CreateUser").click(force=True)
    arrives.set()

    await expect(page.locator(".graphiql-query-editor")).to_contain_text("query Overview")
    await expect(page.get_by_role("tab", selected=True)).to_contain_text("Overview")


async def test_the_documentation_tells_who_may(page):
    await sign_in(page, "user-administrator")

    await page.get_by_role("button", name=re.compile("Documentation Explorer")).click()
    documentation = page.locator(".graphiql-doc-explorer")
    await documentation.get_by_role("link", name="Mutation", exact=True).click()

    await expect(documentation).to_contain_text("deactivateUser")


async def test_completion_offers_the_fields_of_a_type(page):
    await sign_in(page, "user-administrator")

    await write(page, "{ viewer { rol")
    await page.keyboard.press("Control+Space")

    await expect(page.locator(".suggest-widget")).to_contain_text("roles")


async def test_what_one_role_is_denied_another_does(page):
    await sign_in(page, "user-administrator")
    await write(page, CREATE_GROUP)
    await expect(await run(page)).to_contain_text('"code": "DENIED"')

    await page.get_by_role("link", name="Sign in as somebody else").click()
    await sign_in(page, "organisation-administrator")
    await write(page, CREATE_GROUP)
    result = await run(page)

    await expect(result).to_contain_text('"name": "Kantinen"')
    await expect(result).to_contain_text('"errors": []')


async def test_a_file_is_followed_in_the_workbench_until_it_is_checked(page):
    await sign_in(page, "user-administrator")
    await write(page, UPLOAD.replace("HEAD", ";".join(HEADINGS)))
    result = await run(page)
    await expect(result).to_contain_text('"userImport": {')
    (key,) = re.findall(r'"id":\s"([\w-]+)"', await result.inner_text())

    await write(page, f'subscription {{ userImportProgress(importId: "{key}") {{ id status }} }}')

    await expect(await run(page)).to_contain_text('"status": "READY"')
    await expect(page.get_by_role("button", name="Execute query")).to_be_visible()


# Letters and activation


async def test_a_user_is_created_follows_the_letter_and_activates(page):
    await sign_in(page, "user-administrator")
    await page.get_by_role("tab", name="CreateUser").click()
    await expect(await run(page)).to_contain_text("AWAITING_ACTIVATION")

    await follow_letter(page, "anna@example.dk")
    await page.get_by_label("CPR number", exact=True).fill("6101901234")
    await page.get_by_role("button", name="Sign in with private MitID").click()
    await page.get_by_role("button", name="Activate").click()
    await expect(page.get_by_role("status")).to_contain_text("Welcome, Anna Hansen.")
    await page.get_by_role("link", name="sign in as this user").click()
    await page.get_by_role("button", name="Anna Hansen").click()

    await expect(await run(page)).to_contain_text('"name": "Anna Hansen"')


async def test_a_user_created_by_date_of_birth_activates_with_the_temporary_code(page):
    await sign_in(page, "user-administrator")
    await write(page, CREATE_BY_DATE_OF_BIRTH)
    result = await run(page)
    await expect(result).to_contain_text('"temporaryCode": {')
    code = re.search(r'"code":\s"([\w-]+)"', await result.inner_text())

    await follow_letter(page, "ib@example.dk")
    await page.get_by_label("Name", exact=True).fill("Ib Krogh")
    await page.get_by_label("Date of birth", exact=True).fill("1985-03-14")
    await page.get_by_role("button", name="Sign in with private MitID").click()
    await page.get_by_role("button", name="Activate").click()
    await expect(page.get_by_role("status")).to_contain_text("Temporary code is missing")
    await page.get_by_label("Temporary code").fill(code[1])
    await page.get_by_role("button", name="Activate").click()

    await expect(page.get_by_role("status")).to_contain_text("Welcome, Ib Krogh.")


async def test_a_user_with_private_mitid_alone_activates_by_agreeing_to_it(page):
    await sign_in(page, "user-administrator")
    await write(page, CREATE_WITH_PRIVATE_MITID)
    await expect(await run(page)).to_contain_text("AWAITING_ACTIVATION")

    await follow_letter(page, "per@example.dk")
    await page.get_by_label("CPR number", exact=True).fill("6101904321")
    await page.get_by_role("button", name="Sign in with private MitID").click()
    await page.get_by_role("button", name="Activate").click()
    await expect(page.get_by_role("status")).to_contain_text("not agreed to use private MitID")
    await page.get_by_label("I agree to use my private MitID at work").check()
    await page.get_by_role("button", name="Activate").click()

    await expect(page.get_by_role("status")).to_contain_text("Welcome, Per Bak.")


async def test_whoever_reads_the_mail_confirms_an_address_by_the_link(page):
    await sign_in(page, "user-administrator")
    await write(page, CREATE_PROFILE)
    await expect(await run(page)).to_contain_text('"isEmailValidated": false')

    await page.get_by_role("link", name="Letters").click()
    letter = page.locator("article.letter").filter(has_text="archive@example.dk")
    address = await letter.get_by_role("link").get_attribute("href")
    await page.get_by_role("button", name="Sign out").click()
    await page.goto(address)
    await page.get_by_label("CPR number", exact=True).fill("6101901234")
    await page.get_by_role("button", name="Sign in with private MitID").click()
    await page.get_by_role("button", name="Confirm").click()

    await expect(page.get_by_role("status")).to_contain_text("The address is confirmed")
    assert "#" not in page.url


# Sessions


async def test_whoever_signs_out_is_led_to_the_sign_in_page(page):
    await sign_in(page, "user-administrator", to="/mailbox")

    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(re.compile("/sign-in$"))
    await page.goto("/")

    await expect(page).to_have_url(re.compile("/sign-in$"))
    await expect(page.get_by_text("Nobody is signed in")).to_be_visible()


async def test_the_workbench_tells_when_one_signed_out_elsewhere(page):
    await sign_in(page, "user-administrator")
    elsewhere = await page.context.new_page()
    await elsewhere.goto("/mailbox")
    await elsewhere.get_by_role("button", name="Sign out").click()
    await expect(elsewhere).to_have_url(re.compile("/sign-in$"))

    await run(page)

    await expect(page.get_by_text("You are no longer signed in.")).to_be_visible()


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
async def test_a_foreign_form_signs_nobody_in_or_out(page, site, path):
    await sign_in(page, "user-administrator", to="/mailbox")
    foreign = await page.context.new_page()
    await foreign.set_content(
        f'<form method="post" action="{site}{path}"><button name="user" value="employee">Win!'
    )

    await foreign.get_by_role("button").click()
    await expect(foreign.get_by_role("heading", name="Not from here")).to_be_visible()
    await page.reload()

    await expect(page.get_by_label("Signed in")).to_contain_text("Bo Holm")


async def test_the_cookie_alone_is_nobody_and_no_script_reads_it(page):
    await sign_in(page, "user-administrator", to="/mailbox")

    alone = await page.evaluate(WHO_AM_I, {})
    announced = await page.evaluate(WHO_AM_I, {"GraphQL-Preflight": "1"})

    assert alone["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert announced["data"] == {"viewer": {"user": {"name": "Bo Holm"}}}
    assert await page.evaluate("document.cookie") == ""
