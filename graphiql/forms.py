"""Keep the demonstration's forms to the people who are looking at them."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "segl_session"
HOUR = 3600


def is_ours(request: Request) -> bool:
    """Whether a form was sent from a page of this server, as far as the browser says."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("Host")


def local_path(path: str | None) -> str:
    """Return the path if it stays on this server, or else the front page."""
    # Browsers read a backslash as a slash, and drop tabs and line ends.
    if not path or not path.isprintable() or "\\" in path:
        return "/"
    return path if path.startswith("/") and not path.startswith("//") else "/"


def sign_in(response: Response, token: str, request: Request) -> None:
    """Let the browser hold the token for an hour, out of reach of scripts and foreign forms."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=HOUR,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def sign_out(response: Response) -> None:
    """Let the browser forget the token."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
