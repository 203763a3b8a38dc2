"""Whose a state folder is: its owner runs the system; root may stop it and look, and changes no owner."""

from __future__ import annotations

import contextlib
import os
import pwd
from pathlib import Path

from seatrial import errors


def ensure_own(root: Path) -> None:
    """Raises MissingError where the folder belongs to somebody else, even for root."""
    if root.stat().st_uid != os.geteuid():
        raise not_ours(root)


def not_ours(root: Path) -> errors.MissingError:
    """What to say where another user's state is in the way."""
    owner = "another user"
    with contextlib.suppress(OSError):
        owner = _name(root.stat().st_uid)
    return errors.MissingError(
        f"{root} belongs to {owner}: run this as {owner},"
        f" or give it away with `sudo chown -R {_name(os.geteuid())} {root}`"
    )


def keep_owner(path: Path) -> None:
    """What root writes belongs to the owner of the folder it lies in."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        if (folder.st_uid, folder.st_gid) != (path.stat().st_uid, path.stat().st_gid):
            os.chown(path, folder.st_uid, folder.st_gid)


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
