"""POST and GET /v1/errors, POST /v1/errors/{id}/resolution."""

import base64
import datetime as dt
import re
import time
import uuid
from typing import Any, get_args

import msgspec
from seatrial_kit import answers, applications, bodies, idempotency_keys, queries
from seatrial_kit import errors as problems
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gekb import callers, events
from gekb.rules import access, analytics, patterns, submissions
from gekb.services import Services
from gekb.store import errors as store
from gekb.store import patterns as pattern_store

INVALID_ERROR = "INVALID_ERROR_DATA"
LIMIT_MAX = 100
OFFSET_MAX = 100_000
_ERROR_ID = re.compile(r"gekb-[0-9a-z-]{1,100}")


def routes(services: Services) -> list[Route]:
    own = _Errors(services)
    return [
        applications.route("/v1/errors", GET=own.page, POST=own.accept),
        applications.route("/v1/errors/{error_id}/resolution", POST=own.resolve),
    ]


class _Errors:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def accept(self, request: Request) -> Response:
        """Stores an error and says at once what is known of it; counting it is the worker's."""
        caller = await self._services.callers.identify(request, access.SUBMISSIONS)
        body = await bodies.read(request, events.Event, code=INVALID_ERROR)
        begin = time.perf_counter()
        try:
            new = await self._submission(request, caller, body, begin)
            stored, replayed = await store.submit(self._services.database, new)
        except problems.Unavailable:
            self._services.metrics.matching_failures.inc()
            self._services.callers.forget()
            raise
        except problems.Problem:
            raise  # the caller's
        except Exception:
            self._services.metrics.matching_failures.inc()
            raise
        if not replayed:
            self._services.waker.wake()
            self._count(stored, time.perf_counter() - begin)
        headers = caller.headers | (idempotency_keys.REPLAYED if replayed else {})
        return answers.success(
            request.scope, submissions.answer(stored), headers=headers, warnings=body.warnings
        )

    async def _submission(
        self, request: Request, caller: callers.Caller, body: bodies.Body[events.Event], begin: float
    ) -> store.Submission:
        event, error = body.value, body.value.error
        slug = access.written_project(caller.key, caller.project_header)
        claim = idempotency_keys.claim(request, caller.key, body.raw, slug)
        project = event.project or events.Project()
        project_id = await self._services.callers.written(
            caller, slug, project.name or slug, project.repository
        )
        decision = submissions.decide(error)
        return store.Submission(
            error_id=submissions.error_id(dt.datetime.now(dt.UTC)),
            project=project_id,
            visible=await self._services.callers.visible(caller),
            category=submissions.category(error),
            severity=error.severity or submissions.DEFAULT_SEVERITY,
            type=error.type,
            agent=(event.agent or events.Agent()).type,
            environment=(event.environment or events.Environment()).type,
            message=error.message,
            stack=error.stack_trace,
            context=submissions.kept_context(body.sent),
            pattern=patterns.describe(decision, error),
            factors=decision.factors,
            elapsed_seconds=time.perf_counter() - begin,
            claim=claim,
        )

    def _count(self, stored: dict[str, Any], seconds: float) -> None:
        metrics = self._services.metrics
        metrics.processed.inc()
        if not stored["newPattern"]:
            metrics.matches.inc()
        metrics.duration.observe(seconds)

    async def page(self, request: Request) -> Response:
        """Errors, the newest first; the next page by offset, or by the cursor of the page before."""
        caller = await self._services.callers.identify(request, access.QUERIES)
        query = queries.Reader(request)
        limit = query.whole("limit", 20, low=1, high=LIMIT_MAX)
        offset = query.whole("offset", 0, low=0, high=OFFSET_MAX)
        after = _place(query.text("cursor"))
        wanted = await self._filter(caller, query)
        rows = await store.page(self._services.database, wanted, after=after, limit=limit + 1, offset=offset)
        more = len(rows) > limit
        total = await store.total(self._services.database, wanted)
        data = {
            "errors": [_shown(row) for row in rows[:limit]],
            "pagination": {
                "total": min(total, store.TOTAL_MAX),
                "totalIsExact": total <= store.TOTAL_MAX,
                "limit": limit,
                "offset": offset,
                "hasMore": more,
                "nextCursor": _cursor(rows[limit - 1]) if more else None,
            },
        }
        return answers.success(request.scope, data, headers=caller.headers, warnings=query.warnings())

    async def _filter(self, caller: callers.Caller, query: queries.Reader) -> store.Filter:
        time_range = query.choice("time_range", tuple(analytics.RANGES_DAYS), "all")
        begin = analytics.begin(time_range or "all", dt.datetime.now(dt.UTC))
        return store.Filter(
            projects=await self._services.callers.read(caller, query.texts("project")),
            category=query.text("category"),
            severity=query.choice("severity", get_args(events.Severity.__value__)),
            pattern=query.text("pattern"),
            since=query.moment("since") or begin,
            until=query.moment("until"),
        )

    async def resolve(self, request: Request) -> Response:
        """Records what was tried and whether it helped."""
        caller = await self._services.callers.identify(request, access.SUBMISSIONS)
        error_id = request.path_params["error_id"]
        body = await bodies.read(request, events.Outcome)
        projects = await self._services.callers.read(caller, [])
        claim = idempotency_keys.claim(request, caller.key, body.raw)

        async def work(connection: Any) -> dict[str, Any]:  # noqa: ANN401 -- asyncpg has no types
            return await _record(connection, error_id, projects, body.value)

        outcome = await idempotency_keys.once(self._services.database, claim, work)
        if not outcome.replayed:
            self._services.metrics.attempted.inc()
            self._services.metrics.successful.inc(int(body.value.success))
        headers = caller.headers | (idempotency_keys.REPLAYED if outcome.replayed else {})
        return answers.success(
            request.scope, msgspec.Raw(outcome.answer.encode()), headers=headers, warnings=body.warnings
        )


