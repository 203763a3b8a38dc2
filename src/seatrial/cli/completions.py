"""What a shell offers after Tab: systems, parts, jobs, environments. It says nothing else, even of errors.

It reads names off the page without checking it. A Tab costs 0.5 s of a core: 0.4 s the parser of the command
line, which brings pydantic along, and 0.1 s the YAML reader.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer

from seatrial.cli import places

_STAYING = ("services", "stores", "models")
_RUNNING = (*_STAYING, "jobs")
_VARIABLE = "_SEATRIAL_COMPLETE"
"""What the scripts for shells set; its name follows from that of the program."""
_PAGE_BYTES_MAX = 2**20

Offer = Callable[[Mapping[str, Any]], list[str]]
"""Names out of a page as YAML has it."""


def is_completing() -> bool:
    """A shell asks, not a person."""
    return _VARIABLE in os.environ


def complete_systems(incomplete: str) -> list[str]:
    return _fitting(sorted(places.short_names()), incomplete)


def complete_parts(context: typer.Context, incomplete: str) -> list[str]:
    """Whatever runs, after an optional system."""
    return _after_system(context, incomplete, lambda page: _keys(page, *_RUNNING))


def complete_workloads(context: typer.Context, incomplete: str) -> list[str]:
    return _after_system(context, incomplete, lambda page: _keys(page, *_STAYING))


def complete_jobs(context: typer.Context, incomplete: str) -> list[str]:
    return _after_system(context, incomplete, lambda page: _keys(page, "jobs"))


def complete_secrets(context: typer.Context, incomplete: str) -> list[str]:
    return _after_system(context, incomplete, lambda page: _keys(page, "secrets"))


def complete_environments(context: typer.Context, incomplete: str) -> list[str]:
    system = context.params.get("system")
    page = places.page_of(system) if system else places.page_around()
    return _fitting(sorted({"laptop", *_keys(_read(page), "environments")}), incomplete)


def _after_system(context: typer.Context, incomplete: str, offer: Offer) -> list[str]:
    """At first names of the page around here, or systems; then names of the page that was named."""
    words = [word for word in context.params.get("words") or () if word != incomplete]
    named = places.page_of(words[0]) if words else None
    offered = offer(_read(named or places.page_around()))
    systems = [] if words else sorted(places.short_names())
    return _fitting([one for one in (*offered, *systems) if one not in words], incomplete)


def _read(page: Path | None) -> Mapping[str, Any]:
    """The page as it stands; empty where there is none, or none that can be read."""
    try:
        if page is None or page.stat().st_size > _PAGE_BYTES_MAX:
            return {}
        from ruamel.yaml import YAML  # noqa: PLC0415  # late: a Tab after `up` must not pay for it

        read = YAML(typ="safe", pure=True).load(page.read_text(encoding="utf-8"))
    except Exception:  # noqa: BLE001  # whatever is wrong with the page is no business of a Tab
        return {}
    return read if isinstance(read, Mapping) else {}


def _keys(page: Mapping[str, Any], *sections: str) -> list[str]:
    found = (page.get(section) for section in sections)
    return [str(key) for section in found if isinstance(section, Mapping) for key in section]


def _fitting(offered: list[str], incomplete: str) -> list[str]:
    return [one for one in offered if one.startswith(incomplete)]
