"""The kinds that a page is written in: one file each, with what it may say and the parts it lowers to. Pure.

A kind of store costs its file here, its engine file under the laptop driver, and a line in each tuple.
"""

from __future__ import annotations

from types import ModuleType

from seatrial.kinds import job, postgres, redis, service

STORES: tuple[ModuleType, ...] = (postgres, redis)
StoreSpec = postgres.Spec | redis.Spec

__all__ = ["STORES", "StoreSpec", "job", "postgres", "redis", "service"]
