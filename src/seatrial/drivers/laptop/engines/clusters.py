"""The data folder of a PostgreSQL: made once, never half made, and never used by two servers."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from seatrial import errors
from seatrial.drivers.laptop import identities, leftovers, processes
from seatrial.drivers.laptop.engines import wheels
from seatrial.drivers.laptop.engines.rights import Rights
from seatrial.drivers.laptop.processes import Launch

SUPERUSER = "seatrial_superuser"
_INITDB_SECONDS_MAX = 120.0
_LOCALES = ("C.UTF-8", "C")
"""By preference; macOS has no C.UTF-8 before version 15."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    """The data of one server, and who may touch it."""

    rights: Rights
    mark: leftovers.Mark
    environment: dict[str, str]

    @property
    def lock(self) -> Path:
        return self.rights.data / "postmaster.pid"

    async def ensure(self, superuser_password: str) -> None:
        """The data is there and fits the engine. Raises MissingError, PartFailedError, OutOfTimeError."""
        version = self.rights.data / "PG_VERSION"
        if version.exists():
            self._ensure_same_major(version.read_text(encoding="ascii").strip())
            await self._free_lock()
        else:
            await self._create(superuser_password)

    def is_up(self) -> bool:
        """The server's own word in its lock file, as pg_ctl reads it: it costs no connection."""
        try:
            lines = self.lock.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004  # the eighth line is the status

    def _ensure_same_major(self, written: str) -> None:
        here = wheels.version_of(self.rights.install.program("postgres"))
        if written.partition(".")[0] != here.partition(".")[0]:
            raise errors.MissingError(
                f"{self.rights.data} was written by PostgreSQL {written}, and the engine here is {here}:"
                " dump it with the old version, or move it away to start anew"
            )

    async def _free_lock(self) -> None:
        """Removes a lock that PostgreSQL itself would not dare to remove.

        It may be of a process that nobody reaped, or whose number now belongs to something else. Raises
        RefusedError when a server that is not ours works here.
        """
        if leftovers.find_marked(self.mark):
            await leftovers.end_marked(self.mark)
        try:
            pid = int(self.lock.read_text(encoding="ascii", errors="replace").split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if identities.birth_of(pid) and _works_in(pid, self.rights.data):
            raise errors.RefusedError(f"{self.rights.data} is in use by another PostgreSQL, process {pid}")
        self.lock.unlink(missing_ok=True)

    async def _create(self, password: str) -> None:
        """Into a folder beside, renamed when it is complete; so a crash in between leaves no half of it."""
        data = self.rights.data
        if _holds_something(data):
            raise errors.MissingError(f"{data} holds something else than data of PostgreSQL; move it away")
        fresh = data.with_name(f"{data.name}.new")
        secret = data.with_name(f"{data.name}.password")
        try:
            secret.touch(mode=0o600)
            secret.write_text(password, encoding="utf-8")
            self.rights.own(secret)
            for locale in _LOCALES:
                outcome = await self._initialise(fresh, secret, locale)
                if outcome.code == 0:
                    fresh.replace(data)
                    return
        finally:
            secret.unlink(missing_ok=True)
        said = outcome.complaint or outcome.last_line
        raise errors.PartFailedError(f"initdb {processes.describe_code(outcome.code)}: {said}")

    async def _initialise(self, fresh: Path, secret: Path, locale: str) -> processes.Outcome:
        self._empty(fresh)
        words = (
            *self.rights.prefix,
            str(self.rights.install.program("initdb")),
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            f"--locale={locale}",
            "--no-sync",
            "--no-instructions",
        )
        launch = Launch(words=words, cwd=fresh, env=self.environment, user=self.rights.user)
        return await processes.run_to_end(launch, seconds_max=_INITDB_SECONDS_MAX)

    def _empty(self, folder: Path) -> None:
        """A new folder that belongs to the user of the engine, whatever an interrupted run left there."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        self.rights.own(folder)


def _holds_something(folder: Path) -> bool:
    return folder.exists() and any(folder.iterdir())


def _works_in(pid: int, data: Path) -> bool:
    """A PostgreSQL stands in its data folder as long as it runs."""
    try:
        process = psutil.Process(pid)
        return process.name() == "postgres" and os.path.realpath(process.cwd()) == os.path.realpath(data)
    except psutil.Error:
        return False
