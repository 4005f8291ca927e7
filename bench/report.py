"""Says in words what was measured."""

import argparse
import os
import platform
from collections.abc import Iterator

from bench.contenders import CONTENDERS
from bench.load import CONNECTIONS

COLUMNS = "  requests/s   (rounds)        p50 ms   p99 ms   CPU µs   PostgreSQL µs"

Found = dict[str, dict[str, dict[str, float]]]


def head(given: argparse.Namespace) -> str:
    """What stands above all figures: the conditions, and what is not alike."""
    notes = [f"  {name:18} {CONTENDERS[name].note}" for name in given.contenders]
    return "\n".join(
        (
            f"{given.users:,} users in 50 organisations, 3 memberships and 1 certificate each;"
            f" {os.cpu_count()} cores for server, PostgreSQL and load together;"
            f" Python {platform.python_version()}.",
            f"One process each, {CONNECTIONS} connections by 16 administrators of as many"
            f" organisations; medians of {given.rounds} rounds of {given.seconds} s, in turn.",
            *notes,
        )
    )


def table(found: Found) -> str:
    """All figures, then the ratios, a line each."""
    return "\n".join([*figures(found), "", *ratios(found)])


def figures(found: Found) -> Iterator[str]:
    for document, servers in found.items():
        yield f"\n{document:20}" + COLUMNS
        for name, one in servers.items():
            spread = f"{one['slowest']:.0f}-{one['fastest']:.0f}"
            yield (
                f"  {name:18} {one['per_second']:11.0f}   {spread:13} {one['p50'] / 1000:8.2f}"
                f" {one['p99'] / 1000:8.2f} {one['cpu']:8.0f} {one['postgresql']:15.0f}"
            )


def ratios(found: Found) -> Iterator[str]:
    """Segl's speed over another's, and another's CPU over Segl's: above 1, Segl is ahead."""
    for document, servers in found.items():
        if "segl" not in servers:
            continue
        own = servers["segl"]
        for name, one in servers.items():
            if name != "segl":
                yield f"ratio {document} {name} {own['per_second'] / one['per_second']:.2f}"
                yield f"cpu-ratio {document} {name} {one['cpu'] / own['cpu']:.2f}"
