"""What the receiver answers: to what it takes, to what is wrong, and to what is too much."""

import dataclasses
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from seatrial.drivers.laptop.telemetry import inboxes, otlp, receivers, stores
from seatrial.drivers.laptop.telemetry.logs import LogReader
from seatrial.drivers.laptop.telemetry.samples import Scrape, Series, read_tracks
from seatrial.drivers.laptop.telemetry.spans import Wanted, find_traces

JSON = {"content-type": "application/json"}
SPANS = json.dumps(
    {
        "resourceSpans": [
            {"scopeSpans": [{"spans": [{"traceId": "a" * 32, "spanId": "b" * 16, "name": "work"}]}]}
        ]
    }
).encode()
LINES = b'{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "said"}}]}]}]}'
POINT = '{"name": "depth", "gauge": {"dataPoints": [{"asInt": 7}]}}'
METRICS = b'{"resourceMetrics": [{"scopeMetrics": [{"metrics": [' + POINT.encode() + b"]}]}]}"


class Bench:
    def __init__(self, path: Path, client: httpx.AsyncClient, inbox: inboxes.Inbox) -> None:
        self.path, self.client, self.inbox = path, client, inbox
        self.said: list[str] = []

    async def post(self, signal: str, body: bytes, **headers: str) -> httpx.Response:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return await self.client.post(f"/v1/{signal}", content=body, headers=JSON | named)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    path = tmp_path / "t.sqlite"
    store = stores.Store(path, stores.Bounds())
    said: list[str] = []
    inbox = inboxes.Inbox(store, said.append)
    transport = httpx.ASGITransport(app=receivers.make_application(inbox))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        made = Bench(path, client, inbox)
        made.said = said
        yield made
    store.close()


async def test_spans_lines_and_metrics_are_taken_and_kept(bench: Bench) -> None:
    for signal, body in (("traces", SPANS), ("logs", LINES), ("metrics", METRICS)):
        answer = await bench.post(signal, body)
        assert (answer.status_code, answer.content) == (200, b"{}")
    await bench.inbox.flush()
    assert [one.root.name for one in find_traces(bench.path, Wanted(), last=9)] == ["work"]
    assert [line.text async for line in LogReader(path=bench.path).lines(last=9, follow=False)] == ["said"]
    assert [one.points[0][1] for one in read_tracks(bench.path, since=0)] == [7.0]


async def test_a_packed_body_is_unpacked_and_a_protobuf_answer_is_protobuf(bench: Bench) -> None:
    assert (await bench.post("traces", gzip.compress(SPANS), content_encoding="gzip")).status_code == 200
    answer = await bench.post("traces", b"", content_type="application/x-protobuf; charset=x")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/x-protobuf"


@pytest.mark.parametrize(
    ("body", "headers", "status", "text"),
    [
        (b"{", {}, 400, "not an ExportTraceServiceRequest"),
        (b"\xff", {"content_type": "application/x-protobuf"}, 400, "not an ExportTraceServiceRequest"),
        (SPANS, {"content_type": "text/plain"}, 415, "expected application/x-protobuf or application/json"),
        (SPANS, {"content_encoding": "br"}, 415, "expected gzip or none"),
        (SPANS, {"content_encoding": "gzip"}, 400, "the body is no gzip"),
        (gzip.compress(SPANS)[:-9], {"content_encoding": "gzip"}, 400, "it ends too early"),
        (b" " * (receivers.BODY_BYTES_MAX + 1), {}, 413, "send smaller batches"),
        (gzip.compress(b" " * 2**28), {"content_encoding": "gzip"}, 413, "send smaller batches"),
    ],
    ids=["json", "protobuf", "type", "encoding", "no gzip", "half gzip", "big", "bomb"],
)
async def test_what_is_wrong_or_too_much_is_refused_with_a_sentence(
    bench: Bench, body: bytes, headers: dict[str, str], status: int, text: str
) -> None:
    answer = await bench.post("traces", body, **headers)
    assert answer.status_code == status
    assert text in answer.text


async def test_other_addresses_and_methods_are_not_there(bench: Bench) -> None:
    assert (await bench.client.get("/v1/traces")).status_code == 405
    assert (await bench.post("profiles", b"{}")).status_code == 404


async def test_who_sends_more_than_can_be_written_is_asked_to_come_again(bench: Bench) -> None:
    big = {"traceId": "a" * 32, "spanId": "b" * 16, "attributes": []}
    big["attributes"] = [{"key": f"k{n}", "value": {"stringValue": "x" * 4000}} for n in range(100)]
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [big] * 10}]}]}).encode()
    answers = [await bench.post("traces", body) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert answers[-1].headers["retry-after"] == "2"
    await bench.inbox.flush()
    assert (await bench.post("traces", body)).status_code == 200


async def test_what_cannot_be_written_is_lost_and_said_once_and_when_it_is_over(bench: Bench) -> None:
    away = bench.path.parent.with_name("away")
    bench.path.parent.rename(away)
    for _ in range(3):
        await bench.post("traces", SPANS)
        await bench.inbox.flush()
    away.rename(bench.path.parent)
    await bench.post("traces", SPANS)
    await bench.inbox.flush()
    begun, ended = bench.said
    assert begun.startswith("spans and metrics are lost from now on: ")
    assert "unable to open database file" in begun
    assert ended.startswith("spans and metrics are kept again; 3 were lost: ")
    assert len(find_traces(bench.path, Wanted(), last=9)) == 1


async def test_a_flood_of_spans_costs_no_scrape_and_a_flood_of_scrapes_is_bounded(bench: Bench) -> None:
    many = {Series(family="m", kind="gauge", name="m", labels=(("n", str(n)),)): 1.0 for n in range(2000)}
    scrape = Scrape(time=1.0, part="api", readings=many)
    (span,) = otlp.read_spans(SPANS, as_json=True)
    bench.inbox.add_spans(dataclasses.replace(span, message="x" * 10_000) for _ in range(4000))
    assert bench.inbox.is_full
    bench.inbox.add_scrapes([scrape])
    assert bench.said == []
    bench.inbox.add_scrapes([scrape] * 60)
    assert bench.said == [
        "spans and metrics are lost from now on: they came faster than they could be written"
    ]
