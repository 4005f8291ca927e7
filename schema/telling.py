"""Refusals in queries: errors with a code, in the language of the one who asks."""

from typing import Any, NoReturn

from models.refusals import Denied, Invalid, NotFound, Refusal, Unauthenticated
from resolvers.access import denied as denied
from resolvers.context import Context


class Told(Exception):
    """A refusal as GraphQL tells it: the message, and in the extensions the code and more."""

    def __init__(self, refusal: Refusal, language: str):
        super().__init__(refusal.message(language))
        self.refusal = refusal
        self.extensions: dict[str, Any] = {"code": refusal.code}
        if isinstance(refusal, Invalid):
            self.extensions = {"code": "INVALID", "problem": refusal.code, "path": refusal.path}
        if isinstance(refusal, Denied):
            self.extensions |= {
                "permission": refusal.permission,
                "allowedFor": list(refusal.allowed_for),
                "grantableBy": list(refusal.grantable_by),
            }


def tell(refusal: Refusal, context: Context) -> NoReturn:
    raise Told(refusal, context.language)


def tell_nothing_here(context: Context) -> NoReturn:
    tell(NotFound(), context)


def checked_value(check: Any, given: Any, path: tuple[str, ...], asking: Any) -> Any:
    """A value that a query gives, read by its form; what is wrong is told."""
    try:
        return check(given)
    except Invalid as fault:
        fault.path = path
        tell(fault, asking.context)


def must_be_signed_in(context: Context | None, language: str = "en") -> Context:
    """The context, if somebody is signed in."""
    if context is None or (not context.subject.roles and context.subject.id is None):
        raise Told(Unauthenticated(), context.language if context else language)
    return context
