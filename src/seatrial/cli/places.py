"""Where pages lie: by path, below `systems/`, or around here. Cheap, since a shell's completion needs it."""

from __future__ import annotations

import os
from pathlib import Path

FILE_NAME = "seatrial.yaml"


def page_of(system: str) -> Path | None:
    """The page that a path or short name stands for."""
    given = Path(system).expanduser()
    candidates = [given, given / FILE_NAME]
    if given.name == system:
        candidates += [root / "systems" / system / FILE_NAME for root in _roots()]
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def page_around() -> Path | None:
    """The page of this folder or of the nearest one above."""
    here = Path.cwd()
    return next((page for one in (here, *here.parents) if (page := one / FILE_NAME).is_file()), None)


def short_names() -> set[str]:
    """The systems that can be named without a path."""
    return {page.parent.name for root in _roots() for page in root.glob(f"systems/*/{FILE_NAME}")}


def _roots() -> list[Path]:
    """Folders that may hold `systems/`: here and above, and the checkout that `./run` belongs to."""
    here = Path.cwd()
    home = os.environ.get("SEATRIAL_HOME")
    return [here, *here.parents, *([Path(home)] if home else [])]
