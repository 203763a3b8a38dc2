"""Which system a command is about: a path, a short name of a folder under `systems/`, or the page here.

Where a command also takes names of parts, the first word is the system if it stands for a page, else the
system is the page around here. A word that could be both is refused; `.` and words with a slash are systems.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial import errors
from seatrial.cli import completions, places
from seatrial.values import names

if TYPE_CHECKING:
    from seatrial import parts
    from seatrial.plan import Plan
    from seatrial.spec.loading import LoadedPage

FILE_NAME = places.FILE_NAME
LAPTOP = "laptop"
System = Annotated[
    str | None,
    typer.Argument(
        help="Folder or file of a page, or the short name of a system; the page around here when left out.",
        autocompletion=completions.complete_systems,
    ),
]
Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SYSTEM] [PART]",
        help="A system, as elsewhere, and a part of it.",
        autocompletion=completions.complete_parts,
    ),
]


def find_page(system: str | None) -> Path:
    """The page that a path or short name stands for; without one, that of this folder or of one above.

    Raises CallError that lists the systems found here.
    """
    if system is None:
        return _page_around()
    if found := places.page_of(system):
        return found
    if Path(system).expanduser().is_dir():
        raise errors.CallError(f"{system} holds no {FILE_NAME}")
    known = names.suggestion(system, places.short_names())
    raise errors.CallError(f"no system {system!r}: it is no path of a page; {known}")


def split(words: Sequence[str]) -> tuple[str | None, tuple[str, ...]]:
    """The system (None: the page around here) and the words after it.

    Raises CallError where the first word is a part of the system here and names another page too.
    """
    if not words or places.page_around() is None:
        return (words[0], tuple(words[1:])) if words else (None, ())
    first = words[0]
    if places.page_of(first) is None:
        return None, tuple(words)
    if "/" not in first and first != "." and first in _names_here():
        here, there = shown(_page_around().parent), shown(places.page_of(first) or Path(first))
        raise errors.CallError(
            f"{first!r} is a part of the system here and a system too:"
            f" write `{here} {first}` for the part, or `{there}` for the system"
        )
    return first, tuple(words[1:])


def load_page(system: str | None) -> LoadedPage:
    """The page of a system, sound. Raises what finding and loading raise."""
    from seatrial.spec import loading  # noqa: PLC0415  # late: --help must not pay for pydantic

    return loading.load_page(path := find_page(system), shown_as=shown(path))


def load_plan(system: str | None, environment: str = LAPTOP) -> Plan:
    """The plan of a system in an environment. Raises what finding, loading and planning raise."""
    from seatrial.plan import planning  # noqa: PLC0415

    loaded = load_page(system)
    return planning.make_plan(loaded.page, environment, loaded.directory)


def find_part(plan: Plan, name: str) -> parts.Workload | parts.Job:
    """What runs under a name. Raises CallError with the nearest name."""
    from seatrial import parts  # noqa: PLC0415

    every: tuple[parts.Workload | parts.Job, ...] = (*plan.of(parts.Workload), *plan.of(parts.Job))
    running = {one.name: one for one in every}
    if name not in running:
        raise errors.CallError(f"no part {name!r}; {names.suggestion(name, running)}")
    return running[name]


def hint(verb: str, system: str | None, *words: str) -> str:
    """A command that can be typed here, naming the system as the caller did."""
    program = os.environ.get("SEATRIAL_CALLED_AS") or "seatrial"
    return shlex.join([program, verb, *([system] if system else []), *words])


def shown(path: Path) -> str:
    """A path as a person here would type it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _page_around() -> Path:
    page = places.page_around()
    if page is None:
        raise errors.CallError(f"no {FILE_NAME} here or above: name a system, or change to its folder")
    return page


def _names_here() -> frozenset[str]:
    """Whatever people may name of the page around here; nothing where it is wrong."""
    from seatrial import parts  # noqa: PLC0415

    try:
        plan = load_plan(None)
    except errors.PageError:
        return frozenset()
    kinds: tuple[type[parts.Part], ...] = (parts.Workload, parts.Job, parts.Exposure)
    return frozenset(one.name for kind in kinds for one in plan.of(kind))
