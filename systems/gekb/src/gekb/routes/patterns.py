"""GET /v1/patterns/search and GET /v1/patterns/{id}."""

import re
from typing import Any, get_args

import msgspec
from seatrial_kit import answers, applications, errors, queries
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gekb import events
from gekb.rules import access, analytics
from gekb.services import Services
from gekb.store import patterns as store
from gekb.store import searches

LIMIT_MAX = 100
OFFSET_MAX = 100_000
DESCRIPTION_CHARACTERS_MAX = 2_000  # of a list
COUNT_MAX = 2**62
_PATTERN_ID = re.compile(r"pat-[0-9a-f]{32}")


def routes(services: Services) -> list[Route]:
    own = _Patterns(services)
    return [
        applications.route("/v1/patterns/search", GET=own.search),
        applications.route("/v1/patterns/{pattern_id}", GET=own.show),
    ]


class _Patterns:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def search(self, request: Request) -> Response:
        caller = await self._services.callers.identify(request, access.QUERIES)
        query = queries.Reader(request)
        wanted = searches.Search(
            projects=await self._services.callers.read(caller, query.texts("project")),
            query=query.text("query"),
            category=query.text("category"),
            severity=query.choice("severity", get_args(events.Severity.__value__)),
            technology=query.text("technology"),
            occurrences_min=query.whole("occurrences_min", 0, low=0, high=COUNT_MAX),
            success_rate_min=query.decimal("success_rate_min", 0.0, low=0.0, high=1.0),
            sort_by=query.choice("sort_by", tuple(searches.ORDERS)) or "occurrences",
            descending=query.choice("sort_order", ("asc", "desc")) != "asc",
            limit=query.whole("limit", 20, low=1, high=LIMIT_MAX),
            offset=query.whole("offset", 0, low=0, high=OFFSET_MAX),
        )
        rows, total = await store.search(self._services.database, wanted)
        more = len(rows) > wanted.limit
        pagination = {
            "total": min(total, searches.TOTAL_MAX),
            "totalIsExact": total <= searches.TOTAL_MAX,
            "limit": wanted.limit,
            "offset": wanted.offset,
            "hasMore": more,
        }
        data = {"patterns": [_listed(row) for row in rows[: wanted.limit]], "pagination": pagination}
        return answers.success(request.scope, data, headers=caller.headers, warnings=query.warnings())

    async def show(self, request: Request) -> Response:
        caller = await self._services.callers.identify(request, access.QUERIES)
        query = queries.Reader(request)
        projects = await self._services.callers.read(caller, query.texts("project"))
        pattern_id = request.path_params["pattern_id"]
        known = _PATTERN_ID.fullmatch(pattern_id)
        row = await store.find(self._services.database, pattern_id, projects) if known else None
        if row is None:
            raise errors.NotFound("there is no such pattern")
        slugs = await store.slugs(self._services.database, row["projects"])
        return answers.success(
            request.scope, {"pattern": _shown(row, slugs)}, headers=caller.headers, warnings=query.warnings()
        )


def _listed(row: Any) -> dict[str, Any]:  # noqa: ANN401 -- asyncpg has no types
    return {
        "patternId": row["pattern_id"],
        "name": row["pattern_name"],
        "description": row["description"][:DESCRIPTION_CHARACTERS_MAX],
        "category": row["category"],
        "severity": row["severity"],
        "technology": {"framework": row["framework"], "library": row["library"]},
        "occurrences": row["occurrences"],
        "successRate": analytics.success_rate(row["successes"], row["attempts"]),
        "lastSeen": answers.timestamp(row["last_seen"]),
        "resolution": _resolution(row),
    }


def _shown(row: Any, slugs: list[str]) -> dict[str, Any]:  # noqa: ANN401 -- asyncpg has no types
    first_seen = answers.timestamp(row["first_seen"])
    return {
        "patternId": row["pattern_id"],
        "name": row["pattern_name"],
        "description": row["description"],
        "category": row["category"],
        "severity": row["severity"],
        "matchingCriteria": msgspec.Raw(row["matching_criteria"].encode()),
        "grouping": {
            "version": row["version"],
            "fingerprint": row["fingerprint"],
            "template": row["description"],
            "factors": msgspec.Raw(row["factors"].encode()),
        },
        "resolution": _resolution(row),
        "statistics": {
            "occurrences": row["occurrences"],
            "resolutionAttempts": row["attempts"],
            "successRate": analytics.success_rate(row["successes"], row["attempts"]),
            "averageResolutionTime": row["average_seconds"],
            "firstSeen": first_seen,
            "lastSeen": answers.timestamp(row["last_seen"]),
            "projectsAffected": slugs,
        },
        "evolution": {
            "versions": [
                {"version": row["version"], "created": first_seen, "changes": "made by its first error"}
            ]
        },
    }


def _resolution(row: Any) -> dict[str, Any] | None:  # noqa: ANN401 -- asyncpg has no types
    if row["resolution"] is None:
        return None
    fix: dict[str, Any] = msgspec.json.decode(row["resolution"])
    fix.pop("source", None)
    return fix | {"confidence": analytics.rate(fix["successes"], fix["attempts"])}
