"""Compose files: which containers are stores, which are programs, and what those are given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from seatrial.discovery import commands, dockerfiles, dotenvs, folders, images
from seatrial.discovery.documents import Documents, keys, words
from seatrial.discovery.findings import Place, Process, Setting, Store
from seatrial.spec import documents as spec

_FILE = re.compile(r"(docker-)?compose([.-][\w.-]+)?\.ya?ml")
_BASE = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDE = re.compile(r"(docker-)?compose\.override\.ya?ml")
_DEFAULT = re.compile(r"\$\{\w+:?-([^${}]*)\}")
_JOB_NAME = re.compile(r"(.*[-_])?(migrate|migrations?|init|setup|seed)")
_ENTRY_SCRIPT = re.compile(r"[\w./-]+\.sh|/?(usr/local/bin/)?docker-entrypoint[\w.]*")
_CONTAINERS_MAX = 200
_PORT = 8000


@dataclass(frozen=True, kw_only=True, slots=True)
class Composition:
    """What a Compose file says; `doubts` are sentences on what a page cannot take from it."""

    processes: tuple[Process, ...] = ()
    stores: tuple[Store, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(kw_only=True, slots=True)
class _Reading:
    documents: Documents
    path: str
    containers: dict[str, dict[str, Any]]
    lines: dict[str, int]
    processes: list[Process] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def folder(self) -> str:
        return folders.parent(self.path)

    def place(self, name: str) -> Place:
        return Place(file=self.path, line=self.lines.get(name, 1))


def read_composition(documents: Documents) -> Composition:
    """The Compose file that is nearest to the top, with its override file."""
    found = [path for path in documents.texts if _FILE.fullmatch(path.rpartition("/")[2])]
    found.sort(key=lambda path: (path.count("/"), _rank(path), path))
    if not found:
        return Composition()
    path = found[0]
    beside = [one for one in found if folders.parent(one) == folders.parent(path) and one != path]
    overrides = [one for one in beside if _OVERRIDE.fullmatch(one.rpartition("/")[2])]
    containers, lines = _containers(documents, path)
    for override in overrides:
        for name, over in _containers(documents, override)[0].items():
            containers[name] = _merged(containers.get(name, {}), over)
    reading = _Reading(documents=documents, path=path, containers=containers, lines=lines)
    ignored = [one for one in beside if one not in overrides]
    if ignored:
        reading.doubts.append(f"{', '.join(ignored)}: not read; {path} is")
    for name, container in list(containers.items())[:_CONTAINERS_MAX]:
        _take(reading, name, container)
    return Composition(
        processes=tuple(reading.processes), stores=tuple(reading.stores), doubts=tuple(reading.doubts)
    )


def read_images(documents: Documents) -> Iterator[Process]:
    """What the Dockerfiles start, one each, where no Compose file says more."""
    for path in documents.folder.named("Dockerfile"):
        image = dockerfiles.read_image(documents.texts[path], path)
        text, _ = _command({}, image)
        command = commands.parse(text) if text else commands.Command(words=())
        port = image.port or command.port
        if command.words and not _ENTRY_SCRIPT.fullmatch(command.words[0]):
            yield Process(
                name="web" if port else "app",
                words=_relative(command.words, image.workdir),
                place=Place(file=path, line=image.command_line),
                folder=folders.parent(path),
                port=port or (_PORT if commands.listens(command.words) else None),
                web=port is not None,
                health=image.health if port else None,
                health_place=Place(file=path, line=image.health_line),
                settings=image.settings,
            )


def _rank(path: str) -> int:
    name = path.rpartition("/")[2]
    return _BASE.index(name) if name in _BASE else len(_BASE)


def _containers(documents: Documents, path: str) -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
    document = documents.yaml(path)
    services = keys(keys(document.data if document else None).get("services"))
    lines = dict(_lines(document)) if document else {}
    return {name: _expanded(keys(service)) for name, service in services.items()}, lines


def _lines(document: spec.Document) -> Iterator[tuple[str, int]]:
    """Where each container stands, and each of its variables as `container NUL variable`."""
    for path, (line, _) in document.key_positions.items():
        match path:
            case ("services", str(name)):
                yield name, line
            case ("services", str(name), "environment", str(variable)):
                yield f"{name}\0{variable}", line
    for path, (line, _) in document.positions.items():
        match path:
            case ("services", str(name), "environment", int(index)):
                item = document.data["services"][name]["environment"][index]
                yield f"{name}\0{str(item).partition('=')[0]}", line


def _expanded(mapping: dict[str, Any]) -> dict[str, Any]:
    """With its merge keys (`<<`) filled in."""
    merged = mapping.get("<<")
    under: dict[str, Any] = {}
    for one in merged if isinstance(merged, list) else [merged]:
        under |= _expanded(keys(one)) if one else {}
    own = {key: _expanded(value) if isinstance(value, dict) else value for key, value in mapping.items()}
    own.pop("<<", None)
    return under | own


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """As Compose does, as far as it matters here: settings and needs are joined, the rest is replaced."""
    joined = dict(over)
    for key in ("environment", "depends_on"):
        if key in under and key in over:
            joined[key] = {**_pairs(under[key]), **_pairs(over[key])}
    return {**under, **joined}


def _pairs(raw: object) -> dict[str, Any]:
    """`{A: 1}`, `["A=1", "B"]`: names with values, None where there is none."""
    if isinstance(raw, dict):
        return keys(raw)
    found: dict[str, Any] = {}
    for item in words(raw):
        name, equals, value = item.partition("=")
        found[name] = value if equals else None
    return found


def _take(reading: _Reading, name: str, container: dict[str, Any]) -> None:
    image = str(container.get("image") or "")
    place = reading.place(name)
    known = images.recognise(image)
    if known is not None and "build" not in container:
        if known.sort == "store":
            store = Store(
                kind=known.kind,
                place=place,
                name=name,
                version=known.version,
                extensions=known.extensions,
            )
            reading.stores.append(store)
        if known.doubt:
            reading.doubts.append(f"{place}: {name} ({image}) {known.doubt}")
        return
    if words(container.get("profiles")):
        profiles = ", ".join(words(container["profiles"]))
        reading.doubts.append(f"{place}: {name} belongs to the profile {profiles} and was left out")
        return
    if "build" not in container and "command" not in container:
        reading.doubts.append(
            f"{place}: {name} is the image {image or 'of nothing'}, which is not known here"
        )
        return
    _program(reading, name, container, place)


def _program(reading: _Reading, name: str, container: dict[str, Any], place: Place) -> None:
    folder, image = _image(reading, container)
    text, entry = _command(container, image)
    if entry:
        reading.doubts.append(
            f"{place}: the entry script {entry} of {name} was left out; see what it does first"
        )
    settings = (*image.settings, *_settings(reading, name, container))
    uses = frozenset(_needed(container))
    migration: str | None = None
    text = commands.unwrapped(text)
    if isinstance(text, str):
        migration, text = commands.split_migration(text)
    if migration is not None:
        made = commands.parse(migration, listens=False)
        reading.processes.append(
            Process(
                name="migrate",
                words=_relative(made.words, image.workdir),
                place=place,
                folder=folder,
                job="before-deploy",
                settings=settings,
                uses=frozenset(one for one in uses if one not in _programs(reading)),
            )
        )
    job = _is_job(reading, name, container, text if isinstance(text, str) else " ".join(text))
    command = commands.parse(text, listens=not job) if text else commands.Command(words=())
    port, published = _port(container)
    port = port or command.port or image.port or (_PORT if commands.listens(command.words) else None)
    health = _health(container) or image.health
    reading.processes.append(
        Process(
            name=name,
            words=_relative(command.words, image.workdir),
            place=place,
            folder=folder,
            job="before-deploy" if job else "",
            port=None if job else port,
            web=published and not job,
            health=health if port and not job else None,
            health_place=place
            if _health(container)
            else Place(file=_dockerfile(reading, container), line=image.health_line),
            settings=settings,
            uses=uses,
        )
    )


def _programs(reading: _Reading) -> set[str]:
    return {name for name, one in reading.containers.items() if "build" in one}


def _build(reading: _Reading, container: dict[str, Any]) -> tuple[str, str, str]:
    """Folder, Dockerfile and stage that it is built from."""
    build = container.get("build")
    table = keys(build) if isinstance(build, dict) else {"context": build or "."}
    context = str(table.get("context") or ".")
    folder = folders.joined(reading.folder, context) if "://" not in context else reading.folder
    return folder, str(table.get("dockerfile") or "Dockerfile"), str(table.get("target") or "")


def _dockerfile(reading: _Reading, container: dict[str, Any]) -> str:
    folder, name, _ = _build(reading, container)
    return folders.joined(folder, name)


def _image(reading: _Reading, container: dict[str, Any]) -> tuple[str, dockerfiles.Image]:
    """The folder that it is built from, and what its Dockerfile says."""
    if "build" not in container:
        return reading.folder, dockerfiles.Image()
    folder, _, target = _build(reading, container)
    path = _dockerfile(reading, container)
    text = reading.documents.texts.get(path)
    if text is None:
        reading.doubts.append(f"{reading.path}: {path} is not there or was not read")
    return folder, dockerfiles.read_image(text or "", path, target)


def _command(container: dict[str, Any], image: dockerfiles.Image) -> tuple[Any, str]:
    """What it runs, and an entry script that was left out."""
    entry: Any = container.get("entrypoint") or image.entrypoint
    command: Any = container.get("command") or ("" if container.get("entrypoint") else image.command)
    entry = _plain(entry)
    command = _plain(command)
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
        return [_interpolated(str(word)) for word in raw]
    return _interpolated(str(raw)) if isinstance(raw, str | int | float) else ""


def _interpolated(text: str) -> str:
    return _DEFAULT.sub(r"\1", text).replace("$$", "$")


def _relative(made: tuple[str, ...], workdir: str) -> tuple[str, ...]:
    """Paths in the image's working folder become paths in the folder that it is built from."""
    if not workdir.startswith("/") or workdir == "/":
        return made
    return tuple(word.replace(f"{workdir.rstrip('/')}/", "./") for word in made)


