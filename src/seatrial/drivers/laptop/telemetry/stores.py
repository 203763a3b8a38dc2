"""The one SQLite file of a system's telemetry: its tables, its bounds, and what becomes of an old one.

Several processes write to it at once, each in short transactions, and any number reads meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial import errors

VERSION = 1
_OLD_NAME = "logs.sqlite"
"""Where logs alone were kept; taken over as it is."""
_BUSY_SECONDS_MAX = 5.0
_NO_INODE = -1
_SHARES = 5
"""The oldest fifth goes at once, so that a full file is trimmed rarely."""
_TRIMS_MAX = 50
_UNUSED = "id NOT IN (SELECT layout FROM scrapes WHERE layout > ?)"
_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA journal_size_limit = 4194304",
)
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS lines (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        time REAL NOT NULL, part TEXT NOT NULL, stream TEXT NOT NULL, text TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS spans (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        trace TEXT NOT NULL, span TEXT NOT NULL, parent TEXT NOT NULL, part TEXT NOT NULL, name TEXT NOT NULL,
        kind TEXT NOT NULL, start_ns INTEGER NOT NULL, duration_ns INTEGER NOT NULL,
        failed INTEGER NOT NULL, detail TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS spans_by_trace ON spans (trace)",
    """CREATE TABLE IF NOT EXISTS layouts (
        id INTEGER PRIMARY KEY AUTOINCREMENT, part TEXT NOT NULL, series BLOB NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS scrapes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        time REAL NOT NULL, part TEXT NOT NULL, source TEXT NOT NULL, error TEXT NOT NULL,
        layout INTEGER, readings BLOB NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS sizes (signal TEXT PRIMARY KEY, bytes INTEGER NOT NULL)",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """Bytes that each signal, and the file as a whole, may hold; the oldest goes first."""

    logs: int = 64 * 2**20
    spans: int = 64 * 2**20
    metrics: int = 64 * 2**20
    file: int = 160 * 2**20

    def of(self, signal: str) -> int:
        return {"logs": self.logs, "spans": self.spans, "metrics": self.metrics}[signal]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table whose rows come and go by age; `cost` is SQL for the bytes of a row with what belongs to it."""

    name: str
    signal: str
    columns: tuple[str, ...]
    cost: str

    @property
    def insert(self) -> str:
        marks = ", ".join("?" for _ in self.columns)
        return f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES ({marks})"  # noqa: S608  # own names


Row = tuple[object, ...]

LINES = Table(
    name="lines",
    signal="logs",
    columns=("time", "part", "stream", "text"),
    cost="length(CAST(text AS BLOB)) + 50",
)
SPANS = Table(
    name="spans",
    signal="spans",
    columns=(
        *("trace", "span", "parent", "part", "name", "kind"),
        *("start_ns", "duration_ns", "failed", "detail"),
    ),
    cost="length(CAST(detail AS BLOB)) + length(CAST(name AS BLOB)) + 200",
)
LAYOUTS = Table(name="layouts", signal="metrics", columns=("part", "series"), cost="length(series) + 50")
SCRAPES = Table(
    name="scrapes",
    signal="metrics",
    columns=("time", "part", "source", "error", "layout", "readings"),
    cost="length(readings) + length(CAST(error AS BLOB)) + 60",
)
_AGING: Mapping[str, Table] = {"logs": LINES, "spans": SPANS, "metrics": SCRAPES}
"""Signal to the table whose oldest rows go when it has grown too big."""


class Store:
    """The file, open for writing by one thread. It finds out by itself when the file was replaced."""

    def __init__(self, path: Path, bounds: Bounds) -> None:
        """Raises MissingError where the file can be neither used nor set aside."""
        self._path = path
        self._bounds = bounds
        self.notice = ""
        """What people should know of the file: that an unusable one was set aside."""
        _take_over(path)
        self._database, self._inode = self._open()

    def write(self, effect: Callable[[Writing], None]) -> None:
        """All of it, or nothing. Raises sqlite3.Error, and MissingError where the file cannot be opened.

        A damaged file is set aside, so that the next write finds a new one.
        """
        if self._inode != _inode(self._path):
            self.close()
            self._database, self._inode = self._open()
        try:
            with _transaction(self._database):
                writing = Writing(self._database)
                effect(writing)
                writing.settle()
                _trim(self._database, self._bounds)
        except sqlite3.DatabaseError as error:
            if _is_damage(error):
                self.close()
                self._set_aside(str(error))
            raise

    def close(self) -> None:
        """Whatever happens next, the file is opened again before it is used."""
        self._database.close()
        self._inode = _NO_INODE

    def _open(self) -> tuple[sqlite3.Connection, int]:
        try:
            try:
                database = _connect(self._path)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._set_aside(str(error))
                database = _connect(self._path)
        except (sqlite3.Error, OSError) as error:
            raise errors.MissingError(
                f"{self._path} cannot be used for telemetry: {error}; move it away"
            ) from error
        return database, _inode(self._path)

    def _set_aside(self, why: str) -> None:
        """One such file is kept: the last."""
        aside = self._path.with_suffix(".aside.sqlite")
        for ending in ("-wal", "-shm", ""):  # the file last: until then it is tried again
            beside = self._path.with_name(self._path.name + ending)
            with contextlib.suppress(FileNotFoundError):
                beside.replace(aside.with_name(aside.name + ending))
        self.notice = f"{self._path.name} could not be used ({why}): it is kept as {aside.name}"


class Writing:
    """One transaction: adds rows, and counts the bytes of what it added."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        self._before: dict[str, int] = {}
        self._tables: dict[str, Table] = {}

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        if table.name not in self._tables:
            self._tables[table.name] = table
            self._before[table.name] = _last_id(self.database, table)
        self.database.executemany(table.insert, rows)

    def settle(self) -> None:
        """Books the bytes of the added rows on their signals."""
        for name, table in self._tables.items():
            sql = f"SELECT coalesce(sum({table.cost}), 0) FROM {name} WHERE id > ?"  # noqa: S608  # own names
            _book(self.database, table.signal, self.database.execute(sql, [self._before[name]]).fetchone()[0])


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """The file, open for looking only; None where there is none yet. Raises MissingError."""
    found = next((one for one in (path, path.with_name(_OLD_NAME)) if one.exists()), None)
    if found is None:
        yield None
        return
    try:
        uri = f"{found.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS_MAX)) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise errors.MissingError(f"{found} was written by a later Seatrial: read it with that")
            yield database
    except sqlite3.Error as error:
        raise errors.MissingError(f"{found} cannot be read: {error}") from error


def holds(database: sqlite3.Connection, table: Table) -> bool:
    """A file of before there were metrics and traces lacks their tables."""
    sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return database.execute(sql, [table.name]).fetchone() is not None


def _connect(path: Path) -> sqlite3.Connection:
    """Raises sqlite3.Error."""
    database = sqlite3.connect(path, timeout=_BUSY_SECONDS_MAX, isolation_level=None, check_same_thread=False)
    try:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise sqlite3.DatabaseError(f"a later Seatrial wrote it, in form {version}")
        for statement in _SETTINGS:
            database.execute(statement)
        if version < VERSION or not all(holds(database, table) for table in (LINES, SPANS, LAYOUTS, SCRAPES)):
            with _transaction(database):
                _migrate(database)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _migrate(database: sqlite3.Connection) -> None:
    """Whatever is missing is made; lines that were kept before sizes were booked are counted once."""
    for statement in _SCHEMA:
        database.execute(statement)
    for signal in _AGING:
        database.execute("INSERT OR REPLACE INTO sizes VALUES (?, 0)", [signal])
    for table in (LINES, SPANS, LAYOUTS, SCRAPES):
        sql = f"SELECT coalesce(sum({table.cost}), 0) FROM {table.name}"  # noqa: S608  # own names
        _book(database, table.signal, database.execute(sql).fetchone()[0])
    database.execute(f"PRAGMA user_version = {VERSION}")


def _take_over(path: Path) -> None:
    """The file that held logs alone becomes this one; where that fails it is left as it is."""
    old = path.with_name(_OLD_NAME)
    if path.exists() or not old.exists():
        return
    with contextlib.suppress(sqlite3.Error, OSError):
        with contextlib.closing(sqlite3.connect(old, timeout=_BUSY_SECONDS_MAX)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        old.rename(path)


@contextlib.contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Takes the right to write at once: one that read first could lose it to another writer."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _trim(database: sqlite3.Connection, bounds: Bounds) -> None:
    """The oldest fifth of a full signal goes; its pages are used again, so the file stops growing."""
    for _ in range(_TRIMS_MAX):
        sizes: dict[str, int] = dict(database.execute("SELECT signal, bytes FROM sizes"))
        over = [signal for signal, size in sizes.items() if size > bounds.of(signal)]
        if not over and _used_bytes(database) > bounds.file and any(sizes.values()):
            over = [max(sizes, key=lambda signal: sizes[signal])]
        if not over:
            return
        for signal in over:
            _drop_oldest(database, _AGING[signal])


def forgetting(before: float) -> Callable[[Writing], None]:
    """An effect that drops what is older than a Unix time."""

    def forget(writing: Writing) -> None:
        database = writing.database
        for table in (LINES, SCRAPES):
            _book(database, table.signal, -_delete(database, table, "time < ?", before))
        _book(database, SPANS.signal, -_delete(database, SPANS, "start_ns < ?", int(before * 1e9)))
        _book(database, LAYOUTS.signal, -_delete(database, LAYOUTS, _UNUSED, 0))

    return forget


def _drop_oldest(database: sqlite3.Connection, table: Table) -> None:
    name = table.name
    until = database.execute(f"SELECT min(id) + (max(id) - min(id)) / {_SHARES} FROM {name}").fetchone()[0]  # noqa: S608  # own names
    gone = [_delete(database, table, "id <= ?", until)] if until is not None else []
    if table is SCRAPES:
        gone.append(_delete(database, LAYOUTS, _UNUSED, 0))
    if any(gone):
        _book(database, table.signal, -sum(gone))
    else:
        database.execute("UPDATE sizes SET bytes = 0 WHERE signal = ?", [table.signal])


def _delete(database: sqlite3.Connection, table: Table, where: str, bound: float) -> int:
    """Gives the bytes of what it deleted."""
    sql = f"SELECT coalesce(sum({table.cost}), 0) FROM {table.name} WHERE {where}"  # noqa: S608  # own names
    size = int(database.execute(sql, [bound]).fetchone()[0])
    database.execute(f"DELETE FROM {table.name} WHERE {where}", [bound])  # noqa: S608  # own names
    return size


def _book(database: sqlite3.Connection, signal: str, size_bytes: int) -> None:
    database.execute("UPDATE sizes SET bytes = bytes + ? WHERE signal = ?", [size_bytes, signal])


def _used_bytes(database: sqlite3.Connection) -> int:
    pages, free, page_bytes = (
        int(database.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * page_bytes


def _last_id(database: sqlite3.Connection, table: Table) -> int:
    sql = f"SELECT coalesce(max(id), 0) FROM {table.name}"  # noqa: S608  # own names
    return int(database.execute(sql).fetchone()[0])


def _is_damage(error: sqlite3.Error) -> bool:
    """The file itself is at fault; whatever has a class of its own (full, locked, no such table) may pass."""
    return type(error) is sqlite3.DatabaseError


def _inode(path: Path) -> int:
    try:
        return os.stat(path).st_ino  # noqa: PTH116  # asked before each batch
    except OSError:
        return 0
