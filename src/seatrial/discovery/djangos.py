"""Django sites: how they are served and migrated, and which variables their settings read for what.

Settings are parsed and never executed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from seatrial.discovery import commands, folders, routes, servers, variables
from seatrial.discovery.documents import Documents
from seatrial.discovery.findings import Place, Process, Role, Variable

_PORT = 8000
_PIECES = {
    "HOST": "host",
    "PORT": "port",
    "USER": "user",
    "PASSWORD": "password",
    "NAME": "name",
    "URL": "url",
}
_ROLES = {
    "SECRET_KEY": Role(sort="secret"),
    "ALLOWED_HOSTS": Role(sort="hosts"),
    "CELERY_BROKER_URL": Role(sort="store", kind="redis", piece="url"),
    "BROKER_URL": Role(sort="store", kind="redis", piece="url"),
    "CELERY_RESULT_BACKEND": Role(sort="store", kind="redis", piece="url"),
    "CACHES": Role(sort="store", kind="redis", piece="url"),
    "CHANNEL_LAYERS": Role(sort="store", kind="redis", piece="url"),
    "CSRF_TRUSTED_ORIGINS": Role(sort="text", piece="${urls.web}"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """One `manage.py` and the settings that it names."""

    folder: str
    """Where `manage.py` is."""
    project: str
    manage: Place
    module: str
    """Of the settings."""
    settings: tuple[str, ...]
    """Their files."""
    values: dict[str, ast.expr] = field(default_factory=dict)
    """Names that the settings assign; of several files the one that is named first wins."""
    places: dict[str, Place] = field(default_factory=dict)


def read_sites(documents: Documents, projects: frozenset[str]) -> Iterator[Site]:
    """Every site of the folder."""
    for path in documents.folder.named("manage.py"):
        tree = documents.python(path)
        module = _settings_module(tree) if tree else None
        if module is None:
            continue
        folder = folders.parent(path)
        files = tuple(_settings_files(documents, folder, module))
        site = Site(
            folder=folder,
            project=folders.nearest(folder, projects) or "",
            manage=Place(file=path),
            module=module,
            settings=files,
        )
        for file in files:
            _collect(documents, file, site)
        yield site


def read_variables(documents: Documents, site: Site) -> Iterator[Variable]:
    """What the settings read, with the role that follows from the setting that it ends up in."""
    for name, value in site.values.items():
        file = site.places[name].file
        if name == "DATABASES":
            yield from _database(value, file, site)
        elif name in _ROLES:
            for found in variables.inside(value, file, site.project):
                yield _with_role(found, _ROLES[name])
    del documents


def processes(documents: Documents, site: Site, libraries: frozenset[str]) -> Iterator[Process]:
    """The web process and the migration."""
    urls = variables.literal(site.values.get("ROOT_URLCONF"))
    health = routes.django_health(documents, site.folder, urls) if isinstance(urls, str) else None
    words, place = _serving(site, libraries)
    yield Process(
        name="web",
        words=words,
        place=place,
        folder=site.folder,
        port=_PORT,
        web=True,
        health=health[0] if health else None,
        health_place=health[1] if health else None,
    )
    yield Process(
        name="migrate",
        words=("python", "manage.py", "migrate", "--noinput"),
        place=site.manage,
        folder=site.folder,
        job="before-deploy",
    )


def doubts(site: Site, libraries: frozenset[str]) -> Iterator[str]:
    """What in the settings will not follow the page."""
    if not libraries & {"gunicorn", "uvicorn", "daphne", "hypercorn", "granian", "waitress"}:
        yield f"{site.manage.file}: no server for production is among the libraries, so runserver serves"
    for setting in ("DATABASES", "CACHES", "CELERY_BROKER_URL"):
        value = site.values.get(setting)
        if value is not None and _is_written_out(value):
            yield (
                f"{site.places[setting]}: {setting} has an address written into it; "
                "read it from the environment, so that the page can say it"
            )
    hosts = site.values.get("ALLOWED_HOSTS")
    if isinstance(hosts, ast.List) and hosts.elts and not _has_texts(hosts, {"*", "127.0.0.1"}):
        yield f"{site.places['ALLOWED_HOSTS']}: ALLOWED_HOSTS lacks 127.0.0.1, where a laptop answers"


def _settings_module(tree: ast.Module) -> str | None:
    """What `manage.py` sets DJANGO_SETTINGS_MODULE to."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) == 2:  # noqa: PLR2004  # name and value
            name, value = map(variables.literal, node.args)
            if name == "DJANGO_SETTINGS_MODULE" and isinstance(value, str) and re.fullmatch(r"[\w.]+", value):
                return value
    return None


