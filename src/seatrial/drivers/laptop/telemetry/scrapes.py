"""Asks each part for its metrics, again and again: bounded in time, in bytes and in series."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

import h11

from seatrial.drivers.laptop.telemetry import expositions, samples
from seatrial.drivers.laptop.telemetry.inboxes import Inbox, Say

HOST = "127.0.0.1"
INTERVAL_SECONDS = 10.0
TIMEOUT_SECONDS_MAX = 5.0
BODY_BYTES_MAX = 8 * 2**20
_EAGER_SECONDS = 1.0
_EAGER_SECONDS_MAX = 60.0
"""A part that has just begun is asked each second until it first answers; until then nothing is kept."""
_JITTER_SHARE = 0.1
_OK = 200
_CHUNK_BYTES = 65_536
_ERROR_CHARACTERS_MAX = 300
_ACCEPTED = "text/plain;version=0.0.4;q=1, application/openmetrics-text;version=1.0.0;q=0.5"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where a part tells its metrics."""

    part: str
    port: int
    path: str
    interval_seconds: float | None = None
    """Between two scrapes, about; 10 where nothing is said."""

    @property
    def pause_seconds(self) -> float:
        return self.interval_seconds or INTERVAL_SECONDS


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    content_type: str
    body: bytes
    cut: bool


class _RefusedError(Exception):
    """What the part answered is no answer."""


async def scrape_for_ever(target: Target, inbox: Inbox, say: Say) -> None:
    """Until it is cancelled. What a part does wrong is kept with the scrape; what is cut is said once."""
    began = time.monotonic()
    answered = told = False
    while True:
        scrape, cut = await scrape_once(target)
        answered = answered or not scrape.error or time.monotonic() - began > _EAGER_SECONDS_MAX
        if answered:
            inbox.add_scrapes([scrape])
        if cut and not told:
            told = True
            say(f"{target.part} tells more than {expositions.SERIES_MAX} series: the rest is not kept")
        await asyncio.sleep(_pause_seconds(target) if answered else _EAGER_SECONDS)


async def scrape_once(target: Target) -> tuple[samples.Scrape, bool]:
    """What the part tells now, and whether that was more than is kept."""
    now = time.time()
    seconds_max = min(target.pause_seconds, TIMEOUT_SECONDS_MAX)
    try:
        async with asyncio.timeout(seconds_max):
            answer = await _get(target)
        text = answer.body.decode(errors="replace")
        text = text.rpartition("\n")[0] if answer.cut else text
        read = await asyncio.to_thread(expositions.parse_exposition, text, answer.content_type)
    except TimeoutError:
        error = f"no answer within {seconds_max:g}s"
    except (OSError, _RefusedError, ValueError, h11.RemoteProtocolError) as why:
        error = str(why)
    else:
        return samples.Scrape(time=now, part=target.part, readings=read.readings), read.cut or answer.cut
    return (
        samples.Scrape(time=now, part=target.part, error=error[:_ERROR_CHARACTERS_MAX], readings={}),
        False,
    )


async def _get(target: Target) -> _Answer:
    """Nothing of the environment's proxies is used: it is a neighbour on the loopback."""
    reader, writer = await asyncio.open_connection(HOST, target.port)
    try:
        connection = h11.Connection(our_role=h11.CLIENT)
        headers = [
            ("Host", f"{HOST}:{target.port}"),
            ("User-Agent", "seatrial"),
            ("Accept", _ACCEPTED),
            ("Connection", "close"),
        ]
        writer.write(connection.send(h11.Request(method="GET", target=target.path, headers=headers)) or b"")
        writer.write(connection.send(h11.EndOfMessage()) or b"")
        await writer.drain()
        return await _answer(connection, reader)
    finally:
        writer.close()


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader) -> _Answer:
    status, content_type, body = 0, "", bytearray()
    while len(body) <= BODY_BYTES_MAX:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_CHUNK_BYTES))
        elif isinstance(event, h11.Response):
            status = event.status_code
            content_type = dict(event.headers).get(b"content-type", b"").decode("latin-1")
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            _ensure_ok(status)
            return _Answer(content_type=content_type, body=bytes(body), cut=False)
        elif isinstance(event, h11.ConnectionClosed):
            raise _RefusedError("it closed the connection")
    _ensure_ok(status)
    return _Answer(content_type=content_type, body=bytes(body), cut=True)


def _ensure_ok(status: int) -> None:
    if status != _OK:
        raise _RefusedError(f"it answered {status}")


def _pause_seconds(target: Target) -> float:
    """Jittered, so that parts that began together are not asked together."""
    return target.pause_seconds * random.uniform(1 - _JITTER_SHARE, 1 + _JITTER_SHARE)  # noqa: S311
