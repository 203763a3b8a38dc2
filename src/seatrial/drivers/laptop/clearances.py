"""Removes what the stores and volumes of a system keep, also where it had to be moved out of the folder."""

from __future__ import annotations

import shutil

from seatrial import errors
from seatrial.drivers.laptop import folders
from seatrial.drivers.laptop.engines import rights


def names_of_data(folder: folders.Folder) -> tuple[str, ...]:
    """The volumes and stores that hold something."""
    return tuple(sorted(path.name for path in folder.data.iterdir()))


def remove_data(folder: folders.Folder) -> tuple[str, ...]:
    """Gives the names of what was removed. Nothing of the system may run. Raises MissingError."""
    with folders.locked(folder):
        names = names_of_data(folder)
        try:
            for path in folder.data.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            moved = rights.PLACES / folder.run
            if moved.is_dir():
                shutil.rmtree(moved)
        except OSError as error:
            raise errors.MissingError(f"cannot remove all data of {folder.data}: {error}") from error
    return names
