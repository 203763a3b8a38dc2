"""Values that stay true for a while: a memory of this process, and one that processes share through Valkey.

Both are bounded, and both may forget at any time: what they hold can be had again.
"""

import time
from collections.abc import Callable, Hashable

from seatrial_kit import valkeys

SHARED_ENTRIES_MAX = 1000  # in memory
SHARED_BYTES_MAX = 64 * 1024  # of one value: a thousand of them are 64 MB


class TimedCache[K: Hashable, V]:
    """Keeps at most `entries_max` values for `ttl_seconds`; the oldest goes first."""

    def __init__(
        self, *, ttl_seconds: float, entries_max: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ttl_seconds = ttl_seconds
        self._entries_max = entries_max
        self._clock = clock
        self._entries: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[0] < self._clock():
            del self._entries[key]
            return None
        return entry[1]

    def put(self, key: K, value: V) -> None:
        self._entries.pop(key, None)
        while len(self._entries) >= self._entries_max:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (self._clock() + self._ttl_seconds, value)

    def drop(self, key: K) -> None:
        self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)


class SharedCache:
    """Bytes under a name, in Valkey, or without a `url` in the memory of this process.

    In memory each process has its own: what one puts or forgets, the others do not see. While Valkey is away
    nothing is found, kept or forgotten, so a value that was to be forgotten may live on to its end.
    """

    def __init__(self, url: str | None, *, prefix: str, ttl_seconds: float) -> None:
        self._valkey = valkeys.Valkey(url, without="caching nothing") if url else None
        self._memory: TimedCache[str, bytes] = TimedCache(
            ttl_seconds=ttl_seconds, entries_max=SHARED_ENTRIES_MAX
        )
        self._prefix = prefix
        self._ttl_milliseconds = max(1, round(ttl_seconds * 1000))

    async def get(self, name: str) -> bytes | None:
        valkey = self._valkey
        if valkey is None:
            return self._memory.get(name)
        return await valkey.ask(lambda: valkey.client.get(self._key(name)))

    async def put(self, name: str, value: bytes) -> None:
        """What has more than `SHARED_BYTES_MAX` bytes is not kept, and an older value of the name goes."""
        valkey = self._valkey
        if len(value) > SHARED_BYTES_MAX:
            await self.forget(name)
        elif valkey is None:
            self._memory.put(name, value)
        else:
            await valkey.ask(lambda: valkey.client.set(self._key(name), value, px=self._ttl_milliseconds))

    async def forget(self, name: str) -> None:
        valkey = self._valkey
        if valkey is None:
            self._memory.drop(name)
        else:
            await valkey.ask(lambda: valkey.client.delete(self._key(name)))

    async def check(self) -> None:
        """For the readiness probe, as something the service can do without."""
        if self._valkey is not None:
            await self._valkey.check()

    async def close(self) -> None:
        if self._valkey is not None:
            await self._valkey.close()

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{name}"
