"""What the parts wrote: kept over runs, bounded in size, written off the event loop."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import queue
import re
import sqlite3
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from seatrial import errors
from seatrial.drivers.laptop.telemetry import stores
from seatrial.drivers.reports import LogLine

OWN_PART = "seatrial"
"""Under which the supervisor says what belongs to no part."""
LINE_CHARACTERS_MAX = 8192
WAITING_CHARACTERS_MAX = 64 * 2**20
_ROW_CHARACTERS = 100
"""What a line costs in memory beside its text, roughly."""
_BATCH_LINES_MAX = 5_000
_TAIL_LINES = 20
_READ_LINES_MAX = 1_000
_FOLLOW_SECONDS = 0.2
_CLOSE_SECONDS_MAX = 30.0
_SELECT = """
SELECT id, time, part, stream, text FROM lines
WHERE (:part IS NULL OR part = :part) AND time >= :since
AND (:grep = '' OR instr(lower(text), lower(:grep))) AND (:trace = '' OR instr(text, :trace)) """

_NUMBER = re.compile(r"[0-9]+")

Row = tuple[float, str, str, str]


class LogWriter:
    """Takes lines without ever blocking its caller; a thread of its own writes them in batches."""

    def __init__(
        self,
        path: Path,
        *,
        bounds: stores.Bounds = stores.Bounds(),  # noqa: B008  # frozen
        waiting_characters_max: int = WAITING_CHARACTERS_MAX,
    ) -> None:
        """Raises MissingError where the file cannot be written."""
        self._store = stores.Store(path, bounds)
        self._told_notice = ""
        self._waiting_characters_max = waiting_characters_max
        self._waiting: queue.SimpleQueue[list[Row] | None] = queue.SimpleQueue()
        self._added_characters = 0  # counted by the caller alone
        self._taken_characters = 0  # counted by the thread alone
        self._dropped_lines = 0  # counted by the caller alone
        self._unwritten_lines = 0  # counted by the thread alone
        self._told_lines = 0
        self._trouble = "they came faster than they could be written"
        self._tails: dict[str, deque[str]] = {}
        self._thread = threading.Thread(target=self._write_all, name="logs", daemon=True)
        self._thread.start()

    @property
    def waiting_characters(self) -> int:
        return self._added_characters - self._taken_characters

    def begin(self, part: str) -> None:
        """Its process starts: what an earlier one wrote explains nothing any more."""
        self._tails.pop(part, None)

    def add(self, part: str, stream: str, texts: Iterable[str]) -> None:
        now = time.time()
        rows = [(now, part, stream, _cut(text)) for text in texts]
        tail = self._tails.setdefault(part, deque(maxlen=_TAIL_LINES))
        tail.extend(row[3] for row in rows if stream != "supervisor")
        if self.waiting_characters + _cost(rows) > self._waiting_characters_max:
            self._dropped_lines += len(rows)
            return
        rows = self._losses(part) + rows
        self._added_characters += _cost(rows)
        self._waiting.put(rows)

    def tail(self, part: str) -> tuple[str, ...]:
        """The last lines that the part's present process wrote."""
        return tuple(self._tails.get(part, ()))

    def close(self) -> None:
        """Returns when everything is written, or after a bound."""
        self._waiting.put(self._losses(OWN_PART))
        self._waiting.put(None)
        self._thread.join(_CLOSE_SECONDS_MAX)

    def _losses(self, part: str) -> list[Row]:
        """A line that says how many were lost since the last one that was kept."""
        lost = self._dropped_lines + self._unwritten_lines - self._told_lines
        if not lost:
            return []
        self._told_lines += lost
        return [(time.time(), part, "supervisor", f"{lost} lines were lost: {self._trouble}")]

    def _write_all(self) -> None:
        ended = False
        while not ended:
            rows, ended = self._next_batch()
            self._taken_characters += _cost(rows)
            added = self._noticed() + rows
            try:
                self._store.write(lambda writing, added=added: writing.add(stores.LINES, added))  # type: ignore[misc]
            except (sqlite3.Error, errors.MissingError) as error:  # the system goes on without its log
                self._unwritten_lines += len(rows)
                self._trouble = str(error)
        self._store.close()

    def _noticed(self) -> list[Row]:
        """A line that says, once, what became of the file itself."""
        if self._told_notice == self._store.notice:
            return []
        self._told_notice = self._store.notice
        return [(time.time(), OWN_PART, "supervisor", self._told_notice)]

    def _next_batch(self) -> tuple[list[Row], bool]:
        rows = self._waiting.get()
        if rows is None:
            return [], True
        batch = list(rows)
        while len(batch) < _BATCH_LINES_MAX and not self._waiting.empty():
            more = self._waiting.get()
            if more is None:
                return batch, True
            batch += more
        return batch, False


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """Which lines are wanted; the default is all."""

    since: float = 0.0
    """Unix time of the oldest line."""
    grep: str = ""
    """Lines that hold this text; letters of ASCII in either case."""
    trace: str = ""
    """Lines that name this trace."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LogReader:
    """Reads the lines from any process, while they are written or later."""

    path: Path
    part: str | None = None
    search: Search = Search()

    async def lines(self, *, last: int, follow: bool) -> AsyncIterator[LogLine]:
        """The last lines in their order; with `follow` further ones until the caller has enough."""
        with stores.reading(self.path) as database:
            if database is None or not stores.holds(database, stores.LINES):
                return
            number = int(database.execute("SELECT coalesce(max(id), 0) FROM lines").fetchone()[0])
            for line in self._last(database, last):
                number = max(number, line.number)
                yield line
            while follow:
                lines = self._after(database, number)
                for line in lines:
                    number = line.number
                    yield line
                if len(lines) < _READ_LINES_MAX:
                    await asyncio.sleep(_FOLLOW_SECONDS)

    def _last(self, database: sqlite3.Connection, count: int) -> list[LogLine]:
        sql = _SELECT + "ORDER BY id DESC LIMIT :count"
        return [_line(row) for row in database.execute(sql, self._wanted | {"count": count})][::-1]

    def _after(self, database: sqlite3.Connection, number: int) -> list[LogLine]:
        sql = _SELECT + "AND id > :number ORDER BY id LIMIT :count"
        known = self._wanted | {"number": number, "count": _READ_LINES_MAX}
        return [_line(row) for row in database.execute(sql, known)]

    @property
    def _wanted(self) -> dict[str, str | float | int | None]:
        return {"part": self.part, **dataclasses.asdict(self.search)}


def _cost(rows: list[Row]) -> int:
    return sum(len(row[3]) + _ROW_CHARACTERS for row in rows)


def _cut(text: str) -> str:
    if len(text) <= LINE_CHARACTERS_MAX:
        return text
    return f"{text[:LINE_CHARACTERS_MAX]} ... ({len(text) - LINE_CHARACTERS_MAX} more characters)"


def _line(row: tuple[int, float, str, str, str]) -> LogLine:
    return LogLine(number=row[0], seconds=row[1], part=row[2], stream=row[3], text=row[4])


def folded(lines: Iterable[str]) -> list[str]:
    """Neighbours that differ in their numbers only become the last of them, with how many they were.

    A server that logs each request writes the same line with another port or time for every probe.
    """
    told: list[str] = []
    for _, group in itertools.groupby(lines, key=lambda line: _NUMBER.sub("0", line)):
        alike = tuple(group)
        told.append(alike[-1] if len(alike) == 1 else f"{alike[-1]} (x{len(alike)})")
    return told
