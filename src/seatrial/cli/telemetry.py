"""`seatrial logs`, `metrics` and `traces`: what a system on this machine tells of itself."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial import errors
from seatrial.cli import completions, running, systems
from seatrial.values import durations, names

if TYPE_CHECKING:
    from seatrial.drivers import LogLine
    from seatrial.drivers.laptop import Laptop
    from seatrial.drivers.laptop.telemetry.figures import Figure
    from seatrial.drivers.laptop.telemetry.spans import Trace

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SYSTEM] [NAME]...",
        help="A system, as elsewhere, and metrics to show in full; without a name a table of all.",
        autocompletion=completions.complete_systems,
    ),
]
TraceId = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SYSTEM] [ID]",
        help="A system, as elsewhere, and the id of one trace or how it begins; without one a list.",
        autocompletion=completions.complete_systems,
    ),
]
OfPart = Annotated[str | None, typer.Option("--part", "-p", help="Of one part only.")]
_OWN_PART = "seatrial"
"""Under which the supervisor says what belongs to no part."""
_PIPE_COLUMNS = 160
"""Where nobody looks, little is cut."""
_LINES_OF_TRACE_MAX = 50
_AROUND_SECONDS = 60.0
"""So long before its first span a trace may have left lines."""
_ID_DIGITS = 32
_NO_SPANS = "no part of it sent any spans: the address to send them to is in OTEL_EXPORTER_OTLP_ENDPOINT"
_BYTES_FREE_MIN = 2**20

Since = Annotated[str | None, typer.Option("--since", help="Not older than this, such as 90s, 10m or 2h.")]


def logs(
    words: systems.Words = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
    last: Annotated[
        int, typer.Option("--last", "-n", min=0, max=1_000_000, help="Lines to begin with.")
    ] = 100,
    since: Since = None,
    grep: Annotated[str, typer.Option("--grep", help="Lines that hold this text, in either case.")] = "",
    trace: Annotated[str, typer.Option("--trace", help="Lines that name the trace of this id.")] = "",
    as_json: running.AsJson = False,
) -> None:
    """Print what the parts of a system wrote."""
    from seatrial.drivers.laptop import Search  # noqa: PLC0415  # late: --help must not pay for it

    system, part = system_and_part(words)
    ensure_part(system, part)
    search = Search(since=time.time() - seconds_of(since) if since else 0.0, grep=grep, trace=trace.lower())
    driver = started_driver(system)
    running.run_work(_print_logs(driver.logs(part, last=last, follow=follow, search=search), as_json=as_json))


def metrics(
    words: Names = None,
    part: OfPart = None,
    since: Since = "15m",
    as_json: running.AsJson = False,
) -> None:
    """Show what the parts of a system measure, and how it went."""
    from seatrial.cli import charts  # noqa: PLC0415  # late: --help must not pay for it
    from seatrial.drivers.laptop.telemetry import figures, samples  # noqa: PLC0415

    system, asked = systems.split(words or [])
    ensure_part(system, part)
    path = _file(started_driver(system))
    window = seconds_of(since or "15m")
    wanted = frozenset(asked)
    tracks = samples.read_tracks(path, since=time.time() - window, part=part, families=wanted)
    if missing := wanted - {word for one in tracks for word in (one.series.name, one.series.family)}:
        every = samples.read_tracks(path, since=time.time() - window, part=part)
        known = {one.metric for one in figures.by_metric(every)}
        raise errors.CallError(
            f"no metric {min(missing)!r} within {since}; {names.suggestion(min(missing), known)}"
        )
    found = figures.by_labels(tracks) if wanted else figures.by_metric(tracks)
    if as_json:
        told = {"metrics": [_figure(one, points=bool(wanted)) for one in found]}
        typer.echo(json.dumps(told, indent=None if wanted else 2))  # a point a line would be no help
    elif not found:
        typer.echo(f"no part of it told any metrics within {since}")
    else:
        for line in (charts.chart if wanted else charts.table)(found, _columns()):
            typer.echo(line)


def traces(
    words: TraceId = None,
    part: OfPart = None,
    slow: Annotated[
        str | None, typer.Option("--slow", help="That took so long or longer, e.g. 500ms.")
    ] = None,
    failed: Annotated[bool, typer.Option("--errors", help="In which something failed.")] = False,
    last: Annotated[int, typer.Option("--last", "-n", min=1, max=10_000, help="How many.")] = 20,
    since: Since = None,
    as_json: running.AsJson = False,
) -> None:
    """List requests as they went through the parts of a system, or show one in full."""
    from seatrial.drivers.laptop.telemetry import spans  # noqa: PLC0415  # late: --help must not pay for it

    system, asked = systems.split(words or [])
    if len(asked) > 1:
        raise errors.CallError(f"one trace or a list of them, not {' and '.join(asked)}")
    ensure_part(system, part)
    driver = started_driver(system)
    if asked:
        _show_trace(driver, _one_trace(_file(driver), asked[0]), as_json=as_json)
        return
    wanted = spans.Wanted(
        part=part,
        since=time.time() - seconds_of(since) if since else 0.0,
        duration_ns_min=int(seconds_of(slow, "--slow") * 1e9) if slow else 0,
        failed=failed,
    )
    found = spans.find_traces(_file(driver), wanted, last=last)
    if as_json:
        typer.echo(json.dumps({"traces": [_trace(one) for one in found]}, indent=2, ensure_ascii=False))
    elif not found:
        typer.echo("no such trace is kept" if wanted != spans.Wanted() else _NO_SPANS)
    else:
        from seatrial.cli import waterfalls  # noqa: PLC0415

        for line in waterfalls.listed(found, _columns()):
            typer.echo(line)


def _one_trace(path: Path, begins: str) -> Trace:
    from seatrial.drivers.laptop.telemetry import spans  # noqa: PLC0415

    prefix = begins.lower()
    if not 0 < len(prefix) <= _ID_DIGITS or set(prefix) - set("0123456789abcdef"):
        raise errors.CallError(f"found {begins!r}, expected the id of a trace: up to 32 hexadecimal digits")
    found = spans.find_trace(path, prefix)
    if not found:
        raise errors.CallError(f"no trace {begins} is kept; `traces` without an id lists them")
    if len(found) > 1:
        raise errors.CallError(f"several traces begin with {begins}: give more of its digits")
    return found[0]


def _show_trace(driver: Laptop, trace: Trace, *, as_json: bool) -> None:
    """With what follows from it, and the lines that name it."""
    from seatrial.cli import waterfalls  # noqa: PLC0415  # late: --help must not pay for it
    from seatrial.drivers.laptop import Search  # noqa: PLC0415
    from seatrial.drivers.laptop.telemetry import spans  # noqa: PLC0415

    search = Search(since=trace.start_ns / 1e9 - _AROUND_SECONDS, trace=trace.id)
    lines = running.run_work(_collect(driver.logs(last=_LINES_OF_TRACE_MAX, search=search)))
    linked = spans.find_linked(_file(driver), trace)
    if as_json:
        told = _trace(trace) | {
            "linked": [one.id for one in linked],
            "lines": [dataclasses.asdict(line) for line in lines],
        }
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for row in waterfalls.waterfall(trace, _columns()):
        typer.echo(row)
    if linked:
        typer.echo("\nlinked to it:")
        for row in list(waterfalls.listed(linked[::-1], _columns()))[1:]:
            typer.echo(row)
    if lines:
        typer.echo("")
    for line in lines:
        typer.echo(_shown(line))


async def _collect(lines: AsyncIterator[LogLine]) -> list[LogLine]:
    return [line async for line in lines]


def _figure(figure: Figure, *, points: bool) -> dict[str, object]:
    """As JSON: what is not known is null, and labels are an object."""
    told = dataclasses.asdict(figure) | {"labels": dict(figure.labels)}
    for key in ("low", "high", "rate"):
        told[key] = _known(told[key])
    told["quantiles"] = {str(share): _known(value) for share, value in figure.quantiles.items()}
    told["points"] = [[time, _known(value)] for time, value in figure.points]
    if not points:
        del told["points"]
    return told


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _trace(trace: Trace) -> dict[str, object]:
    spans = [{**dataclasses.asdict(span), "title": span.title, "status": span.status} for span in trace.spans]
    return {
        "trace": trace.id,
        "start_ns": trace.start_ns,
        "duration_ns": trace.duration_ns,
        "failed": trace.failed,
        "part": trace.root.part,
        "title": trace.root.title,
        "status": trace.root.status,
        "spans": spans,
    }


def _file(driver: Laptop) -> Path:
    path = driver.telemetry
    if path is None:
        raise errors.PartFailedError("it was never started here, so nothing has been written")
    return path


def _columns() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE_COLUMNS


def system_and_part(words: list[str] | None) -> tuple[str | None, str | None]:
    """What `[SYSTEM] [PART]` means. Raises CallError."""
    system, rest = systems.split(words or [])
    if len(rest) > 1:
        raise errors.CallError(f"one part or all of them, not {' and '.join(rest)}")
    return system, next(iter(rest), None)


def ensure_part(system: str | None, part: str | None) -> None:
    """Raises CallError that names the nearest part of the page."""
    if part not in (None, _OWN_PART):
        systems.find_part(systems.load_plan(system), part)


def seconds_of(duration: str, option: str = "--since") -> float:
    """Seconds of a span of time that was typed. Raises CallError."""
    try:
        return durations.parse_duration(duration)
    except ValueError as error:
        raise errors.CallError(f"{option}: {error}") from error


def started_driver(system: str | None) -> Laptop:
    """Raises PartFailedError where there is nothing to look at yet."""
    driver = running.driver_of(system)
    if driver.status().phase == "never":
        raise errors.PartFailedError("it was never started here, so nothing has been written")
    path = driver.telemetry
    if path and shutil.disk_usage(path.parent).free < _BYTES_FREE_MIN:
        typer.echo(f"the disk of {path} is full: nothing new is kept", err=True)
    return driver


async def _print_logs(lines: AsyncIterator[LogLine], *, as_json: bool) -> None:
    async for line in lines:
        if as_json:
            typer.echo(json.dumps(dataclasses.asdict(line), ensure_ascii=False))
            continue
        typer.echo(_shown(line))


def _shown(line: LogLine) -> str:
    clock = time.strftime("%H:%M:%S", time.localtime(line.seconds))
    return f"{clock} {line.part:<12} {line.text}"
