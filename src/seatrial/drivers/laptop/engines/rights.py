"""PostgreSQL will not run as root, so root starts it with the rights of somebody else.

In a user namespace of its own, or, where that is refused, as another user from a copy of engine and data in
a place that others can traverse. The namespace needs nothing but `unshare` of util-linux, and works below a
home that only root may enter.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from seatrial import errors
from seatrial.drivers.laptop import processes
from seatrial.drivers.laptop.engines import moves, wheels
from seatrial.drivers.laptop.processes import Launch

PLACES = Path("/var/lib/seatrial")
_TRY_SECONDS_MAX = 10.0
_USERS = (1000, 65534)
"""Numbers for the namespace, by preference; initdb wants one that has a name on this machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rights:
    """How to run an engine that refuses root, and from where."""

    install: wheels.Install
    data: Path
    prefix: tuple[str, ...] = ()
    user: int | None = None
    note: str = ""

    def own(self, path: Path) -> None:
        """Makes a path belong to the user that the engine runs as."""
        if self.user is not None:
            os.chown(path, self.user, self.user)


async def choose_rights(install: wheels.Install, data: Path, run: str) -> Rights:
    """The way that works here. Raises MissingError where none does."""
    _restore(data)
    if os.geteuid() != 0:
        return Rights(install=install, data=data)
    if prefix := await _namespace(install, data):
        return Rights(install=install, data=data, prefix=prefix)
    return await asyncio.to_thread(_settle_elsewhere, install, data, run)


def _restore(data: Path) -> None:
    try:
        moves.restore(data)
    except OSError as error:
        raise errors.MissingError(f"cannot take back the data of {data}: {error}") from error


async def _namespace(install: wheels.Install, data: Path) -> tuple[str, ...]:
    """The words that start a program in an own user namespace; none where that does not work.

    Inside, root has lost its power over other users' folders, so engine and data are looked at from there.
    """
    unshare = shutil.which("unshare")
    user = next((number for number in _USERS if _user_name(number)), None)
    if unshare is None or user is None or _is_elsewhere(data):
        return ()
    prefix = (unshare, "-U", f"--map-user={user}", f"--map-group={user}", "--")
    look = ("/bin/sh", "-c", 'test -x "$1" && test -w "$2"', "sh")
    words = (*prefix, *look, str(install.program("postgres")), str(data.parent))
    launch = Launch(words=words, cwd=Path("/"), env=dict(os.environ))
    try:
        outcome = await processes.run_to_end(launch, seconds_max=_TRY_SECONDS_MAX)
    except errors.SeatrialError:
        return ()
    return prefix if outcome.code == 0 else ()


def _settle_elsewhere(install: wheels.Install, data: Path, run: str) -> Rights:
    """Moves the data to a place of its own and leaves a link; from then on it stays there."""
    place = PLACES / run
    user = pwd.getpwnam("nobody").pw_uid
    try:
        for folder in (PLACES, place):
            folder.mkdir(mode=0o755, exist_ok=True)
            folder.chmod(0o755)
        moved = place / data.name
        moves.move(data, moved, user)
        copied = _copy_engine(install, place)
    except OSError as error:
        raise errors.MissingError(f"cannot keep PostgreSQL and its data in {place}: {error}") from error
    note = f"runs as nobody from {place}: root may not run PostgreSQL, and user namespaces are refused here"
    return Rights(install=copied, data=moved, user=user, note=note)


def _copy_engine(install: wheels.Install, place: Path) -> wheels.Install:
    """Every user may read and run the copy; a half copied one is not taken for whole.

    The libraries lie beside the package and are found relative to the programs, so both keep their places.
    """
    target = place / f"{install.package}-{wheels.version_of(install.program('postgres'))}"
    if not target.exists():
        fresh = place / f"{target.name}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        package = install.root.parent
        libraries = package.with_name(f"{install.package}.libs")
        shutil.copytree(install.root, fresh / install.package / install.root.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        fresh.replace(target)
    return wheels.Install(root=target / install.package / install.root.name, package=install.package)


def _is_elsewhere(data: Path) -> bool:
    """What was once settled elsewhere stays there: it belongs to the other user."""
    return data.is_symlink()


def _user_name(number: int) -> str | None:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return None
