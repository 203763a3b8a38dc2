"""The real servers behind the stores of a page, one file each; which product is which engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Protocol

from seatrial import parts
from seatrial.drivers.laptop.engines.kafka import Kafka
from seatrial.drivers.laptop.engines.model import Model
from seatrial.drivers.laptop.engines.neo4j import Neo4j
from seatrial.drivers.laptop.engines.postgres import Postgres
from seatrial.drivers.laptop.engines.redis import Redis
from seatrial.drivers.laptop.engines.search import Search
from seatrial.drivers.laptop.runnables import Runnable
from seatrial.drivers.laptop.sites import Site
from seatrial.plan import Plan


class Engine(Runnable, Protocol):
    """A server of this machine, as one part sees it; and what is known of it before there is a part."""

    PRODUCT: ClassVar[str]
    """What it is, as people call it."""
    SCHEME: ClassVar[str | None]
    """What its address begins with, where it is another product than the page's and speaks otherwise."""
    LIMITS_MEMORY: ClassVar[bool]
    """It keeps to the memory of its part by itself."""
    LIMITS_DISK: ClassVar[bool]
    """It keeps to the size of its volume by itself."""

    @classmethod
    def at(cls, site: Site) -> Runnable:
        """Raises RefusedError where the part lacks what the engine needs."""
        ...

    @staticmethod
    def version() -> str:
        """What is installed. Raises MissingError."""
        ...

    @classmethod
    def lacks(cls, plan: Plan, workload: parts.Workload) -> Iterator[str]:
        """Sentences on what the page asks of this part, and this engine does otherwise."""
        ...


ENGINES: Mapping[str, type[Engine]] = {
    "kafka": Kafka,
    "model": Model,
    "neo4j": Neo4j,
    "postgres": Postgres,
    "redis": Redis,
    "search": Search,
}
