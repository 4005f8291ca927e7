"""What an answer holds: data, errors in the words that a client may read, and the cost."""

import re
from typing import Any

from strawberry.types import ExecutionResult

from models.messages import message
from planner.reader import Operation, TooMuch
from schema.http import BadRequest, TooLarge
from schema.telling import Told

Body = dict[str, Any]

# Where the GraphQL library's messages repeat what a client sent, and what is left of them.
ECHOES = [
    (re.compile(echo, re.DOTALL), rest)
    for echo, rest in (
        (r"(unknown field) '.*", r"\1."),
        (r"[,;.?]+ [Ff]ound:? .*", "."),
        (r"(cannot represent [^:']*[^:' ]).*", r"\1."),
        (r"(Unexpected \w+) ['\"].*", r"\1."),
        (r"Value '.*' does not exist", "The value does not exist"),
    )
]


def told(text: str, code: str, **extensions: Any) -> Body:
    return {"message": text, "extensions": {"code": code, **extensions}}


def too_much(much: TooMuch) -> Body:
    """The refusal of a document that asks for more than is answered at once."""
    asked, most = getattr(much.weight, much.measure), getattr(much.most, much.measure)
    text = (
        f"This asks for too much at once: {much.measure} {asked:,}, where {most:,} is the most."
        " Ask for shorter pages or fewer fields, or in several requests."
    )
    return told(text, "INVALID", measure=much.measure, asked=asked, most=most)


def refused_by(bad: BadRequest, language: str) -> Body:
    """The refusal of what is no request of GraphQL's, or a larger one than is read."""
    if not isinstance(bad, TooLarge):
        return told(bad.text, "INVALID")
    text = message("REQUEST_TOO_LARGE", language, megabytes=bad.limit // 1_000_000)
    return told(text, "REQUEST_TOO_LARGE", limit=bad.limit)


def body_of(result: ExecutionResult, language: str) -> Body:
    """The answer; of its errors only what a client may read."""
    body: Body = {}
    if result.errors:
        body["errors"] = [shown(error, language) for error in result.errors]
    if result.data is not None or not is_request_error(result):
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def is_request_error(result: ExecutionResult) -> bool:
    """Whether nothing was executed."""
    return result.data is None and all(error.path is None for error in result.errors or ())


def shown(error: Any, language: str) -> Body:
    """An error: a refusal in its own words, a fault in none, a mistake without its values."""
    fault = error.original_error
    if isinstance(fault, Told):
        formatted = told(fault.refusal.message(language), **fault.extensions)
    elif fault is None or error.path is None:
        formatted = told(without_values(error.message), "INVALID")
    else:
        formatted = told(message("INTERNAL", language), "INTERNAL")
    if error.locations:
        formatted["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        formatted["path"] = error.path
    return formatted


def without_values(text: str) -> str:
    """A message of the GraphQL library without the value that a client sent."""
    for echo, rest in ECHOES:
        text = echo.sub(rest, text)
    return text


def costed(body: Body, operation: Operation) -> Body:
    """An answer that tells what its document costs at most: fields times page sizes."""
    body["extensions"] = {"cost": operation.weight.cost}
    return body
