"""Serve the workbench and, in the demonstration, the pages for signing in and for letters."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from graphiql.desk import Desk, Person, ShownLetter
from graphiql.forms import COOKIE, is_ours, local_path, sign_in, sign_out
from graphiql.rendering import HEADERS, HERE, WORKBENCH_HEADERS, page

__all__ = ["Desk", "Person", "ShownLetter", "routes"]


def routes(desk: Desk | None, dist: Path) -> list[BaseRoute]:
    """Return the pages' routes; only a demonstration has a desk, and with it all of them."""
    workbench = Workbench(desk, dist)
    found: list[BaseRoute] = [
        Route("/", workbench.show),
        Route("/whoami", workbench.whoami),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]
    if dist.is_dir():
        found.append(Mount("/assets", StaticFiles(directory=dist)))
    if desk:
        demo = Demonstration(desk)
        found += [
            Route("/sign-in", demo.choose),
            Route("/sign-in", demo.sign_in, methods=["POST"]),
            Route("/sign-out", demo.sign_out, methods=["POST"]),
            Route("/mailbox", demo.mailbox),
            Route("/activate", demo.activate),
            Route("/validate-email", demo.validate_email),
        ]
    return found


class Workbench:
    """Serves the built workbench page, and tells it who is signed in."""

    def __init__(self, desk: Desk | None, dist: Path) -> None:
        self.desk, self.index = desk, dist / "index.html"

    async def show(self, request: Request) -> Response:
        """Show the workbench to whoever has a session."""
        if COOKIE not in request.cookies:
            return self._strangers_page(request)
        if not self.index.is_file():
            text = "Run `npm ci && npm run build` in the folder graphiql, then start Segl again."
            return self._note(request, 503, "The workbench is not built yet", text)
        return FileResponse(self.index, headers=WORKBENCH_HEADERS)

    async def whoami(self, request: Request) -> Response:
        """Answer who is signed in and which tabs to begin with, or 401."""
        sign_in_at = "/sign-in" if self.desk else None
        token = request.cookies.get(COOKIE)
        known = await self._known(token) if token else None
        answer = {**(known or {}), "signIn": sign_in_at}
        return JSONResponse(answer, 200 if known else 401, HEADERS)

    async def _known(self, token: str) -> dict[str, Any] | None:
        if self.desk:
            return await self.desk.whoami(token)
        # Without a desk nobody knows the name; each session still keeps its tabs to itself.
        return {"id": sha256(token.encode()).hexdigest(), "name": "", "roles": [], "tabs": []}

    def _strangers_page(self, request: Request) -> Response:
        if self.desk:
            return RedirectResponse("/sign-in", 303)
        text = "Send requests with an access token to /graphql."
        return self._note(request, 401, "Nobody is signed in", text)

    def _note(self, request: Request, status: int, title: str, text: str) -> Response:
        values = {"title": title, "text": text, "is_demo": self.desk is not None}
        return page(request, "note.html", status=status, **values)


class Demonstration:
    """Serves the pages on which one chooses whom to be, and reads the letters."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def choose(self, request: Request) -> Response:
        """Show the people to choose among, and the form of private MitID."""
        return await self._show_choice(request, next=local_path(request.query_params.get("next")))

    async def sign_in(self, request: Request) -> Response:
        """Sign in as the chosen one and go on to where the person came from."""
        if not is_ours(request):
            return await self._refuse(request)
        async with request.form(max_files=0, max_fields=10) as form:
            to = local_path(_text(form, "next"))
            try:
                token = await self._token(form)
            except ValueError as error:
                return await self._show_again(request, form, str(error), to)
        response = RedirectResponse(to, 303)
        sign_in(response, token, request)
        return response

    async def sign_out(self, request: Request) -> Response:
        """Sign out and return to the choice."""
        if not is_ours(request):
            return await self._refuse(request)
        response = RedirectResponse("/sign-in", 303)
        sign_out(response)
        return response

    async def mailbox(self, request: Request) -> Response:
        """Show every letter, the waiting ones and then the latest first."""
        letters = sorted(await self.desk.letters(), key=_age)
        return page(request, "mailbox.html", who=await self._who(request), letters=letters)

    async def activate(self, request: Request) -> Response:
        """Show the form to activate a user, or first the one to sign in as a person."""
        return await self._show_activation(request)

    async def validate_email(self, request: Request) -> Response:
        """Show the form to confirm an address, or first the one to sign in."""
        return await self._show_validation(request)

    async def _token(self, form: FormData) -> str:
        word = _text(form, "user")
        if word is None:
            return self.desk.token_of_person(
                cpr_number=_text(form, "cpr_number"),
                name=_text(form, "name"),
                date_of_birth=_text(form, "date_of_birth"),
            )
        token = await self.desk.token_of_user(word)
        if token is None:
            raise ValueError("There is nobody of that name to sign in as.")
        return token

    async def _show_again(self, request: Request, form: FormData, error: str, to: str) -> Response:
        # A CPR number is not sent back: it would stay in the page.
        values = {key: _text(form, key) or "" for key in ("name", "date_of_birth")}
        pages = {"/activate": self._show_activation, "/validate-email": self._show_validation}
        show = pages.get(to, self._show_choice)
        return await show(request, status=400, error=error, next=to, **values)

    async def _show_choice(self, request: Request, **values: Any) -> Response:
        people, who = await self.desk.people(), await self._who(request)
        return page(request, "sign_in.html", people=people, who=who, **values)

    async def _show_activation(self, request: Request, **values: Any) -> Response:
        who = await self._who(request)
        shown = {"next": "/activate", **values}
        is_person = who is not None and who["kind"] == "person"
        return page(request, "activate.html", who=who, is_person=is_person, **shown)

    async def _show_validation(self, request: Request, **values: Any) -> Response:
        shown = {"next": "/validate-email", **values}
        return page(request, "validate_email.html", who=await self._who(request), **shown)

    async def _refuse(self, request: Request) -> Response:
        text = "The form was sent from a page of another server. Nothing was done."
        return page(request, "note.html", status=403, title="Not from here", text=text)

    async def _who(self, request: Request) -> dict[str, Any] | None:
        token = request.cookies.get(COOKIE)
        return await self.desk.whoami(token) if token else None


def _text(form: FormData, key: str) -> str | None:
    value = form.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _age(letter: ShownLetter) -> float:
    return -letter.sent_at.timestamp() if letter.sent_at else float("-inf")
