"""Codes that let somebody in: five tries each, until a day."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models.refusals import Conflict, Invalid

TRIES = 5


class Coded:
    """What a code lets somebody into."""

    code_hash: Any
    code_expires_at: Any
    tries_left: Any

    def give_code(self, code_hash: str, expires_at: datetime) -> None:
        """Lets a code in; the former one is void."""
        self.code_hash, self.code_expires_at, self.tries_left = code_hash, expires_at, TRIES

    async def take_code(
        self, code_hash: str | None, now: datetime, path: Sequence[str | int]
    ) -> None:
        """Compares a code; a wrong one costs a try, even though nothing else is changed."""
        if not (self.tries_left and self.code_expires_at):
            raise Conflict("CODE_VOID", path=path)
        if self.code_expires_at <= now:
            raise Conflict("CODE_EXPIRED", path=path)
        if code_hash is None:
            raise Invalid("REQUIRED", path=path)
        if code_hash != self.code_hash:
            self.tries_left -= 1
            mine: Any = type(self)
            await mine.filter(id=self.id).update(tries_left=self.tries_left)  # type: ignore[attr-defined]
            code = "CODE_WRONG" if self.tries_left else "CODE_VOID"
            raise Conflict(code, path=path, is_kept=True, tries=self.tries_left)
