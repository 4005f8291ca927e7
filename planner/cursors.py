"""Which cursors can be those of a list: PostgreSQL must not meet a value that it cannot read."""

import re
from contextlib import suppress
from datetime import date, datetime
from typing import Any
from uuid import UUID

from planner.drafts import EARLIEST
from planner.pages import BadPage, Stretch
from planner.tables import Table, end, kind

READERS: dict[str, Any] = {
    "UUID": UUID,
    "DATE": date.fromisoformat,
    "TIMESTAMPTZ": datetime.fromisoformat,
    "INT": lambda text: int(text).to_bytes(4, "big", signed=True),
}
DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
FORMS = {  # as PostgreSQL writes them, which takes no offset of 16 hours or more
    "UUID": "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "DATE": DAY,
    "TIMESTAMPTZ": DAY
    + r" [0-9]{2}(:[0-9]{2}){2}([.][0-9]{1,6})?[-+](0[0-9]|1[0-5])(:[0-5][0-9])?",
    "INT": "-?[0-9]+",
}


def must_fit(model: Table, stretch: Stretch) -> None:
    """Refuses a cursor whose values cannot be those of the columns that the list runs by."""
    for mark in ("after", "before"):
        places = getattr(stretch, mark)
        if not places:
            continue
        for path, text in zip(stretch.order.all, places, strict=False):
            if not fits(kind(*end(model, path)), text):
                raise BadPage(mark, "page_cursor")


def fits(kind: str, text: str) -> bool:
    """Whether a text is a value of this SQL type, as PostgreSQL writes it."""
    if kind not in READERS:
        return "\0" not in text
    with suppress(ValueError, OverflowError):
        READERS[kind](text)
        return bool(re.fullmatch(FORMS[kind], text))
    return f"'{text}'" == EARLIEST.get(kind)
