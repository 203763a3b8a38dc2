"""Redis on a laptop: the real Valkey from a wheel, with a password and its log of changes on disk."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from seatrial import errors, parts
from seatrial.drivers.laptop import probes
from seatrial.drivers.laptop.engines import wheels
from seatrial.drivers.laptop.ports import HOST
from seatrial.drivers.laptop.processes import Launch
from seatrial.drivers.laptop.sites import Site
from seatrial.plan import Plan

_OWN = frozenset(
    {"bind", "port", "requirepass", "dir", "unixsocket", "daemonize", "set-proc-title", "include"}
)
"""Settings that the laptop decides."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Redis:
    """A Valkey of the plan."""

    PRODUCT: ClassVar[str] = "Valkey"
    SCHEME: ClassVar[str | None] = None
    LIMITS_MEMORY: ClassVar[bool] = True
    LIMITS_DISK: ClassVar[bool] = True

    site: Site
    server: parts.Server
    port: int
    password: str
    timeout_seconds: float
    memory_bytes_max: int | None

    @classmethod
    def at(cls, site: Site) -> Redis:
        workload = site.part
        if not isinstance(workload, parts.Workload) or not isinstance(workload.program, parts.Server):
            raise errors.RefusedError(f"{workload.name} is no server")
        if site.port is None or workload.program.password is None:
            raise errors.RefusedError(f"{workload.name}: Valkey needs an endpoint and a password here")
        sizes = [
            volume.size_bytes for volume in site.ground.plan.of(parts.Volume) if volume.of == workload.name
        ]
        return cls(
            site=site,
            server=workload.program,
            port=site.port,
            password=site.ground.secrets[workload.program.password],
            timeout_seconds=workload.probes.timeout_seconds,
            memory_bytes_max=workload.size.memory_bytes_max or next(iter(sizes), None),
        )

    @staticmethod
    def version() -> str:
        return wheels.version_of(wheels.find_valkey())

    @classmethod
    def lacks(cls, plan: Plan, workload: parts.Workload) -> Iterator[str]:  # noqa: ARG003  # nothing
        yield from ()

    @property
    def stop_signal(self) -> signal.Signals:
        return signal.SIGTERM

    @property
    def question(self) -> str:
        return f"PING on port {self.port}"

    @property
    def answering_port(self) -> None:
        """The password of this system proves who answers."""

    async def prepare(self) -> Launch:
        program = wheels.find_valkey()
        self.site.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = self.site.data / "valkey.conf"
        _write_private(settings, self._configuration())
        return Launch(words=(str(program), str(settings)), cwd=self.site.data, env=self.site.environment())

    async def check(self, age_seconds: float) -> probes.Answer:  # noqa: ARG002  # its age says nothing
        return await self.watch()

    async def watch(self) -> probes.Answer:
        request = _command("AUTH", self.password) + _command("PING")
        told = await probes.exchange(self.port, request, self.timeout_seconds, _is_told)
        if isinstance(told, probes.Answer):
            return told
        lines = told.decode(errors="replace").split("\r\n")
        passed = lines[:2] == ["+OK", "+PONG"]
        wrong = next((line.lstrip("-") for line in lines if line.startswith("-")), "not the Redis protocol")
        return probes.Answer(passed=passed, text="PONG" if passed else wrong[:200])

    async def live(self) -> None:
        """A frozen store is degraded, then failed; nothing is won by killing it."""

    def blame(self, lines: tuple[str, ...]) -> str:
        """What it says of a wrong setting takes several lines."""
        starts = [index for index, line in enumerate(lines) if "FATAL CONFIG" in line]
        said = lines[starts[-1] :] if starts else lines[-1:]
        return " ".join(line.strip() for line in said if line.strip())[:500]

    def _configuration(self) -> str:
        """Without a title of its own, which would be written over the mark in its environment."""
        settings = {"appendonly": "yes", "appendfsync": "everysec"}
        if self.memory_bytes_max:
            settings["maxmemory"] = str(self.memory_bytes_max)
        wrong = sorted(_OWN.intersection(name.lower() for name, _ in self.server.settings))
        if wrong:
            raise errors.RefusedError(
                f"the laptop decides on {', '.join(wrong)} itself; remove it from settings"
            )
        settings |= dict(self.server.settings)
        settings |= {
            "bind": HOST,
            "port": str(self.port),
            "requirepass": _quoted(self.password),
            "dir": "./",
            "set-proc-title": "no",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())


def _command(*words: str) -> bytes:
    encoded = [word.encode() for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)


def _is_told(told: bytes) -> bool:
    return told.count(b"\r\n") >= 2  # noqa: PLR2004  # an answer to AUTH and one to PING


def _quoted(text: str) -> str:
    """As the configuration file of Valkey reads any bytes."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in text.encode()) + '"'


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
