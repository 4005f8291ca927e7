"""The statements of lists: all rows, one stretch of them, or one for each of the rows above."""

from collections.abc import Iterable, Sequence
from typing import Any

from planner.drafts import Draft, Statement
from planner.pages import Stretch
from planner.tables import Link


def columns(draft: Draft, paths: Sequence[str]) -> str:
    return ", ".join(f"{draft.expression(path)} as {column_name(path)}" for path in paths)


def column_name(path: str) -> str:
    return '"' + path + '"'


def marks(draft: Draft, stretch: Stretch) -> str:
    """The values that a cursor is made of, as text."""
    return "".join(
        f', {draft.sorted(path)}::text as "mark {number}"'
        for number, path in enumerate(stretch.order.all)
    )


def rows(
    draft: Draft,
    paths: Sequence[str],
    way: Link | None = None,
    order: str = "id",
    is_falling: bool = False,
    limit: int | None = None,
    beside: str | None = None,
) -> Statement:
    """All rows that belong to the rows above; or all of the tenant's."""
    draft.among(way, beside)
    text = columns(draft, paths)
    end = str(limit) if limit else ""
    return draft.done(draft.select(text, draft.ordered(order, is_falling), end))


def page(
    draft: Draft, paths: Sequence[str], stretch: Stretch, way: Link | None = None
) -> Statement:
    """The rows of one stretch; or of one stretch for each of the rows above."""
    draft.beyond(stretch)
    text = columns(draft, paths) + marks(draft, stretch)
    if not way:
        return draft.done(draft.stretch(text, stretch))
    draft.belong(way)
    return draft.done(lateral(draft, draft.stretch(text, stretch)))


def stretched(
    draft: Draft, columns: str, stretch: Stretch, way: Link | None, has_marks: bool
) -> Statement:
    """The rows of one stretch, each with the marks of its cursor, if these are asked for."""
    draft.beyond(stretch)
    marks = [f"{draft.sorted(path)}::text" for path in stretch.order.all]
    mark = marks[0] if len(marks) == 1 else f"array[{', '.join(marks)}]"
    text = f"{columns}, {mark} as marks" if has_marks else columns
    if way:
        draft.belong(way)
        return draft.done(lateral(draft, draft.stretch(text, stretch), "::text"))
    return draft.done(draft.stretch(text, stretch))


def told(draft: Draft, text: str, stretch: Stretch, way: Link) -> Statement:
    """The rows of one stretch for each of the rows above, as one text of JSON."""
    draft.beyond(stretch)
    draft.belong(way)
    rows, order = draft.stretch(f"{text} as one", stretch), ""
    if stretch.is_backward:
        rows = f"select one, row_number() over () from ({rows}) back"
        order = " order by row_number desc"
    listed = f"select '[' || string_agg(one, ','{order}) || ']' as list from ({rows}) rows"
    above = f"unnest({draft.keys()}) as above(key)"
    return draft.done(
        f'select list, above.key::text as "above" from {above} cross join lateral ({listed}) page'
    )


def count(draft: Draft, way: Link | None = None) -> Statement:
    """How many rows there are in all; or for each of the rows above."""
    if not way:
        return draft.done(draft.select("count(*)"))
    draft.belong(way)
    return draft.done(lateral(draft, draft.select("count(*)")))


def lateral(draft: Draft, inner: str, cast: str = "") -> str:
    above = f"unnest({draft.keys()}) as above(key)"
    return (
        f'select page.*, above.key{cast} as "above" from {above} cross join lateral ({inner}) page'
    )


def listed(keys: Iterable[Any]) -> str:
    """Ids as a statement takes them."""
    return ",".join(map(str, keys))


def given(stretch: Stretch) -> dict[str, Any]:
    """The values of a stretch, by the names of their places."""
    values: dict[str, Any] = {"limit": stretch.size + 1}
    for mark in ("after", "before"):
        marks = getattr(stretch, mark)
        if marks is not None:
            names = (f"{mark} {path}" for path in stretch.order.all)
            values |= dict(zip(names, marks, strict=True))
    return values
