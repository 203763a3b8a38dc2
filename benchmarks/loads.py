"""Runs the load client against a running system and reads what it measured."""

import dataclasses
import itertools
import json
import os
import subprocess
import sys
from typing import Any

from benchmarks import checkouts

LOAD_TIMEOUT_SECONDS = 600
_numbers = itertools.count(1_000_000)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What to send: `requests` events by 50 closed callers, or at a fixed rate where one is given."""

    requests: int
    callers: int = 50
    rate: float | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One record a request, and the processor time of the client itself."""

    records: tuple[dict[str, Any], ...]
    client_cpu_seconds: float

    @property
    def accepted(self) -> int:
        return sum(record["status"] == 200 for record in self.records)

    @property
    def seconds(self) -> float:
        """From the first event's due time to the last answer."""
        ends = (record["due"] + record["seconds"] for record in self.records)
        return float(max(ends) - min(record["due"] for record in self.records))

    @property
    def milliseconds(self) -> tuple[float, ...]:
        """The latencies of accepted events; what failed is counted, not averaged."""
        return tuple(r["seconds"] * 1000 for r in self.records if r["status"] == 200)


def apply(system: checkouts.Running, load: Load) -> Outcome:
    """Sends the load from a process of its own and waits for its end."""
    how = (
        ["closed", "--callers", str(load.callers)]
        if load.rate is None
        else ["open", "--rate", str(load.rate)]
    )
    first = next(_numbers) * 100_000  # no two loads of a run send the same event
    command = [sys.executable, "-m", "benchmarks.load", *how, "--url", system.url]
    done = subprocess.run(
        [*command, "--requests", str(load.requests), "--first", str(first)],
        cwd=checkouts.ROOT,
        env=os.environ | {"BENCHMARK_KEY": system.key},
        stdout=subprocess.PIPE,
        timeout=LOAD_TIMEOUT_SECONDS,
        check=True,
    )
    *records, cost = (json.loads(line) for line in done.stdout.splitlines())
    return Outcome(records=tuple(records), client_cpu_seconds=cost["client_cpu_seconds"])
