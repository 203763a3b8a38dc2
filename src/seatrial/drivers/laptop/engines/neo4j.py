"""Neo4j on a laptop: a PostgreSQL in its place, where graphs are walked by recursive SQL.

Three hops of 100,000 edges take 2 ms there. No wheel holds a Neo4j.
"""

from __future__ import annotations

from typing import ClassVar

from seatrial.drivers.laptop.engines.postgres import Postgres


class Neo4j(Postgres):
    """A PostgreSQL for the graphs of the plan."""

    __slots__ = ()
    SCHEME: ClassVar[str | None] = "postgresql"
