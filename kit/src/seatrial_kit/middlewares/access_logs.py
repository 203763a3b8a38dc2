"""One log line and one measurement for each request; never a body, a query or a key."""

import time
from typing import Any

import prometheus_client
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatrial_kit import answers

QUIET_PATHS = frozenset({"/health", "/ready", "/metrics"})  # asked every few seconds by machines
PATH_CHARACTERS_MAX = 500
BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 30.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLogs:
    """Logs and measures what the middlewares inside it answer."""

    def __init__(self, app: ASGIApp, registry: prometheus_client.CollectorRegistry) -> None:
        self._app = app
        self._logger: Any = structlog.get_logger()
        self._durations = prometheus_client.Histogram(
            "http_request_duration_seconds",
            "Time from the request's head to the answer's end.",
            ("method", "route", "status"),
            registry=registry,
            buckets=BUCKETS_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        status = 0  # stays 0 when the caller went away before an answer began

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            self._note(scope, status, time.perf_counter() - begin)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")  # the template: paths would be without bound
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._durations.labels(method, route, str(status)).observe(seconds)
        log = self._logger.debug if scope["path"] in QUIET_PATHS else self._logger.info
        log(
            "request",
            request_id=answers.request_id(scope),
            method=scope["method"],
            path=scope["path"][:PATH_CHARACTERS_MAX],
            route=route,
            status=status,
            seconds=round(seconds, 6),
        )
