"""Workers of Celery, RQ, Dramatiq and arq, and the schedule of Celery's beat."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.discovery import applications, folders, schedules, variables
from seatrial.discovery.documents import Documents
from seatrial.discovery.findings import Place, Process, Role, Variable

_REDIS = Role(sort="store", kind="redis", piece="url")
_SCHEDULES = frozenset({"beat_schedule", "CELERY_BEAT_SCHEDULE", "CELERYBEAT_SCHEDULE"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Celery:
    """A Celery application: how `celery -A` finds it, and where it is made."""

    target: str
    source: str
    """Folder that Python has to look in, relative to the project."""
    folder: str
    place: Place
    broker: Variable | None
    written_out: bool
    """Whether the broker's address stands in the code."""


def read_celeries(documents: Documents, runs_in: frozenset[str]) -> Iterator[Celery]:
    """Of all files; `runs_in` are the folders that programs run in, of which the nearest is meant."""
    for path in documents.folder.ending(".py"):
        tree = documents.python(path)
        if tree is None or "elery" not in documents.texts[path]:
            continue
        folder = folders.nearest(folders.parent(path), runs_in) or ""
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
                continue
            if variables.dotted(node.value.func).rpartition(".")[2] != "Celery":
                continue
            name = variables.dotted(node.targets[0])
            if name.isidentifier():
                yield _celery(node.value, name, path, folder)


def _celery(call: ast.Call, name: str, path: str, folder: str) -> Celery:
    source, module = applications.module_of(path, folder)
    # Celery finds `app` and `celery` by itself, also in a package's module `celery`.
    usual = name in {"app", "celery"}
    module = module.removesuffix(".celery") if usual else f"{module}:{name}"
    broker = next((one.value for one in call.keywords if one.arg == "broker"), None)
    found = next(variables.inside(broker, path, folder), None) if broker is not None else None
    return Celery(
        target=module,
        source=source,
        folder=folder,
        place=Place(file=path, line=call.lineno),
        broker=found,
        written_out=isinstance(variables.literal(broker), str),
    )


def read_variables(documents: Documents, folder: str) -> Iterator[Variable]:
    """Variables that end up as the broker or the results of a Celery application, wherever it is set."""
    for path in documents.folder.ending(".py"):
        tree = documents.python(path)
        if tree is None or "elery" not in documents.texts[path]:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg in {
                "broker",
                "backend",
                "broker_url",
                "result_backend",
            }:
                for found in variables.inside(node.value, path, folder):
                    yield Variable(
                        name=found.name,
                        folder=folder,
                        place=found.place,
                        required=found.required,
                        default=found.default,
                        role=_REDIS,
                    )


def workers(celery: Celery) -> Process:
    where = ("--workdir", celery.source) if celery.source else ()
    return Process(
        name="worker",
        words=("celery", "-A", celery.target, *where, "worker", "--loglevel", "info"),
        place=celery.place,
        folder=celery.folder,
    )


def beats(documents: Documents, celery: Celery, libraries: frozenset[str]) -> tuple[Process, ...]:
    """A job for each entry of the schedule; where one cannot be said as a job, the beat process itself."""
    where = ("--workdir", celery.source) if celery.source else ()
    beat = ("celery", "-A", celery.target, *where, "beat", "--loglevel", "info")
    if "django-celery-beat" in libraries:
        words = (*beat, "--scheduler", "django_celery_beat.schedulers:DatabaseScheduler")
        return (Process(name="beat", words=words, place=celery.place, folder=celery.folder),)
    jobs: list[Process] = []
    for path, node in _schedules(documents, celery.folder):
        for entry in schedules.read_entries(node, path):
            if entry.task is None or entry.when is None:
                return (Process(name="beat", words=beat, place=entry.place, folder=celery.folder),)
            words = ("celery", "-A", celery.target, *where, "call", entry.task, *entry.options)
            jobs.append(
                Process(name=entry.name, words=words, place=entry.place, folder=celery.folder, job=entry.when)
            )
    return tuple(jobs)


def _schedules(documents: Documents, folder: str) -> Iterator[tuple[str, ast.expr]]:
    prefix = f"{folder}/" if folder else ""
    for path in documents.folder.ending(".py"):
        tree = documents.python(path) if path.startswith(prefix) else None
        for node in ast.walk(tree) if tree else ():
            if (
                isinstance(node, ast.Assign) and any(_last(target) in _SCHEDULES for target in node.targets)
            ) or (isinstance(node, ast.keyword) and node.arg in _SCHEDULES):
                yield path, node.value


def _last(node: ast.expr) -> str:
    return variables.dotted(node).rpartition(".")[2]


def others(documents: Documents, folder: str, libraries: dict[str, Place]) -> Iterator[Process]:
    """RQ's worker, Dramatiq's for the modules that have actors, and arq's for its settings."""
    if "django-rq" in libraries and folders.joined(folder, "manage.py") in documents.texts:
        words: tuple[str, ...] = ("python", "manage.py", "rqworker", "default")
        yield Process(name="worker", words=words, place=libraries["django-rq"], folder=folder)
    elif "rq" in libraries:
        yield Process(name="worker", words=("rq", "worker"), place=libraries["rq"], folder=folder)
    if "dramatiq" in libraries and (modules := sorted(_actors(documents, folder))):
        words = ("dramatiq", *(module for module, _ in modules))
        yield Process(name="worker", words=words, place=modules[0][1], folder=folder)
    if "arq" in libraries:
        for target, place in sorted(_worker_settings(documents, folder)):
            yield Process(name="worker", words=("arq", target), place=place, folder=folder)


def _worker_settings(documents: Documents, folder: str) -> Iterator[tuple[str, Place]]:
    """Classes that arq takes for its settings: by custom they are called so."""
    for path in documents.folder.ending(".py"):
        tree = documents.python(path) if "WorkerSettings" in documents.texts[path] else None
        for node in tree.body if tree else ():
            if isinstance(node, ast.ClassDef) and node.name.endswith("WorkerSettings"):
                module = applications.module_of(path, folder)[1]
                yield f"{module}.{node.name}", Place(file=path, line=node.lineno)


def _actors(documents: Documents, folder: str) -> Iterator[tuple[str, Place]]:
    for path in documents.folder.ending(".py"):
        tree = documents.python(path) if "dramatiq" in documents.texts[path] else None
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.FunctionDef) and any(
                variables.dotted(one.func if isinstance(one, ast.Call) else one).rpartition(".")[2] == "actor"
                for one in node.decorator_list
            ):
                yield applications.module_of(path, folder)[1], Place(file=path, line=node.lineno)
                break
