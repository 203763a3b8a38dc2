"""Tools that bring a database to the form that the code expects, each a job before a deploy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seatrial.discovery import folders
from seatrial.discovery.documents import Documents
from seatrial.discovery.findings import Place, Process, Role, Store, Variable

_PROVIDER = re.compile(r"datasource\s+\w+\s*\{[^}]*\}")
_EXTENSION = re.compile(
    r"(?:CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?[\"']?|CreateExtension\([\"'])([\w-]+)", re.IGNORECASE
)
_DJANGO_EXTENSIONS = {"TrigramExtension": "pg_trgm", "VectorExtension": "vector", "HStoreExtension": "hstore"}


def read_jobs(documents: Documents, runs_in: frozenset[str]) -> Iterator[Process]:
    """Alembic, Prisma, Knex and Drizzle, in the nearest folder that programs run in."""
    for path in documents.folder.named("alembic.ini"):
        # As a module Python also looks in the folder itself, which the console script does not.
        yield _job(path, ("python", "-m", "alembic", "upgrade", "head"), folders.parent(path))
    for path in documents.folder.ending(".prisma"):
        folder = folders.nearest(folders.parent(path), runs_in) or ""
        migrated = folders.joined(folders.parent(path), "migrations")
        there = any(other.startswith(f"{migrated}/") for other in documents.texts)
        words = ("prisma", "migrate", "deploy") if there else ("prisma", "db", "push")
        usual = {folders.joined(folder, "prisma/schema.prisma"), folders.joined(folder, "schema.prisma")}
        schema = () if path in usual else ("--schema", path[len(folder) :].lstrip("/"))
        if "datasource" in documents.texts[path]:
            yield _job(path, (*words, *schema), folder)
    for path in documents.texts:
        name = path.rpartition("/")[2]
        if re.fullmatch(r"knexfile\.(js|ts|cjs|mjs)", name):
            yield _job(path, ("knex", "migrate:latest"), folders.parent(path))
        elif re.fullmatch(r"drizzle\.config\.(js|ts|mjs)", name):
            yield _job(path, ("drizzle-kit", "migrate"), folders.parent(path))


def _job(path: str, words: tuple[str, ...], folder: str) -> Process:
    return Process(name="migrate", words=words, place=Place(file=path), folder=folder, job="before-deploy")


def read_prisma(documents: Documents, runs_in: frozenset[str]) -> Iterator[tuple[Store, Variable | None]]:
    """The store of each Prisma schema, and the variable that its address is read from."""
    for path in documents.folder.ending(".prisma"):
        source = _PROVIDER.search(documents.texts[path])
        provider = re.search(r"provider\s*=\s*\"(\w+)\"", source[0]) if source else None
        if source is None or provider is None or provider[1] == "sqlite":
            continue
        kind = {"postgresql": "postgres", "postgres": "postgres"}.get(provider[1], provider[1])
        place = Place(file=path, line=documents.line(path, r"provider\s*=\s*\"" + provider[1]))
        address = re.search(r"url\s*=\s*env\(\"(\w+)\"\)", source[0])
        folder = folders.nearest(folders.parent(path), runs_in) or ""
        variable = (
            Variable(
                name=address[1],
                folder=folder,
                place=Place(file=path, line=documents.line(path, r"url\s*=\s*env")),
                required=True,
                role=Role(sort="store", kind=kind, piece="url"),
            )
            if address
            else None
        )
        yield Store(kind=kind, place=place), variable


def extensions(documents: Documents) -> frozenset[str]:
    """Extensions of PostgreSQL that SQL or migrations ask for."""
    found: set[str] = set()
    for path in documents.folder.ending(".sql", ".py", ".ts", ".js"):
        text = documents.texts[path]
        if "xtension" in text.lower():
            found |= {match[1].lower() for match in _EXTENSION.finditer(text)}
            found |= {name for word, name in _DJANGO_EXTENSIONS.items() if f"{word}(" in text}
    return frozenset(found - {"if"})
