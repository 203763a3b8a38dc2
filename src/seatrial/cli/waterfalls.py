"""Traces in a terminal: a list of them, or one as a waterfall with the lines that it left in the log."""

from __future__ import annotations

import time
from collections.abc import Iterator

from seatrial.cli import charts
from seatrial.drivers.laptop.telemetry.spans import Span, Trace

_ID_DIGITS = 8
_DURATION_COLUMNS = 8
_BAR_COLUMNS_MIN = 20
_NS = 1e-9
_SPANS_SHOWN_MAX = 200


def listed(traces: list[Trace], columns: int) -> Iterator[str]:
    """One row a trace, the newest last, as a log has it."""
    head = ("time", "trace", f"{'took':>{_DURATION_COLUMNS}}", "spans", "status", "what")
    yield "{:<8}  {:<8}  {}  {}  {}  {}".format(*head)
    for trace in reversed(traces):
        root = trace.root
        what = f"{root.part}: {root.title}"
        row = (
            f"{_clock(trace.start_ns)}  {trace.id[:_ID_DIGITS]}  {_took(trace.duration_ns)}"
            f"  {len(trace.spans):>5}  {_status(trace, root):<6}  "
        )
        yield row + charts.cut(what, columns - len(row))


def waterfall(trace: Trace, columns: int) -> Iterator[str]:
    """One row a span, under the one that called it; its bar lies where it lies in time."""
    begun = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(trace.start_ns * _NS))
    failed = ", failed" if trace.failed else ""
    yield f"{trace.root.part}: {charts.cut(trace.root.title, columns - len(trace.root.part) - 2)}"
    yield f"trace {trace.id}"
    count = f"{len(trace.spans)} span{'s' if len(trace.spans) > 1 else ''}"
    yield f"{begun}, {charts.seconds(trace.duration_ns * _NS)}, {count}{failed}"
    yield ""
    shown = list(trace.nested())
    labels = [(f"{'  ' * depth}{_label(span, trace)}", span, depth) for depth, span in shown]
    room = columns - _DURATION_COLUMNS - _BAR_COLUMNS_MIN - 4
    width = min(max(len(label) for label, _, _ in labels), max(room, 20))
    bar_columns = columns - width - _DURATION_COLUMNS - 4
    for label, span, depth in labels[:_SPANS_SHOWN_MAX]:
        bar = _bar(span, trace, bar_columns)
        yield f"{charts.cut(label, width):<{width}}  {_took(span.duration_ns)}  {bar}".rstrip()
        if span.failed:
            yield charts.cut(f"{'  ' * depth}✖ {_blame(span)}", columns)
    if len(labels) > _SPANS_SHOWN_MAX:
        yield f"{len(labels) - _SPANS_SHOWN_MAX} more spans; --json shows them all"


def _label(span: Span, trace: Trace) -> str:
    """The part is named where it is another than the caller's."""
    caller = next((one for one in trace.spans if one.span == span.parent), None)
    return span.title if caller and caller.part == span.part else f"{span.part}: {span.title}"


def _bar(span: Span, trace: Trace, columns: int) -> str:
    whole = max(trace.duration_ns, 1)
    start = int((span.start_ns - trace.start_ns) / whole * columns)
    start = min(start, columns - 1)
    length = max(round(span.duration_ns / whole * columns), 1)
    return " " * start + "█" * min(length, columns - start)


def _blame(span: Span) -> str:
    """What it said, or the exception that it met."""
    if span.message:
        return " ".join(span.message.split())
    for event in span.events:
        attributes = event.get("attributes", {})
        words = [str(attributes.get(f"exception.{key}", "")) for key in ("type", "message")]
        if any(words):
            return " ".join(": ".join(word for word in words if word).split())
    return f"failed with {span.status}" if span.status else "failed"


def _status(trace: Trace, root: Span) -> str:
    return root.status or ("failed" if trace.failed else "")


def _took(duration_ns: int) -> str:
    return f"{charts.seconds(duration_ns * _NS):>{_DURATION_COLUMNS}}"


def _clock(start_ns: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(start_ns * _NS))
