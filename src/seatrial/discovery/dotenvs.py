"""The names in `.env` files. Their values are never kept: they may be secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seatrial.discovery.documents import Documents
from seatrial.discovery.findings import Place, Setting

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]{0,127})\s*=\s*(.?)")


LOADERS = frozenset(
    {
        "python-dotenv",
        "python-decouple",
        "django-environ",
        "environs",
        "pydantic-settings",
        "dotenv",
        "dotenv-flow",
    }
)
"""Libraries by which a program reads the `.env` in its folder by itself."""


def read_names(documents: Documents, path: str) -> Iterator[Setting]:
    """The variables of one file, without their values; lines inside a quoted value name none."""
    quote = ""
    for number, line in enumerate(documents.texts.get(path, "").splitlines(), 1):
        if quote:
            quote = "" if quote in line else quote
            continue
        match = _LINE.match(line)
        if match is None:
            continue
        rest = line[match.end() :]
        quote = match[2] if match[2] in {'"', "'"} and match[2] not in rest else ""
        yield Setting(name=match[1], value=None, place=Place(file=path, line=number))
