"""What others ask of a supervisor: a file an order and a file its answer, so that either side may die."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seatrial import errors
from seatrial.drivers.laptop import folders, identities, owners

_LOOK_SECONDS = 0.05
_ANSWER_SECONDS_MAX = 3600.0
_ORDERS_MAX = 100
"""Taken at once; the rest waits for the next look."""
_ANSWER = ".answer"


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A part that somebody wants to have restarted."""

    part: str
    file: Path


async def restart(folder: folders.Folder, supervisor: identities.Identity, part: str) -> float:
    """Orders it and waits until it is ready; gives its seconds. Raises how the restart failed."""
    began = time.monotonic()
    with _written(folder, {"restart": part}) as order:
        while time.monotonic() - began < _ANSWER_SECONDS_MAX:
            lives = supervisor.alive()  # looked at first: its last answer then is its last word
            if answer := _read(order.with_suffix(_ANSWER)):
                if answer.get("class"):
                    raise errors.named(str(answer["class"]))(str(answer.get("message")))
                return time.monotonic() - began
            if not lives:
                raise errors.PartFailedError(f"the system was stopped before {part} was ready again")
            await asyncio.sleep(_LOOK_SECONDS)
    raise errors.OutOfTimeError(f"no answer about {part} within {_ANSWER_SECONDS_MAX:g}s")


def take_orders(folder: folders.Folder) -> list[Order]:
    """The orders that wait, the oldest name first; each is given once."""
    taken: list[Order] = []
    with contextlib.suppress(OSError):
        for path in sorted(folder.orders.glob("*.json"))[:_ORDERS_MAX]:
            part = _read(path).get("restart")
            path.unlink()
            if isinstance(part, str):
                taken.append(Order(part=part, file=path))
    return taken


def answer(order: Order, error: errors.SeatrialError | None) -> None:
    """Tells whoever waits; where the disk is full or the folder is gone, nobody can be told."""
    told = {"class": type(error).__name__, "message": str(error)} if error else {"class": ""}
    with contextlib.suppress(OSError):
        folders.write_atomically(order.file.with_suffix(_ANSWER), json.dumps(told))


def clear_orders(folder: folders.Folder) -> None:
    """What was asked of an earlier supervisor is nobody's order any more."""
    with contextlib.suppress(OSError):
        for path in folder.orders.iterdir():
            path.unlink()


@contextmanager
def _written(folder: folders.Folder, order: dict[str, str]) -> Iterator[Path]:
    """Withdrawn when its giver has gone, if nobody took it; the answer goes with it."""
    if not folder.orders.is_dir():
        folder.orders.mkdir(mode=0o700, exist_ok=True)
        owners.keep_owner(folder.orders)
    path = folder.orders / f"{time.time_ns()}-{secrets.token_hex(4)}.json"
    folders.write_atomically(path, json.dumps(order))
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        path.with_suffix(_ANSWER).unlink(missing_ok=True)


def _read(path: Path) -> dict[str, object]:
    with contextlib.suppress(OSError, ValueError):
        read = json.loads(path.read_text(encoding="utf-8"))
        return read if isinstance(read, dict) else {}
    return {}
