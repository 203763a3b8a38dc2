"""The ledger beside the event loop: reserving waits for the disk, settling never holds up an answer.

One thread does all in order, so whoever asks for the standings after an answer sees that answer settled.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from seatrial.gateway import logs, prices
from seatrial.gateway.budgets import Budget, Crossing, Standing
from seatrial.gateway.ledgers import NANOS_MAX, Ledger, Reservation, Shortage
from seatrial.gateway.metrics import Metrics
from seatrial.gateway.prices import Price
from seatrial.gateway.refusals import Refusal
from seatrial.gateway.usages import Usage


class Accounts:
    """All budgets of a gateway, over one ledger."""

    def __init__(self, path: Path, budgets: tuple[Budget, ...], metrics: Metrics) -> None:
        """Raises MissingError where the ledger cannot be used."""
        self.budgets = budgets
        self.metrics = metrics
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self._ledger = self._thread.submit(Ledger, path).result()
        charged = self._thread.submit(self._ledger.charge_open).result()
        if charged:
            told = prices.format_amount(charged)
            logs.tell("calls of an earlier run were charged in full", logging.WARNING, amount=told)

    def close(self) -> None:
        """Returns when everything is settled."""
        self._thread.submit(self._ledger.close)
        self._thread.shutdown()

    def limiting(self, model: str) -> tuple[Budget, ...]:
        return tuple(one for one in self.budgets if one.holds_for(model) or one.may_stop(model))

    async def standings(self) -> tuple[Standing, ...]:
        """Raises Refusal where the ledger cannot be read."""
        return await self._ask(self._thread.submit(self._ledger.standings, self.budgets, _today()))

    async def reserve(self, model: str, nanos: int) -> Reservation:
        """Raises Refusal where it does not fit, or cannot be written down."""
        budgets = self.limiting(model)
        day = _today()
        asked = self._thread.submit(self._ledger.reserve, model, min(nanos, NANOS_MAX), day, budgets)
        try:
            held = await self._ask(asked)
        except asyncio.CancelledError:
            asked.add_done_callback(self._let_go)
            raise
        if isinstance(held, Shortage):
            self._tell(held.crossings)
            raise _exhausted(held, model, nanos)
        return held

    def settle(self, held: Reservation, nanos: int, bound_nanos: int = 0) -> None:
        """Ends a reservation without waiting; `bound_nanos` of the cost are a bound that nobody confirmed."""
        budgets = self.limiting(held.model)
        done = self._thread.submit(self._ledger.settle, held, nanos, bound_nanos, budgets)
        done.add_done_callback(self._settled)

    def _let_go(self, asked: Future[Reservation | Shortage]) -> None:
        """Its caller left while it was being reserved, so nothing was sent."""
        if not asked.cancelled() and not asked.exception() and isinstance(asked.result(), Reservation):
            self.settle(asked.result(), 0)  # type: ignore[arg-type]  # asked just above

    def _settled(self, done: Future[tuple[Crossing, ...]]) -> None:
        if error := done.exception():
            logs.tell("a call stays reserved until the next start", logging.ERROR, why=str(error))
        else:
            self._tell(done.result())

    def _tell(self, crossings: tuple[Crossing, ...]) -> None:
        for one in crossings:
            threshold, spent, limit = one.threshold, one.spent_nanos, one.budget.limit_nanos
            self.metrics.count("thresholds_total", budget=one.budget.name, action=threshold.action)
            logs.tell(
                "budget threshold crossed",
                logging.WARNING,
                budget=one.budget.name,
                window=one.window,
                at=threshold.share,
                action=threshold.action,
                severity=threshold.severity,
                spent=prices.format_amount(spent),
                limit=prices.format_amount(limit),
            )

    async def _ask[Answer](self, asked: Future[Answer]) -> Answer:
        try:
            return await asyncio.wrap_future(asked)
        except sqlite3.Error as error:
            logs.tell("the ledger cannot be used", logging.ERROR, why=str(error))
            message = "the ledger of the budgets cannot be written, so nothing that costs money is called"
            raise Refusal(503, "ledger_unavailable", message) from error


class Charge:
    """What one call owes, settled when the block ends, whatever ends it.

    In doubt the whole reservation: it is charged unless use was reported, or nothing can have been done.
    """

    def __init__(self, accounts: Accounts, model: str, price: Price | None, held: Reservation | None) -> None:
        self._accounts = accounts
        self._model = model
        self._price = price
        self._held = held
        self._usage: Usage | None = None
        self.left = False
        """The request may have reached the provider."""
        self.unbilled = False
        """The provider said that it did nothing."""
        self.ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def use(self, usage: Usage) -> None:
        self._usage = usage

    def end(self) -> None:
        """Settles once, so that an answer can be settled before its last bytes are sent."""
        if self.ended:
            return
        self.ended = True
        metrics = self._accounts.metrics
        if self._usage:
            metrics.count("tokens_total", self._usage.input_tokens, model=self._model, direction="input")
            metrics.count("tokens_total", self._usage.output_tokens, model=self._model, direction="output")
        if self._held and self._price:
            self._settle(self._held, self._price)

    def _settle(self, held: Reservation, price: Price) -> None:
        metrics = self._accounts.metrics
        if self._usage:
            nanos = price.cost(self._usage)
            metrics.count("charged_total", nanos, model=self._model, basis="use")
            self._accounts.settle(held, nanos)
            if nanos > held.nanos:
                self._find_overrun(held, nanos)
        elif self.unbilled or not self.left:
            self._accounts.settle(held, 0)
        else:
            metrics.count("charged_total", held.nanos, model=self._model, basis="bound")
            self._accounts.settle(held, held.nanos, held.nanos)

    def _find_overrun(self, held: Reservation, nanos: int) -> None:
        self._accounts.metrics.count("overruns_total", model=self._model)
        logs.tell(
            "finding: a provider reports more than a call can take by its own limits",
            logging.ERROR,
            model=self._model,
            reserved=prices.format_amount(held.nanos),
            charged=prices.format_amount(nanos),
        )


def _exhausted(shortage: Shortage, model: str, nanos: int) -> Refusal:
    standing = shortage.standing
    budget = standing.budget

    def shown(amount: int) -> str:
        return f"{prices.format_amount(amount)} {budget.currency}"

    limit = shown(budget.limit_nanos)
    per = {"day": f" on {standing.window}", "month": f" in {standing.window}"}[budget.span]
    if shortage.stopped_by:
        spent = f"{shown(standing.spent_nanos)} of {limit} is spent{per}"
        at = shortage.stopped_by.share
        return Refusal(402, "budget_exhausted", f"budget {budget.name} stops model {model} at {at}: {spent}")
    message = (
        f"budget {budget.name}: this call to {model} can cost up to {shown(nanos)},"
        f" and {shown(standing.remaining_nanos)} of {limit} is left{per}"
    )
    waiting = nanos <= budget.limit_nanos - standing.spent_nanos
    if waiting:
        held = shown(standing.reserved_nanos)
        message += f"; {held} is held for calls under way, so it may fit when they have ended"
    elif nanos > budget.limit_nanos:
        message += "; it never fits: ask for fewer tokens, or raise the budget"
    return Refusal(402, "budget_exhausted", message, retry_after="1" if waiting else None)


def _today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()
