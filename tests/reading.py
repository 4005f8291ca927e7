"""How tests read what has happened: the history as an administrator, the tables as they stand."""

import csv
import io
from collections.abc import Callable
from typing import Any

from httpx import Response

from gateways import Gateways, Letter
from models import User

HISTORY = """
query History($about: ID!) {
  history(filter: { aboutId: $about }) {
    nodes { operation outcome reason actor { name } changes { field old new } }
  }
}
"""


class Entry(dict[str, Any]):
    """One entry of the history."""

    @property
    def changes(self) -> dict[str, tuple[str | None, str | None]]:
        """What changed: the field, its old value and its new one."""
        return {one["field"]: (one["old"], one["new"]) for one in self["changes"]}

    @property
    def told(self) -> tuple[str, str]:
        return self["operation"], self["outcome"]


async def history_of(ask: Callable[..., Any], who: User, thing: Any) -> list[Entry]:
    """What happened to a thing through the API, latest first."""
    answer = await ask(who, HISTORY, about=getattr(thing, "id", thing))
    entries = [Entry(one) for one in answer["nodes"]]
    return [one for one in entries if one["operation"] != "demo"]


async def stored(*models: Any) -> list[list[dict[str, Any]]]:
    """All rows of some tables."""
    return [await model.all().order_by("id").values() for model in models]


async def letters_sent(gateways: Gateways) -> list[Letter]:
    """The letters that have left, once the outbox is empty."""
    await gateways.jobs.run_once("letters")
    return gateways.mail.letters  # type: ignore[attr-defined, no-any-return]


def cells_of(response: Response) -> list[dict[str, str]]:
    """The cells of a file with a mark at its beginning, by their headings."""
    assert response.status_code == 200, response.text
    assert response.content.startswith(b"\xef\xbb\xbf")
    text = io.StringIO(response.content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, delimiter=";"))
