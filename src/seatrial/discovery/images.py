"""Container images by name: which are stores, and which belong to a deployment and not to a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_STORES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("postgres", re.compile(r"postgres(ql)?|postgis|pgvector|timescaledb(-ha)?|citus")),
    ("redis", re.compile(r"redis(-stack(-server)?)?|valkey|keydb|dragonfly")),
    ("kafka", re.compile(r"(cp-)?kafka|redpanda|cp-server")),
    ("neo4j", re.compile(r"neo4j")),
    ("bucket", re.compile(r"minio|localstack|garage|seaweedfs")),
    ("search", re.compile(r"elasticsearch|opensearch")),
    ("mysql", re.compile(r"mysql|mariadb|percona")),
    ("mongodb", re.compile(r"mongo(db)?")),
    ("rabbitmq", re.compile(r"rabbitmq")),
)
_ASIDE: Mapping[str, re.Pattern[str]] = {
    "is the edge of that deployment; a page says `expose` and needs none": re.compile(
        r"nginx|traefik|caddy|haproxy|envoy|certbot|nginx-proxy.*"
    ),
    "is a tool beside the application and was left out": re.compile(
        r"adminer|pgadmin4?|mailhog|mailpit|redis-commander|redisinsight|phpmyadmin|kafka-ui|akhq|mongo-express"
        r"|flower|portainer|watchtower|maildev|mc"
    ),
    "coordinates Kafka, which a page does not say": re.compile(r"(cp-)?zookeeper"),
    "watches the application; a page says `watch` and needs none": re.compile(
        r"prometheus|grafana|loki|promtail|jaeger|all-in-one|otel-collector.*|opentelemetry-collector.*|cadvisor"
        r"|node-exporter|alertmanager|tempo"
    ),
}
_VERSIONS: Mapping[str, range] = {"postgres": range(14, 19), "redis": range(7, 10)}
_EXTENSIONS: Mapping[str, str] = {"postgis": "postgis", "pgvector": "vector", "timescaledb": "timescaledb"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What an image is; `doubt` ends a sentence that begins with its name."""

    sort: Literal["store", "aside"]
    kind: str = ""
    version: int | None = None
    extensions: frozenset[str] = frozenset()
    doubt: str = ""


def recognise(image: str) -> Known | None:
    """`pgvector/pgvector:pg17` → a postgres 17 with vector; None for an image that is not known."""
    name, _, tag = image.partition("@")[0].rpartition("/")[2].lower().partition(":")
    for doubt, pattern in _ASIDE.items():
        if pattern.fullmatch(name):
            return Known(sort="aside", doubt=doubt)
    for kind, pattern in _STORES:
        if not pattern.fullmatch(name):
            continue
        number = re.match(r"(?:pg|v)?(\d{1,3})", tag)
        version = int(number[1]) if number else None
        known = version is None or version in _VERSIONS.get(kind, range(0))
        doubt = (
            "" if known or kind not in _VERSIONS else f"is version {version}, and a page knows {_span(kind)}"
        )
        extension = next((one for word, one in _EXTENSIONS.items() if name.startswith(word)), None)
        return Known(
            sort="store",
            kind=kind,
            version=version if known else None,
            extensions=frozenset({extension} if extension else ()),
            doubt=doubt,
        )
    return None


def _span(kind: str) -> str:
    span = _VERSIONS[kind]
    return f"{span.start} to {span.stop - 1}"
