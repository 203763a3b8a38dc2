"""Data that moves elsewhere and leaves a link, so that at every moment one whole copy of it can be found.

Whatever interrupts a move, the data lies under its own name, behind the link, or set aside beside it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from seatrial import errors


def move(data: Path, target: Path, user: int) -> None:
    """Goes on where an interrupted move ended. Raises OSError, and MissingError for a link of others."""
    aside = _aside(data)
    if data.is_symlink() and data.readlink() != target:
        raise errors.MissingError(f"{data} leads to {data.readlink()}, which belongs to another system")
    restore(data)
    if data.exists() and not data.is_symlink():
        _copy(data, target, user)
        data.rename(aside)
    if not data.is_symlink():
        data.symlink_to(target)
    if aside.exists() and data.exists():
        shutil.rmtree(aside)


def restore(data: Path) -> None:
    """Takes back what was set aside for a link that was never made."""
    aside = _aside(data)
    if aside.exists() and not data.exists() and not data.is_symlink():
        aside.rename(data)


def _copy(data: Path, target: Path, user: int) -> None:
    """A copy with its final name is whole, and on the disk."""
    fresh = target.with_name(f"{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(data, fresh, symlinks=True)
    for path in (fresh, *fresh.rglob("*")):
        os.chown(path, user, user, follow_symlinks=False)
    os.sync()
    if target.exists():
        shutil.rmtree(target)
    fresh.rename(target)


def _aside(data: Path) -> Path:
    return data.with_name(f"{data.name}.old")
