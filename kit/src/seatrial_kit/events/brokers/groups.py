"""Groups on NATS as Kafka has them: members share the partitions of a topic, and a place is kept for each.

Two sorts of entries in a key-value bucket, both changed only on top of the revision that was read:

- `<topic>/<group>`: the members and their heartbeats. Who is silent for `lost_seconds`, by the clock of the
  one that looks, is lost. Partition p goes to the p-th living member in order of names, and round again.
- `<topic>/<group>/<partition>`: who reads it, and the next message of which making of the topic. A commit
  fails when another member has taken the partition since; so a member that was taken for lost cannot move the
  place of its successor.
"""

import asyncio
import dataclasses
import time
import uuid
from typing import Any

import msgspec
from nats.js import errors as failures

from seatrial_kit.events import brokers

BUCKET = "seatrial-groups"
BEATS = 4  # heartbeats within `lost_seconds`
CHANGES_MAX = 20  # tries to change an entry that others change too


class _Members(msgspec.Struct):
    beats: dict[str, int] = {}


class _Entry(msgspec.Struct):
    made: str
    next: int
    owner: str | None = None


@dataclasses.dataclass(kw_only=True, slots=True)
class Place:
    """Where this member stands in a partition that it has; `revision` is of the entry that says so."""

    number: int
    next: int
    revision: int


class Group:
    """One member's view of one group of one topic."""

    def __init__(
        self,
        bucket: Any,  # noqa: ANN401 -- the client's key-value bucket
        membership: brokers.Membership,
        *,
        partitions: int,
        made: str,
    ) -> None:
        self.membership = membership
        self.made = made
        self._bucket = bucket
        self._partitions = partitions
        self._name = f"{membership.topic}/{membership.group}"
        self._me = uuid.uuid4().hex
        self._seen: dict[
            str, tuple[int, float]
        ] = {}  # the beat of each member, and since when it is that one
        self._places: dict[int, Place] = {}
        self.wanted: set[int] = set()

    async def keep_beating(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self.membership.lost_seconds / BEATS)
            await self.beat()

    async def beat(self) -> None:
        """Says that this member lives, and sees which partitions it is to read: `wanted`."""
        for _ in range(CHANGES_MAX):
            members, revision = await self._members()
            living = self._living(members)
            beats = {name: members.beats.get(name, 0) for name in living}
            beats[self._me] = members.beats.get(self._me, 0) + 1
            if await self._changed(self._name, _Members(beats=beats), revision):
                order = sorted(beats)
                everything = range(self._partitions)
                self.wanted = {each for each in everything if order[each % len(order)] == self._me}
                return
        raise failures.KeyWrongLastSequenceError(
            description=f"the members of {self._name} change all the time"
        )

    async def acquire(self, number: int) -> Place | None:
        """The place of this member in the partition, unless another one still has it."""
        entry, revision = await self._entry(number)
        if entry.owner not in (None, self._me) and entry.owner in self._seen:
            return None
        entry.owner = self._me
        changed = await self._changed(self._key(number), entry, revision)
        if not changed:
            return None
        self._places[number] = Place(number=number, next=entry.next, revision=changed)
        return self._places[number]

    async def commit(self, place: Place, following: int) -> None:
        """`following` is to be read next; raises `brokers.Lost` when another member has the partition now."""
        entry = _Entry(made=self.made, next=following, owner=self._me)
        changed = await self._changed(self._key(place.number), entry, place.revision)
        if not changed:
            raise brokers.Lost
        place.next, place.revision = following, changed

    async def release(self, number: int) -> None:
        place = self._places.pop(number, None)
        if place is not None:
            await self._changed(self._key(number), _Entry(made=self.made, next=place.next), place.revision)

    async def resign(self) -> None:
        """Leaves at once what would else be free after `lost_seconds`."""
        for number in list(self._places):
            await self.release(number)
        for _ in range(CHANGES_MAX):
            members, revision = await self._members()
            members.beats.pop(self._me, None)
            if await self._changed(self._name, members, revision):
                return

    def _living(self, members: _Members) -> set[str]:
        now = time.monotonic()
        known = self._seen
        self._seen = {
            name: known[name] if name in known and known[name][0] == beat else (beat, now)
            for name, beat in members.beats.items()
        }
        lost = self.membership.lost_seconds
        for name in [name for name, (_beat, since) in self._seen.items() if now - since > lost]:
            del self._seen[name]
        return set(self._seen)

    async def _members(self) -> tuple[_Members, int]:
        raw, revision = await self._read(self._name)
        return (msgspec.json.decode(raw, type=_Members) if raw else _Members()), revision

    async def _entry(self, number: int) -> tuple[_Entry, int]:
        raw, revision = await self._read(self._key(number))
        entry = msgspec.json.decode(raw, type=_Entry) if raw else _Entry(made=self.made, next=1)
        if entry.made != self.made:
            entry = _Entry(made=self.made, next=1, owner=entry.owner)
        return entry, revision

    def _key(self, number: int) -> str:
        return f"{self._name}/{number}"

    async def _read(self, key: str) -> tuple[bytes | None, int]:
        """What stands there and its revision; 0 where nothing ever stood."""
        try:
            entry = await self._bucket.get(key)
        except failures.KeyNotFoundError:
            return None, 0
        return entry.value, entry.revision

    async def _changed(self, key: str, value: msgspec.Struct, revision: int) -> int:
        """The new revision; 0 when somebody else was quicker."""
        try:
            return int(await self._bucket.update(key, msgspec.json.encode(value), last=revision))
        except failures.KeyWrongLastSequenceError:
            return 0
