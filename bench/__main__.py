"""Measures the contenders in turn, forwards and backwards, and prints what it has found."""

import argparse
import contextlib
import secrets
import signal
import statistics
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from bench import data, report
from bench.answers import Different, compare
from bench.contenders import CONTENDERS, NODE, USUAL, Running, running
from bench.documents import DOCUMENTS, Document, Person, people
from bench.history import count
from bench.load import CONNECTIONS, Round, Unusable, load, tool
from gateways import Claims, SignedTokens

HERE = Path(__file__).parent
PLOT = HERE.parent / "docs" / "bench.png"
REQUESTS = 4096  # written beforehand for each document, and sent in turn


def main() -> int:
    """Reads what to measure, and measures it."""
    given = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers are stopped on the way out
    try:
        found = measured(given)
    except (Different, Unusable) as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    results = data.VAR / "results.json"
    results.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    print(report.table(found))
    if set(found) == set(DOCUMENTS) and set(found["user"]) >= set(USUAL):
        draw = (HERE / ".venv/bin/python", HERE / "plot.py", results, PLOT)
        PLOT.parent.mkdir(exist_ok=True)
        subprocess.run([str(one) for one in draw], check=True)
    return 0


def arguments() -> argparse.Namespace:
    made = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    made.add_argument("--only", nargs="+", choices=DOCUMENTS, default=list(DOCUMENTS))
    made.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=USUAL)
    made.add_argument("--rounds", type=int, default=3, help="of which the median counts")
    made.add_argument("--seconds", type=int, default=3, help="that a round lasts")
    made.add_argument("--users", type=int, default=100_000)
    return made.parse_args()


def measured(given: argparse.Namespace) -> dict[str, dict[str, dict[str, float]]]:
    """Starts everything, measures, and stops everything."""
    print(report.head(given), flush=True)
    command = tool(NODE)
    with contextlib.ExitStack() as open_things:
        address = open_things.enter_context(data.postgresql())
        url = data.made(address, given.users, 50)
        askers = people(url)
        key = secrets.token_bytes(32)
        identity = SignedTokens(key, timedelta(hours=2))
        now = datetime.now(UTC)
        tokens = [identity.token(Claims(user_id=one.id), now) for one in askers]
        servers = []
        for name in given.contenders:
            one = running(CONTENDERS[name], url, key, data.VAR / "logs")
            servers.append(open_things.enter_context(one))
        return {
            name: turns(given, name, command, url, servers, askers, tokens) for name in given.only
        }


def turns(
    given: argparse.Namespace,
    name: str,
    command: list[str],
    url: str,
    servers: list[Running],
    askers: list[Person],
    tokens: list[str],
) -> dict[str, dict[str, float]]:
    """The medians of all rounds of one document."""
    document = DOCUMENTS[name]
    print(f"\n{name}: comparing answers", flush=True)
    lengths = compare(servers, document, askers, tokens)
    files = {
        is_theirs: written(name, document, askers, tokens, is_theirs) for is_theirs in (False, True)
    }
    rounds: dict[str, list[Round]] = {one.contender.name: [] for one in servers}
    for number in range(given.rounds + 1):
        for server in servers if number % 2 else servers[::-1]:
            own = server.contender.name
            before = count(url)
            seconds = given.seconds if number else 1
            requests = files[server.contender.is_postgraphile]
            found = load(
                command, server.url, requests, seconds, [server.process], data.postmaster()
            )
            must_be_right(own, document, found, lengths[own], count(url) - before)
            if number:
                rounds[own].append(found)
                print(f"  round {number} {own:18} {found.per_second:8.0f}/s", flush=True)
    return {own: medians(all) for own, all in rounds.items()}


def written(
    name: str, document: Document, askers: list[Person], tokens: list[str], is_theirs: bool
) -> Path:
    """A file of requests, each asker in turn."""
    lines = []
    for number in range(REQUESTS):
        place = number % len(askers)
        body = document.request(askers[place], number // len(askers), is_theirs)
        lines.append(tokens[place].encode() + b" " + body + b"\n")
    file = data.VAR / f"{name}{'.postgraphile' * is_theirs}.requests"
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
    all = [asdict(one) for one in rounds]
    found = {key: statistics.median(one[key] for one in all) for key in all[0]}
    speeds = [one["per_second"] for one in all]
    return found | {"slowest": min(speeds), "fastest": max(speeds)}


if __name__ == "__main__":
    sys.exit(main())
