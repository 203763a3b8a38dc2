"""The libraries that a project asks for, and what they say of the servers that it talks to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from seatrial.discovery import folders
from seatrial.discovery.documents import Documents, keys, words
from seatrial.discovery.findings import Dependency, Place, Store

CLIENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "python": {
        "postgres": ("psycopg", "psycopg2", "psycopg2-binary", "asyncpg", "pg8000", "aiopg", "pgvector"),
        "redis": ("redis", "valkey", "django-redis", "rq", "django-rq", "arq", "aioredis", "channels-redis"),
        "kafka": ("kafka-python", "confluent-kafka", "aiokafka"),
        "neo4j": ("neo4j", "neomodel"),
        "search": ("elasticsearch", "opensearch-py", "elasticsearch-dsl"),
        "mongodb": ("pymongo", "motor", "mongoengine", "beanie"),
        "mysql": ("mysqlclient", "pymysql", "mysql-connector-python", "aiomysql"),
        "rabbitmq": ("pika", "aio-pika"),
    },
    "node": {
        "postgres": ("pg", "postgres", "pg-promise", "pgvector"),
        "redis": ("redis", "ioredis", "bull", "bullmq", "connect-redis"),
        "kafka": ("kafkajs", "node-rdkafka"),
        "neo4j": ("neo4j-driver",),
        "search": ("@elastic/elasticsearch", "@opensearch-project/opensearch"),
        "mongodb": ("mongoose", "mongodb"),
        "mysql": ("mysql", "mysql2"),
        "rabbitmq": ("amqplib",),
    },
}
"""Language → what a client library talks to → its names."""
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
_DEVELOPMENT = re.compile(r"(dev|test|lint|docs?|typing|local|ci)", re.IGNORECASE)


def read_dependencies(documents: Documents) -> Iterator[Dependency]:
    """Of every project file below the folder."""
    for path in documents.texts:
        name = path.rpartition("/")[2]
        if name == "pyproject.toml":
            yield from _pyproject(documents, path)
        elif "requirements" in path and name.endswith((".txt", ".in")):
            compiled = f"{path.removesuffix('.in')}.txt"
            if not _DEVELOPMENT.search(name) and (path == compiled or compiled not in documents.texts):
                yield from _requirements(documents.texts[path], path)
        elif name == "Pipfile":
            packages = keys(keys(documents.table(path)).get("packages"))
            yield from _named(documents, path, packages)
        elif name == "setup.cfg":
            yield from _setup(documents.texts[path], path)
        elif name == "package.json":
            wanted = keys(documents.table(path).get("dependencies"))
            for library in wanted:
                line = documents.line(path, rf'"{re.escape(library)}"\s*:')
                place = Place(file=path, line=line)
                yield Dependency(name=library, folder=folders.parent(path), language="node", place=place)


def stores(dependencies: tuple[Dependency, ...]) -> Iterator[Store]:
    """What their client libraries talk to, at the first place of each kind; `celery[redis]` counts too."""
    seen: set[str] = set()
    for dependency in dependencies:
        for kind, libraries in CLIENTS[dependency.language].items():
            if (dependency.name in libraries or kind in dependency.extras) and kind not in seen:
                seen.add(kind)
                extensions = frozenset({"vector"} if dependency.name == "pgvector" else ())
                yield Store(kind=kind, place=dependency.place, extensions=extensions)


def _pyproject(documents: Documents, path: str) -> Iterator[Dependency]:
    table = documents.table(path)
    for requirement in words(keys(table.get("project")).get("dependencies")):
        line = documents.line(path, rf"^\s*[\"']{re.escape(requirement)}")
        yield from _requirement(requirement, path, line)
    poetry = keys(keys(keys(table.get("tool")).get("poetry")).get("dependencies"))
    yield from _named(documents, path, poetry)


def _named(documents: Documents, path: str, wanted: Mapping[str, Any]) -> Iterator[Dependency]:
    """Name → version, or a table with extras."""
    for name, version in wanted.items():
        extras = ",".join(words(keys(version).get("extras")))
        line = documents.line(path, rf"^\s*[\"']?{re.escape(name)}[\"']?\s*=")
        if name != "python":
            yield from _requirement(f"{name}[{extras}]", path, line)


def _requirements(text: str, path: str) -> Iterator[Dependency]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.lstrip().startswith(("#", "-")):
            yield from _requirement(line, path, number)


def _setup(text: str, path: str) -> Iterator[Dependency]:
    """The lines below `install_requires`."""
    wanted = False
    for number, line in enumerate(text.splitlines(), 1):
        if line[:1].strip():
            wanted = False
        if re.match(r"\s*install_requires\s*=", line):
            wanted, line = True, line.partition("=")[2]  # noqa: PLW2901  # the rest of the line is the first
        if wanted:
            yield from _requirement(line, path, number)


def _requirement(text: str, path: str, line: int) -> Iterator[Dependency]:
    match = _NAME.match(text)
    if match is None:
        return
    name = re.sub(r"[-_.]+", "-", match[1]).lower()
    extras = frozenset(extra.strip().lower() for extra in (match[2] or "").split(",") if extra.strip())
    yield Dependency(
        name=name,
        folder=folders.parent(path),
        language="python",
        place=Place(file=path, line=line),
        extras=extras,
    )
