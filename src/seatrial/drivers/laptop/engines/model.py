"""Models on a laptop: the same gateway as anywhere, in front of whoever the page or the operator names.

Without a provider it runs all the same, and tells callers what to set.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from seatrial import errors, parts
from seatrial.drivers.laptop import folders, probes, secrets
from seatrial.drivers.laptop.engines import gateways
from seatrial.drivers.laptop.ports import HOST
from seatrial.drivers.laptop.processes import Launch
from seatrial.drivers.laptop.sites import Site
from seatrial.plan import Plan

VERSION = "1.0"
_CALLERS = "SEATRIAL_MODELS_KEY"


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """The gateway of the plan."""

    PRODUCT: ClassVar[str] = "the gateway"
    SCHEME: ClassVar[str | None] = None
    LIMITS_MEMORY: ClassVar[bool] = False
    LIMITS_DISK: ClassVar[bool] = False

    site: Site
    port: int
    key: str
    timeout_seconds: float

    @classmethod
    def at(cls, site: Site) -> Model:
        workload = site.part
        if not isinstance(workload, parts.Workload) or not isinstance(workload.program, parts.Server):
            raise errors.RefusedError(f"{workload.name} is no server")
        if site.port is None or workload.program.password is None:
            raise errors.RefusedError(f"{workload.name}: the gateway needs an endpoint and a key here")
        return cls(
            site=site,
            port=site.port,
            key=site.ground.secrets[workload.program.password],
            timeout_seconds=workload.probes.timeout_seconds,
        )

    @staticmethod
    def version() -> str:
        """Of its settings; it comes with Seatrial."""
        return VERSION

    @classmethod
    def lacks(cls, plan: Plan, workload: parts.Workload) -> Iterator[str]:  # noqa: ARG003  # nothing
        yield from ()

    @property
    def stop_signal(self) -> signal.Signals:
        return signal.SIGTERM

    @property
    def question(self) -> str:
        return f"GET /ready on port {self.port}"

    @property
    def answering_port(self) -> int:
        return self.port

    async def prepare(self) -> Launch:
        self.site.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.site.data / "gateway.json"
        keys = self._keys()
        said = {name: text for name, text in self.site.ground.said.items() if gateways.is_operators(name)}
        place = gateways.Place(host=HOST, port=self.port, folder=self.site.data, key_from=_CALLERS)
        told = gateways.settings(self.site.ground.plan, place, said, frozenset(keys))
        folders.write_atomically(path, json.dumps(told, indent=2))
        words = (sys.executable, "-m", "seatrial.gateway", str(path))
        env = self.site.environment() | said | keys | {_CALLERS: self.key}
        return Launch(words=words, cwd=self.site.data, env=env)

    async def check(self, age_seconds: float) -> probes.Answer:  # noqa: ARG002  # its age says nothing
        return await self.watch()

    async def watch(self) -> probes.Answer:
        return await probes.ask_http(self.port, "/ready", self.timeout_seconds)

    async def live(self) -> probes.Answer:
        return await probes.ask_http(self.port, "/health", self.timeout_seconds)

    def blame(self, lines: tuple[str, ...]) -> str:
        """What the last line that can be read says happened."""
        for line in reversed(lines):
            try:
                return str(json.loads(line)["event"])
            except (ValueError, KeyError, TypeError):
                continue
        return next(iter(lines[-1:]), "")

    def _keys(self) -> dict[str, str]:
        """Of providers. Those that are missing stay so: a system does its work without a model."""
        ground = self.site.ground
        wanted = {one.key for one in ground.plan.of(parts.Model)}
        texts = {
            secrets.variable(one.name): ground.secrets.get(one.name)
            or secrets.find_secret(ground.folder, one, ground.said)
            for one in ground.plan.of(parts.Secret)
            if one.name in wanted
        }
        return {name: text for name, text in texts.items() if text}
