"""The trace that a message belongs to, carried in its headers as W3C Trace Context says.

Without a provider of traces there are no spans, but what came in still goes out.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from opentelemetry import trace
from opentelemetry.trace.propagation import tracecontext

_PROPAGATOR = tracecontext.TraceContextTextMapPropagator()
_TRACER = trace.get_tracer("seatrial_kit.events")


@contextlib.contextmanager
def publishing(topic: str) -> Iterator[dict[str, str]]:
    """A span around the publishing; gives the headers that carry it."""
    attributes = {"messaging.operation.name": "publish", "messaging.destination.name": topic}
    with _TRACER.start_as_current_span(
        f"publish {topic}", kind=trace.SpanKind.PRODUCER, attributes=attributes
    ):
        headers: dict[str, str] = {}
        _PROPAGATOR.inject(headers)
        yield headers


@contextlib.contextmanager
def handling(topic: str, group: str, sent: Sequence[Mapping[str, str]]) -> Iterator[None]:
    """A span around the handling: within the trace of one message, linked to those of a batch."""
    attributes = {
        "messaging.operation.name": "process",
        "messaging.destination.name": topic,
        "messaging.consumer.group.name": group,
    }
    contexts = [_PROPAGATOR.extract(headers) for headers in sent]
    spans = [trace.get_current_span(context).get_span_context() for context in contexts]
    with _TRACER.start_as_current_span(
        f"process {topic}",
        context=contexts[0] if len(contexts) == 1 else None,
        kind=trace.SpanKind.CONSUMER,
        attributes=attributes,
        links=[trace.Link(span) for span in spans if span.is_valid] if len(spans) > 1 else None,
    ):
        yield
