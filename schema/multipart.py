"""Files that come with a request, by the GraphQL multipart request specification.

A form of another site could send such a request with the user's cookie: hence a header that no
form can send. The file stays in memory: it may hold what must not lie open on a disk.
"""

from collections.abc import AsyncGenerator
from typing import Any

import orjson
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Receive

from models.user_files import LARGEST
from resolvers.imports import SentFile
from schema.http import LONGEST, PREFLIGHT, BadRequest, Heads, TooLarge

FORM = "multipart/form-data"


class InMemory(MultiPartParser):
    """Reads a form without ever writing a file to the disk."""

    spool_max_size = LARGEST + LONGEST


async def sent(heads: Heads, receive: Receive, is_known: bool) -> dict[str, Any]:
    """What a form asks, its file put where the map says; of strangers only a short one is read."""
    if not heads.get(PREFLIGHT):
        raise BadRequest("A form with a file is taken only with the header GraphQL-Preflight.", 415)
    headers = Headers(raw=list(heads.items()))
    body = within(receive, LARGEST + LONGEST if is_known else LONGEST)
    try:
        form = await InMemory(
            headers, body, max_files=1, max_fields=2, max_part_size=LONGEST
        ).parse()
    except (MultiPartException, KeyError):
        raise BadRequest("The form is no multipart request, or has more than one file.") from None
    asked, places = loaded(form.get("operations")), loaded(form.get("map"))
    for name, paths in places.items():
        file = form.get(name)
        if not isinstance(file, UploadFile) or not isinstance(paths, list):
            raise BadRequest("The map names a file that was not sent.")
        found = SentFile(file.filename or "", await file.read())
        for path in paths:
            put(asked, str(path).split("."), found)
    return asked


async def within(receive: Receive, limit: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes, no further than the limit."""
    count = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("The request ended before its body did.")
        chunk = message.get("body", b"")
        count += len(chunk)
        if count > limit:
            raise TooLarge(limit)
        yield chunk
        if not message.get("more_body"):
            return


def loaded(part: Any) -> dict[str, Any]:
    try:
        found = orjson.loads(part)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, dict):
        raise BadRequest("`operations` and `map` must be JSON objects.")
    return found


def put(asked: Any, path: list[str], file: SentFile) -> None:
    """Puts a file where the operations have a null."""
    *way, last = path
    try:
        for step in way:
            asked = asked[int(step)] if isinstance(asked, list) else asked[step]
        place: Any = int(last) if isinstance(asked, list) else last
        if asked[place] is not None:
            raise KeyError
        asked[place] = file
    except (KeyError, IndexError, ValueError, TypeError):
        raise BadRequest("The map leads to no place in the operations.") from None
