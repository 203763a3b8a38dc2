"""The ledger: what was spent and what is reserved, in one SQLite file that survives the end of its process.

A reservation is on disk before its call leaves. What is still reserved when a ledger is opened belongs to
calls that nobody heard the end of, and counts as spent in full. `accounts` gives it a thread.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from seatrial import errors
from seatrial.gateway.budgets import Budget, Crossing, Standing, Threshold

NANOS_MAX = 2**60
"""What one call may reserve at most; sums stay within SQLite's integers."""
_VERSION = 1
_DAYS_KEPT = 800
"""Days on which something was spent; counted, since the clock of a machine may be wrong for a while."""
_SETTINGS = (
    "PRAGMA locking_mode = EXCLUSIVE",  # a second gateway on the same ledger would charge our open calls
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
)
_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS reservations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL, day TEXT NOT NULL, nanos INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS spendings (
    model TEXT NOT NULL, day TEXT NOT NULL, nanos INTEGER NOT NULL, bound_nanos INTEGER NOT NULL,
    PRIMARY KEY (model, day)
);
CREATE TABLE IF NOT EXISTS crossings (
    budget TEXT NOT NULL, day_window TEXT NOT NULL, millionths INTEGER NOT NULL, action TEXT NOT NULL,
    PRIMARY KEY (budget, day_window, millionths, action)
);
PRAGMA user_version = 1;
COMMIT;
"""
_WITHIN = """
WHERE substr(day, 1, length(:window)) = :window
AND (:models IS NULL OR model IN (SELECT value FROM json_each(:models)))
"""
_CHARGE = """
INSERT INTO spendings VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET nanos = nanos + excluded.nanos, bound_nanos = bound_nanos + excluded.bound_nanos
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reservation:
    """Money held for one call that may be under way."""

    number: int
    model: str
    day: str
    nanos: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortage:
    """A reservation that did not fit, or whose model was stopped."""

    standing: Standing
    stopped_by: Threshold | None = None
    crossings: tuple[Crossing, ...] = ()


class Ledger:
    """One open ledger; used by one thread."""

    def __init__(self, path: Path) -> None:
        """Raises MissingError where it cannot be used."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None, timeout=0)
        except (OSError, sqlite3.Error) as error:
            raise errors.MissingError(f"{path} cannot be opened as a ledger: {error}") from error
        try:
            for statement in _SETTINGS:
                self._database.execute(statement)
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version in {0, _VERSION}:
                self._database.executescript(_SCHEMA)
        except sqlite3.Error as error:
            self._database.close()
            why = "another gateway is using it" if "locked" in str(error) else f"{error}; move it away"
            raise errors.MissingError(f"{path} cannot be used as a ledger: {why}") from error
        if version not in {0, _VERSION}:
            self._database.close()
            raise errors.MissingError(
                f"{path} is a ledger of version {version}, and this gateway writes {_VERSION}"
            )

    def close(self) -> None:
        self._database.close()

    def charge_open(self) -> int:
        """Charges in full whatever is still reserved; gives how many nanos that were."""
        with self._transaction():
            rows = self._database.execute("SELECT model, day, nanos FROM reservations").fetchall()
            self._database.executemany(_CHARGE, [(model, day, nanos, nanos) for model, day, nanos in rows])
            self._database.execute("DELETE FROM reservations")
            self._database.execute(
                "DELETE FROM spendings WHERE day NOT IN"
                " (SELECT DISTINCT day FROM spendings ORDER BY day DESC LIMIT ?)",
                (_DAYS_KEPT,),
            )
        return sum(nanos for _, _, nanos in rows)

    def reserve(self, model: str, nanos: int, day: str, budgets: Iterable[Budget]) -> Reservation | Shortage:
        """Holds the money if it fits every budget that concerns the model; on disk when this returns."""
        with self._transaction():
            for budget in budgets:
                standing = self._standing(budget, day)
                stop = standing.stops(model)
                if stop or (budget.holds_for(model) and nanos > standing.remaining_nanos):
                    crossings = self._cross(standing)
                    return Shortage(standing=standing, stopped_by=stop, crossings=crossings)
            number = self._database.execute(
                "INSERT INTO reservations (model, day, nanos) VALUES (?, ?, ?)", (model, day, nanos)
            ).lastrowid
        return Reservation(number=number or 0, model=model, day=day, nanos=nanos)

    def settle(
        self, held: Reservation, nanos: int, bound_nanos: int, budgets: Iterable[Budget]
    ) -> tuple[Crossing, ...]:
        """Ends a reservation by what the call cost; gives the thresholds that this crosses."""
        with self._transaction():
            self._database.execute("DELETE FROM reservations WHERE id = ?", (held.number,))
            if nanos:
                self._database.execute(_CHARGE, (held.model, held.day, nanos, bound_nanos))
            return tuple(
                crossing for budget in budgets for crossing in self._cross(self._standing(budget, held.day))
            )

    def standings(self, budgets: Iterable[Budget], day: str) -> tuple[Standing, ...]:
        return tuple(self._standing(budget, day) for budget in budgets)

    def _cross(self, standing: Standing) -> tuple[Crossing, ...]:
        """The crossed thresholds that were not told before in this window."""
        budget, window = standing.budget, standing.window
        return tuple(
            Crossing(budget=budget, window=window, threshold=threshold, spent_nanos=standing.spent_nanos)
            for threshold in standing.crossed
            if self._database.execute(
                "INSERT OR IGNORE INTO crossings VALUES (?, ?, ?, ?)",
                (budget.name, window, threshold.millionths, threshold.action),
            ).rowcount
        )

    def _standing(self, budget: Budget, day: str) -> Standing:
        window = budget.window(day)
        where = {"window": window, "models": None if budget.models is None else json.dumps(budget.models)}
        spent, bound = self._database.execute(
            f"SELECT coalesce(sum(nanos), 0), coalesce(sum(bound_nanos), 0) FROM spendings {_WITHIN}",  # noqa: S608  # a constant
            where,
        ).fetchone()
        reserved = self._database.execute(
            f"SELECT coalesce(sum(nanos), 0) FROM reservations {_WITHIN}",  # noqa: S608  # a constant
            where,
        ).fetchone()[0]
        return Standing(
            budget=budget,
            window=window,
            spent_nanos=spent,
            bound_nanos=bound,
            reserved_nanos=reserved,
        )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        finally:
            if self._database.in_transaction:  # also when the disk is full at the commit
                self._database.execute("ROLLBACK")
