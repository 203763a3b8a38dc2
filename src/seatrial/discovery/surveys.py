"""Asks every reader, and decides which of the processes that they found are the application's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from seatrial.discovery import (
    applications,
    commands,
    compositions,
    containers,
    dependencies,
    djangos,
    folders,
    migrations,
    procfiles,
    queues,
    routes,
    scripts,
    variables,
)
from seatrial.discovery.documents import Documents
from seatrial.discovery.findings import Dependency, Findings, Process, Store, Variable

LOOKED_FOR = (
    "Compose files, a Procfile, pyproject.toml, requirements*.txt, Pipfile and setup.cfg, package.json, "
    "manage.py, and FastAPI, Flask, Starlette and Celery applications in Python files"
)
_IN_AN_IMAGE = re.compile(r"/(?!(usr|bin|opt)/)")
"""A program that a Dockerfile put there."""
_MARKS = ("pyproject.toml", "Pipfile", "setup.cfg", "manage.py", "package.json", "requirements.txt")


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """What was found, and the folders that are projects of their own."""

    documents: Documents
    projects: frozenset[str]
    findings: Findings

    def libraries(self, folder: str) -> frozenset[str]:
        return _libraries(self.findings.dependencies, folders.nearest(folder, self.projects) or "")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Detected:
    """What the code itself says: services, workers, scheduled jobs and migrations."""

    processes: tuple[Process, ...]
    variables: tuple[Variable, ...]
    doubts: tuple[str, ...]


def survey(documents: Documents) -> Survey:
    """Everything that can be known of a folder."""
    projects = _projects(documents)
    found = tuple(_placed(dependencies.read_dependencies(documents), projects))
    composition = compositions.read_composition(documents)
    said = composition.processes or tuple(procfiles.read_processes(documents))
    said = said or tuple(containers.read_images(documents))
    detected = _detect(documents, projects, found)
    prisma = tuple(migrations.read_prisma(documents, projects))
    read = (
        *detected.variables,
        *variables.read_variables(documents, projects),
        *(variable for _, variable in prisma if variable),
        *scripts.read_variables(documents, projects),
    )
    stores = _stores(
        documents, composition.stores, (*dependencies.stores(found), *(one for one, _ in prisma))
    )
    findings = Findings(
        processes=_chosen(documents, said, detected.processes),
        stores=stores,
        dependencies=found,
        variables=read,
        doubts=(*composition.doubts, *detected.doubts),
        steps=tuple(_steps(documents, projects, found)),
    )
    return Survey(documents=documents, projects=projects, findings=findings)


def _projects(documents: Documents) -> frozenset[str]:
    """The folders that have dependencies of their own, and the top."""
    return frozenset({"", *(folders.parent(path) for path in documents.folder.named(*_MARKS))})


def _placed(found: Iterator[Dependency], projects: frozenset[str]) -> Iterator[Dependency]:
    """`requirements/base.txt` belongs to the project above it."""
    for one in found:
        yield replace(one, folder=folders.nearest(one.folder, projects) or "")


def _libraries(found: tuple[Dependency, ...], project: str) -> frozenset[str]:
    """Names of a project's libraries; one without any of its own shares those above it."""
    while True:
        own = [one for one in found if one.folder == project]
        if own or not project:
            break
        project = folders.parent(project)
    served = {"uvicorn" for one in own if one.name == "fastapi" and one.extras & {"standard", "all"}}
    return frozenset({one.name for one in own} | served)


def _stores(
    documents: Documents, composed: tuple[Store, ...], implied: tuple[Store, ...]
) -> tuple[Store, ...]:
    """Those of the Compose file, and of client libraries those of which it has none."""
    kinds = {store.kind for store in composed}
    found = [*composed]
    for store in implied:
        if store.kind not in kinds:
            kinds.add(store.kind)
            found.append(store)
    wanted = migrations.extensions(documents)
    wanted |= {one for store in implied if store.kind == "postgres" for one in store.extensions}
    return tuple(
        replace(store, extensions=store.extensions | wanted) if store.kind == "postgres" else store
        for store in found
    )


