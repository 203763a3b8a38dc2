"""Full-text search on a laptop: a PostgreSQL in its place, with trigrams and without accents."""

from __future__ import annotations

from typing import ClassVar

from seatrial.drivers.laptop.engines.postgres import Postgres


class Search(Postgres):
    """A PostgreSQL for the texts of the plan."""

    __slots__ = ()
    SCHEME: ClassVar[str | None] = "postgresql"
    EXTENSIONS: ClassVar[tuple[str, ...]] = ("pg_trgm", "unaccent")
