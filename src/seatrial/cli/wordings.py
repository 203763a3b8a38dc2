"""How it is put: numbers with their nouns, and long sentences in lines that end between words."""

from __future__ import annotations

import shutil
import textwrap
from typing import TextIO

COLUMNS = 80


def counted(number: int, word: str) -> str:
    """`1 job`, `4 accesses`, `2 severities`."""
    if number == 1:
        return f"1 {word}"
    plural = f"{word}es" if word.endswith("s") else f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{number} {plural}"


def wrapped(text: str, indent: str, *, first: str | None = None, columns: int = COLUMNS) -> list[str]:
    """Lines of so many columns; `first` begins the first one, `indent` the others."""
    initial = indent if first is None else first
    lines = textwrap.wrap(
        text, columns, initial_indent=initial, subsequent_indent=indent, break_on_hyphens=False
    )
    return lines or [initial.rstrip()]


def fitted(text: str, indent: str, stream: TextIO, *, first: str = "") -> list[str]:
    """The same in the width of a terminal; one line for whatever reads lines, and where it fits."""
    columns = shutil.get_terminal_size().columns
    if not stream.isatty() or len(first) + len(text) <= columns:
        return [f"{first}{text}".rstrip()]
    return wrapped(text, indent, first=first, columns=columns)
