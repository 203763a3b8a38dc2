"""A page in the making: what runs, what it is given and why, before it becomes text."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from seatrial.discovery.findings import Process, Store

_NAME_LENGTH_MAX = 40
USUAL_NAMES = {
    "postgres": "db",
    "redis": "cache",
    "kafka": "bus",
    "neo4j": "graph",
    "bucket": "media",
    "search": "search",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """A value of the page, and what it was guessed from; no value is a line that people must fill in."""

    value: str | None
    why: str


@dataclass(kw_only=True, slots=True)
class Program:
    """A service or job of the page."""

    name: str
    process: Process
    words: tuple[str, ...] = ()
    build: dict[str, str] = field(default_factory=dict)
    """What its build says, where the page's does not."""
    env: dict[str, Given] = field(default_factory=dict)
    uses: dict[str, None] = field(default_factory=dict)
    """In the order in which they were found."""


@dataclass(kw_only=True, slots=True)
class Draft:
    """Everything that the page will say, and what could not be known."""

    name: str
    build: dict[str, str] = field(default_factory=dict)
    """Of all programs, where they share one."""
    programs: list[Program] = field(default_factory=list)
    stores: dict[str, Store] = field(default_factory=dict)
    secrets: dict[str, Given] = field(default_factory=dict)
    """Name → `generated`, `generated and shown`, or `operator`."""
    doubts: dict[str, None] = field(default_factory=dict)
    steps: dict[str, None] = field(default_factory=dict)

    def services(self) -> list[Program]:
        return [program for program in self.programs if not program.process.job]

    def jobs(self) -> list[Program]:
        return [program for program in self.programs if program.process.job]

    def doubt(self, sentence: str) -> None:
        self.doubts[sentence] = None


def slug(text: str, fallback: str) -> str:
    """A name that a page takes, as near to the text as can be; `x-` begins keys that it does not read."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    name = re.sub(r"^([^a-z]|x-)+", "", name)[:_NAME_LENGTH_MAX].rstrip("-")
    return name or fallback


def free_name(wanted: str, taken: Collection[str], hint: str = "") -> str:
    """The name, else one with a hint before it, else one with a number behind it."""
    candidates = [wanted, *([slug(f"{hint}-{wanted}", wanted)] if hint else [])]
    candidates += [f"{wanted[: _NAME_LENGTH_MAX - 5].rstrip('-')}-{number}" for number in range(2, 1000)]
    return next(name for name in candidates if name not in taken)


def printable(text: object) -> str:
    """On one line and without control characters, whatever a file is called or holds."""
    return re.sub(r"[^\x20-\x7e\xa0-\ud7ff]", "?", str(text))
