"""Loads one server for a moment, and reads what each request took."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psutil

HERE = Path(__file__).parent
CONNECTIONS = 16


@dataclass(frozen=True)
class Round:
    """What one short load has shown; times in microseconds."""

    requests: int
    per_second: float
    p50: float
    p99: float
    cpu: float
    postgresql: float
    bytes: float
    failed: int


class Unusable(Exception):
    """A measurement that cannot be made, in words for the person who asked for it."""


def tool(node: Path) -> list[str]:
    """The command that makes load: wrk, installed where that is allowed, or else autocannon."""
    if not shutil.which("wrk") and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "wrk"]):
            subprocess.run(command, capture_output=True, check=False)
    if wrk := shutil.which("wrk"):
        return [wrk, "--threads", "1", "--latency", "--script", str(HERE / "load.lua")]
    return [str(node), str(HERE / "load.js")]


def load(
    command: list[str],
    url: str,
    requests: Path,
    seconds: float,
    server: Iterable[int],
    postgresql: int,
) -> Round:
    """Sends requests for some seconds; the number of those in flight is what bounds them."""
    arguments = [url, str(CONNECTIONS), f"{seconds:g}"]
    if command[0].endswith("wrk"):
        whole = max(1, round(seconds))
        arguments = ["--connections", str(CONNECTIONS), "--duration", f"{whole}s", url]
    own, theirs = cpu(server), cpu([postgresql])
    run = subprocess.run(
        [*command, *arguments],
        env={**os.environ, "BENCH_REQUESTS": str(requests)},
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    own, theirs = cpu(server) - own, cpu([postgresql]) - theirs
    found = result(run)
    count = max(found["requests"], 1)
    return Round(
        requests=found["requests"],
        per_second=found["requests"] / found["microseconds"] * 1e6,
        p50=found["p50"],
        p99=found["p99"],
        cpu=own / count * 1e6,
        postgresql=theirs / count * 1e6,
        bytes=found["bytes"] / count,
        failed=found["failed"],
    )


def result(run: subprocess.CompletedProcess[str]) -> Any:
    for line in run.stdout.splitlines():
        if line.startswith("result "):
            return orjson.loads(line.removeprefix("result "))
    raise Unusable(f"The load failed.\n{run.stdout}{run.stderr}")


def cpu(processes: Iterable[int]) -> float:
    """The seconds of CPU that processes and all that they started have used."""
    total = 0.0
    for number in processes:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(number)
            for one in (process, *process.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    times = one.cpu_times()
                    total += times.user + times.system
                    total += times.children_user + times.children_system  # of those that ended
    return total
