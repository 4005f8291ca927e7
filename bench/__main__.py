"""Measures the contenders in turn, forwards and backwards, and prints what it has found."""

import argparse
import contextlib
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import orjson

from bench import data, report
from bench.answers import Different
from bench.contenders import CONTENDERS, NODE, USUAL, running
from bench.documents import DOCUMENTS, people
from bench.load import Unusable, tool
from bench.rounds import Rounds

HERE = Path(__file__).parent
PLOT = HERE.parent / "docs" / "bench.png"


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


def measured(given: argparse.Namespace) -> report.Found:
    """Starts everything, measures, and stops everything."""
    print(report.head(given), flush=True)
    key = secrets.token_bytes(32)
    with contextlib.ExitStack() as open_things:
        url = data.fresh(open_things.enter_context(data.postgresql()), given.users, 50)
        servers = [
            open_things.enter_context(running(CONTENDERS[name], url, key, data.VAR / "logs"))
            for name in given.contenders
        ]
        rounds = Rounds(tool(NODE), servers, people(url, key), url)
        return {
            name: rounds.measured(DOCUMENTS[name], given.rounds, given.seconds)
            for name in given.only
        }


if __name__ == "__main__":
    sys.exit(main())
