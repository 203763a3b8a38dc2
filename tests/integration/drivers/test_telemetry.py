"""Telemetry of real processes: received, scraped and kept, whatever is killed or full."""

import asyncio
import dataclasses
import json
import os
import resource
import signal
import sqlite3
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from seatrial import parts
from seatrial.drivers.laptop import folders, identities, leftovers, ports
from seatrial.drivers.laptop.telemetry import collectors
from seatrial.drivers.laptop.telemetry.samples import Track, read_tracks
from seatrial.drivers.laptop.telemetry.spans import Trace, Wanted, find_traces
from seatrial.drivers.reports import State
from tests.integration.drivers.benches import Bench, states_of, template, wait_until

# Traces one piece of work by OpenTelemetry's own SDK, and again when it is told to end.
TRACED = """
import signal, time
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=100))
tracer = provider.get_tracer("test")
def end(*_):
    with tracer.start_as_current_span("last words"):
        pass
    provider.shutdown()
    raise SystemExit(0)
signal.signal(signal.SIGTERM, end)
with tracer.start_as_current_span("outer", kind=trace.SpanKind.SERVER) as outer:
    outer.set_attribute("http.request.method", "GET")
    outer.set_attribute("http.route", "/items/{id}")
    with tracer.start_as_current_span("inner"):
        print("trace_id=%032x in a line" % outer.get_span_context().trace_id, flush=True)
while True:
    time.sleep(0.1)
"""
# Answers /metrics with a counter that grows with each scrape, and beside it as many series as a file says.
MEASURED = """
import http.server, os, sys
asked = 0
many = int(open("many").read()) if os.path.exists("many") else 0
rest = "".join(f'many{{n="{n}"}} 1\\n' for n in range(many)).encode()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global asked
        asked += self.path == "/metrics"
        body = f"# TYPE asked_total counter\\nasked_total {asked}\\n# TYPE many gauge\\n".encode() + rest
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            pass
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
TOLD = """
import os
print("|".join(f"{k}={v}" for k, v in sorted(os.environ.items()) if k.startswith("OTEL_")), flush=True)
"""
SLEEP = "import time\ntime.sleep(600)\n"


def add_measured(bench: Bench, *, interval_seconds: float = 0.3) -> None:
    probes = parts.Probes(ready=parts.Probe(endpoint="api.http", path="/ready"), interval_seconds=0.2)
    bench.add_service("api", MEASURED, probes=probes)
    made = next(part for part in bench.made if isinstance(part, parts.Workload) and part.name == "api")
    scrape = parts.Scrape(endpoint="api.http", path="/metrics", interval_seconds=interval_seconds)
    bench.made[bench.made.index(made)] = dataclasses.replace(made, metrics=scrape)


def traces(bench: Bench) -> list[Trace]:
    path = bench.laptop.telemetry
    assert path is not None
    return find_traces(path, Wanted(), last=1000)


def track(bench: Bench, name: str) -> Track | None:
    path = bench.laptop.telemetry
    assert path is not None
    found = read_tracks(path, since=0, families=frozenset({name}))
    return found[0] if found else None


def points(bench: Bench, name: str) -> list[float]:
    found = track(bench, name)
    return [value for _, value in found.points] if found else []


def collector(bench: Bench) -> identities.Identity | None:
    mark = leftovers.Mark(run=folders.open_folder(bench.folder).run, part=collectors.PART)
    return next(iter(leftovers.find_marked(mark)), None)


def send(bench: Bench, trace: int) -> None:
    """One span by hand; waits for as long as nobody takes it."""
    port = ports.read_ports(folders.open_folder(bench.folder))["otlp"]
    span = {"traceId": f"{trace:032x}", "spanId": f"{trace:016x}", "name": f"sent {trace}"}
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/traces", body, headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=20) as answer:
        assert answer.status == 200


async def test_spans_of_a_program_are_kept_with_its_lines_and_its_last_words(bench: Bench) -> None:
    bench.add_service("api", TRACED)
    async with bench.up():
        await wait_until(lambda: len(traces(bench)) == 1)
        (trace,) = traces(bench)
        assert (trace.root.part, trace.root.title, trace.root.kind) == ("api", "GET /items/{id}", "server")
        assert [(depth, span.name) for depth, span in trace.nested()] == [(0, "outer"), (1, "inner")]
        assert f"trace_id={trace.id} in a line" in await bench.log_texts("api")
    assert {one.root.name for one in traces(bench)} == {"outer", "last words"}


async def test_the_environment_of_an_application_wins_and_an_engine_gets_none(bench: Bench) -> None:
    bench.add_redis()
    bench.add_service("api", TOLD + SLEEP)
    made = next(part for part in bench.made if isinstance(part, parts.Workload) and part.name == "api")
    own = (("OTEL_SERVICE_NAME", template("mine")), ("OTEL_EXPORTER_OTLP_PROTOCOL", template("http/json")))
    bench.made[bench.made.index(made)] = dataclasses.replace(made, env=own)
    bench.made.append(
        parts.Observation(name="observe", scrape_seconds=30, keep_seconds=60, traced_share=0.25)
    )
    async with bench.up():
        port = ports.read_ports(folders.open_folder(bench.folder))["otlp"]
        expected = (
            f"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{port}|OTEL_EXPORTER_OTLP_PROTOCOL=http/json"
            "|OTEL_SERVICE_NAME=mine|OTEL_TRACES_SAMPLER=parentbased_traceidratio|OTEL_TRACES_SAMPLER_ARG=0.25"
        )
        assert expected in await bench.log_texts("api")
        engine = bench.component("cache").pid
        assert b"OTEL_" not in Path(f"/proc/{engine}/environ").read_bytes()


async def test_metrics_are_scraped_and_a_part_that_is_away_is_not_up(bench: Bench) -> None:
    add_measured(bench)
    async with bench.up() as events:
        await wait_until(lambda: len(points(bench, "asked")) >= 3)
        told = points(bench, "asked")
        assert told == [float(number) for number in range(1, len(told) + 1)]
        pid = bench.component("api").pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        await wait_until(lambda: 0.0 in points(bench, "up"))
        os.kill(pid, signal.SIGCONT)
        await wait_until(lambda: points(bench, "up")[-1] == 1.0)
        await wait_until(lambda: states_of(events, "api")[-1] is State.READY)


async def test_a_part_with_a_million_series_is_cut_and_that_is_said_once(bench: Bench) -> None:
    add_measured(bench)
    (bench.folder / "many").write_text("1000000")
    async with bench.up():
        await wait_until(lambda: len(points(bench, "asked")) >= 2, seconds_max=60)
        path = bench.laptop.telemetry
        assert path is not None
        assert len(read_tracks(path, since=0, families=frozenset({"many"}))) < 2000
        said = await bench.log_texts("seatrial")
        assert [text for text in said if "series" in text] == [
            "api tells more than 2000 series: the rest is not kept"
        ]


async def test_a_collector_that_is_killed_comes_back_and_nothing_that_waits_is_lost(bench: Bench) -> None:
    bench.add_service("api", SLEEP)
    async with bench.up() as events:
        await wait_until(lambda: collector(bench) is not None)
        for number in range(1, 6):
            await asyncio.to_thread(send, bench, 2 * number)
            await wait_until(lambda: len(traces(bench)) == 2 * number - 1)  # noqa: B023
            killed = collector(bench)
            assert killed is not None
            os.kill(killed.pid, signal.SIGKILL)
            await asyncio.to_thread(send, bench, 2 * number + 1)
            await wait_until(lambda: len(traces(bench)) == 2 * number)  # noqa: B023
        assert states_of(events, "api") == [State.STARTING, State.READY]
        assert bench.component("api").restarts == 0
        said = [text for text in await bench.log_texts("seatrial") if "collector" in text]
        assert said[0] == "the collector of telemetry was ended by SIGKILL; it starts again in 0.5s"


async def test_the_store_is_whole_after_each_kill_and_readers_read_meanwhile(bench: Bench) -> None:
    bench.add_service("chatty", "while True: print('x' * 200)\n")
    add_measured(bench, interval_seconds=0.1)
    for _ in range(3):
        await bench.start()
        await wait_until(lambda: collector(bench) is not None)
        until = time.monotonic() + 2
        while time.monotonic() < until:
            await asyncio.to_thread(send, bench, int(time.monotonic_ns()))
            assert await bench.log_texts("chatty", 10)
            traces(bench)
        supervisor, killed = bench.laptop.status().supervisor_pid, collector(bench)
        assert supervisor and killed
        os.kill(killed.pid, signal.SIGKILL)
        os.kill(supervisor, signal.SIGKILL)
        await identities.wait_gone([killed], 10)
        path = bench.laptop.telemetry
        assert path is not None
        with sqlite3.connect(path) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        database.close()
        await bench.laptop.stop()
    assert len(traces(bench)) > 10


async def test_a_collector_ends_with_its_supervisor(bench: Bench) -> None:
    bench.add_service("api", SLEEP)
    await bench.start()
    await wait_until(lambda: collector(bench) is not None)
    supervisor = bench.laptop.status().supervisor_pid
    assert supervisor
    os.kill(supervisor, signal.SIGKILL)
    await wait_until(lambda: collector(bench) is None)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits the files of another process")
async def test_with_a_full_disk_telemetry_stops_with_a_sentence_and_the_system_goes_on(bench: Bench) -> None:
    add_measured(bench)
    async with bench.up() as events:
        await wait_until(lambda: len(points(bench, "asked")) >= 1)
        process = collector(bench)
        assert process is not None
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        await wait_for_line(bench, "spans and metrics are lost from now on: ")
        await asyncio.to_thread(send, bench, 1)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await wait_for_line(bench, "spans and metrics are kept again; ")
        await asyncio.to_thread(send, bench, 2)
        await wait_until(lambda: len(traces(bench)) >= 1)
        assert collector(bench) == process
        assert states_of(events, "api") == [State.STARTING, State.READY]


async def wait_for_line(bench: Bench, beginning: str) -> None:
    async with asyncio.timeout(20):
        while not any(text.startswith(beginning) for text in await bench.log_texts("seatrial")):
            await asyncio.sleep(0.05)


async def test_where_its_port_is_taken_the_collector_moves_on(bench: Bench) -> None:
    bench.add_service("api", SLEEP)
    async with bench.up():
        pass
    port = ports.read_ports(folders.open_folder(bench.folder))["otlp"]
    words = (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1")
    stranger = await asyncio.create_subprocess_exec(
        *words, cwd=bench.folder, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await wait_until(lambda: not ports.is_free(port))
        async with bench.up():
            await wait_until(lambda: collector(bench) is not None)
            assert ports.read_ports(folders.open_folder(bench.folder))["otlp"] != port
    finally:
        stranger.kill()
        await stranger.wait()


async def test_what_each_part_takes_of_the_machine_is_seen_from_outside(bench: Bench) -> None:
    bench.add_redis()
    bench.add_service(
        "api", "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'while True: pass'])\n"
    )
    async with bench.up():
        await wait_until(lambda: track(bench, "part_memory_bytes") is not None)
        path = bench.laptop.telemetry
        assert path is not None
        tracks = {(one.part, one.series.name): one.points[0][1] for one in read_tracks(path, since=0)}
        assert tracks["api", "part_processes"] == 2
        assert tracks["cache", "part_processes"] == 1
        assert tracks["cache", "part_memory_bytes"] > 2**20
        assert tracks["cache", "part_data_bytes"] > 0
        assert ("api", "part_data_bytes") not in tracks
        assert ("api", "up") not in tracks
