"""The application factory: routes in, a complete ASGI service out."""

import dataclasses
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import prometheus_client
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from seatrial_kit import metrics, probes, traces
from seatrial_kit.middlewares import access_logs, failures, limits, request_ids, security_headers


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """What one process serves. `lifespan` opens what the routes need and closes it at the end."""

    routes: Sequence[BaseRoute]
    readiness: probes.Readiness
    stopping: probes.Stopping
    registry: prometheus_client.CollectorRegistry
    lifespan: Callable[[Any], AbstractAsyncContextManager[None]]
    body_bytes_max: int = 10 * 1024 * 1024
    request_seconds_max: float = 30.0
    single_headers: frozenset[str] = frozenset({"Idempotency-Key", "X-Project-ID"})


def build(service: Service) -> ASGIApp:
    """The service with probes, metrics and every middleware; the outermost is the last one put on.

    With spans where `OTEL_EXPORTER_OTLP_ENDPOINT` says who collects them.
    """
    own = [*probes.routes(service.readiness, service.stopping), metrics.route(service.registry)]
    routes = [*own, *service.routes]
    _ensure_one_route_a_path(routes)
    recording = traces.start(os.environ)
    lifespan = recording.flushed_after(service.lifespan) if recording else service.lifespan
    app: ASGIApp = Router(routes, redirect_slashes=False, lifespan=lifespan)
    app = limits.BodyLimit(app, service.body_bytes_max)
    app = limits.TimeLimit(app, service.request_seconds_max)
    app = limits.SingleHeaders(app, service.single_headers)
    app = failures.Failures(app)
    app = security_headers.SecurityHeaders(app)
    app = access_logs.AccessLogs(app, service.registry)
    app = request_ids.RequestIds(app)
    return _Marked(recording.around(app) if recording else app)


def route(path: str, **handlers: Callable[[Request], Awaitable[Response]]) -> Route:
    """One path with a handler for each method: `route("/v1/errors", GET=list_errors, POST=accept_error)`."""

    async def dispatch(request: Request) -> Response:
        return await handlers["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, dispatch, methods=list(handlers))


class _Marked:
    """Starlette's router raises (404, 405) instead of answering in its own words when it sees an `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        await self._app(scope, receive, send)


def _ensure_one_route_a_path(routes: Sequence[BaseRoute]) -> None:
    """The router would name only the first route's methods in a 405."""
    paths = [route.path for route in routes if isinstance(route, Route)]
    twice = {path for path in paths if paths.count(path) > 1}
    if twice:
        raise ValueError(f"give {sorted(twice)} one route with several methods")
