"""API keys: made of 256 random bits, shown once, stored only as a SHA-256 digest.

A slow password hash guards secrets that people choose; nobody can try 2^256 keys, so one round of SHA-256 is
enough and costs a microsecond. Looking up the digest in an index tells a stopwatch nothing about the key.
"""

import dataclasses
import hashlib
import re
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Literal

from seatrial_kit import caches, databases, errors

BYTES = 32  # 43 characters of the URL-safe alphabet
TTL_SECONDS = 5.0  # how long another process may go on taking a key that was just revoked
ENTRIES_MAX = 2000

type Role = Literal["admin", "project"]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """Who is asking: `projects` are the slugs a project key is for; an admin key is for all."""

    id: uuid.UUID
    name: str
    role: Role
    projects: tuple[str, ...]
    limited: bool

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class MadeKey:
    """A new key with its secret, which is not stored and cannot be shown again."""

    key: Key
    secret: str


def make(prefix: str) -> str:
    return f"{prefix}_{secrets.token_urlsafe(BYTES)}"


def pattern(prefix: str) -> str:
    """What a key of this service looks like; keys made elsewhere may be longer."""
    return rf"{re.escape(prefix)}_[A-Za-z0-9_-]{{43,200}}"


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


class KeyRing:
    """Finds, makes and revokes keys; remembers found ones for a few seconds."""

    def __init__(
        self, database: databases.Database, prefix: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._prefix = prefix
        self._shape = re.compile(pattern(prefix))
        self._known: caches.TimedCache[bytes, Key] = caches.TimedCache(
            ttl_seconds=TTL_SECONDS, entries_max=ENTRIES_MAX, clock=clock
        )

    async def identify(self, secret: str) -> Key:
        """The key behind what a caller presented, or `Unauthorized`."""
        if not self._shape.fullmatch(secret):
            raise errors.Unauthorized("the API key is missing or not one of this service")
        sha = digest(secret)
        key = self._known.get(sha)
        if key is None:  # only then: putting a hit back would make its age slide for ever
            key = await self._find(sha)
            self._known.put(sha, key)
        return key

    async def ensure_first(self, secret: str) -> None:
        """Makes `secret` the first-run key: admin of all, without limit; a former one is revoked."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE api_keys SET revoked_at = now()"
                " WHERE origin = 'first-run' AND digest <> $1 AND revoked_at IS NULL",
                digest(secret),
            )
            await connection.execute(
                "INSERT INTO api_keys (digest, name, role, origin, limited)"
                " VALUES ($1, 'first-run key', 'admin', 'first-run', false)"
                " ON CONFLICT (digest) DO UPDATE SET revoked_at = NULL",
                digest(secret),
            )
        self._known.clear()

    async def create(self, name: str, projects: tuple[str, ...]) -> MadeKey:
        secret = make(self._prefix)
        row = await self._database.row(
            "INSERT INTO api_keys (digest, name, role, origin, projects, limited)"
            " VALUES ($1, $2, 'project', 'made', $3, true) RETURNING id, name, role, projects, limited",
            digest(secret),
            name,
            list(projects),
        )
        return MadeKey(key=_key(row), secret=secret)

    async def revoke(self, key_id: uuid.UUID) -> bool:
        """Whether there was such a key; not the first-run key, whose loss would lock everybody out."""
        found = await self._database.value(
            "UPDATE api_keys SET revoked_at = coalesce(revoked_at, now())"
            " WHERE id = $1 AND origin = 'made' RETURNING true",
            key_id,
        )
        self._known.clear()
        return bool(found)

    async def _find(self, sha: bytes) -> Key:
        row = await self._database.row(
            "SELECT id, name, role, projects, limited FROM api_keys WHERE digest = $1 AND revoked_at IS NULL",
            sha,
        )
        if row is None:
            raise errors.Unauthorized("the API key is unknown or revoked")
        return _key(row)


def _key(row: dict[str, object]) -> Key:
    return Key(**{**row, "projects": tuple(row["projects"])})  # type: ignore[arg-type] # a row of the table above


def presented(authorization: str, x_api_key: str) -> str:
    """The secret from the two headers it may come in; Authorization first."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return x_api_key.strip()
