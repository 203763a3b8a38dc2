"""What an application says of how it reads a topic."""

import dataclasses
import enum
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from seatrial_kit.events import messages

type Handler[T] = Callable[[messages.Event[T]], Awaitable[None]]
type BatchHandler[T] = Callable[[Sequence[messages.Event[T]]], Awaitable[None]]


class Instead(enum.Enum):
    """What happens to a message that failed for the last time, where there is no dead-letter topic."""

    DROP = "drop"  # logged and counted, then gone
    HOLD = "hold"  # tried until it works; nothing behind it in its partition is handled meanwhile


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Retries:
    """Tries after the first, with pauses that double; messages behind wait, for order is kept."""

    times: int = 5
    pause_seconds: float = 0.1
    pause_seconds_max: float = 10.0

    def pause(self, tries: int) -> float:
        """In seconds, after that many tries."""
        return min(self.pause_seconds * 2.0 ** min(tries - 1, 30), self.pause_seconds_max)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Batches:
    """Several messages of one partition in one call; a batch is what is there, it is not waited for."""

    count_max: int = 100
    size_bytes_max: int = 4 * 1024 * 1024


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Subscription[T]:
    """One topic read by one group; `batches` is None where the handler takes one message."""

    topic: messages.Topic[T]
    group: str
    dead: str | Instead
    handler: Callable[[Any], Awaitable[None]]
    batches: Batches | None
    retries: Retries
    handler_seconds_max: float
