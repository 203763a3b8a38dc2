"""What each part takes of this machine: memory, cores, processes, data; of engines and programs alike.

Whatever a part tells of itself is `scrapes`; this is what can be seen of it from outside.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from seatrial.drivers.laptop import folders, records
from seatrial.drivers.laptop.telemetry.inboxes import Inbox
from seatrial.drivers.laptop.telemetry.samples import SEEN, Scrape, Series

_INTERVAL_SECONDS = 10.0
_FILES_MAX = 50_000
MEMORY = Series(family="part_memory_bytes", kind="gauge", name="part_memory_bytes")
CORES = Series(family="part_cpu_cores", kind="gauge", name="part_cpu_cores")
PROCESSES = Series(family="part_processes", kind="gauge", name="part_processes")
DATA = Series(family="part_data_bytes", kind="gauge", name="part_data_bytes")


@dataclass(kw_only=True, slots=True)
class Watcher:
    """Looks at the processes of a run, and remembers how much each had worked."""

    folder: folders.Folder
    data: Mapping[str, tuple[str, ...]]
    """Part to its folders."""
    _worked: dict[tuple[int, float], float] = field(default_factory=dict)
    _looked: float = 0.0

    async def run(self, inbox: Inbox) -> None:
        """Until it is cancelled."""
        while True:
            inbox.add_scrapes(await asyncio.to_thread(self.look))
            await asyncio.sleep(_INTERVAL_SECONDS)

    def look(self) -> list[Scrape]:
        """One for each part that has a process now."""
        record = records.read_record(self.folder)
        if record is None:
            return []
        now, worked = time.monotonic(), dict[tuple[int, float], float]()
        known = _Processes()
        scrapes = []
        for component in record.components:
            family = known.family(component.pid) if component.pid else []
            if family:
                readings = self._readings(family, worked, now) | self._data(component.name)
                scrapes.append(Scrape(time=time.time(), part=component.name, source=SEEN, readings=readings))
        self._worked, self._looked = worked, now
        return scrapes

    def _readings(
        self, family: list[psutil.Process], worked: dict[tuple[int, float], float], now: float
    ) -> dict[Series, float]:
        memory = count = 0
        cores = 0.0
        for process in family:
            try:
                with process.oneshot():
                    taken, spent = process.memory_info(), process.cpu_times()
                    key = (process.pid, process.create_time())
            except psutil.Error:  # it has just ended
                continue
            shared = getattr(taken, "shared", 0) if count else 0  # counted with the first process
            memory += taken.rss - shared
            count += 1
            worked[key] = spent.user + spent.system
            if key in self._worked:
                cores += (worked[key] - self._worked[key]) / (now - self._looked)
        told = {MEMORY: float(memory), PROCESSES: float(count)}
        return told | ({CORES: cores} if self._looked else {})

    def _data(self, part: str) -> dict[Series, float]:
        paths = [Path(path) for path in self.data.get(part, ())]
        held = [path for path in paths if path.is_dir()]
        return {DATA: float(sum(map(_size_bytes, held)))} if held else {}


class _Processes:
    """All processes of this machine at one moment, and who began whom."""

    def __init__(self) -> None:
        self._all: dict[int, psutil.Process] = {}
        self._children: dict[int, list[int]] = {}
        for process in psutil.process_iter(["ppid"]):
            self._all[process.pid] = process
            self._children.setdefault(process.info["ppid"] or 0, []).append(process.pid)

    def family(self, pid: int) -> list[psutil.Process]:
        """A process and all that descend from it, itself first."""
        pids, found = [pid], []
        while pids:
            one = pids.pop()
            if one in self._all:
                found.append(self._all[one])
                pids += [child for child in self._children.get(one, []) if child != one]
        return found


def _size_bytes(folder: Path) -> int:
    """What its files take on the disk; of too many, the first."""
    size = seen = 0
    for path in _files(folder):
        try:
            size += path.stat(follow_symlinks=False).st_blocks * 512
        except OSError:  # it has just gone
            continue
        seen += 1
        if seen >= _FILES_MAX:
            break
    return size


def _files(folder: Path) -> Iterable[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)
