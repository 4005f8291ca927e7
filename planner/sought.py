"""Rows that are found among others, which may be few or nearly all: from the side that is nearer.

To make a list of all that is found takes as long as there is much of it; to walk the page's own
order, asking of each row whether it is found, takes as long as it is rare. So whatever is not rare
is walked for, and no further than `FAR` rows; what is rare, or stands further on, is listed.
"""

from dataclasses import dataclass

RARE, FAR = 500, 500  # how many rows are few, and how many are looked at one by one


@dataclass(frozen=True)
class Sought:
    """The keys in some rows; of a group of these only where a fact holds of it."""

    rows: str  # SQL, from the source to the end of its conditions
    key: str
    having: str = ""
    near: str = 't."id"'  # what equals a key, of the rows that are listed

    @property
    def all(self) -> str:
        """Every key. As an array it is made once, whatever PostgreSQL thinks of its size."""
        return f"array(select {self.key} from {self.rows}{self.grouped})"

    @property
    def grouped(self) -> str:
        return f" group by {self.key} having {self.having}" if self.having else ""

    def among(self, keys: str) -> str:
        """Whether a row that is listed has one of some keys."""
        return f"{self.near} = any({keys})"

    def first(self, walked: str, limit: str) -> str:
        """The first keys of those that are walked by; every key where that is the shorter way."""
        is_common = f"exists (select 1 from {self.rows} offset {RARE})"
        walk = f"select key, row_number() over () as place from ({walked} limit {FAR + 1}) near"
        # Without the offset PostgreSQL might make the list after all.
        has = f"exists (select 1 from {self.rows} and {self.key} = near.key{self.grouped} offset 0)"
        found = f"select key, place from ({walk}) near where place > {FAR} or {has} limit {limit}"
        return (
            f"coalesce(case when {is_common} then (select coalesce(array_agg(key), '{{}}')"
            f" from ({found}) found having coalesce(max(place), 0) <= {FAR}) end, {self.all})"
        )
