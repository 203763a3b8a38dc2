"""The figures of a running system: how much, how fast, how large."""

import dataclasses
import time
from collections import Counter

import psutil

from benchmarks import checkouts, loads, samples

DRAIN_TIMEOUT_SECONDS = 120
POLL_SECONDS = 0.05
PAUSE_SECONDS = 0.5


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """How much is sent, and how often."""

    repetitions: int = 5
    warm_up: int = 1_000
    drained: int = 5_000
    closed: int = 5_000
    rate: float = 150
    open_seconds: float = 20
    starts_cold: int = 3
    starts_warm: int = 10
    helps: int = 40


QUICK = Sizes(
    repetitions=1,
    warm_up=200,
    drained=500,
    closed=500,
    open_seconds=4,
    starts_cold=1,
    starts_warm=2,
    helps=5,
)


def warm_up(system: checkouts.Running, sizes: Sizes) -> None:
    """Imports, caches, the first pages of the database; not measured, but all of it must be accepted."""
    outcome = loads.apply(system, loads.Load(requests=sizes.warm_up))
    if outcome.accepted < sizes.warm_up:
        said = dict(Counter(record["fault"] or record["status"] for record in outcome.records))
        raise checkouts.CheckoutError(f"warming up, {system.url} said {said}; {system.checkout.state()}")
    _await_drained(system)


def throughput(system: checkouts.Running, sizes: Sizes, results: samples.Results) -> samples.Figure:
    """Errors a second from the first sent to the last counted."""
    rates, notes = [], []
    for repetition in range(sizes.repetitions):
        before = checkouts.summary(system)["totalErrors"]
        started = time.perf_counter()
        outcome = loads.apply(system, loads.Load(requests=sizes.drained))
        found = _await_drained(system)
        seconds = time.perf_counter() - started
        risen = found["totalErrors"] - before
        if risen != sizes.drained:
            notes.append(f"repetition {repetition}: sent {sizes.drained}, counted {risen}")
        rates.append(risen / seconds)
        record = {"repetition": repetition, "sent": sizes.drained, "counted": risen, "seconds": seconds}
        costs = {"accepting_seconds": outcome.seconds, "client_cpu_seconds": outcome.client_cpu_seconds}
        results.keep("throughput", [record | costs])
        accepting = f"{outcome.accepted} accepted at {outcome.accepted / outcome.seconds:.0f} /s"
        client = f"the client used {outcome.client_cpu_seconds:.1f} s of processor"
        notes.append(f"repetition {repetition}: {accepting}, drained at {rates[-1]:.0f} /s; {client}")
    aim = samples.Aim(bound=300, more_is_better=True)
    name = f"errors a second to the end of the queue ({sizes.drained} errors, 50 callers)"
    return samples.Figure(name=name, unit="/s", samples=tuple(rates), aim=aim, notes=tuple(notes))


def closed(system: checkouts.Running, sizes: Sizes, results: samples.Results) -> samples.Figure:
    load = loads.Load(requests=sizes.closed)
    return _latency(system, load, sizes.repetitions, results, name="latency with 50 closed callers")


def paced(system: checkouts.Running, sizes: Sizes, results: samples.Results) -> samples.Figure:
    load = loads.Load(requests=int(sizes.rate * sizes.open_seconds), rate=sizes.rate)
    name = f"latency at {sizes.rate:g}/s open loop, from the intended time"
    figure = _latency(system, load, sizes.repetitions, results, name=name)
    return dataclasses.replace(figure, aim=samples.Aim(bound=50, of="p95"))


def _latency(
    system: checkouts.Running, load: loads.Load, repetitions: int, results: samples.Results, *, name: str
) -> samples.Figure:
    found: list[float] = []
    notes = []
    for repetition in range(repetitions):
        outcome = loads.apply(system, load)
        _await_drained(system)
        how = "closed" if load.rate is None else "open"
        results.keep(how, [record | {"repetition": repetition} for record in outcome.records])
        found += outcome.milliseconds
        own = samples.summarize(outcome.milliseconds)
        notes.append(
            f"repetition {repetition}: median {own.median:.1f}, p95 {own.p95:.1f}, p99 {own.p99:.1f} ms;"
            f" {len(outcome.records) - outcome.accepted} of {len(outcome.records)} not accepted"
        )
    return samples.Figure(name=name, unit="ms", samples=tuple(found), notes=tuple(notes))


def memory(system: checkouts.Running, sizes: Sizes, results: samples.Results) -> samples.Figure:
    """Proportional set size: shared pages count once, divided among those who share them."""
    totals = []
    notes: list[str] = []
    for repetition in range(sizes.repetitions):
        parts = [(_program(process), _pss(process)) for process in system.checkout.processes()]
        totals.append(sum(size for _, size in parts))
        results.keep(
            "memory", [{"repetition": repetition, "program": name, "mib": size} for name, size in parts]
        )
        notes = [
            f"{sum(found):6.1f} MiB in {len(found)} of {name}"
            for name in sorted({name for name, _ in parts})
            if (found := [size for other, size in parts if other == name])
        ]
        time.sleep(PAUSE_SECONDS)
    name = "resident memory of all processes, after the loads"
    return samples.Figure(name=name, unit="MiB", samples=tuple(totals), notes=tuple(notes))


def _pss(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 2**20
    except psutil.NoSuchProcess:
        return 0.0


def _program(process: psutil.Process) -> str:
    """`postgres` for all of its processes, which title themselves; else program and first words."""
    try:
        words = [word.rpartition("/")[2] for word in process.cmdline()]
    except psutil.NoSuchProcess:
        return "gone"
    return "postgres" if words[:1] and words[0].startswith("postgres") else " ".join(words[:3])


def _await_drained(system: checkouts.Running) -> dict[str, int]:
    """The summary once nothing waits to be counted. Raises TimeoutError after two minutes."""
    deadline = time.monotonic() + DRAIN_TIMEOUT_SECONDS
    while (found := checkouts.summary(system))["pendingErrors"] > 0:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{found['pendingErrors']} errors still wait")
        time.sleep(POLL_SECONDS)
    return found
