"""Whether a history is whole: every entry in its place, and every word as it was told or erased."""

from dataclasses import dataclass
from uuid import UUID

from tortoise.transactions import in_transaction

from models.history import ERASED, HistoryEntry, HistoryHead, digest


@dataclass(frozen=True)
class Verification:
    """Whether the chain of hashes holds, and where it first does not."""

    checked_count: int
    broken_at: int | None

    @property
    def is_intact(self) -> bool:
        return self.broken_at is None


class Left:
    """What erasures have left of the words, as it is met on the way through the chain."""

    def __init__(self) -> None:
        self.of: dict[int, tuple[int, str]] = {}  # by the erasure: its first entry, all in a hash

    def add(self, entry: HistoryEntry) -> None:
        first, former = self.of.get(entry.erased_by or 0, (entry.sequence, ""))
        self.of[entry.erased_by or 0] = first, digest(former, entry.sequence, entry.words())

    def broken_by(self, entry: HistoryEntry) -> int | None:
        """The first entry whose erasure an entry should vouch for, and does not."""
        told = [one["new"] for one in entry.changes if one["field"] == ERASED]
        first, found = self.of.pop(entry.sequence, (entry.sequence, None))
        return None if told == ([found] if found else []) else first

    @property
    def first(self) -> int | None:
        """The first entry whose erasure nothing vouches for."""
        return min((first for first, _ in self.of.values()), default=None)


async def verify(organisation_id: UUID) -> Verification:
    """Walks the chain from its beginning to its head, as it stands at one moment."""
    async with in_transaction() as client:
        await client.execute_query("set transaction isolation level repeatable read")
        return await walk(organisation_id)


async def walk(organisation_id: UUID) -> Verification:
    former, count, left = "", 0, Left()
    head = await HistoryHead.get(organisation_id=organisation_id)
    while True:
        entries = HistoryEntry.filter(organisation_id=organisation_id, sequence__gt=count)
        page = await entries.order_by("sequence").limit(1000)
        for entry in page:
            fits = entry.sequence == count + 1 and entry.link(former) == entry.hash
            if entry.erased_by and entry.erased_by > entry.sequence:
                left.add(entry)
            elif entry.words() != entry.words_hash:
                fits = False
            if not fits:
                return Verification(count, count + 1)
            if broken := left.broken_by(entry):
                return Verification(broken - 1, broken)
            former, count = entry.hash, entry.sequence
        if not page:
            if broken := left.first:
                return Verification(broken - 1, broken)
            if (head.sequence, head.hash) == (count, former):
                return Verification(count, None)
            # One is lost at the end, or was added there, or the last is not the one that was told.
            broken = min(head.sequence, count) + (head.sequence != count)
            return Verification(max(broken - 1, 0), max(broken, 1))