async def _record(
    connection: Any,  # noqa: ANN401 -- asyncpg has no types
    error_id: str,
    projects: list[uuid.UUID] | None,
    outcome: events.Outcome,
) -> dict[str, Any]:
    known = _ERROR_ID.fullmatch(error_id)
    error = await store.find_for_update(connection, error_id, projects) if known else None
    if error is None:
        raise problems.NotFound("there is no such error")
    report = store.Report(
        strategy=outcome.strategy,
        steps=submissions.steps(outcome),
        success=outcome.success,
        seconds=outcome.seconds,
        automated=outcome.automated,
    )
    await store.resolve(connection, error, report)
    tally = await pattern_store.recount(connection, error["pattern_id"], error["project_id"])
    return {
        "errorId": error_id,
        "patternId": error["public"],
        "resolution": {"strategy": report.strategy, "success": report.success, "seconds": report.seconds},
        "statistics": {
            "attempts": tally["attempts"],
            "successes": tally["successes"],
            "successRate": analytics.success_rate(tally["successes"], tally["attempts"]),
        },
    }


def _shown(row: Any) -> dict[str, Any]:  # noqa: ANN401 -- asyncpg has no types
    outcome = row["resolution_data"]
    return {
        "errorId": row["error_id"],
        "timestamp": answers.timestamp(row["timestamp"]),
        "project": row["project"],
        "patternId": row["pattern_id"],
        "category": row["category"],
        "severity": row["severity"],
        "type": row["type"],
        "message": row["message"],
        "agentType": row["agent_type"],
        "environment": row["environment"],
        "resolution": outcome and msgspec.Raw(outcome.encode()),
    }


def _cursor(row: Any) -> str:  # noqa: ANN401 -- asyncpg has no types
    return base64.urlsafe_b64encode(f"{row['timestamp'].isoformat()} {row['id']}".encode()).decode()


def _place(cursor: str | None) -> tuple[dt.datetime, uuid.UUID] | None:
    if cursor is None:
        return None
    try:
        moment, _, last = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        place = dt.datetime.fromisoformat(moment), uuid.UUID(last)
        place[0].astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise problems.InvalidRequest("this is not a cursor of ours", field="cursor") from error
    return place
