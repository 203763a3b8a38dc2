"""Who is asking, what they may do, and the ids of the projects it is about."""

import dataclasses
import uuid

from seatrial_kit import caches, databases, errors, keys, rate_limits
from starlette.requests import Request

from gekb.rules import access
from gekb.store import projects

TTL_SECONDS = 60.0  # a project keeps its id for ever; the bound is for memory
ENTRIES_MAX = 10_000


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """A key that was found and is within its limit; `headers` tell it how it stands."""

    key: keys.Key
    project_header: str | None
    headers: dict[str, str]


class Callers:
    """Identifies callers and knows the projects' ids."""

    def __init__(
        self, database: databases.Database, ring: keys.KeyRing, limits: rate_limits.RateLimits
    ) -> None:
        self._database = database
        self._ring = ring
        self._limits = limits
        self._ids: caches.TimedCache[str, uuid.UUID] = caches.TimedCache(
            ttl_seconds=TTL_SECONDS, entries_max=ENTRIES_MAX
        )

    async def identify(self, request: Request, group: access.Group) -> Caller:
        """The caller, counted against the limit of this kind of request."""
        headers = request.headers
        secret = keys.presented(headers.get("authorization", ""), headers.get("x-api-key", ""))
        key = await self._ring.identify(secret)
        return Caller(
            key=key,
            project_header=headers.get(access.HEADER) or None,
            headers=await self._count(key, group) if key.limited else {},
        )

    async def written(self, caller: Caller, slug: str, name: str, repository: str | None) -> uuid.UUID:
        """The id of the project to write to; an admin key makes an unknown one."""
        found = self._ids.get(slug)
        if found is None and caller.key.is_admin:
            found = await projects.ensure(self._database, slug, name, repository)
            self._ids.put(slug, found)
        return found or (await self._find((slug,)))[slug]

    async def visible(self, caller: Caller) -> list[uuid.UUID] | None:
        """The ids of all that this key may see; None is everything."""
        return None if caller.key.is_admin else await self.ids(caller.key.projects)

    async def read(self, caller: Caller, filters: list[str]) -> list[uuid.UUID] | None:
        """The ids of the projects that a read covers; None is everything."""
        slugs = access.read_projects(caller.key, caller.project_header, filters)
        return None if slugs is None else await self.ids(slugs)

    async def ids(self, slugs: tuple[str, ...]) -> list[uuid.UUID]:
        known = {slug: self._ids.get(slug) for slug in slugs}
        missing = tuple(slug for slug, found in known.items() if found is None)
        found = await self._find(missing) if missing else {}
        return [known[slug] or found[slug] for slug in slugs]

    def forget(self) -> None:
        """After an outage the database may be an older one, restored, with other projects in it."""
        self._ids.clear()

    async def _find(self, slugs: tuple[str, ...]) -> dict[str, uuid.UUID]:
        found = await projects.find(self._database, slugs)
        for slug in slugs:
            if slug not in found:
                raise errors.NotFound(f"there is no project {slug}", field=access.HEADER)
            self._ids.put(slug, found[slug])
        return found

    async def _count(self, key: keys.Key, group: access.Group) -> dict[str, str]:
        verdict = await self._limits.count(f"{key.id}:{group.name}", group.limit)
        if not verdict.allowed:
            raise self._limits.refusal(verdict, code=group.code)
        return verdict.headers()
