"""The real servers behind the stores of a page, one file each; which product is which engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seatrial.drivers.laptop.engines.postgres import Postgres
from seatrial.drivers.laptop.engines.redis import Redis
from seatrial.drivers.laptop.runnables import Runnable
from seatrial.drivers.laptop.sites import Site

ENGINES: Mapping[str, Callable[[Site], Runnable]] = {
    "postgres": Postgres.at,
    "redis": Redis.at,
}
