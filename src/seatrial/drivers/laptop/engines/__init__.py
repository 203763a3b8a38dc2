"""The real servers behind the stores of a page, one file each; which product is which engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

from seatrial.drivers.laptop.engines.model import Model
from seatrial.drivers.laptop.engines.postgres import Postgres
from seatrial.drivers.laptop.engines.redis import Redis
from seatrial.drivers.laptop.runnables import Runnable
from seatrial.drivers.laptop.sites import Site


class Engine(Runnable, Protocol):
    """A server of this machine, as one part sees it; and what is known of it before there is a part."""

    LIMITS_MEMORY: ClassVar[bool]
    """It keeps to the size of its part by itself."""

    @classmethod
    def at(cls, site: Site) -> Runnable:
        """Raises RefusedError where the part lacks what the engine needs."""
        ...

    @staticmethod
    def version() -> str:
        """What is installed. Raises MissingError."""
        ...


ENGINES: Mapping[str, type[Engine]] = {
    "model": Model,
    "postgres": Postgres,
    "redis": Redis,
}
