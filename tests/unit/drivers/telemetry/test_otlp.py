"""What programs send by OTLP, in both of its forms, and what nobody should send."""

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from seatrial.drivers.laptop.telemetry import otlp
from seatrial.drivers.laptop.telemetry.samples import Series

TRACE, SPAN, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00f067aa0ba902b7"
RESOURCE = {"attributes": [{"key": "service.name", "value": {"stringValue": "api"}}]}


def spans_json(**span: Any) -> bytes:
    known = {
        "traceId": TRACE,
        "spanId": SPAN,
        "name": "GET /items/{id}",
        "kind": 2,
        "startTimeUnixNano": "1700000000000000000",
        "endTimeUnixNano": "1700000000250000000",
    }
    scope = {"scope": {}, "spans": [known | span]}
    return json.dumps({"resourceSpans": [{"resource": RESOURCE, "scopeSpans": [scope]}]}).encode()


def metrics_json(**metric: Any) -> bytes:
    scope = {"metrics": [metric]}
    return json.dumps({"resourceMetrics": [{"resource": RESOURCE, "scopeMetrics": [scope]}]}).encode()


def test_a_span_in_json_is_read_with_its_ids_times_and_attributes() -> None:
    attributes = [
        {"key": "http.request.method", "value": {"stringValue": "GET"}},
        {"key": "http.route", "value": {"stringValue": "/items/{id}"}},
        {"key": "http.response.status_code", "value": {"intValue": "200"}},
        {"key": "list", "value": {"arrayValue": {"values": [{"boolValue": True}, {"doubleValue": 0.5}]}}},
        {
            "key": "nested",
            "value": {"kvlistValue": {"values": [{"key": "a", "value": {"stringValue": "b"}}]}},
        },
    ]
    more = {"links": [{"traceId": "c" * 32, "spanId": SPAN}], "unknown": 1}
    status = {"code": 2, "message": "no"}
    body = spans_json(parentSpanId=PARENT, attributes=attributes, status=status, **more)
    (span,) = otlp.read_spans(body, as_json=True)
    assert (span.trace, span.span, span.parent, span.part) == (TRACE, SPAN, PARENT, "api")
    assert (span.start_ns, span.duration_ns) == (1_700_000_000_000_000_000, 250_000_000)
    assert (span.kind, span.title, span.status) == ("server", "GET /items/{id}", "200")
    assert (span.failed, span.message) == (True, "no")
    assert span.links == ("c" * 32,)
    assert span.attributes["list"] == [True, 0.5]
    assert span.attributes["nested"] == {"a": "b"}


def test_a_span_in_protobuf_is_read_the_same_way() -> None:
    request = trace_service_pb2.ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id = bytes.fromhex(TRACE), bytes.fromhex(SPAN)
    span.start_time_unix_nano, span.end_time_unix_nano = 2, 1
    (read,) = otlp.read_spans(request.SerializeToString(), as_json=False)
    assert (read.trace, read.span, read.parent, read.part) == (TRACE, SPAN, "", otlp.UNKNOWN_PART)
    assert read.duration_ns == 0, "an end before the start is no duration"


@pytest.mark.parametrize("trace", ["abc", "zz" * 16, TRACE + "00"])
def test_an_id_of_another_length_is_refused(trace: str) -> None:
    with pytest.raises(otlp.MalformedError):
        list(otlp.read_spans(spans_json(traceId=trace), as_json=True))


def test_a_parent_of_zeros_is_none() -> None:
    (span,) = otlp.read_spans(spans_json(parentSpanId="0" * 16), as_json=True)
    assert span.parent == ""


@pytest.mark.parametrize("body", [b"", b"{", b'{"resourceSpans": 1}', b"\xff\xfe", b'{"a": ' * 9000])
def test_what_is_no_request_in_json_is_refused(body: bytes) -> None:
    with pytest.raises(otlp.MalformedError, match="not an ExportTraceServiceRequest"):
        list(otlp.read_spans(body, as_json=True))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(body: bytes) -> None:
    for as_json in (False, True):
        for read in (
            lambda: list(otlp.read_spans(body, as_json=as_json)),  # noqa: B023
            lambda: otlp.read_lines(body, as_json=as_json, now=1.0),  # noqa: B023
            lambda: otlp.read_scrapes(body, as_json=as_json, now=1.0),  # noqa: B023
        ):
            with contextlib.suppress(otlp.MalformedError):
                read()


def test_what_is_endless_is_cut() -> None:
    attributes = [{"key": f"k{number}", "value": {"stringValue": "x" * 10_000}} for number in range(1000)]
    events = [{"name": "e"}] * 1000
    (span,) = otlp.read_spans(
        spans_json(name="n" * 10_000, attributes=attributes, events=events), as_json=True
    )
    assert len(span.name) < 300
    assert len(span.attributes) == 128
    assert all(len(value) < 5000 for value in span.attributes.values())
    assert len(span.events) == 32


def test_a_log_record_becomes_a_line_that_names_its_trace() -> None:
    request = logs_service_pb2.ExportLogsServiceRequest()
    of_resource = request.resource_logs.add()
    name = of_resource.resource.attributes.add(key="service.name")
    name.value.string_value = "api"
    record = of_resource.scope_logs.add().log_records.add(severity_text="WARN", time_unix_nano=2_000_000_000)
    record.body.string_value = "slow"
    record.trace_id = bytes.fromhex(TRACE)
    record.attributes.add(key="route").value.string_value = "/x"
    (line,) = otlp.read_lines(request.SerializeToString(), as_json=False, now=5.0)
    assert line == otlp.Line(seconds=2.0, part="api", text=f"WARN slow route=/x trace_id={TRACE}")


@pytest.mark.parametrize(("monotonic", "kind"), [(True, "counter"), (False, "gauge")])
def test_a_sum_is_a_counter_when_it_only_grows(monotonic: bool, kind: str) -> None:
    points = [{"asInt": "7", "attributes": [{"key": "a", "value": {"intValue": "1"}}]}, {"asDouble": 0.5}]
    body = metrics_json(name="jobs", sum={"dataPoints": points, "isMonotonic": monotonic})
    (scrape,) = otlp.read_scrapes(body, as_json=True, now=9.0)
    assert (scrape.part, scrape.source, scrape.time) == ("api", "otlp", 9.0)
    assert scrape.readings == {
        Series(family="jobs", kind=kind, name="jobs", labels=(("a", "1"),)): 7.0,
        Series(family="jobs", kind=kind, name="jobs"): 0.5,
    }


def test_a_histogram_has_buckets_as_prometheus_has_them() -> None:
    request = metrics_service_pb2.ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="took")
    metric.histogram.data_points.add(
        explicit_bounds=[0.1, 1.0], bucket_counts=[1, 2, 3], count=6, sum=math.pi
    )
    (scrape,) = otlp.read_scrapes(request.SerializeToString(), as_json=False, now=1.0)
    told = {(one.name, dict(one.labels).get("le")): value for one, value in scrape.readings.items()}
    assert told == {
        ("took_bucket", "0.1"): 1.0,
        ("took_bucket", "1"): 3.0,
        ("took_bucket", "+Inf"): 6.0,
        ("took_count", None): 6.0,
        ("took_sum", None): math.pi,
    }


def test_a_metric_without_numbers_tells_nothing() -> None:
    assert otlp.read_scrapes(metrics_json(name="empty"), as_json=True, now=1.0) == []
