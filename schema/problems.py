"""Refusals of a change as clients read them: the errors of every payload."""

from enum import StrEnum
from typing import Any

import models
from models import messages, refusals
from schema.fields import attribute, column
from schema.nouns import NOUNS, interface, plain
from schema.shape import enumeration

ProblemCode = StrEnum("ProblemCode", {code: code for code in messages.CODES})  # type: ignore[misc]
ProblemCode.__doc__ = (
    "ProblemCode lists every code of a problem; codes are only ever added.\n\n"
    + "\n".join(f"{code}: {messages.about(code)}" for code in messages.CODES)
)
enumeration(ProblemCode)
NOUNS["ProblemCode"] = ProblemCode


@interface
class Problem:
    """The Problem interface is a refusal that a client can act on."""

    code: ProblemCode = column("What is wrong, for programs.")
    message: str = column(
        "What is wrong and what to do, for people, in the language of Accept-Language."
    )
    path: list[str] | None = column(
        "Where in the input, from the outside in; null when it is about the whole."
    )


@plain
class NotFound(Problem):
    """A NotFound says that nothing of this organisation bears that id, number or address."""


@plain
class Denied(Problem):
    """A Denied says that the one who asks may not do this."""

    permission: str = column("The permission that is missing.")
    allowed_for: list[models.Role] = column("The roles that hold it.")
    grantable_by: list[models.Role] = column("The roles that can give such a role.")


@plain
class Conflict(Problem):
    """A Conflict says that the entity's state, or another entity, forbids the change; the code is
    the reason.
    """

    current_version: int | None = column("The entity's version now.")
    current = attribute("Optional[Entity]", "The entity as it is now.", allow="node:read")
    usages = attribute(
        "list[Usage]", "What stands in the way, where the reason is that something is in use."
    )


@plain
class Invalid(Problem):
    """An Invalid says that one value of the input is wrong; all wrong values are told at once."""

    argument: str = column("The input field.")
    constraint: str = column("The rule that it breaks, in plain words.")
    suggestion: str | None = column("A value that would do, where one can be guessed.")


@plain
class Unavailable(Problem):
    """An Unavailable says that something outside does not answer; nothing was changed."""

    retry_after: int = column("After how many seconds to try again.")


PROBLEMS = (NotFound, Denied, Conflict, Invalid, Unavailable)


def problem(refusal: refusals.Refusal, language: str) -> Any:
    """What a client reads of a refusal; things that it names are shown by whoever answers."""
    told: dict[str, Any] = {
        "code": ProblemCode(refusal.code),
        "message": refusal.message(language),
        "path": [str(step) for step in refusal.path] or None,
    }
    match refusal:
        case refusals.NotFound():
            kind: Any = NotFound
        case refusals.Denied():
            kind = Denied
            told["permission"] = refusal.permission
            told["allowed_for"] = [models.Role(role) for role in refusal.allowed_for]
            told["grantable_by"] = [models.Role(role) for role in refusal.grantable_by]
        case refusals.Conflict():
            kind = Conflict
            told["current_version"] = getattr(refusal.current, "version", None)
        case refusals.Invalid():
            kind = Invalid
            told["argument"] = refusal.argument
            told["constraint"] = refusal.constraint_text(language)
            told["suggestion"] = refusal.suggestion
        case refusals.Unavailable():
            kind = Unavailable
            told["retry_after"] = refusal.retry_after
    made = kind(**told)
    if kind is Conflict:  # what it names becomes rows when it is answered
        made.current, made.usages = refusal.current, list(refusal.usages)  # type: ignore[attr-defined]
    return made
