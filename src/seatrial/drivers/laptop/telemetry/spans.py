"""Spans: what one part did for one request or job, and how those of a trace belong together."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatrial.drivers.laptop.telemetry import stores

SPANS_OF_TRACE_MAX = 2_000
_LINKED_MAX = 20
_SCANNED_SPANS_MAX = 200_000
"""How far back a search for traces looks."""
_COLUMNS = "trace, span, parent, part, name, kind, start_ns, duration_ns, failed, detail"
_METHODS = ("http.request.method", "http.method")
_ROUTES = ("http.route", "url.path", "http.target")
_STATUSES = ("http.response.status_code", "http.status_code", "rpc.grpc.status_code")


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """One span as its program sent it."""

    trace: str
    """32 hexadecimal digits."""
    span: str
    parent: str
    """Empty where it began the trace."""
    part: str
    """The service's name, which the laptop sets to the name of the part."""
    name: str
    kind: str
    """server, client, producer, consumer or internal."""
    start_ns: int
    """Since 1970."""
    duration_ns: int
    failed: bool
    message: str = ""
    """Why it failed, where it says so."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Mapping[str, Any], ...] = ()
    links: tuple[str, ...] = ()
    """Traces that it follows from, such as the request that queued a job."""

    @property
    def status(self) -> str:
        """The answer's code where there was one."""
        return _first(self.attributes, _STATUSES)

    @property
    def title(self) -> str:
        """Method and route of a request by the semantic conventions, else its name."""
        method, route = _first(self.attributes, _METHODS), _first(self.attributes, _ROUTES)
        return f"{method} {route}" if method and route else self.name

    @property
    def row(self) -> stores.Row:
        detail: dict[str, object] = {
            "message": self.message,
            "attributes": self.attributes,
            "events": self.events,
        }
        if self.links:
            detail["links"] = self.links
        return (
            *(self.trace, self.span, self.parent, self.part, self.name, self.kind),
            *(self.start_ns, self.duration_ns, int(self.failed), json.dumps(detail, ensure_ascii=False)),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """All that is kept of one trace, in the order in which it began; never empty."""

    id: str
    spans: tuple[Span, ...]

    @property
    def root(self) -> Span:
        """The span that began it; the first one, where that is not kept."""
        known = {span.span for span in self.spans}
        return next((span for span in self.spans if span.parent not in known), self.spans[0])

    @property
    def duration_ns(self) -> int:
        return max(span.start_ns + span.duration_ns for span in self.spans) - self.start_ns

    @property
    def start_ns(self) -> int:
        return min(span.start_ns for span in self.spans)

    @property
    def failed(self) -> bool:
        return any(span.failed for span in self.spans)

    def nested(self) -> Iterator[tuple[int, Span]]:
        """Each span with its depth, under the one that called it; each exactly once, whatever they claim."""
        known = {span.span for span in self.spans}
        children: dict[str, list[Span]] = {}
        for span in self.spans:
            children.setdefault(span.parent if span.parent in known else "", []).append(span)
        told: set[int] = set()
        waiting = [(0, span) for span in reversed(children.get("", []))]
        rest = list(self.spans)
        while waiting or rest:
            if not waiting:  # what is left calls itself in a circle
                waiting.append((0, rest.pop(0)))
            depth, span = waiting.pop()
            if id(span) in told:
                continue
            told.add(id(span))
            yield depth, span
            waiting += [(depth + 1, child) for child in reversed(children.get(span.span, []))]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which traces are looked for; the default is all."""

    part: str | None = None
    since: float = 0.0
    """Unix time."""
    duration_ns_min: int = 0
    failed: bool = False


def find_traces(path: Path, wanted: Wanted, *, last: int) -> list[Trace]:
    """The last traces that match, the newest first. Raises MissingError."""
    with stores.reading(path) as database:
        if database is None or not stores.holds(database, stores.SPANS):
            return []
        return list(_matching(database, wanted, last))


def find_trace(path: Path, prefix: str) -> list[Trace]:
    """The traces whose id begins so: none, one, or two where it does not say which. Raises MissingError."""
    with stores.reading(path) as database:
        if database is None or not stores.holds(database, stores.SPANS):
            return []
        sql = "SELECT DISTINCT trace FROM spans WHERE trace >= ? AND trace < ? LIMIT 2"
        ids = [row[0] for row in database.execute(sql, [prefix, prefix + "g"])]
        return [_trace(database, one) for one in ids]


def find_linked(path: Path, trace: Trace) -> list[Trace]:
    """The traces that it follows from, and those that follow from it, oldest first. Raises MissingError."""
    with stores.reading(path) as database:
        if database is None:
            return []
        ids = {link for span in trace.spans for link in span.links}
        sql = "SELECT DISTINCT trace FROM spans WHERE trace != ? AND instr(detail, ?) LIMIT ?"
        near = database.execute(sql, [trace.id, f'"{trace.id}"', _LINKED_MAX]).fetchall()
        found = (_trace(database, one) for one in {*ids, *(row[0] for row in near)} - {trace.id})
        return sorted((one for one in found if one.spans), key=lambda one: one.start_ns)[:_LINKED_MAX]


def _matching(database: sqlite3.Connection, wanted: Wanted, last: int) -> Iterator[Trace]:
    seen: set[str] = set()
    found = 0
    sql = "SELECT trace FROM spans WHERE start_ns >= ? AND (? IS NULL OR part = ?) ORDER BY id DESC LIMIT ?"
    known = [int(wanted.since * 1e9), wanted.part, wanted.part, _SCANNED_SPANS_MAX]
    for (one,) in database.execute(sql, known):
        if found >= last:
            return
        if one in seen:
            continue
        seen.add(one)
        trace = _trace(database, one)
        if trace.duration_ns >= wanted.duration_ns_min and (trace.failed or not wanted.failed):
            found += 1
            yield trace


def _trace(database: sqlite3.Connection, one: str) -> Trace:
    sql = f"SELECT {_COLUMNS} FROM spans WHERE trace = ? ORDER BY start_ns, id LIMIT ?"  # noqa: S608  # own names
    rows = database.execute(sql, [one, SPANS_OF_TRACE_MAX])
    return Trace(id=one, spans=tuple(_span(row) for row in rows))


def _span(row: tuple[Any, ...]) -> Span:
    trace, span, parent, part, name, kind, start_ns, duration_ns, failed, detail = row
    kept = json.loads(detail)
    return Span(
        trace=trace,
        span=span,
        parent=parent,
        part=part,
        name=name,
        kind=kind,
        start_ns=start_ns,
        duration_ns=duration_ns,
        failed=bool(failed),
        message=kept["message"],
        attributes=kept["attributes"],
        events=tuple(kept["events"]),
        links=tuple(kept.get("links", ())),
    )


def _first(attributes: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(attributes[name]) for name in names if attributes.get(name) not in (None, "")), "")
