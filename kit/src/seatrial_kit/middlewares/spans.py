"""One span a request, by OpenTelemetry's conventions for HTTP servers; imported where spans are collected."""

from opentelemetry import context, trace
from opentelemetry.trace.propagation import tracecontext
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatrial_kit.middlewares import access_logs

HEADERS = frozenset({b"traceparent", b"tracestate"})
SERVER_ERROR = 500
_PROPAGATOR = tracecontext.TraceContextTextMapPropagator()


class Spans:
    """Goes on with the caller's trace, or begins one; probes and the page of metrics have no span."""

    def __init__(self, app: ASGIApp, tracer: trace.Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in access_logs.QUIET_PATHS:
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in access_logs.METHODS else "_OTHER"
        span = self._tracer.start_span(
            method,
            context=_PROPAGATOR.extract(_carrier(scope)),
            kind=trace.SpanKind.SERVER,
            attributes={
                "http.request.method": method,
                "url.path": scope["path"][: access_logs.PATH_CHARACTERS_MAX],
                "url.scheme": scope.get("scheme", "http"),
            },
        )

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                _note(span, message["status"])
            await send(message)

        token = context.attach(trace.set_span_in_context(span))
        try:
            await self._app(scope, receive, send_and_note)
        finally:
            context.detach(token)
            route = getattr(scope.get("route"), "path", None)  # the template, known after routing
            if route is not None:
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
            span.end()


def _carrier(scope: Scope) -> dict[str, str]:
    found = ((name, value) for name, value in scope["headers"] if name in HEADERS)
    return {name.decode(): value.decode("latin-1") for name, value in found}


def _note(span: trace.Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= SERVER_ERROR:
        span.set_attribute("error.type", str(status))
        span.set_status(trace.StatusCode.ERROR)
