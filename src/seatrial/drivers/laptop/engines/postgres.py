"""PostgreSQL on a laptop: the real server from a wheel, on loopback only, with the application's account."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Self

from seatrial import errors, parts
from seatrial.drivers.laptop import probes, secrets
from seatrial.drivers.laptop.engines import grants, rights, wheels
from seatrial.drivers.laptop.engines.accounts import Accounts
from seatrial.drivers.laptop.engines.clusters import Cluster
from seatrial.drivers.laptop.ports import HOST
from seatrial.drivers.laptop.processes import Launch
from seatrial.drivers.laptop.sites import Site
from seatrial.plan import Plan

_OWN = frozenset(
    {
        "cluster_name",
        "config_file",
        "data_directory",
        "external_pid_file",
        "hba_file",
        "listen_addresses",
        "logging_collector",
        "port",
        "unix_socket_directories",
    }
)
"""Settings that the laptop decides."""
_PROTOCOL = 196608  # 3.0
_CANNOT_CONNECT_NOW = "57P03"
"""Starting up, shutting down or recovering."""


@dataclass(kw_only=True, slots=True)
class Postgres:
    """A PostgreSQL of the plan; prepared before each start, set up after the first."""

    PRODUCT: ClassVar[str] = "PostgreSQL"
    SCHEME: ClassVar[str | None] = None
    LIMITS_MEMORY: ClassVar[bool] = False
    LIMITS_DISK: ClassVar[bool] = False
    EXTENSIONS: ClassVar[tuple[str, ...]] = ()
    """What a stand-in for another product is made with."""

    site: Site
    server: parts.Server
    port: int
    account: str
    password: str
    superuser_password: str
    timeout_seconds: float
    grantees: tuple[grants.Grantee, ...] = ()
    _cluster: Cluster | None = field(default=None, init=False)
    _set_up: bool = field(default=False, init=False)

    @classmethod
    def at(cls, site: Site) -> Self:
        workload = site.part
        if not isinstance(workload, parts.Workload) or not isinstance(workload.program, parts.Server):
            raise errors.RefusedError(f"{workload.name} is no server")
        server = cls._meant(workload.program)
        if site.port is None or server.account is None or server.password is None:
            raise errors.RefusedError(
                f"{workload.name}: PostgreSQL needs an endpoint, an account and a password"
            )
        return cls(
            site=site,
            server=server,
            port=site.port,
            account=server.account,
            password=site.ground.secrets[server.password],
            superuser_password=_superuser_password(site),
            timeout_seconds=workload.probes.timeout_seconds,
            grantees=tuple(
                grants.Grantee(
                    account=one.name, password=site.ground.secrets[one.password], rights=one.rights
                )
                for one in server.accounts
            ),
        )

    @staticmethod
    def version() -> str:
        return wheels.version_of(wheels.find_postgres().program("postgres"))

    @classmethod
    def lacks(cls, plan: Plan, workload: parts.Workload) -> Iterator[str]:  # noqa: ARG003  # its part says all
        server = workload.program
        if not isinstance(server, parts.Server):
            return
        if cls.SCHEME is not None and server.settings:
            words = ", ".join(name for name, _ in server.settings)
            yield f"settings of {workload.name} ({words}) are another product's, and not applied here"
        with contextlib.suppress(errors.MissingError):  # `up` says it, a look at the page need not
            lacking = wheels.find_postgres().lacks_extensions(cls._meant(server).extensions)
            if lacking:
                yield f"{workload.name} will not start: {lacking}"
        if server.encrypted:
            yield f"data of {workload.name} is not encrypted on disk"
        if server.read_copies:
            yield f"{workload.name} has no copies for reads: the address for reads is its own"

    @classmethod
    def _meant(cls, server: parts.Server) -> parts.Server:
        """What the page says to another product means nothing to the one in its place."""
        if cls.SCHEME is None:
            return server
        return dataclasses.replace(server, settings=(), extensions=cls.EXTENSIONS)

    @property
    def stop_signal(self) -> signal.Signals:
        """Fast shutdown: clients are cut off, data is written."""
        return signal.SIGINT

    @property
    def question(self) -> str:
        return f"a login on port {self.port}"

    @property
    def answering_port(self) -> None:
        """The password of this system proves who answers."""

    async def prepare(self) -> Launch:
        self._ensure_settings()
        install = wheels.find_postgres()
        if sentence := install.lacks_extensions(self.server.extensions):
            raise errors.RefusedError(sentence)
        chosen = await rights.choose_rights(install, self.site.data, self.site.ground.folder.run)
        environment = self.site.environment()
        self._cluster = Cluster(rights=chosen, mark=self.site.mark, environment=environment)
        await self._cluster.ensure(self.superuser_password)
        own = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "cluster_name": self.site.mark.title,
        }
        settings = [f"{name}={value}" for name, value in (*self.server.settings, *own.items())]
        words = (
            *chosen.prefix,
            str(chosen.install.program("postgres")),
            f"-D{chosen.data}",
            *(word for setting in settings for word in ("-c", setting)),
        )
        return Launch(words=words, cwd=chosen.data, env=environment, user=chosen.user, note=chosen.note)

    async def check(self, age_seconds: float) -> probes.Answer:  # noqa: ARG002  # its age says nothing
        """Its own word first, then what the application needs, then a login as the application."""
        if self._cluster is None or not self._cluster.is_up():
            return probes.Answer(passed=False, text="the database system is starting up")
        accounts = self._accounts(self._cluster.rights.install)
        if not self._set_up:
            answer = await accounts.set_up()
            if not answer.passed:
                return answer
            self._set_up = True
        return await accounts.log_in()

    async def watch(self) -> probes.Answer:
        """The first message of a login: the server starts a process for it, so a frozen one is noticed."""
        parameters = f"user\0{self.account}\0database\0{self.account}\0\0".encode()
        request = struct.pack("!ii", len(parameters) + 8, _PROTOCOL) + parameters
        told = await probes.exchange(self.port, request, self.timeout_seconds, _is_whole_message)
        return told if isinstance(told, probes.Answer) else _answer(told)

    async def live(self) -> None:
        """A frozen store is degraded, then failed; nothing is won by killing it."""

    def blame(self, lines: tuple[str, ...]) -> str:
        """The last line that the server calls an error."""
        wrong = [line for line in lines if "FATAL:" in line or "PANIC:" in line or "ERROR:" in line]
        return (wrong or [*lines[-1:], ""])[-1].strip()

    def _ensure_settings(self) -> None:
        wrong = sorted(_OWN.intersection(name.lower() for name, _ in self.server.settings))
        if wrong:
            raise errors.RefusedError(
                f"the laptop decides on {', '.join(wrong)} itself; remove it from settings"
            )

    def _accounts(self, install: wheels.Install) -> Accounts:
        return Accounts(
            install=install,
            environment=self.site.environment(),
            folder=self.site.ground.folder.root,
            port=self.port,
            superuser_password=self.superuser_password,
            account=self.account,
            password=self.password,
            extensions=self.server.extensions,
            grantees=self.grantees,
        )


def _superuser_password(site: Site) -> str:
    """Data that is there before the text is was made by an earlier version, with a text of another name."""
    made = (site.data / "PG_VERSION").exists()
    former = f"{site.part.name}-superuser" if made else None
    return secrets.ensure_engine_secret(site.ground.folder, f"{site.part.name}.superuser", former)


def _is_whole_message(told: bytes) -> bool:
    return len(told) >= 5 and len(told) >= 1 + struct.unpack("!i", told[1:5])[0]  # noqa: PLR2004


def _answer(told: bytes) -> probes.Answer:
    """R asks for the password, so the server is well. E is an error with C, its code, and M, for people.

    A server that refuses this login only, such as for too many clients, is up, as pg_isready judges it too.
    """
    if told[:1] == b"R":
        return probes.Answer(passed=True, text="accepts logins")
    if told[:1] != b"E":
        problem = "not the PostgreSQL protocol" if told else "closed the connection without an answer"
        return probes.Answer(passed=False, text=problem)
    fields = {part[:1]: part[1:].decode(errors="replace") for part in told[5:].split(b"\0") if part}
    passed = fields.get(b"C") != _CANNOT_CONNECT_NOW
    return probes.Answer(passed=passed, text=fields.get(b"M", "an error"))