def _settings_files(documents: Documents, folder: str, module: str) -> Iterator[str]:
    """The module's file, then the files beside it that it takes everything from."""
    base = folders.joined(folder, module.replace(".", "/"))
    for path in (f"{base}.py", f"{base}/__init__.py"):
        if path not in documents.texts:
            continue
        yield path
        tree = documents.python(path)
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
                beside = folders.joined(folders.parent(path), f"{(node.module or '').rpartition('.')[2]}.py")
                if beside in documents.texts and beside != path:
                    yield beside


def _collect(documents: Documents, file: str, site: Site) -> None:
    tree = documents.python(file)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            site.values.setdefault(node.targets[0].id, node.value)
            site.places.setdefault(node.targets[0].id, Place(file=file, line=node.lineno))


def _database(value: ast.expr, file: str, site: Site) -> Iterator[Variable]:
    """Variables in `DATABASES["default"]`, each with the key that it stands under."""
    for node in ast.walk(value):
        if not isinstance(node, ast.Dict):
            continue
        for key, inner in zip(node.keys, node.values, strict=True):
            piece = _PIECES.get(str(variables.literal(key)))
            if piece and not isinstance(inner, ast.Dict):
                for found in variables.inside(inner, file, site.project):
                    yield _with_role(found, Role(sort="store", kind="database", piece=piece))
    for found in variables.inside(value, file, site.project):
        if found.role is not None:  # a whole address
            yield found


def _with_role(found: Variable, role: Role) -> Variable:
    return Variable(
        name=found.name,
        folder=found.folder,
        place=found.place,
        required=found.required,
        default=found.default,
        role=role,
    )


def _serving(site: Site, libraries: frozenset[str]) -> tuple[tuple[str, ...], Place]:
    """The command, and what it was guessed from."""
    wsgi, asgi = _target(site, "wsgi"), _target(site, "asgi")
    asgi_place = site.places.get("ASGI_APPLICATION")
    if asgi_place is not None and "gunicorn" not in libraries:
        words = servers.serve_asgi(asgi, libraries)
        if words is not None:
            return words, asgi_place
    words = servers.serve_wsgi(wsgi, libraries) or servers.serve_asgi(asgi, libraries)
    place = site.places.get("WSGI_APPLICATION", site.manage)
    return words or ("python", "manage.py", "runserver", "--noreload", commands.BIND), place


def _target(site: Site, interface: str) -> servers.Target:
    """What the settings name, else what a new site has."""
    named = variables.literal(site.values.get(f"{interface.upper()}_APPLICATION"))
    package = site.module.partition(".")[0]
    dotted = named if isinstance(named, str) else f"{package}.{interface}.application"
    module, _, name = dotted.rpartition(".")
    return servers.Target(name=f"{module}:{name}")


def _is_written_out(value: ast.expr) -> bool:
    """Whether a host or address is a plain text, other than SQLite's file."""
    texts = [node.value for node in ast.walk(value) if isinstance(node, ast.Constant)]
    if any(isinstance(text, str) and "sqlite" in text for text in texts):
        return False
    reads = any(isinstance(node, ast.Call | ast.Subscript | ast.Name) for node in ast.walk(value))
    return not reads and any(isinstance(text, str) and text for text in texts)


def _has_texts(node: ast.List, wanted: set[str]) -> bool:
    return any(variables.literal(item) in wanted or not isinstance(item, ast.Constant) for item in node.elts)
