"""Compose files: which containers are stores, which are programs, and what those are given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from seatrial.discovery import commands, containers, dockerfiles, dotenvs, folders, images, servers
from seatrial.discovery.documents import Documents, keys, words
from seatrial.discovery.findings import Place, Process, Setting, Store
from seatrial.spec import documents as spec

_FILE = re.compile(r"(docker-)?compose([.-][\w.-]+)?\.ya?ml")
_BASE = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDE = re.compile(r"(docker-)?compose\.override\.ya?ml")
_JOB_NAME = re.compile(r"(.*[-_])?(migrate|migrations?|init|setup|seed)")
_HOSTS = re.compile(r"(?://|@)([A-Za-z][\w.-]*)|(?:^|=)([A-Za-z][\w.-]*):\d+")
_CONTAINERS_MAX = 200


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
    found_here, lines = _containers(documents, path)
    for override in overrides:
        for name, over in _containers(documents, override)[0].items():
            found_here[name] = _merged(found_here.get(name, {}), over)
    reading = _Reading(documents=documents, path=path, containers=found_here, lines=lines)
    ignored = [one for one in beside if one not in overrides]
    if ignored:
        reading.doubts.append(f"{', '.join(ignored)}: not read; {path} is")
    for name, container in list(found_here.items())[:_CONTAINERS_MAX]:
        _take(reading, name, container)
    return Composition(
        processes=tuple(reading.processes), stores=tuple(reading.stores), doubts=tuple(reading.doubts)
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
            joined[key] = {**containers.pairs(under[key]), **containers.pairs(over[key])}
    return {**under, **joined}


def _take(reading: _Reading, name: str, container: dict[str, Any]) -> None:
    image = str(container.get("image") or "")
    place = reading.place(name)
    known = _known(reading, container, image)
    if known is not None:
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


def _known(reading: _Reading, container: dict[str, Any], image: str) -> images.Known | None:
    """What its image is; of one that is built here, what it is built upon, where that is a store."""
    if "build" not in container:
        return images.recognise(image)
    path = _dockerfile(reading, container)
    base = dockerfiles.read_image(reading.documents.texts.get(path, ""), path).base
    known = images.recognise(base)
    return known if known is not None and known.sort == "store" else None


def _program(reading: _Reading, name: str, container: dict[str, Any], place: Place) -> None:
    folder, image = _image(reading, container)
    text, entry = containers.command_of(container, image)
    if entry:
        reading.doubts.append(
            f"{place}: the entry script {entry} of {name} was left out; see what it does first"
        )
    settings = (*image.settings, *_settings(reading, name, container))
    uses = frozenset(containers.needed_by(container))
    migration: str | None = None
    text = commands.unwrapped(text)
    if isinstance(text, str):
        migration, text = commands.split_migration(text)
    if migration is not None:
        made = commands.parse(migration, listens=False)
        reading.processes.append(
            Process(
                name="migrate",
                words=containers.relative(made.words, image.workdir),
                place=place,
                folder=folder,
                dockerfile=_dockerfile(reading, container)[len(folder) :].lstrip("/"),
                job="before-deploy",
                settings=settings,
                uses=frozenset(one for one in uses if one not in _programs(reading)),
            )
        )
    job = _is_job(reading, name, container, text if isinstance(text, str) else " ".join(text))
    command = commands.parse(text, listens=not job) if text else commands.Command(words=())
    command = commands.without_address(command)
    settings += tuple(Setting(name=one, value=value, place=place) for one, value in command.settings)
    port, published = containers.port_of(container)
    # What the image exposes is of its own command; another command of the same image is often a worker.
    same = not container.get("command") or servers.is_server(command.words)
    port = port or command.port or (image.port if same else None)
    port = port or (containers.PORT if commands.listens(command.words) else None)
    _doubt_hosts(reading, name, command)
    health = containers.health_of(container) or image.health
    reading.processes.append(
        Process(
            name=name,
            words=containers.relative(command.words, image.workdir),
            place=place,
            folder=folder,
            dockerfile=_dockerfile(reading, container)[len(folder) :].lstrip("/"),
            job="before-deploy" if job else "",
            port=None if job else port,
            web=published and not job,
            health=health if port and not job else None,
            health_place=place
            if containers.health_of(container)
            else Place(file=_dockerfile(reading, container), line=image.health_line),
            settings=settings,
            uses=uses,
            listed=bool(container.get("environment")) and not container.get("env_file"),
            copies=1 if job else containers.copies_of(container),
        )
    )


def _doubt_hosts(reading: _Reading, name: str, command: commands.Command) -> None:
    """A container that a command names is another address here."""
    hosts = {host for word in command.words for found in _HOSTS.findall(word) for host in found}
    if named := sorted(hosts & reading.containers.keys()):
        reading.doubts.append(
            f"{reading.place(name)}: the command of {name} names {', '.join(named)}, which is elsewhere here"
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
            reading.doubts.append(f"{place}: {name} takes settings from {path}, which was not read")
        else:
            yield from dotenvs.read_names(reading.documents, example)
    for variable, value in containers.pairs(container.get("environment")).items():
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", variable):
            text = (
                None
                if value is None or isinstance(value, dict | list)
                else containers.interpolated(_text(value))
            )
            line = reading.lines.get(f"{name}\0{variable}", place.line)
            yield Setting(name=variable, value=text, place=Place(file=place.file, line=line))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_job(reading: _Reading, name: str, container: dict[str, Any], text: str) -> bool:
    awaited = any(
        keys(keys(one.get("depends_on")).get(name)).get("condition") == "service_completed_successfully"
        for one in reading.containers.values()
    )
    once = str(container.get("restart", "")) in {"no", "false", "False"} and _JOB_NAME.fullmatch(name)
    return awaited or bool(once) or commands.is_migration(text)
