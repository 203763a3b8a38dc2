"""A collector of spans for tests: takes OTLP over HTTP and keeps what it was given."""

import contextlib
import dataclasses
import gzip
import http.server
import threading
from collections.abc import Iterator

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.trace.v1 import trace_pb2


@dataclasses.dataclass(frozen=True, kw_only=True)
class Span:
    service: str
    raw: trace_pb2.Span

    @property
    def name(self) -> str:
        return self.raw.name

    @property
    def trace(self) -> str:
        return self.raw.trace_id.hex()

    @property
    def attributes(self) -> dict[str, object]:
        values = ((each.key, each.value) for each in self.raw.attributes)
        return {key: getattr(value, str(value.WhichOneof("value"))) for key, value in values}


@contextlib.contextmanager
def collector() -> Iterator[tuple[str, list[Span]]]:
    """Its address, and the spans as they come in."""
    spans: list[Span] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            for resource in trace_service_pb2.ExportTraceServiceRequest.FromString(body).resource_spans:
                named = {each.key: each.value.string_value for each in resource.resource.attributes}
                for scope in resource.scope_spans:
                    spans.extend(Span(service=named["service.name"], raw=raw) for raw in scope.spans)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", spans
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
