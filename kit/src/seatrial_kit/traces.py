"""Spans of requests and jobs, where somebody collects them: `OTEL_EXPORTER_OTLP_ENDPOINT` says where.

OpenTelemetry's SDK with one span of our own a request: its auto-instrumentor costs half of the throughput.
Without the variable nothing of OpenTelemetry is imported here, and everything here does nothing; `events`
imports its interface all the same, as the clients of the bus do, but not its SDK.
"""

import asyncio
import contextlib
import dataclasses
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from starlette.types import ASGIApp

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
QUEUE_MAX = 4096  # spans that wait; what comes on top is dropped, no request waits
BATCH_MAX = 512
DELAY_MILLISECONDS = 1000
EXPORT_SECONDS = 3.0
FLUSH_SECONDS = 1.0  # at the end of the process

type Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """The tracing of this process: OpenTelemetry's own provider, once set, is for the whole of it."""

    library: Any  # opentelemetry.trace
    propagator: Any
    provider: Any
    processor: Any
    tracer: Any

    def around(self, app: ASGIApp) -> ASGIApp:
        from seatrial_kit.middlewares import spans  # noqa: PLC0415 -- imports OpenTelemetry

        return spans.Spans(app, self.provider, self.processor)

    def flushed_after(self, lifespan: Lifespan) -> Lifespan:
        """The lifespan with the last spans sent at its end, if that takes no longer than a second."""

        @contextlib.asynccontextmanager
        async def run(app: object) -> AsyncIterator[None]:
            try:
                async with lifespan(app):
                    yield
            finally:
                thread = threading.Thread(target=self.provider.shutdown, name="last-spans", daemon=True)
                thread.start()
                await asyncio.to_thread(thread.join, FLUSH_SECONDS)

        return run


_recording: Recording | None = None


def start(environment: Mapping[str, str]) -> Recording | None:
    """None where nobody collects, or where the SDK refuses its own variables: a service starts without it.

    The second call gives what the first one started.
    """
    global _recording  # noqa: PLW0603 -- as OpenTelemetry's provider, which can be set once only
    if _recording is None and environment.get(ENDPOINT):
        try:
            _recording = _record()
        except ValueError as error:
            structlog.get_logger().warning("no traces: OpenTelemetry refuses its settings", reason=str(error))
    return _recording


def outgoing() -> dict[str, str]:
    """The headers that carry the current span to whoever is called; none where there is no span."""
    carrier: dict[str, str] = {}
    if _recording is not None:
        _recording.propagator.inject(carrier)
    return carrier


def add_ids(_logger: object, _name: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """A processor for logs: the ids of the current span, in hexadecimal as everywhere."""
    if _recording is not None:
        context = _recording.library.get_current_span().get_span_context()
        if context.is_valid:
            event["trace_id"] = f"{context.trace_id:032x}"
            event["span_id"] = f"{context.span_id:016x}"
    return event


@contextlib.contextmanager
def job(task: str, queue: str, origin: str | None) -> Iterator[None]:
    """A span around one run of a job, in a trace of its own, with a link to the request at `origin`."""
    if _recording is None:
        yield
        return
    library = _recording.library
    carrier = {} if origin is None else {"traceparent": origin}
    found = library.get_current_span(_recording.propagator.extract(carrier)).get_span_context()
    attributes = {
        "messaging.system": "procrastinate",
        "messaging.operation.name": "run",
        "messaging.destination.name": queue,
    }
    with _recording.tracer.start_as_current_span(
        f"run {task}",
        kind=library.SpanKind.CONSUMER,
        attributes=attributes,
        links=[library.Link(found)] if found.is_valid else [],
    ):
        yield


def _record() -> Recording:
    from opentelemetry import trace  # noqa: PLC0415 -- a quarter of a second that others need not wait
    from opentelemetry.exporter.otlp.proto.http import trace_exporter  # noqa: PLC0415 -- see above
    from opentelemetry.sdk.trace import TracerProvider, export  # noqa: PLC0415 -- see above
    from opentelemetry.trace.propagation import tracecontext  # noqa: PLC0415 -- see above

    provider = TracerProvider(shutdown_on_exit=False)  # reads OTEL_SERVICE_NAME, the sampler, the limits
    processor = export.BatchSpanProcessor(
        trace_exporter.OTLPSpanExporter(timeout=EXPORT_SECONDS),
        max_queue_size=QUEUE_MAX,
        schedule_delay_millis=DELAY_MILLISECONDS,
        max_export_batch_size=BATCH_MAX,
    )
    provider.add_span_processor(processor)
    trace.set_tracer_provider(provider)
    return Recording(
        library=trace,
        propagator=tracecontext.TraceContextTextMapPropagator(),
        provider=provider,
        processor=processor,
        tracer=provider.get_tracer("seatrial_kit"),
    )
