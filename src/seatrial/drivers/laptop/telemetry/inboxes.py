"""What has come in and is not yet written: bounded, and written in batches off the event loop."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from seatrial import errors
from seatrial.drivers.laptop.telemetry import otlp, samples, spans, stores

WAITING_BYTES_MAX = 32 * 2**20
READINGS_MAX = 100_000
_BATCH_SECONDS = 0.5
_AGING_SECONDS = 600.0
_READING_BYTES = 200
"""What a reading or the frame of a row costs in memory, roughly."""

Say = Callable[[str], None]
"""Takes a sentence for people."""


@dataclass(kw_only=True, slots=True)
class Batch:
    """What is written in one transaction."""

    spans: list[stores.Row] = field(default_factory=list)
    lines: list[stores.Row] = field(default_factory=list)
    scrapes: list[samples.Scrape] = field(default_factory=list)
    readings: int = 0
    bytes: int = 0

    @property
    def count(self) -> int:
        return len(self.spans) + len(self.lines) + len(self.scrapes)


class Inbox:
    """Takes what comes, and writes it twice a second. Lives inside a running event loop."""

    def __init__(self, store: stores.Store, say: Say) -> None:
        self._store = store
        self._say = say
        self._scrapes = samples.ScrapeWriter()
        self._batch = Batch()
        self._writing = Batch()
        self._lost = 0
        self._trouble = ""
        self._notice = ""

    @property
    def is_full(self) -> bool:
        """Whoever sends should wait, and send it again."""
        return self._batch.bytes + self._writing.bytes > WAITING_BYTES_MAX

    def add_spans(self, added: Iterable[spans.Span]) -> None:
        """All of them, or none where one cannot be read."""
        rows = [span.row for span in added]
        self._batch.spans += rows
        self._batch.bytes += sum(_READING_BYTES + len(str(row[-1])) for row in rows)

    def add_lines(self, added: Sequence[otlp.Line]) -> None:
        self._batch.lines += [(line.seconds, line.part, otlp.STREAM, line.text) for line in added]
        self._batch.bytes += sum(_READING_BYTES + len(line.text) for line in added)

    def add_scrapes(self, added: Sequence[samples.Scrape]) -> None:
        """A flood of spans costs none of them, but there is a bound."""
        readings = sum(1 + len(scrape.readings) for scrape in added)
        if self._batch.readings + readings > READINGS_MAX:
            self._lose(len(added), "they came faster than they could be written")
            return
        self._batch.scrapes += added
        self._batch.readings += readings
        self._batch.bytes += _READING_BYTES * readings

    async def run(self, keep_seconds: float | None) -> None:
        """Writes until it is cancelled; what is left then is for `flush`. What is older than that goes."""
        aged = -_AGING_SECONDS
        while True:
            if keep_seconds and time.monotonic() - aged > _AGING_SECONDS:
                aged = time.monotonic()
                await self._write(stores.forgetting(time.time() - keep_seconds))
            await asyncio.sleep(_BATCH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Writes what has come so far; what cannot be written is lost, and that is said."""
        if not self._batch.count:
            return
        batch, self._batch = self._batch, Batch()
        self._writing = batch
        await self._write(lambda writing: self._put(writing, batch))
        self._writing = Batch()

    async def _write(self, effect: Callable[[stores.Writing], None]) -> None:
        try:
            await asyncio.to_thread(self._store.write, effect)
        except (sqlite3.Error, errors.MissingError) as error:  # a full disk must not end what fills it
            self._lose(self._writing.count, str(error))
        else:
            self._recover()

    def _put(self, writing: stores.Writing, batch: Batch) -> None:
        writing.add(stores.SPANS, batch.spans)
        writing.add(stores.LINES, batch.lines)
        for scrape in batch.scrapes:
            self._scrapes.add(writing, scrape)

    def _lose(self, count: int, trouble: str) -> None:
        """Said when it begins; how much it was is said when it is over."""
        self._lost += count
        if trouble != self._trouble:
            self._trouble = trouble
            self._say(f"spans and metrics are lost from now on: {trouble}")

    def _recover(self) -> None:
        if self._lost:
            self._say(f"spans and metrics are kept again; {self._lost} were lost: {self._trouble}")
            self._lost, self._trouble = 0, ""
        if self._store.notice != self._notice:
            self._notice = self._store.notice
            self._say(self._notice)
