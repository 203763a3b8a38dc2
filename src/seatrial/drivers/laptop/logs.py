"""What the parts wrote, in one SQLite file: kept over runs, bounded in size, written off the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from seatrial import errors
from seatrial.drivers.reports import LogLine

FILE_BYTES_MAX = 64 * 2**20
LINE_CHARACTERS_MAX = 8192
WAITING_CHARACTERS_MAX = 64 * 2**20
_ROW_CHARACTERS = 100
"""What a line costs in memory beside its text, roughly."""
_BATCH_LINES_MAX = 5_000
_TAIL_LINES = 20
_READ_LINES_MAX = 1_000
_FOLLOW_SECONDS = 0.2
_CLOSE_SECONDS_MAX = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time REAL NOT NULL, part TEXT NOT NULL, stream TEXT NOT NULL, text TEXT NOT NULL
)"""
_SELECT = "SELECT id, time, part, stream, text FROM lines WHERE (:part IS NULL OR part = :part) "

_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA journal_size_limit = 4194304",
)
_BUSY_SECONDS_MAX = 5.0

Row = tuple[float, str, str, str]


class LogWriter:
    """Takes lines without ever blocking its caller; a thread of its own writes them in batches."""

    def __init__(
        self,
        path: Path,
        *,
        file_bytes_max: int = FILE_BYTES_MAX,
        waiting_characters_max: int = WAITING_CHARACTERS_MAX,
    ) -> None:
        """Raises MissingError where the file cannot be written, or is no log."""
        self._path = path
        self._file_bytes_max = file_bytes_max
        self._waiting_characters_max = waiting_characters_max
        self._waiting: queue.SimpleQueue[list[Row] | None] = queue.SimpleQueue()
        self._added_characters = 0  # counted by the caller alone
        self._taken_characters = 0  # counted by the thread alone
        self._dropped_lines = 0  # counted by the caller alone
        self._unwritten_lines = 0  # counted by the thread alone
        self._told_lines = 0
        self._trouble = "they came faster than they could be written"
        self._tails: dict[str, deque[str]] = {}
        _connect(path).close()
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
        self._waiting.put(self._losses("seatrial"))
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
        with contextlib.closing(_connect(self._path)) as database:
            ended = False
            while not ended:
                rows, ended = self._next_batch()
                self._taken_characters += _cost(rows)
                try:
                    with database:
                        database.executemany(
                            "INSERT INTO lines (time, part, stream, text) VALUES (?, ?, ?, ?)", rows
                        )
                        _trim(database, self._file_bytes_max)
                except sqlite3.Error as error:  # a full disk must not end the system that writes the lines
                    self._unwritten_lines += len(rows)
                    self._trouble = str(error)

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
class LogReader:
    """Reads the lines from any process, while they are written or later."""

    path: Path
    part: str | None = None

    async def lines(self, *, last: int, follow: bool) -> AsyncIterator[LogLine]:
        """The last lines in their order; with `follow` further ones until the caller has enough."""
        if not self.path.exists():
            return
        with contextlib.closing(_connect(self.path)) as database:
            number = 0
            for line in self._last(database, last):
                number = line.number
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
        return [_line(row) for row in database.execute(sql, {"part": self.part, "count": count})][::-1]

    def _after(self, database: sqlite3.Connection, number: int) -> list[LogLine]:
        known = {"part": self.part, "number": number, "count": _READ_LINES_MAX}
        sql = _SELECT + "AND id > :number ORDER BY id LIMIT :count"
        return [_line(row) for row in database.execute(sql, known)]


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_BUSY_SECONDS_MAX)
    try:
        for statement in (*_SETTINGS, _SCHEMA):
            database.execute(statement)
    except sqlite3.Error as error:
        database.close()
        raise errors.MissingError(f"{path} cannot be used as a log: {error}; move it away") from error
    return database


def _trim(database: sqlite3.Connection, file_bytes_max: int) -> None:
    """The oldest fifth goes when the file is full; its pages are used again, so the file stops growing."""
    facts = [database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count")]
    page_bytes = database.execute("PRAGMA page_size").fetchone()[0]
    if (facts[0] - facts[1]) * page_bytes > file_bytes_max:
        database.execute(
            "DELETE FROM lines WHERE id < (SELECT min(id) + (max(id) - min(id)) / 5 + 1 FROM lines)"
        )


def _cost(rows: list[Row]) -> int:
    return sum(len(row[3]) + _ROW_CHARACTERS for row in rows)


def _cut(text: str) -> str:
    if len(text) <= LINE_CHARACTERS_MAX:
        return text
    return f"{text[:LINE_CHARACTERS_MAX]} ... ({len(text) - LINE_CHARACTERS_MAX} more characters)"


def _line(row: tuple[int, float, str, str, str]) -> LogLine:
    return LogLine(number=row[0], seconds=row[1], part=row[2], stream=row[3], text=row[4])