def _settings(reading: _Reading, name: str, container: dict[str, Any]) -> Iterator[Setting]:
    raw = container.get("env_file")
    files = [raw] if isinstance(raw, str) else words(raw)
    if isinstance(raw, list):
        files += [str(item["path"]) for item in raw if isinstance(item, dict) and "path" in item]
    place = reading.place(name)
    for file in files:
        path = folders.joined(reading.folder, file)
        example = next(
            (one for one in (path, f"{path}.example", f"{path}.sample") if one in reading.documents.texts),
            None,
        )
        if example is None:
            reading.doubts.append(f"{place}: {name} takes settings from {path}, which is not there")
        else:
            yield from dotenvs.read_names(reading.documents, example)
    for variable, value in _pairs(container.get("environment")).items():
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", variable):
            text = None if value is None or isinstance(value, dict | list) else _interpolated(_text(value))
            line = reading.lines.get(f"{name}\0{variable}", place.line)
            yield Setting(name=variable, value=text, place=Place(file=place.file, line=line))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _needed(container: dict[str, Any]) -> Iterator[str]:
    needed = container.get("depends_on")
    yield from keys(needed) if isinstance(needed, dict) else words(needed)
    yield from (link.partition(":")[0] for link in words(container.get("links")))


def _is_job(reading: _Reading, name: str, container: dict[str, Any], text: str) -> bool:
    awaited = any(
        keys(keys(one.get("depends_on")).get(name)).get("condition") == "service_completed_successfully"
        for one in reading.containers.values()
    )
    once = str(container.get("restart", "")) in {"no", "false", "False"} and _JOB_NAME.fullmatch(name)
    return awaited or bool(once) or commands.is_migration(text)


def _port(container: dict[str, Any]) -> tuple[int | None, bool]:
    """The port inside the container, and whether it is published."""
    raw = container.get("ports")
    for item in raw if isinstance(raw, list) else ():
        text = str(item.get("target", "")) if isinstance(item, dict) else str(item)
        match = re.search(r"(\d{1,5})(?:/tcp)?$", _interpolated(text))
        if match and 0 < int(match[1]) < 65536:  # noqa: PLR2004
            return int(match[1]), True
    for exposed in words(container.get("expose")):
        if exposed.isdigit() and 0 < int(exposed) < 65536:  # noqa: PLR2004
            return int(exposed), False
    return None, False


def _health(container: dict[str, Any]) -> str | None:
    """The path that its health check asks for, where it asks over HTTP."""
    test = keys(container.get("healthcheck")).get("test")
    return dockerfiles.url_path(" ".join(words(test)) if isinstance(test, list) else str(test or ""))
