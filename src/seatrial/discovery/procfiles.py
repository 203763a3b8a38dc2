"""A Procfile: one process a line; `release` runs before a deploy, and `web` is told its port by PORT."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seatrial.discovery import commands, folders
from seatrial.discovery.documents import Documents
from seatrial.discovery.findings import Place, Process, Setting

_LINE = re.compile(r"\s*([A-Za-z0-9_-]+)\s*:\s*(\S.*)")
_PORT = 8000


def read_processes(documents: Documents) -> Iterator[Process]:
    """Of the Procfile that is nearest to the top."""
    path = next(iter(documents.folder.named("Procfile")), None)
    if path is None:
        return
    for number, line in enumerate(documents.texts[path].splitlines(), 1):
        match = None if line.lstrip().startswith("#") else _LINE.fullmatch(line)
        if match is not None:
            yield _process(match[1], match[2], Place(file=path, line=number))


def _process(name: str, text: str, place: Place) -> Process:
    job = name == "release" or commands.is_migration(text)
    command = commands.parse(text, listens=not job)
    web = name == "web" or commands.listens(command.words)
    return Process(
        name=name,
        words=command.words,
        place=place,
        folder=folders.parent(place.file),
        job="before-deploy" if job else "",
        port=(command.port or _PORT) if web and not job else None,
        web=web and not job,
        port_variable=name == "web",
        settings=tuple(Setting(name=one, value=value, place=place) for one, value in command.settings),
    )