def _detect(documents: Documents, projects: frozenset[str], found: tuple[Dependency, ...]) -> _Detected:
    processes: list[Process] = []
    read: list[Variable] = []
    doubts: list[str] = []
    sites = list(djangos.read_sites(documents, projects))
    runs_in = projects | {site.folder for site in sites}
    for site in sites:
        libraries = _libraries(found, site.project)
        processes += djangos.processes(documents, site, libraries)
        read += djangos.read_variables(documents, site)
        doubts += djangos.doubts(site, libraries)
    served: set[str] = {site.project for site in sites}
    for one in applications.read_applications(documents, projects):
        if one.folder in served:
            continue
        process = applications.serve(one, _libraries(found, one.folder))
        if process is None:
            doubts.append(
                f"{one.place}: {one.framework} is here, and no server for it is among the libraries"
            )
        else:
            served.add(one.folder)
            processes.append(process)
    for celery in list(queues.read_celeries(documents, runs_in))[:1]:
        processes.append(queues.workers(celery))
        processes += queues.beats(documents, celery, _libraries(found, celery.folder))
        read += queues.read_variables(documents, folders.nearest(celery.folder, projects) or "")
    for project in sorted(projects):
        places = {one.name: one.place for one in found if one.folder == project}
        processes += queues.others(documents, project, places)
    nodes = list(scripts.read_processes(documents))
    # The pages of a site are often built by Node beside the program that serves them.
    processes += [one for one in nodes if one.folder not in served or one.job or not one.web]
    processes += migrations.read_jobs(documents, projects)
    return _Detected(processes=tuple(processes), variables=tuple(read), doubts=tuple(doubts))


def _chosen(
    documents: Documents, said: tuple[Process, ...], detected: tuple[Process, ...]
) -> tuple[Process, ...]:
    """What a file says, with what it leaves out; else what the code says."""
    chosen = [_completed(one, detected) for one in said] if said else list(detected)
    if said:
        jobs = any(one.job == "before-deploy" and commands.is_migration(_text(one)) for one in said)
        queue = any(
            any(word in _text(one) for word in ("celery", "rq ", "rqworker", "dramatiq")) for one in said
        )
        beat = any("beat" in _text(one) for one in said)
        for one in detected:
            text = _text(one)
            if one.job == "before-deploy":
                wanted = not jobs
            elif one.job or one.name == "beat":
                wanted = not beat
            else:
                wanted = one.name == "worker" and not queue and "node" not in text
            if wanted:
                chosen.append(_beside(said, one))
    jobs_seen: set[str] = set()
    unique = []
    for one in chosen:
        if one.job == "before-deploy" and commands.is_migration(_text(one)):
            if one.folder in jobs_seen:
                continue
            jobs_seen.add(one.folder)
        unique.append(_with_health(documents, one))
    return tuple(unique)


def _text(process: Process) -> str:
    return commands.shown(process.words)


def _completed(one: Process, detected: tuple[Process, ...]) -> Process:
    """A program of a file that names no command of its folder runs what the code there says."""
    beat = "beat" in one.name
    worker = not beat and ("worker" in one.name or "celery" in one.name)
    wanted = "beat" if beat else "worker" if worker else "web"
    same = [other for other in detected if other.folder == one.folder and not other.job]
    other = next((other for other in same if other.name == wanted), None)
    if other is None or one.job:
        return one
    if not one.words or _IN_AN_IMAGE.match(one.words[0]):
        port = one.port or other.port
        return replace(one, words=other.words, port=port, port_variable=other.port_variable)
    if one.port is not None and one.health is None and other.health:
        return replace(one, health=other.health, health_place=other.health_place)
    return one


def _beside(said: tuple[Process, ...], one: Process) -> Process:
    """A program that the file left out is built and given what its neighbour in the same folder is."""
    neighbour = next((other for other in said if other.folder == one.folder), one)
    settings = (*neighbour.settings, *one.settings)
    return replace(one, settings=settings, dockerfile=neighbour.dockerfile)


def _with_health(documents: Documents, one: Process) -> Process:
    if one.port is None or one.health is not None or one.job:
        return one
    languages = ["python", "node"]
    if one.words and one.words[0] in {"node", "npm", "next", "tsx", "ts-node", "nuxt", "yarn", "pnpm"}:
        languages = ["node"]
    elif any("manage.py" in word or "wsgi" in word for word in one.words):
        languages = ["python"]
    for language in languages:
        found = routes.health(documents, one.folder, language)
        if found is not None:
            return replace(one, health=found[0], health_place=found[1])
    return one


def _steps(documents: Documents, projects: frozenset[str], found: tuple[Dependency, ...]) -> Iterator[str]:
    """What the owner has to set up before it runs here."""
    made = documents.folder.made
    for project in sorted(projects):
        own = [one for one in found if one.folder == project and one.language == "python"]
        here = folders.joined(project, ".venv")
        if not own or here in made or ".venv" in made:
            continue
        name = own[0].place.file.rpartition("/")[2]
        how = (
            "`uv sync`" if name == "pyproject.toml" else f"`uv venv && uv pip install -r {own[0].place.file}`"
        )
        where = f" in {project}/" if project else " here"
        yield f"no .venv{where}: make one and install, such as with {how}"
    yield from scripts.steps(documents)
