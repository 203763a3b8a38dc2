"""Spans of a service in a process of its own, as a collector gets them, and as nobody does."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from kit.tests import pages
from kit.tests.collectors import Span, collector
from kit.tests.engines import free_port, wait_for

SERVICE = """
import contextlib, os, sys
import structlog
from seatrial_kit import answers, applications, logs, metrics, probes, servers, traces

async def hello(request):
    structlog.get_logger().info("in the handler")
    return answers.success(request.scope, traces.outgoing())

async def fail(request):
    raise ZeroDivisionError

@contextlib.asynccontextmanager
async def lifespan(app):
    yield

logs.configure("demo", "info")
stopping = probes.Stopping()
app = applications.build(applications.Service(
    routes=[applications.route("/hello/{name}", GET=hello), applications.route("/fail", GET=fail)],
    readiness=probes.Readiness(required={}), stopping=stopping,
    registry=metrics.registry(), lifespan=lifespan,
))
print("imported" if "opentelemetry" in sys.modules else "not imported", flush=True)
servers.run(app, servers.Address(host="127.0.0.1", port=int(sys.argv[1])), stopping)
"""
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


class Service:
    def __init__(self, endpoint: str | None, log: Path, further: Mapping[str, str]) -> None:
        self.port = free_port()
        self.log = log
        variables = {"PATH": os.environ["PATH"], "OTEL_SERVICE_NAME": "demo", **further}
        if endpoint is not None:
            variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint
        with log.open("wb") as out:
            words = [sys.executable, "-c", SERVICE, str(self.port)]
            self.process = subprocess.Popen(words, env=variables, stdout=out, stderr=out)
        wait_for(self.is_ready, 30, "the service")

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(OSError):
            return self.get("/health")[0] == 200
        return False

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    def lines(self, event: str) -> list[dict[str, object]]:
        said = (json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [line for line in said if line["event"] == event]


@contextlib.contextmanager
def serving(endpoint: str | None, folder: Path, **further: str) -> Iterator[Service]:
    service = Service(endpoint, folder / "service.log", further)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.process.kill()
            service.process.wait(10)


def only(spans: list[Span], name: str) -> Span:
    (found,) = [span for span in spans if span.name == name]
    return found


def test_a_request_is_one_span_by_the_conventions_and_goes_on_with_the_callers_trace(tmp_path: Path) -> None:
    with collector() as (address, spans), serving(address, tmp_path) as service:
        status, body = service.get("/hello/you?secret=1", traceparent=f"00-{TRACE}-{PARENT}-01")
        assert service.stop() == 0  # and nothing is lost at the end
        span = only(spans, "GET /hello/{name}")
        assert (status, span.service, span.trace) == (200, "demo", TRACE)
        assert (span.raw.parent_span_id.hex(), span.raw.kind) == (PARENT, span.raw.SPAN_KIND_SERVER)
        assert span.attributes == {
            "http.request.method": "GET",
            "http.route": "/hello/{name}",
            "http.response.status_code": 200,
            "url.path": "/hello/you",
            "url.scheme": "http",
        }
        assert json.loads(body)["data"]["traceparent"] == f"00-{TRACE}-{span.raw.span_id.hex()}-01"
        for line in (*service.lines("in the handler"), *service.lines("request")):
            assert (line["trace_id"], line["span_id"]) == (TRACE, span.raw.span_id.hex())
        assert service.lines("in the handler") and service.lines("request")


@pytest.mark.parametrize("header", ["", "nonsense", f"00-{'0' * 32}-{PARENT}-01", "00-" + "x" * 5000])
def test_a_wrong_trace_of_a_caller_is_let_be(tmp_path: Path, header: str) -> None:
    with collector() as (address, spans), serving(address, tmp_path) as service:
        assert service.get("/hello/you", traceparent=header)[0] == 200
        service.stop()
        assert only(spans, "GET /hello/{name}").raw.parent_span_id == b""


def test_failures_are_marked_unknown_paths_have_no_route_and_probes_no_span(tmp_path: Path) -> None:
    with collector() as (address, spans), serving(address, tmp_path) as service:
        statuses = [service.get(path)[0] for path in ("/fail", "/nowhere", "/ready", "/metrics")]
        statuses.append(service.get("/hello/you", "PROPFIND")[0])
        service.stop()
        assert statuses == [500, 404, 200, 200, 405]
        failed = only(spans, "GET /fail")
        assert (failed.attributes["error.type"], failed.raw.status.code) == ("500", 2)
        assert "http.route" not in only(spans, "GET").attributes
        assert len(spans) == 3 and {span.attributes["http.request.method"] for span in spans} == {
            "GET",
            "_OTHER",
        }


def test_a_collector_that_is_away_or_hangs_costs_no_request_and_no_stop(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:  # takes connections and never answers
        for address in (f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{hanging.getsockname()[1]}"):
            with serving(address, tmp_path) as service:
                assert [service.get("/hello/you")[0] for _ in range(50)] == [200] * 50
                time.sleep(1.5)  # now it is being exported
                assert service.get("/hello/you")[0] == 200
                assert service.stop() == 0


def test_without_an_endpoint_nothing_of_it_is_even_imported(tmp_path: Path) -> None:
    with serving(None, tmp_path) as service:
        status, body = service.get("/hello/you", traceparent=f"00-{TRACE}-{PARENT}-01")
        assert (status, json.loads(body)["data"]) == (200, {})
        assert service.stop() == 0
        assert "not imported" in service.log.read_text()
        assert "trace_id" not in service.log.read_text()


def test_a_setting_that_the_sdk_refuses_costs_the_traces_and_not_the_service(tmp_path: Path) -> None:
    with (
        collector() as (address, spans),
        serving(address, tmp_path, OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT="many") as service,
    ):
        assert service.get("/hello/you")[0] == 200
        assert service.stop() == 0
        (line,) = service.lines("no traces: OpenTelemetry refuses its settings")
        assert "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT" in str(line["reason"])
        assert spans == []


def test_a_bus_alone_imports_nothing_of_the_sdk() -> None:
    program = """
import sys
from seatrial_kit import applications, events
events.Bus("nats://127.0.0.1:1"), events.Bus("kafka://127.0.0.1:1")
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))])
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_the_program_of_the_page_works_whether_spans_are_collected_or_not() -> None:
    assert pages.run("traces", {}).endswith("\n{}\n")
    with collector() as (address, spans):
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_SERVICE_NAME": "page"}
        assert "traceparent" in pages.run("traces", variables)
        assert [span.name for span in spans] == ["GET /orders/{number}"]
