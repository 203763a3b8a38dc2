"""Routes that say whether a service is well, such as `/health`; a guess only where one is really there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from seatrial.discovery import folders
from seatrial.discovery.documents import Documents
from seatrial.discovery.findings import Place
from seatrial.discovery.variables import dotted, literal

_HEALTH = (
    r"(?:/[\w-]{1,20}){0,2}/(?:-/|_)?"
    r"(?:health(?:z|y|[-_]?check)?|ready(?:z|iness)?|readiness|live(?:z|ness)?|ping|heartbeat|up)/?"
)
_ORDER = ("ready", "health", "live", "heartbeat", "ping", "up")
_METHODS = frozenset(
    {"get", "route", "head", "api_route", "add_api_route", "add_route", "add_get", "add_url_rule"}
)
_SCRIPT = re.compile(
    rf"(?:\.(?:get|all|head|use|route)\(\s*|={{2,3}}\s*|\burl:\s*|\bpath:\s*|\bcase\s+)[\"'`]({_HEALTH})[\"'`]"
)
_NEXT = re.compile(r"(?:src/)?(?:app|pages)(/api/[\w/-]+?)(?:/route)?\.(?:ts|js|tsx|jsx|mjs)")
_INCLUDES_MAX = 50


def health(documents: Documents, folder: str, language: str) -> tuple[str, Place] | None:
    """The best health route of the programs below a folder, and where it is defined."""
    reader = _scripts if language == "node" else _pythons
    prefix = f"{folder}/" if folder else ""
    paths = [path for path in documents.texts if path.startswith(prefix)]
    found = sorted(reader(documents, paths, folder), key=lambda one: (_rank(one[0]), one[1]))
    return found[0] if found else None


def django_health(documents: Documents, folder: str, module: str) -> tuple[str, Place] | None:
    """The best health route that the root URL configuration leads to."""
    found = sorted(_urls(documents, folder, [(module, "/")]), key=lambda one: (_rank(one[0]), one[1]))
    return found[0] if found else None


def is_health(path: str) -> bool:
    return re.fullmatch(_HEALTH, path) is not None


def _rank(path: str) -> int:
    last = path.rstrip("/").rpartition("/")[2]
    return next((index for index, word in enumerate(_ORDER) if word in last), len(_ORDER))


def _pythons(documents: Documents, paths: list[str], _folder: str) -> Iterator[tuple[str, Place]]:
    trees = [(path, tree) for path in paths if path.endswith(".py") and (tree := documents.python(path))]
    prefixed = any(_has_prefix(node) for _, tree in trees for node in ast.walk(tree))
    for path, tree in trees:
        routers = _routers(tree)
        for node in ast.walk(tree):
            for base, route, line in _python_routes(node):
                if base in routers and prefixed:
                    continue  # where it ends up is decided elsewhere
                whole = routers.get(base, "") + route
                if is_health(whole):
                    yield whole, Place(file=path, line=line)


def _has_prefix(node: ast.AST) -> bool:
    """A router that is hung below a path."""
    return isinstance(node, ast.Call) and (
        dotted(node.func).rpartition(".")[2] in {"include_router", "register_blueprint", "Mount", "mount"}
        and (any(one.arg in {"prefix", "url_prefix"} for one in node.keywords) or "ount" in dotted(node.func))
    )


def _routers(tree: ast.Module) -> dict[str, str]:
    """Names of routers and blueprints, and the prefix that they are made with."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            if dotted(node.value.func).rpartition(".")[2] not in {"APIRouter", "Blueprint", "Router"}:
                continue
            given = {one.arg: literal(one.value) for one in node.value.keywords}
            prefix = given.get("prefix") or given.get("url_prefix") or ""
            found |= {dotted(target): str(prefix) for target in node.targets}
    return found


def _python_routes(node: ast.AST) -> Iterator[tuple[str, str, int]]:
    """What a route is hung on, its path, and its line."""
    if isinstance(node, ast.Call) and node.args:
        function, path = dotted(node.func), literal(node.args[0])
        base, _, method = function.rpartition(".")
        known = (base and method in _METHODS) or method in {"Route", "Rule"}
        if known and isinstance(path, str):
            yield base, path, node.lineno
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
        path = literal(node.comparators[0])
        if isinstance(path, str) and "path" in dotted(node.left):
            yield "", path, node.lineno


def _scripts(documents: Documents, paths: list[str], folder: str) -> Iterator[tuple[str, Place]]:
    for path in paths:
        if not path.endswith((".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx")):
            continue
        page = _NEXT.fullmatch(path[len(folder) :].lstrip("/"))
        if page and is_health(page[1]):
            yield page[1], Place(file=path)
        text = documents.texts[path]
        if "Router(" in text:
            continue  # where its routes end up is decided elsewhere
        for match in _SCRIPT.finditer(text):
            yield match[1], Place(file=path, line=text.count("\n", 0, match.start()) + 1)


def _urls(documents: Documents, folder: str, modules: list[tuple[str, str]]) -> Iterator[tuple[str, Place]]:
    seen: set[tuple[str, str]] = set()
    while modules and len(seen) < _INCLUDES_MAX:
        module, prefix = modules.pop(0)
        path = folders.joined(folder, f"{module.replace('.', '/')}.py")
        tree = documents.python(path)
        if tree is None or (module, prefix) in seen:
            continue
        seen.add((module, prefix))
        for node in ast.walk(tree):
            if not (
                isinstance(node, ast.Call) and dotted(node.func) in {"path", "re_path", "url"} and node.args
            ):
                continue
            route = literal(node.args[0])
            if not isinstance(route, str):
                continue
            if dotted(node.func) != "path":
                route = route.removeprefix("^").removesuffix("$").replace("/?", "/")
            view = node.args[1] if len(node.args) > 1 else None
            included = _included(view)
            if included:
                modules.append((included, prefix + route))
            elif is_health(prefix + route):
                yield prefix + route, Place(file=path, line=node.lineno)


def _included(view: ast.expr | None) -> str:
    if isinstance(view, ast.Call) and dotted(view.func) == "include" and view.args:
        module = literal(view.args[0])
        return module if isinstance(module, str) else ""
    return ""
