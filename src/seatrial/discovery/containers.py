"""One container: its command, port, health and needs, from its Compose entry or its Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from seatrial.discovery import commands, dockerfiles, folders
from seatrial.discovery.documents import Documents, keys, words
from seatrial.discovery.findings import Place, Process

_DEFAULT = re.compile(r"\$\{(?!PORT\b)\w+:?-([^${}]*)\}")
_ENTRY_SCRIPT = re.compile(r"[\w./-]+\.sh|/?(usr/local/bin/)?docker-entrypoint[\w.]*")
_LABEL = re.compile(r"loadbalancer\.server\.port=(\d{2,4})\b")
"""How Traefik is told where a service listens that users reach."""
PORT = 8000
_COPIES_MAX = 100


def read_images(documents: Documents) -> Iterator[Process]:
    """What the Dockerfiles start, one each, where no Compose file says more."""
    for path in documents.folder.named("Dockerfile"):
        image = dockerfiles.read_image(documents.texts[path], path)
        text, _ = command_of({}, image)
        command = commands.parse(text) if text else commands.Command(words=())
        port = image.port or command.port
        if command.words and not _ENTRY_SCRIPT.fullmatch(command.words[0]):
            yield Process(
                name="web" if port else "app",
                words=relative(command.words, image.workdir),
                place=Place(file=path, line=image.command_line),
                folder=folders.parent(path),
                port=port or (PORT if commands.listens(command.words) else None),
                web=port is not None,
                health=image.health if port else None,
                health_place=Place(file=path, line=image.health_line),
                settings=image.settings,
            )


def command_of(container: dict[str, Any], image: dockerfiles.Image) -> tuple[Any, str]:
    """What it runs, and an entry script that was left out."""
    own = container.get("entrypoint")
    entry: Any = _plain(own) if own else image.entrypoint
    command: Any = _plain(container.get("command")) or ("" if own else image.command)
    first = entry if isinstance(entry, str) else next(iter(entry), "")
    if command and _ENTRY_SCRIPT.fullmatch(first):
        return command, first
    if isinstance(entry, str) and entry and not command:
        return entry, ""
    if isinstance(entry, str):
        return (
            (command, "")
            if not entry
            else (f"{entry} {command if isinstance(command, str) else ' '.join(command)}", "")
        )
    if isinstance(command, str) and not entry:
        return command, ""
    return [*entry, *([command] if isinstance(command, str) and command else command or [])], ""


def _plain(raw: object) -> str | list[str]:
    """A command as Compose takes it, with the defaults of its own `${NAME:-default}` filled in."""
    if isinstance(raw, list | tuple):
        return [interpolated(str(word)) for word in raw]
    return interpolated(str(raw)) if isinstance(raw, str | int | float) else ""


def interpolated(text: str) -> str:
    return _DEFAULT.sub(r"\1", text).replace("$$", "$")


def relative(made: tuple[str, ...], workdir: str) -> tuple[str, ...]:
    """Paths in the image's working folder become paths in the folder that it is built from."""
    if not workdir.startswith("/") or workdir == "/":
        return made
    return tuple(word.replace(f"{workdir.rstrip('/')}/", "./") for word in made)


def needed_by(container: dict[str, Any]) -> Iterator[str]:
    needed = container.get("depends_on")
    yield from keys(needed) if isinstance(needed, dict) else words(needed)
    yield from (link.partition(":")[0] for link in words(container.get("links")))


def port_of(container: dict[str, Any]) -> tuple[int | None, bool]:
    """The port inside the container, and whether it is published."""
    raw = container.get("ports")
    for item in raw if isinstance(raw, list) else ():
        text = str(item.get("target", "")) if isinstance(item, dict) else str(item)
        match = re.search(r"(\d{1,5})(?:/tcp)?$", interpolated(text))
        if match and 0 < int(match[1]) < 65536:  # noqa: PLR2004
            return int(match[1]), True
    labels = container.get("labels")
    for label in [f"{key}={value}" for key, value in keys(labels).items()] or words(labels):
        if match := _LABEL.search(interpolated(label)):
            return int(match[1]), True
    for exposed in words(container.get("expose")):
        if exposed.isdigit() and 0 < int(exposed) < 65536:  # noqa: PLR2004
            return int(exposed), False
    checked = re.search(r"localhost:(\d{2,5})/", str(keys(container.get("healthcheck")).get("test")))
    return (int(checked[1]) if checked and int(checked[1]) < 65536 else None), False  # noqa: PLR2004


def copies_of(container: dict[str, Any]) -> int:
    """How many of it run; one where nothing usable is said."""
    for said in (keys(container.get("deploy")).get("replicas"), container.get("scale")):
        text = interpolated(str(said))
        if text.isdecimal() and 0 < int(text) <= _COPIES_MAX:
            return int(text)
    return 1


def health_of(container: dict[str, Any]) -> str | None:
    """The path that its health check asks for, where it asks over HTTP."""
    test = keys(container.get("healthcheck")).get("test")
    return dockerfiles.url_path(" ".join(words(test)) if isinstance(test, list) else str(test or ""))


def pairs(raw: object) -> dict[str, Any]:
    """`{A: 1}`, `["A=1", "B"]`: names with values, None where there is none."""
    if isinstance(raw, dict):
        return keys(raw)
    found: dict[str, Any] = {}
    for item in words(raw):
        name, equals, value = item.partition("=")
        found[name] = value if equals else None
    return found
