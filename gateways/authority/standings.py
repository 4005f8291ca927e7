"""Looks up how certificates stand, those that are asked about at the same time together."""

import asyncio

from gateways.authority import ledger
from gateways.authority.ledger import Standing

Asked = dict[tuple[str, str], asyncio.Future[Standing | None]]


class Standings:
    """Asks the database by one statement at a time, for all who have come meanwhile.

    Each alone would cost more than everything else in the answer.
    """

    def __init__(self) -> None:
        self._waiting: Asked = {}
        self._reading: asyncio.Task[None] | None = None

    async def of(self, serial_number: int, issuer: str) -> Standing | None:
        """How a certificate of an issuing key stands; none where it has issued no such one."""
        one = ledger.hexadecimal(serial_number), issuer
        if one not in self._waiting:
            self._waiting[one] = asyncio.get_running_loop().create_future()
        found = self._waiting[one]
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        return await asyncio.shield(found)  # for the others, whoever goes away

    async def _read(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            try:
                known = await ledger.standings([serial for serial, _ in asked])
            except Exception as fault:
                for future in asked.values():
                    future.set_exception(fault)
            else:
                for one, future in asked.items():
                    future.set_result(known.get(one))
