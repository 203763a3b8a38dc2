"""Idempotency keys: a request that was answered is done exactly once, however often it is sent.

The key is stored in the transaction of the work, with the answer: there is no moment in which one of the two
exists without the other, and a second request with the same key waits until the first one has ended.
"""

import dataclasses
import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request

from seatrial_kit import answers, databases, errors, keys

HEADER = "idempotency-key"
REPLAYED = {"Idempotency-Replayed": "true"}
KEEP_HOURS = 24
EXPIRE_BATCH = 5000
MISMATCH = "the idempotency key was used before, with another request"
_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One use of a key: in the `scope` of an API key and a route; `fingerprint` is of the whole request."""

    scope: str
    key: str
    fingerprint: bytes


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What was answered, now or then: the JSON of the answer's data."""

    answer: str
    replayed: bool


def claim(request: Request, key: keys.Key, raw: bytes, *parts: str) -> Claim | None:
    """The claim of this request, if it carries a key; `parts` are whatever else makes it what it is."""
    text = request.headers.get(HEADER)
    if text is None:
        return None
    if not _VISIBLE.fullmatch(text):
        raise errors.InvalidRequest("must be 1 to 255 visible ASCII characters", field="Idempotency-Key")
    route = getattr(request.scope.get("route"), "path", "")
    known = "\0".join([request.method, request.url.path, *parts]).encode()
    fingerprint = hashlib.sha256(known + b"\0" + raw).digest()
    return Claim(scope=f"{key.id}:{request.method} {route}", key=text, fingerprint=fingerprint)


async def once(
    database: databases.Database, claimed: Claim | None, work: Callable[[Any], Awaitable[object]]
) -> Outcome:
    """Runs `work(connection)` in a transaction, once for each claim; its result becomes the answer.

    Raises `Conflict` when the key came with another request before.
    """
    async with database.transaction() as connection:
        if claimed is not None and not await _take(connection, claimed):
            return await _stored(connection, claimed)
        answer = answers.encode(await work(connection)).decode()
        if claimed is not None:
            await connection.execute(
                "UPDATE idempotency_keys SET answer = $3::jsonb WHERE scope = $1 AND key = $2",
                claimed.scope,
                claimed.key,
                answer,
            )
        return Outcome(answer=answer, replayed=False)


async def _take(connection: Any, claimed: Claim) -> bool:  # noqa: ANN401 -- asyncpg has no types
    # Waits here while another transaction holds the same key: so the second caller waits for the first.
    return bool(
        await connection.fetchval(
            "INSERT INTO idempotency_keys (scope, key, fingerprint) VALUES ($1, $2, $3)"
            " ON CONFLICT DO NOTHING RETURNING true",
            claimed.scope,
            claimed.key,
            claimed.fingerprint,
        )
    )


async def _stored(connection: Any, claimed: Claim) -> Outcome:  # noqa: ANN401 -- asyncpg has no types
    row = await connection.fetchrow(
        "SELECT fingerprint, answer FROM idempotency_keys WHERE scope = $1 AND key = $2",
        claimed.scope,
        claimed.key,
    )
    if row is None:  # expired in this very moment
        raise errors.Unavailable("the idempotency key expired while it was asked for")
    if row["fingerprint"] != claimed.fingerprint:
        raise errors.Conflict(MISMATCH, field="Idempotency-Key")
    return Outcome(answer=row["answer"], replayed=True)


async def expire(database: databases.Database) -> int:
    """Forgets what is older, in batches; the number of keys forgotten."""
    forgotten = 0
    while True:
        count: int = await database.value(
            "WITH old AS (DELETE FROM idempotency_keys WHERE (scope, key) IN"
            " (SELECT scope, key FROM idempotency_keys WHERE created_at < now() - make_interval(secs => $1)"
            " LIMIT $2) RETURNING 1) SELECT count(*) FROM old",
            KEEP_HOURS * 3600.0,
            EXPIRE_BATCH,
        )
        forgotten += count
        if count < EXPIRE_BATCH:
            return forgotten
