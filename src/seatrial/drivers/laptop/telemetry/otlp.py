"""What programs send by OTLP, protobuf or JSON, as spans, scrapes and lines.

Source: OpenTelemetry Protocol 1.x; in its JSON form ids are hexadecimal, where JSON of protobuf would have
base64. Exponential histograms and summaries are kept as count and sum.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format, message
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from seatrial.drivers.laptop.telemetry.samples import SENT, Scrape, Series
from seatrial.drivers.laptop.telemetry.spans import Span

UNKNOWN_PART = "unknown"
STREAM = "otlp"
"""Of a line that came by OTLP."""
_TEXT_CHARACTERS_MAX = 4096
_NAME_CHARACTERS_MAX = 256
_ATTRIBUTES_MAX = 128
_EVENTS_MAX = 32
_DEPTH_MAX = 8
_NS_MAX = 2**63 - 1
_KINDS = ("internal", "internal", "server", "client", "producer", "consumer")
_SPAN_ID_BYTES, _TRACE_ID_BYTES = 8, 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A record of a log; where it belongs to a trace, its text ends with the id of that."""

    seconds: float
    part: str
    text: str


class MalformedError(ValueError):
    """What was sent is not what its address takes."""


def read_spans(body: bytes, *, as_json: bool) -> Iterator[Span]:
    """One at a time, since there may be tens of thousands. Raises MalformedError, at any of them."""
    request = _parse(trace_service_pb2.ExportTraceServiceRequest(), body, as_json=as_json)
    for of_resource in request.resource_spans:
        part = _part(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield _span(span, part)


def read_lines(body: bytes, *, as_json: bool, now: float) -> list[Line]:
    """Raises MalformedError."""
    request = _parse(logs_service_pb2.ExportLogsServiceRequest(), body, as_json=as_json)
    return [
        _line(record, _part(of_resource.resource.attributes), now)
        for of_resource in request.resource_logs
        for of_scope in of_resource.scope_logs
        for record in of_scope.log_records
    ]


def read_scrapes(body: bytes, *, as_json: bool, now: float) -> list[Scrape]:
    """One for each part in the request. Raises MalformedError."""
    request = _parse(metrics_service_pb2.ExportMetricsServiceRequest(), body, as_json=as_json)
    readings: dict[str, dict[Series, float]] = {}
    for of_resource in request.resource_metrics:
        told = readings.setdefault(_part(of_resource.resource.attributes), {})
        for of_scope in of_resource.scope_metrics:
            for metric in of_scope.metrics:
                told.update(_readings(metric))
    return [
        Scrape(time=now, part=part, source=SENT, readings=told) for part, told in readings.items() if told
    ]


def _parse[M](request: M, body: bytes, *, as_json: bool) -> M:
    known: Any = request
    try:
        if as_json:
            json_format.Parse(body, known, ignore_unknown_fields=True)
        else:
            known.ParseFromString(body)
    except (message.DecodeError, json_format.ParseError, ValueError, RecursionError) as error:
        raise MalformedError(f"not an {type(request).__name__}: {error}") from error
    return request


def _span(span: trace_pb2.Span, part: str) -> Span:
    start = min(span.start_time_unix_nano, _NS_MAX)
    return Span(
        trace=_id(span.trace_id, _TRACE_ID_BYTES),
        span=_id(span.span_id, _SPAN_ID_BYTES),
        parent=_id(span.parent_span_id, _SPAN_ID_BYTES),
        part=part,
        name=_cut(span.name, _NAME_CHARACTERS_MAX),
        kind=_KINDS[span.kind] if 0 <= span.kind < len(_KINDS) else _KINDS[0],
        start_ns=start,
        duration_ns=max(min(span.end_time_unix_nano, _NS_MAX) - start, 0),
        failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        message=_cut(span.status.message),
        attributes=_attributes(span.attributes),
        events=tuple(
            {"name": _cut(event.name), "attributes": _attributes(event.attributes)}
            for event in span.events[:_EVENTS_MAX]
        ),
        links=tuple(_id(link.trace_id, _TRACE_ID_BYTES) for link in span.links[:_EVENTS_MAX]),
    )


def _line(record: logs_pb2.LogRecord, part: str, now: float) -> Line:
    nanoseconds = record.time_unix_nano or record.observed_time_unix_nano
    words = [record.severity_text, str(_value(record.body))]
    words += [f"{key}={value}" for key, value in _attributes(record.attributes).items()]
    trace = _id(record.trace_id, _TRACE_ID_BYTES)
    words += [f"trace_id={trace}"] if trace else []
    text = " ".join(word for word in words if word)
    return Line(seconds=min(nanoseconds / 1e9, now) if nanoseconds else now, part=part, text=text)


def _readings(metric: metrics_pb2.Metric) -> Iterator[tuple[Series, float]]:
    """As Prometheus would tell them; a kind of metric that is not known tells nothing."""
    name = _cut(metric.name, _NAME_CHARACTERS_MAX)
    match metric.WhichOneof("data"):
        case "gauge":
            yield from _numbers(metric.gauge.data_points, name, "gauge")
        case "sum":
            kind = "counter" if metric.sum.is_monotonic else "gauge"
            yield from _numbers(metric.sum.data_points, name, kind)
        case "histogram":
            yield from _histogram(metric.histogram.data_points, name)
        case "exponential_histogram":
            yield from _counts(metric.exponential_histogram.data_points, name)
        case "summary":
            yield from _counts(metric.summary.data_points, name)


def _numbers(
    points: Iterable[metrics_pb2.NumberDataPoint], name: str, kind: str
) -> Iterator[tuple[Series, float]]:
    for point in points:
        value = point.as_double if point.WhichOneof("value") == "as_double" else float(point.as_int)
        yield Series(family=name, kind=kind, name=name, labels=_labels(point.attributes)), value


def _histogram(points: Iterable[metrics_pb2.HistogramDataPoint], name: str) -> Iterator[tuple[Series, float]]:
    for point in points:
        below = 0
        for bound, count in zip((*point.explicit_bounds, math.inf), point.bucket_counts, strict=False):
            below += count
            labels = _labels(point.attributes, le="+Inf" if math.isinf(bound) else f"{bound:g}")
            yield Series(family=name, kind="histogram", name=f"{name}_bucket", labels=labels), float(below)
    yield from _counts(points, name)


def _counts(
    points: Iterable[
        metrics_pb2.HistogramDataPoint
        | metrics_pb2.ExponentialHistogramDataPoint
        | metrics_pb2.SummaryDataPoint
    ],
    name: str,
) -> Iterator[tuple[Series, float]]:
    for point in points:
        for ending, value in (("_count", float(point.count)), ("_sum", point.sum)):
            labels = _labels(point.attributes)
            yield Series(family=name, kind="histogram", name=name + ending, labels=labels), value


def _labels(attributes: Iterable[common_pb2.KeyValue], **more: str) -> tuple[tuple[str, str], ...]:
    known = {key: str(value) for key, value in _attributes(attributes).items()}
    return tuple(sorted((known | more).items()))


def _part(attributes: Iterable[common_pb2.KeyValue]) -> str:
    found = next((one for one in attributes if one.key == "service.name"), None)
    return _cut(str(_value(found.value)), _NAME_CHARACTERS_MAX) if found else UNKNOWN_PART


def _attributes(attributes: Iterable[common_pb2.KeyValue]) -> Mapping[str, Any]:
    kept = list(attributes)[:_ATTRIBUTES_MAX]
    return {_cut(one.key, _NAME_CHARACTERS_MAX): _value(one.value) for one in kept}


def _value(value: common_pb2.AnyValue, depth: int = 0) -> Any:  # noqa: ANN401  # whatever JSON can say
    which = value.WhichOneof("value")
    if which is None or depth > _DEPTH_MAX:
        return ""
    if which == "array_value":
        return [_value(one, depth + 1) for one in value.array_value.values[:_ATTRIBUTES_MAX]]
    if which == "kvlist_value":
        pairs = value.kvlist_value.values[:_ATTRIBUTES_MAX]
        return {_cut(one.key): _value(one.value, depth + 1) for one in pairs}
    if which == "bytes_value":
        return _cut(base64.b64encode(value.bytes_value[:_TEXT_CHARACTERS_MAX]).decode())
    plain = getattr(value, which)
    if isinstance(plain, float) and not math.isfinite(plain):
        return str(plain)
    return _cut(plain) if isinstance(plain, str) else plain


def _id(raw: bytes, size: int) -> str:
    """Hexadecimal digits, empty for none: of bytes, or of digits that were read as base64."""
    if len(raw) == size:
        return raw.hex() if any(raw) else ""
    digits = base64.b64encode(raw).decode().lower()
    try:
        plain = binascii.unhexlify(digits)
    except ValueError:
        plain = b""
    if len(plain) == size:
        return digits if any(plain) else ""
    if not raw:
        return ""
    raise MalformedError(f"an id of {len(raw)} bytes where {size} are due")


def _cut(text: str, characters_max: int = _TEXT_CHARACTERS_MAX) -> str:
    return text if len(text) <= characters_max else f"{text[:characters_max]}..."
