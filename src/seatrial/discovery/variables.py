"""The environment variables that Python programs read, found in their syntax trees; nothing is executed.

Known are os.environ, python-decouple, django-environ, environs, dj-database-url, Starlette's Config and
pydantic-settings.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from seatrial.discovery import folders
from seatrial.discovery.documents import Documents
from seatrial.discovery.findings import Place, Role, Variable

_GETTERS = frozenset({"os.environ.get", "environ.get", "os.getenv", "getenv"})
_MAPPINGS = frozenset({"os.environ", "environ"})
_CALLABLES = frozenset({"config", "env", "environment", "Config"})
_ADDRESSES: Mapping[str, tuple[str, str]] = {
    "db": ("DATABASE_URL", ""),
    "db_url": ("DATABASE_URL", ""),
    "dj_db_url": ("DATABASE_URL", ""),
    "cache": ("CACHE_URL", "redis"),
    "cache_url": ("CACHE_URL", "redis"),
    "dj_cache_url": ("CACHE_URL", "redis"),
}
"""Methods of django-environ and environs that read an address: its usual variable, and what it is of."""
_CONVERTERS = frozenset({"str", "int", "bool", "float", "list", "tuple", "json", "url", "path", "unicode"})
_LIBRARIES = ("decouple", "environ", "environs", "starlette.config")


def read_variables(documents: Documents, projects: frozenset[str]) -> Iterator[Variable]:
    """Of every Python file, with the project (folder) that the file belongs to."""
    for path in documents.folder.ending(".py"):
        tree = documents.python(path)
        if tree is None:
            continue
        project = folders.nearest(folders.parent(path), projects) or ""
        yield from inside(tree, path, project, helpers=_imports(tree, _LIBRARIES))
        yield from _settings_classes(tree, path, project)


def inside(node: ast.AST, path: str, project: str, *, helpers: bool = True) -> Iterator[Variable]:
    """The variables that an expression or a whole file reads."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Subscript) and dotted(inner.value) in _MAPPINGS:
            name = literal(inner.slice)
            if isinstance(name, str) and isinstance(inner.ctx, ast.Load):
                place = Place(file=path, line=inner.lineno)
                yield Variable(name=name, folder=project, place=place, required=True)
        elif isinstance(inner, ast.Call):
            found = _call(inner, path, project, helpers=helpers)
            if found is not None and found.name.isascii() and found.name.isidentifier():
                yield found


def _call(call: ast.Call, path: str, project: str, *, helpers: bool) -> Variable | None:
    function = dotted(call.func)
    first = literal(call.args[0]) if call.args else None
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    place = Place(file=path, line=call.lineno)
    if function in _GETTERS and isinstance(first, str):
        default = call.args[1] if len(call.args) > 1 else given.get("default")
        return Variable(name=first, folder=project, place=place, default=_text(default))
    if function in {"dj_database_url.config", "dj_database_url.parse"}:
        if function.endswith("parse"):
            return None
        named = literal(given.get("env"))
        return Variable(
            name=named if isinstance(named, str) else "DATABASE_URL",
            folder=project,
            place=place,
            default=_text(call.args[0] if call.args else given.get("default")),
            role=Role(sort="store", kind="database", piece="url"),
        )
    if not helpers:
        return None
    base, _, method = function.rpartition(".")
    if base in _CALLABLES and method in _ADDRESSES:
        usual, kind = _ADDRESSES[method]
        return Variable(
            name=first if isinstance(first, str) else usual,
            folder=project,
            place=place,
            required="default" not in given,
            default=_text(given.get("default")),
            role=Role(sort="store", kind=kind or "database", piece="url"),
        )
    if isinstance(first, str) and (function in _CALLABLES or (base in _CALLABLES and method in _CONVERTERS)):
        default = given.get("default") or (call.args[1] if len(call.args) > 1 else None)
        return Variable(
            name=first, folder=project, place=place, required=default is None, default=_text(default)
        )
    return None


def _settings_classes(tree: ast.Module, path: str, project: str) -> Iterator[Variable]:
    """Fields of pydantic-settings: each is a variable of its name, in capitals, with the class's prefix."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        if not any(dotted(base).rpartition(".")[2] == "BaseSettings" for base in node.bases):
            continue
        prefix = _prefix(node)
        for field in node.body:
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                if field.target.id.startswith(("_", "model_config")):
                    continue
                alias, default, required = _field(field.value)
                yield Variable(
                    name=(alias or f"{prefix}{field.target.id}").upper(),
                    folder=project,
                    place=Place(file=path, line=field.lineno),
                    required=required,
                    default=default,
                )


def _prefix(node: ast.ClassDef) -> str:
    """`env_prefix` of `model_config` or of an inner `Config`."""
    for inner in ast.walk(node):
        if (isinstance(inner, ast.keyword) and inner.arg == "env_prefix") or (
            isinstance(inner, ast.Assign) and [dotted(target) for target in inner.targets] == ["env_prefix"]
        ):
            found = literal(inner.value)
        else:
            continue
        if isinstance(found, str):
            return found
    return ""


def _field(value: ast.expr | None) -> tuple[str | None, str | None, bool]:
    """Alias, default, and whether it must be given."""
    if not (isinstance(value, ast.Call) and dotted(value.func).rpartition(".")[2] == "Field"):
        return None, _text(value), value is None
    given = {keyword.arg: keyword.value for keyword in value.keywords}
    alias = literal(given.get("validation_alias")) or literal(given.get("alias"))
    default = value.args[0] if value.args else given.get("default")
    dots = isinstance(default, ast.Constant) and default.value is ...
    required = dots or (default is None and "default_factory" not in given)
    return (alias if isinstance(alias, str) else None), None if dots else _text(default), required


def dotted(node: ast.AST) -> str:
    """`os.environ.get` of a name or a chain of attributes; empty for anything else."""
    steps: list[str] = []
    while isinstance(node, ast.Attribute):
        steps.append(node.attr)
        node = node.value
    return ".".join(reversed([*steps, node.id])) if isinstance(node, ast.Name) else ""


def literal(node: ast.AST | None) -> object:
    """A constant's value, else None."""
    return node.value if isinstance(node, ast.Constant) else None


def _text(node: ast.expr | None) -> str | None:
    """A default as text; an empty text for one that is computed, or that is None."""
    if node is None:
        return None
    value = literal(node)
    return str(value) if isinstance(value, str | int | float) else ""


def _imports(tree: ast.Module, libraries: tuple[str, ...]) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(alias.name in libraries for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and node.module in libraries:
            return True
    return False
