"""What a schema declares of its reads, and what a request says of who asks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from planner.conditions import Condition
from planner.pages import Order
from planner.tables import Table


class Extent(StrEnum):
    """How much of what a permission is about one may see."""

    ALL = "all"
    OWN = "own"
    NONE = "none"


ALL, OWN, NONE = Extent
EVERYONE = "*"  # the owner of what is anybody's


def reach(extent: Extent, model: Table) -> Extent:
    """How much of one table a permission reaches, for how much it reaches at all.

    Of what is private nobody sees more than their own; what is everybody's is one's own, all of it;
    and of what is nobody's, one's own is none.
    """
    owner = getattr(model, "owner", None)
    if extent is ALL and getattr(model, "is_private", False):
        extent = OWN
    if extent is OWN and owner == EVERYONE:
        return ALL
    return NONE if extent is OWN and owner is None else extent


class Asking(NamedTuple):
    """Who asks, within which tenant and when, and how much the policy lets them see."""

    tenant: Any
    me: Any
    now: datetime
    today: date
    extent: Callable[[str], Extent]
    fingerprint: Callable[[str], str]
    context: Any = None

    def known(self) -> dict[str, Any]:
        """The values that any statement may name."""
        return {"tenant": self.tenant, "me": self.me, "now": self.now, "today": self.today}


@dataclass(frozen=True)
class Column:
    """A column as it stands, of the row or of one it points to; with a permission, a secret."""

    path: str
    allow: str | None = None


@dataclass(frozen=True)
class Computed:
    """A value derived from columns of the row; and, if it asks, from who it is that reads.

    A function that has to be awaited takes no columns: it looks its value up beforehand, once,
    however many rows show it.
    """

    function: Callable[..., Any]
    needs: tuple[str, ...] = ()
    asks: bool = False
    allow: str | None = None


@dataclass(frozen=True)
class Facet:
    """The same row seen as another type, chosen by a column; null where a column is null."""

    target: str | None
    when: str | None = None
    by: str | None = None
    allow: str | None = None
    targets: tuple[tuple[str, str], ...] = ()  # what the column holds: the type


@dataclass(frozen=True)
class Edge:
    """The rows at the other end of a relation, all of them, or the one that there is.

    Without a permission it leads to parts of the thing itself, seen by whoever sees the thing.
    """

    target: str | None  # None: whichever type has the id that a column holds
    relation: str = ""
    allow: str | None = None
    is_many: bool = False
    only: str | None = None
    order: str = "id"
    is_falling: bool = False
    keys: tuple[str, str] | None = None  # far path, near column: where no foreign key leads
    conditions: dict[str, Condition] = field(default_factory=dict)  # by the argument
    limit: int | None = None
    # A second far path and near column; what was given to the level above is given here too.
    beside: tuple[str, str] | None = None
    is_abroad: bool = False  # of a row of one's own in another tenant, to what is there


@dataclass(frozen=True)
class Page:
    """A stretch of a long list: of a relation, or of all that the tenant has."""

    target: str
    allow: str
    relation: str | None = None
    order: Order = field(default_factory=Order)
    orders: dict[Any, tuple[str, ...]] = field(default_factory=dict)  # by what the client chooses
    conditions: dict[str, Condition] = field(default_factory=dict)  # by the filter's member
    unless: dict[str, str] = field(default_factory=dict)  # facts that hold where a member is absent
    keys: tuple[tuple[str, ...], str] | None = None  # far paths, near column: without foreign key
    only: str | None = None
    through: tuple[str, str] | None = None  # where many belong to many, as in `Link`
    is_with_row: bool = False  # what one may see of the row above decides, not whose the far row is
    most: int | None = None  # how many of the latest are listed where the filter names no period
    is_abroad: bool = False  # one's own in other tenants too; no list below them is to be seen
    when: str | None = None  # null where this of the row above is


@dataclass(frozen=True)
class One:
    """A way in to one row: by one of several columns, one's own, or the only one that there is."""

    target: str
    allow: str
    by: dict[str, str] = field(default_factory=dict)  # the member of the reference: the column
    fingerprinted: frozenset[str] = frozenset()
    ambiguous: dict[str, str] = field(default_factory=dict)  # the member: the code of the refusal
    unless_by_id: str | None = None  # a fact about rows that are found otherwise than by id
    is_mine: bool = False
    fills: bool = False  # all members of the reference together name it, as places in its source
    source: Callable[..., Any] | None = None  # what yields the ids of those told of, one by one
    order: Order | None = None  # of the list whose entry, with its cursor, is told
    made: Callable[..., Any] | None = None  # what makes the row, which its source takes as $key


@dataclass(frozen=True)
class Found:
    """A way in to rows by their ids alone, whichever tables have them."""

    allow: str
    is_many: bool = False


@dataclass(frozen=True)
class Whole:
    """What a function offers of a list as a whole, to whoever may have all of it."""

    function: Callable[..., Any]
    allow: str


Declaration = Column | Computed | Facet | Edge | Page | One | Found | Whole


@dataclass(frozen=True)
class Shown:
    """A GraphQL type whose objects are the rows of one table."""

    name: str
    model: Table
    allow: str | None
    fields: dict[str, Declaration]
