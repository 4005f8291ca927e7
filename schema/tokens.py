"""Where machines get their tokens: the token endpoint of OAuth 2.0 (RFC 6749, RFC 7523)."""

from collections import Counter
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from resolvers.identities import Door
from resolvers.machines import PLACE, Hurried, Unproved, sign_in
from schema.http import BadRequest, body_within

LONGEST = 32_000  # bytes of a request
FORM = "application/x-www-form-urlencoded"
BY_CLIENT = "client_credentials"
BY_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SIGNED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# By which parameter each grant gives the assertion, and the refusal of one that gives none.
ASSERTED = {
    BY_CLIENT: ("client_assertion", "invalid_client"),
    BY_BEARER: ("assertion", "invalid_request"),
}
STATUSES = {"invalid_client": 401, "slow_down": 429}
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Refused(Exception):
    """A request that gets no token: the code of RFC 6749, and why in a sentence."""

    def __init__(self, code: str, text: str):
        super().__init__(text)
        self.code, self.text = code, text


def tokens(door: Door) -> Route:
    """Where a machine gets a token for an assertion."""

    async def token(request: Request) -> Response:
        try:
            given = await form(request)
            assertion = asserted(given)
        except Refused as refusal:
            return refused(refusal.code, refusal.text)
        try:
            grant = await sign_in(door.gateways, door.rules, assertion, given.get("client_id"))
        except Unproved as unproved:
            code = "invalid_client" if given["grant_type"] == BY_CLIENT else "invalid_grant"
            return refused(code, str(unproved))
        except Hurried as hurried:
            return refused("slow_down", str(hurried), hurried.retry_after)
        body = {
            "access_token": grant.token,
            "token_type": "Bearer",
            "expires_in": int(grant.lifetime.total_seconds()),
            "scope": " ".join(grant.rights),
        }
        return JSONResponse(body, headers=NO_STORE)

    return Route(PLACE, token, methods=["POST"])


async def form(request: Request) -> dict[str, str]:
    """What a request gives; what has no value counts as not given."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != FORM:
        raise Refused("invalid_request", f"The content type must be {FORM}.")
    try:
        pairs = parse_qsl((await body_within(request.receive, LONGEST)).decode())
    except BadRequest as bad:
        raise Refused("invalid_request", bad.text) from None
    except ValueError:
        raise Refused("invalid_request", "The body is no form.") from None
    if max(Counter(name for name, _ in pairs).values(), default=0) > 1:
        raise Refused("invalid_request", "A parameter is given twice.")
    return dict(pairs)


def asserted(given: dict[str, str]) -> str:
    """The assertion that a token is asked for by."""
    grant = given.get("grant_type")
    if grant is None:
        raise Refused("invalid_request", "The parameter grant_type is missing.")
    if grant not in (BY_CLIENT, BY_BEARER):
        text = f"The grant_type must be {BY_CLIENT} or {BY_BEARER}."
        raise Refused("unsupported_grant_type", text)
    if grant == BY_CLIENT and given.get("client_assertion_type") != SIGNED:
        raise Refused("invalid_client", f"The client_assertion_type must be {SIGNED}.")
    name, code = ASSERTED[grant]
    if name not in given:
        raise Refused(code, f"The parameter {name} is missing.")
    return given[name]


def refused(code: str, text: str, retry_after: int | None = None) -> Response:
    """A refusal in the form of RFC 6749, section 5.2."""
    body = {"error": code, "error_description": text}
    headers = NO_STORE | ({"Retry-After": str(retry_after)} if retry_after else {})
    return JSONResponse(body, STATUSES.get(code, 400), headers)
