"""Render the demonstration's pages: their templates, their words and their headers."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse

HERE = Path(__file__).parent

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

# The editor, Monaco, writes colours and positions as inline styles, and underlines mistakes
# with little pictures that it draws itself.
_WORKBENCH_POLICY = _POLICY.replace(
    "style-src 'self'; img-src 'self'", "style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    # With `no-referrer` a browser hides the origin of our own forms too.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

WORKBENCH_HEADERS = HEADERS | {"Content-Security-Policy": _WORKBENCH_POLICY}

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def in_words(constant: str) -> str:
    """Read USER_ADMINISTRATOR as "User administrator"."""
    return constant.replace("_", " ").capitalize()


def moment(time: datetime) -> str:
    """Write a time as people read it, with its time zone when it has one."""
    return f"{time.day} {time:%B %Y, %H:%M %Z}".rstrip()


def linked(body: str, here: URL) -> Iterator[tuple[str, str | None]]:
    """Cut a letter at its addresses; those that lead to this server come with a local link."""
    for index, piece in enumerate(re.split(r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)])", body)):
        yield piece, _local_link(piece, here) if index % 2 else None


def _local_link(address: str, here: URL) -> str | None:
    try:
        there = urlsplit(address)
        is_here = _place(there.hostname, there.port, there.scheme) == _place(
            here.hostname, here.port, here.scheme
        )
    except ValueError:
        return None
    # A path of two slashes would name another host once the host is cut off.
    path = "/" + there.path.lstrip("/")
    return there._replace(scheme="", netloc="", path=path).geturl() if is_here else None


def _place(hostname: str | None, port: int | None, scheme: str) -> tuple[str | None, int]:
    host = "localhost" if hostname in _LOOPBACK else hostname
    return host, port or (443 if scheme == "https" else 80)


_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(in_words=in_words, moment=moment, linked=linked)


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Render a template with what the bar and the forms need."""
    usual = {"request": request, "who": None, "is_demo": True, "next": "/", "error": None}
    text = _environment.get_template(template).render(usual | values)
    return HTMLResponse(text, status, HEADERS)
