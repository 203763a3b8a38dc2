"""FastAPI, Flask, Starlette and other ASGI or WSGI applications in Python files, and how each is served."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.discovery import folders, servers
from seatrial.discovery.documents import Documents
from seatrial.discovery.findings import Place, Process
from seatrial.discovery.variables import dotted

_ASGI = frozenset({"FastAPI", "Starlette", "Litestar", "Quart", "Sanic", "BlackSheep"})
_WSGI = frozenset({"Flask", "Bottle", "APIFlask"})
_NAMES = ("main", "app", "asgi", "wsgi", "server", "api", "application", "__init__", "run", "web")
_PORT = 8000


@dataclass(frozen=True, kw_only=True, slots=True)
class Application:
    """An object that a server of its interface serves."""

    name: str
    """Of the object, or of the function that makes it."""
    framework: str
    factory: bool
    folder: str
    """Of the project."""
    place: Place

    @property
    def is_asgi(self) -> bool:
        return self.framework in _ASGI


def module_of(path: str, project: str) -> tuple[str, str]:
    """Folder that Python has to look in (relative to the project), and the module's dotted name."""
    inner = path[len(project) :].lstrip("/").removesuffix(".py").removesuffix("/__init__")
    if inner.startswith("src/"):
        return "src", inner.removeprefix("src/").replace("/", ".")
    return "", inner.replace("/", ".")


def read_applications(documents: Documents, projects: frozenset[str]) -> Iterator[Application]:
    """All of them, the likeliest of each project first."""
    found: list[Application] = []
    for path in documents.folder.ending(".py"):
        tree = documents.python(path)
        if tree is not None:
            project = folders.nearest(folders.parent(path), projects) or ""
            found += _in_file(tree, path, project)
    yield from sorted(found, key=_likelihood)


def _in_file(tree: ast.Module, path: str, project: str) -> Iterator[Application]:
    for node in tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Call) and (framework := _framework(value)):
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if isinstance(target, ast.Name):
                place = Place(file=path, line=node.lineno)
                yield Application(
                    name=target.id, framework=framework, factory=False, folder=project, place=place
                )
        elif isinstance(node, ast.FunctionDef) and not _needs_arguments(node):
            made = [call for call in ast.walk(node) if isinstance(call, ast.Call) and _framework(call)]
            if made and any(isinstance(one, ast.Return) for one in ast.walk(node)):
                yield Application(
                    name=node.name,
                    framework=_framework(made[0]),
                    factory=True,
                    folder=project,
                    place=Place(file=path, line=node.lineno),
                )


def _framework(call: ast.Call) -> str:
    name = dotted(call.func).rpartition(".")[2]
    return name if name in _ASGI | _WSGI else ""


def _needs_arguments(node: ast.FunctionDef) -> bool:
    return len(node.args.args) > len(node.args.defaults)


def _likelihood(one: Application) -> tuple[str, bool, int, int, str]:
    stem = one.place.file.rpartition("/")[2].removesuffix(".py")
    order = _NAMES.index(stem) if stem in _NAMES else len(_NAMES)
    return one.folder, one.factory, one.place.file.count("/"), order, one.place.file


def serve(one: Application, libraries: frozenset[str]) -> Process | None:
    """The process that serves it with a server that the project asks for; None where it asks for none."""
    source, module = module_of(one.place.file, one.folder)
    target = servers.Target(name=f"{module}:{one.name}", factory=one.factory, source=source)
    serving = servers.serve_asgi if one.is_asgi else servers.serve_wsgi
    words = serving(target, libraries)
    if words is None and one.framework in {"Flask", "APIFlask"}:
        words = servers.listening(("flask", "--app", target.name, "run"))
    if words is None:
        return None
    return Process(name="web", words=words, place=one.place, folder=one.folder, port=_PORT, web=True)
