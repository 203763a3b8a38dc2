"""Finds the page of a system: by path, or by the short name of a folder under `systems/`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial import errors
from seatrial.values import names

if TYPE_CHECKING:
    from seatrial.plan import Plan

FILE_NAME = "seatrial.yaml"


def find_page(system: str) -> Path:
    """The page that a path or short name stands for. Raises CallError that lists the systems found here."""
    given = Path(system).expanduser()
    candidates = [given, given / FILE_NAME]
    if given.name == system:
        candidates += [root / "systems" / system / FILE_NAME for root in _roots()]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    if given.is_dir():
        raise errors.CallError(f"{system} holds no {FILE_NAME}")
    short = {page.parent.name for root in _roots() for page in root.glob(f"systems/*/{FILE_NAME}")}
    raise errors.CallError(
        f"no system {system!r}: it is no path of a page; {names.suggestion(system, short)}"
    )


def _roots() -> list[Path]:
    """Folders that may hold `systems/`: here and above, and the checkout that `./run` belongs to."""
    here = Path.cwd()
    home = os.environ.get("SEATRIAL_HOME")
    return [here, *here.parents, *([Path(home)] if home else [])]


def load_plan(system: str, environment: str) -> Plan:
    """The plan of a system in an environment. Raises what finding, loading and planning raise."""
    from seatrial.plan import planning  # noqa: PLC0415  # late: --help must not pay for pydantic
    from seatrial.spec import loading  # noqa: PLC0415

    loaded = loading.load_page(path := find_page(system), shown_as=shown(path))
    return planning.make_plan(loaded.page, environment, loaded.directory)


def called_as() -> str:
    """The command as the caller typed it, for hints that can be typed again."""
    return os.environ.get("SEATRIAL_CALLED_AS") or "seatrial"


def shown(path: Path) -> str:
    """A path as a person here would type it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
