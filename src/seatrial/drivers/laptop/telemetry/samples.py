"""Metrics: what a part measured at one moment, kept as one row a moment, and read back as series.

The names and labels of a part's series rarely change, so they are kept once, as a layout; a row holds the
numbers alone. Both are compressed: a quiet part with 500 series costs about 1 KB a scrape.
"""

from __future__ import annotations

import array
import json
import math
import sqlite3
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seatrial.drivers.laptop.telemetry import stores

SCRAPED = "scrape"
SENT = "otlp"
SEEN = "machine"
UP = "up"
"""1 when the part answered the scrape, else 0."""
_SCRAPES_READ_MAX = 50_000
_READINGS_BYTES_MAX = 8 * 2**20


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """One number that a part tells again and again."""

    family: str
    """The metric that it belongs to; a histogram has several series."""
    kind: str
    """counter, gauge, histogram, summary or unknown."""
    name: str
    labels: tuple[tuple[str, str], ...] = ()
    """Sorted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scrape:
    """What one part told at one moment; an error says why it told nothing."""

    time: float
    part: str
    source: str = SCRAPED
    """scrape, otlp for what the part sent by itself, machine for what can be seen of it from outside."""
    error: str = ""
    readings: Mapping[Series, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """One series over time."""

    part: str
    series: Series
    began: float
    """Unix time of the first moment at which the part was looked at."""
    until: float
    """Unix time of the last one."""
    points: tuple[tuple[float, float], ...]
    """Unix time and value of the moments at which the series was told; at least one."""

    @property
    def last(self) -> float:
        """NaN where the part no longer tells it."""
        time, value = self.points[-1]
        return value if time == self.until else math.nan

    @property
    def increase(self) -> float:
        """How much a counter grew, over its restarts; one that appeared meanwhile began at 0."""
        first, before = self.points[0]
        grown = before if first > self.began else 0.0
        for _, value in self.points[1:]:
            grown += value - before if value >= before else value
            before = value
        return grown

    @property
    def rate(self) -> float:
        """Per second; NaN where the part was looked at once only."""
        seconds = self.until - self.began
        return self.increase / seconds if seconds > 0 else math.nan


class ScrapeWriter:
    """Puts scrapes into a transaction; remembers which layout each part has."""

    def __init__(self) -> None:
        self._layouts: dict[tuple[str, str], tuple[tuple[Series, ...], int]] = {}

    def add(self, writing: stores.Writing, scrape: Scrape) -> None:
        series = tuple(scrape.readings)
        layout = self._layout(writing, scrape, series) if series else None
        readings = zlib.compress(array.array("d", scrape.readings.values()).tobytes(), 1)
        row = (scrape.time, scrape.part, scrape.source, scrape.error, layout, readings)
        writing.add(stores.SCRAPES, [row])

    def _layout(self, writing: stores.Writing, scrape: Scrape, series: tuple[Series, ...]) -> int:
        """The id of its layout, which may be trimmed or lost with a transaction: then it is written again."""
        known = self._layouts.get((scrape.part, scrape.source))
        if known and known[0] == series and _is_kept(writing.database, known[1], scrape.part):
            return known[1]
        text = json.dumps([[one.family, one.kind, one.name, one.labels] for one in series])
        writing.add(stores.LAYOUTS, [(scrape.part, zlib.compress(text.encode(), 6))])
        layout = int(writing.database.execute("SELECT max(id) FROM layouts").fetchone()[0])
        self._layouts[scrape.part, scrape.source] = (series, layout)
        return layout


def read_tracks(
    path: Path, *, since: float, part: str | None = None, families: frozenset[str] = frozenset()
) -> list[Track]:
    """The series of one part or all, of these families (or series' names) or all, from a moment on.

    In the order of their parts and names; `up` is one of them. Raises MissingError.
    """
    with stores.reading(path) as database:
        if database is None or not stores.holds(database, stores.SCRAPES):
            return []
        sql = (
            "SELECT part, source, time, error, layout, readings FROM scrapes"
            " WHERE time >= ? AND (? IS NULL OR part = ?) ORDER BY id DESC LIMIT ?"
        )
        rows = database.execute(sql, [since, part, part, _SCRAPES_READ_MAX]).fetchall()[::-1]
        reader = _Reader(database, families)
        for row in rows:
            reader.take(row)
        return reader.tracks()


class _Reader:
    """Turns rows, one a moment, into tracks, one a series."""

    def __init__(self, database: sqlite3.Connection, families: frozenset[str]) -> None:
        self._database = database
        self._families = families
        self._layouts: dict[int, tuple[list[int], list[Series]]] = {}
        self._spans: dict[tuple[str, str], tuple[float, float]] = {}
        self._points: dict[tuple[str, str], dict[Series, list[tuple[float, float]]]] = {}

    def take(self, row: tuple[str, str, float, str, int | None, bytes]) -> None:
        part, source, time, error, layout, readings = row
        began, _ = self._spans.get((part, source), (time, time))
        self._spans[part, source] = (began, time)
        points = self._points.setdefault((part, source), {})
        if source == SCRAPED and (not self._families or UP in self._families):
            up = Series(family=UP, kind="gauge", name=UP)
            points.setdefault(up, []).append((time, 0.0 if error else 1.0))
        if layout is not None:
            indexes, series = self._layout(layout)
            numbers = _numbers(readings)
            for one, at in zip(series, indexes, strict=True):
                if at < len(numbers):
                    points.setdefault(one, []).append((time, numbers[at]))

    def tracks(self) -> list[Track]:
        found = [
            Track(
                part=source[0],
                series=series,
                began=self._spans[source][0],
                until=self._spans[source][1],
                points=tuple(points),
            )
            for source, tracks in self._points.items()
            for series, points in tracks.items()
        ]
        return sorted(found, key=lambda one: (one.part, one.series.name))

    def _layout(self, layout: int) -> tuple[list[int], list[Series]]:
        """Which numbers of a row are wanted, and of which series they are."""
        if layout not in self._layouts:
            row = self._database.execute("SELECT series FROM layouts WHERE id = ?", [layout]).fetchone()
            listed = json.loads(zlib.decompress(row[0])) if row else []
            wanted = [
                (at, _series(item))
                for at, item in enumerate(listed)
                if not self._families or item[0] in self._families or item[2] in self._families
            ]
            self._layouts[layout] = ([at for at, _ in wanted], [series for _, series in wanted])
        return self._layouts[layout]


def _series(item: tuple[str, str, str, list[tuple[str, str]]]) -> Series:
    family, kind, name, labels = item
    return Series(family=family, kind=kind, name=name, labels=tuple((key, value) for key, value in labels))


def _numbers(readings: bytes) -> array.array[float]:
    numbers = array.array("d")
    numbers.frombytes(zlib.decompressobj().decompress(readings, _READINGS_BYTES_MAX))
    return numbers


def _is_kept(database: sqlite3.Connection, layout: int, part: str) -> bool:
    sql = "SELECT 1 FROM layouts WHERE id = ? AND part = ?"
    return database.execute(sql, [layout, part]).fetchone() is not None
