"""The kinds that a page is written in: one file each, with what it may say and the parts it lowers to. Pure.

A kind of store costs its file here, its engine file under the laptop driver, a page under
`tests/golden/pages`, and in each of the two registries a line to import it and a line to name it.
"""

from __future__ import annotations

from types import ModuleType

from seatrial.kinds import (
    bucket,
    external,
    job,
    kafka,
    model,
    neo4j,
    postgres,
    redis,
    search,
    service,
    stores,
)

STORES: tuple[ModuleType, ...] = (
    bucket,
    kafka,
    neo4j,
    postgres,
    redis,
    search,
)
StoreSpec = stores.Spec

__all__ = ["STORES", "StoreSpec", "external", "job", "model", "postgres", "redis", "service"]
