"""The pages of long lists, as clients see them."""

from typing import Any

from planner import declarations as planned
from schema import paging, reading
from schema.docs import a
from schema.exports import EXPORTS, offered
from schema.nouns import field, plain
from schema.rows import SHOWN


@plain
class PageInfo:
    """A PageInfo tells where a page stands in its list."""

    has_next_page: bool = field("Whether more follows.")
    has_previous_page: bool = field("Whether more precedes.")
    start_cursor: str | None = field("The cursor of the page's first entry.")
    end_cursor: str | None = field("The cursor of the page's last entry.")


def connection(
    name: str,
    many: str,
    node: str = "",
    model: Any = None,
    export: str | None = None,
    **more: Any,
) -> None:
    """Declares the page of a list, and its entries with their cursors.

    A list of its own kind shows nodes of another type, and of each entry something more.
    """
    node = node or name
    edge_body = {
        "__doc__": f"{a(name)}Edge is one entry of a list of {many}.",
        "node": field("The entry.", node),
        "cursor": field("The place of the entry, for after and before.", "str"),
        **more,
    }
    plain(type(f"{name}Edge", (), edge_body))
    if more:
        fields = {key: one.metadata["declared"] for key, one in more.items()}
        SHOWN[f"{name}Edge"] = planned.Shown(f"{name}Edge", model, None, fields)
    body = {
        "__doc__": f"{a(name)}Connection is one page of a list of {many}.",
        "edges": field("The entries with their cursors.", f"list[{name}Edge]"),
        "nodes": field("The entries alone.", f"list[{node}]"),
        "page_info": field("Where the page stands in the list.", "PageInfo"),
        "total_count": field(
            "How many there are on all pages; counted only when asked for.",
            "int",
            resolver=paging.total_count,
        ),
    }
    if export:
        whole = planned.Whole(offered(export), export)
        same = "filter and order" if EXPORTS[export].has_orders else "filter"
        body["csv"] = field(
            f"The whole list, by the same {same}, as a CSV file.",
            "Optional[Download]",
            whole,
            allow=export,
            resolver=reading.resolve,
        )
    plain(type(f"{name}Connection", (), body))
