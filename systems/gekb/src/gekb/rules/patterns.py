"""What a pattern is called and what it matches, derived from the first error that made it."""

import re
from collections.abc import Sequence
from typing import Any

from gekb import events, grouping

NAME_CHARACTERS_MAX = 120
GLOBS_MAX = 10
PIECES_MAX = 10
PIECE_CHARACTERS_MIN = 4
REGEX_CHARACTERS_MAX = 2000
UNCATEGORIZED = "uncategorized"
_MASK = re.compile(r"<[a-z0-9.]{1,16}>")


def describe(decision: grouping.Decision, error: events.Error) -> dict[str, Any]:
    """What is stored with a pattern when its first error makes it."""
    technology = error.technology or events.Technology()
    return {
        "version": decision.version,
        "fingerprint": decision.fingerprint,
        "name": name(decision.template, error.type),
        "description": decision.template,
        "framework": technology.framework,
        "library": technology.library,
        "criteria": criteria(decision.template, technology, error.affected_files or ()),
    }


def name(template: str, kind: str | None) -> str:
    """One short line: the kind of error and the beginning of its message."""
    line = " ".join(template.split()) or "(no message)"
    kind = " ".join((kind or "").split())
    if kind and not line.startswith(kind):
        line = f"{kind}: {line}"
    return line if len(line) <= NAME_CHARACTERS_MAX else line[: NAME_CHARACTERS_MAX - 1] + "…"


def criteria(template: str, technology: events.Technology, files: Sequence[str]) -> dict[str, Any]:
    """The same rules in words that other tools understand; what decides is the fingerprint."""
    pieces = [piece.strip() for piece in _MASK.split(template)]
    telling = [piece for piece in pieces if len(piece) >= PIECE_CHARACTERS_MIN]
    return {
        "errorMessage": {"contains": telling[:PIECES_MAX], "regex": regex(template)},
        "technology": {"framework": technology.framework, "library": technology.library},
        "files": {"patterns": globs(files)},
    }


def regex(template: str) -> str | None:
    """The template with every mask open; None where that would be too long to be of use."""
    text = ".+?".join(re.escape(piece) for piece in _MASK.split(template))
    return text if len(text) <= REGEX_CHARACTERS_MAX else None


def globs(files: Sequence[str]) -> list[str]:
    """One glob for each ending among the affected files."""
    endings = dict.fromkeys(re.findall(r"(?m)\.[A-Za-z0-9]{1,10}$", "\n".join(file[-100:] for file in files)))
    return [f"**/*{ending}" for ending in sorted(endings)][:GLOBS_MAX]
