"""MQTT on a laptop: the NATS server from a wheel, which speaks it too and keeps what is retained."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from seatrial import errors, parts
from seatrial.drivers.laptop import folders, probes
from seatrial.drivers.laptop.engines import wheels
from seatrial.drivers.laptop.ports import HOST
from seatrial.drivers.laptop.processes import Launch
from seatrial.drivers.laptop.sites import Site
from seatrial.plan import Plan

_ACCEPTED = b"\x20\x02\x00\x00"
"""CONNACK with the code 0 (MQTT 3.1.1, section 3.2)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mqtt:
    """A broker of the plan."""

    PRODUCT: ClassVar[str] = "NATS"
    SCHEME: ClassVar[str | None] = None
    LIMITS_MEMORY: ClassVar[bool] = False
    LIMITS_DISK: ClassVar[bool] = False

    site: Site
    port: int
    account: str
    password: str
    timeout_seconds: float

    @classmethod
    def at(cls, site: Site) -> Mqtt:
        workload = site.part
        if not isinstance(workload, parts.Workload) or not isinstance(workload.program, parts.Server):
            raise errors.RefusedError(f"{workload.name} is no server")
        server = workload.program
        if site.port is None or server.account is None or server.password is None:
            raise errors.RefusedError(f"{workload.name}: it needs an endpoint, an account and a password")
        return cls(
            site=site,
            port=site.port,
            account=server.account,
            password=site.ground.secrets[server.password],
            timeout_seconds=workload.probes.timeout_seconds,
        )

    @staticmethod
    def version() -> str:
        return wheels.version_of(wheels.find_nats())

    @classmethod
    def lacks(cls, plan: Plan, workload: parts.Workload) -> Iterator[str]:  # noqa: ARG003  # nothing
        yield from ()

    @property
    def stop_signal(self) -> signal.Signals:
        return signal.SIGTERM

    @property
    def question(self) -> str:
        return f"CONNECT on port {self.port}"

    @property
    def answering_port(self) -> None:
        """The password of this system proves who answers."""

    async def prepare(self) -> Launch:
        self.site.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings: dict[str, Any] = {
            "listen": f"{HOST}:-1",
            "server_name": self.site.mark.title,
            "jetstream": {"store_dir": str(self.site.data)},
            "mqtt": {"listen": f"{HOST}:{self.port}"},
            "authorization": {"users": [{"user": self.account, "password": self.password}]},
        }
        path = self.site.data / "nats.conf"
        folders.write_atomically(path, json.dumps(settings, ensure_ascii=False))
        words = (str(wheels.find_nats()), "--config", str(path))
        return Launch(words=words, cwd=self.site.data, env=self.site.environment())

    async def check(self, age_seconds: float) -> probes.Answer:  # noqa: ARG002  # its age says nothing
        return await self.watch()

    async def watch(self) -> probes.Answer:
        """A login, as a client of its own that leaves at once."""
        packet = _connect(self.site.part.name, self.account, self.password)
        told = await probes.exchange(self.port, packet, self.timeout_seconds, _is_whole)
        if isinstance(told, probes.Answer):
            return told
        passed = told[:4] == _ACCEPTED
        return probes.Answer(passed=passed, text="accepts logins" if passed else "refuses the login")

    async def live(self) -> None:
        """A frozen store is degraded, then failed; nothing is won by killing it."""

    def blame(self, lines: tuple[str, ...]) -> str:
        return next(iter(lines[-1:]), "")


def _is_whole(told: bytes) -> bool:
    return len(told) >= len(_ACCEPTED)


def _connect(client: str, account: str, password: str) -> bytes:
    """CONNECT with a clean session, a name and a password (MQTT 3.1.1, section 3.1)."""
    texts = (text.encode() for text in (f"seatrial-{client}", account, password))
    body = b"\x00\x04MQTT\x04\xc2\x00\x3c" + b"".join(len(text).to_bytes(2) + text for text in texts)
    rest, low = divmod(len(body), 128)
    return bytes([0x10, low | 128, rest] if rest else [0x10, low]) + body
