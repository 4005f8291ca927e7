"""Lets servers answer a document in turn, forwards and backwards, and checks that they did."""

import statistics
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import data
from bench.answers import compare
from bench.contenders import Running
from bench.documents import Document, Person
from bench.history import entries
from bench.load import CONNECTIONS, Round, Unusable, load

LONG, SHORT = 3, 1  # seconds to warm up in: before the first round, and before the others
TURNS = 256  # requests of each person that are written for a load, and sent again and again


@dataclass
class Rounds:
    """What a measurement needs: who makes load, who answers, who asks, and where the data is."""

    command: list[str]
    servers: list[Running]
    people: list[Person]
    url: str
    turn: int = 0  # how often each person was given something to ask

    def measured(
        self, document: Document, rounds: int, seconds: int
    ) -> dict[str, dict[str, float]]:
        """The medians of all rounds of one document, by server."""
        print(f"\n{document.name}: comparing answers", flush=True)
        lengths = compare(self.servers, document, self.people)
        found: dict[str, list[Round]] = {one.contender.name: [] for one in self.servers}
        for number in range(rounds):
            for server in self.servers[:: -1 if number % 2 else 1]:
                name = server.contender.name
                self.loaded(server, document, SHORT if number else LONG)
                before = entries(self.url)
                one = self.loaded(server, document, seconds)
                must_be_right(name, document, one, lengths[name], entries(self.url) - before)
                found[name].append(one)
                print(f"  round {number + 1} {name:18} {one.per_second:8.0f}/s", flush=True)
        return {name: medians(all) for name, all in found.items()}

    def loaded(self, server: Running, document: Document, seconds: int) -> Round:
        requests = self.written(document, server.contender.is_postgraphile)
        return load(
            self.command, server.url, requests, seconds, [server.process], data.postmaster()
        )

    def written(self, document: Document, is_postgraphile: bool) -> Path:
        """A file of requests, each person in turn; no two files ask for the same changes."""
        lines = []
        first, self.turn = self.turn, self.turn + TURNS
        for turn in range(first, self.turn):
            for person in self.people:
                body = document.request(person, turn, is_postgraphile)
                lines.append(person.token.encode() + b" " + body + b"\n")
        file = data.VAR / f"{document.name}.requests"
        file.write_bytes(b"".join(lines))
        return file


def must_be_right(name: str, document: Document, found: Round, length: int, told: int) -> None:
    """Refuses a round of faults: by status, by length of the answers, by entries in the history."""
    if found.failed:
        raise Unusable(f"{name}: {found.failed} requests failed.")
    if found.bytes < 0.8 * length:
        raise Unusable(f"{name}: answers of {found.bytes:.0f} bytes, where {length} are right.")
    least = found.requests if document.is_change else 0
    most = found.requests + 2 * CONNECTIONS if document.is_change else 0
    if not least <= told <= most:
        raise Unusable(f"{name}: {found.requests} requests made {told} entries in the history.")


def medians(rounds: list[Round]) -> dict[str, float]:
    """The median of each figure, and how far the rounds lie apart."""
    all = [asdict(one) for one in rounds]
    found = {key: statistics.median(one[key] for one in all) for key in all[0]}
    speeds = [one["per_second"] for one in all]
    return found | {"slowest": min(speeds), "fastest": max(speeds)}
