"""Compares answers: what is measured must be the same everywhere."""

from typing import Any

import orjson

from bench.contenders import Running, ask
from bench.documents import Document, Person

LEVELS = {3: "SUBSTANTIAL", 4: "HIGH"}


class Different(Exception):
    """A server that answers otherwise than the first one."""


def data(answer: bytes) -> bytes:
    """The data of an answer, written in one way; its members keep their order."""
    try:
        told = orjson.loads(answer)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not told.get("data") or told.get("errors"):
        raise Different(answer[:500].decode(errors="replace"))
    return orjson.dumps(told["data"])


def alike(value: Any) -> Any:
    """Data without what PostGraphile writes in its own way: enums, cursors, offsets, problems."""
    match value:
        case dict():
            kept = {key: one for key, one in value.items() if key not in ("endCursor", "errors")}
            found = {key: alike(one) for key, one in kept.items()}
            if found.get("assuranceLevel") in LEVELS:
                found["assuranceLevel"] = LEVELS[found["assuranceLevel"]]
            return found
        case list():
            return [alike(one) for one in value]
        case str() if value[10:11] == "T" and value[13:14] == ":":
            return value[:19]
        case _:
            return value


def compare(servers: list[Running], document: Document, people: list[Person]) -> dict[str, int]:
    """The length of each server's answers on average; raises Different for any that differs."""
    lengths = {}
    expected: list[bytes] = []
    for server in servers:
        found = []
        is_theirs = server.contender.is_postgraphile
        for number, person in enumerate(people):
            body = document.request(person, number, is_theirs)
            answer, headers = ask(server.url, person.token, body)
            try:
                found.append((data(answer), len(answer)))
            except Different as fault:
                raise Different(f"{server.contender.name} answers with a fault: {fault}") from None
            reason = headers.get("X-Segl-Executor", headers.get("x-segl-executor"))
            if reason and not number:
                print(f"  segl leaves this to the executor: {reason}", flush=True)
        lengths[server.contender.name] = sum(one[1] for one in found) // len(found)
        expected = expected or [one[0] for one in found]
        for own, other in zip(expected, [one[0] for one in found], strict=True):
            if own == other:
                continue
            if is_theirs and alike(orjson.loads(own)) == alike(orjson.loads(other)):
                continue
            first = servers[0].contender.name
            raise Different(
                f"{server.contender.name} answers otherwise than {first}:\n"
                f"{other[:1500].decode()}\n{own[:1500].decode()}"
            )
    return lengths
