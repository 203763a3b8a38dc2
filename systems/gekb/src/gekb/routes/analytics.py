"""GET /v1/analytics/overview."""

import datetime as dt
from typing import Any

from seatrial_kit import answers, applications, queries
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gekb.rules import access
from gekb.rules import analytics as rules
from gekb.services import Services
from gekb.store import analytics as store


def routes(services: Services) -> list[Route]:
    return [applications.route("/v1/analytics/overview", GET=_Analytics(services).overview)]


class _Analytics:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def overview(self, request: Request) -> Response:
        caller = await self._services.callers.identify(request, access.ANALYTICS)
        query = queries.Reader(request)
        time_range = query.choice("time_range", tuple(rules.RANGES_DAYS)) or "7d"
        now = dt.datetime.now(dt.UTC)
        wanted = store.Range(
            begin=rules.begin(time_range, now),
            previous_begin=rules.previous_begin(time_range, now),
            projects=await self._services.callers.read(caller, query.texts("projects")),
            categories=query.texts("categories") or None,
        )
        figures = await store.overview(self._services.database, wanted)
        data = {"timeRange": time_range} | _overview(figures)
        return answers.success(request.scope, data, headers=caller.headers, warnings=query.warnings())


def _overview(figures: store.Figures) -> dict[str, Any]:
    summary, previous = figures.summary, figures.previous
    return {
        "summary": {
            "totalErrors": summary["errors"],
            "pendingErrors": figures.pending,
            "resolvedErrors": summary["resolved"],
            "resolutionRate": rules.rate(summary["resolved"], summary["errors"]),
            "averageResolutionTime": summary["seconds"],
            "uniquePatterns": summary["patterns"],
            "projectsActive": summary["projects"],
        },
        "trends": {
            "errorVolume": rules.trend(summary["errors"], previous and previous["errors"]),
            "resolutionTime": rules.trend(summary["seconds"], previous and previous["seconds"]),
        },
        "topCategories": [
            {
                "category": row["category"],
                "count": row["errors"],
                "percentage": round(row["errors"] / summary["errors"] * 100, 2),
                "resolutionRate": rules.rate(row["resolved"], row["errors"]),
            }
            for row in figures.categories
        ],
        "topPatterns": [
            {
                "patternId": row["pattern_id"],
                "name": row["pattern_name"],
                "occurrences": row["errors"],
                "successRate": rules.success_rate(row["successes"], row["attempts"]),
            }
            for row in figures.patterns
        ],
        "projectMetrics": [
            {
                "projectId": row["slug"],
                "projectName": row["name"],
                "errorCount": row["errors"],
                "resolutionRate": rules.rate(row["resolved"], row["errors"]),
                "averageResolutionTime": row["seconds"],
            }
            for row in figures.projects
        ],
    }
