"""Spans come back as traces, and are found by part, time, duration and failure."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.drivers.laptop.telemetry import stores
from seatrial.drivers.laptop.telemetry.spans import Span, Trace, Wanted, find_linked, find_trace, find_traces

SECOND = 10**9


def span(trace: int, number: int, parent: int = 0, **known: object) -> Span:
    return Span(
        **{
            "trace": f"{trace:032x}",
            "span": f"{number:016x}",
            "parent": f"{parent:016x}" if parent else "",
            "part": "api",
            "name": f"span {number}",
            "kind": "server",
            "start_ns": trace * SECOND + number,
            "duration_ns": 1000,
            "failed": False,
            **known,
        }
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    rows = [
        span(1, 1, attributes={"http.route": "/a", "http.request.method": "GET", "n": 1}),
        span(1, 2, 1, part="worker", failed=True, message="boom", events=({"name": "exception"},)),
        span(2, 3, duration_ns=SECOND),
        span(3, 4, duration_ns=2 * SECOND),
    ]
    store = stores.Store(tmp_path / "t.sqlite", stores.Bounds())
    store.write(lambda writing: writing.add(stores.SPANS, [row.row for row in rows]))
    store.close()
    return tmp_path / "t.sqlite"


def numbers(traces: list[Trace]) -> list[int]:
    return [int(trace.id, 16) for trace in traces]


def test_traces_are_found_newest_first_and_by_what_is_wanted(path: Path) -> None:
    assert numbers(find_traces(path, Wanted(), last=10)) == [3, 2, 1]
    assert numbers(find_traces(path, Wanted(), last=2)) == [3, 2]
    assert numbers(find_traces(path, Wanted(part="worker"), last=10)) == [1]
    assert numbers(find_traces(path, Wanted(failed=True), last=10)) == [1]
    assert numbers(find_traces(path, Wanted(duration_ns_min=SECOND), last=10)) == [3, 2]
    assert numbers(find_traces(path, Wanted(since=3.0), last=10)) == [3]


def test_a_trace_comes_back_whole_with_all_that_was_said(path: Path) -> None:
    (trace,) = find_trace(path, f"{1:032x}")
    root, child = trace.spans
    assert (trace.root, trace.failed) == (root, True)
    assert (root.title, root.attributes["n"]) == ("GET /a", 1)
    assert (child.part, child.message, child.events) == ("worker", "boom", ({"name": "exception"},))
    assert trace.duration_ns == 1001


def test_traces_that_follow_from_each_other_are_found_from_both_ends(path: Path) -> None:
    store = stores.Store(path, stores.Bounds())
    job = span(9, 9, links=(f"{1:032x}", f"{99:032x}"))
    store.write(lambda writing: writing.add(stores.SPANS, [job.row]))
    store.close()
    (request,) = find_trace(path, f"{1:032x}")
    (run,) = find_trace(path, f"{9:032x}")
    assert numbers(find_linked(path, request)) == [9]
    assert numbers(find_linked(path, run)) == [1], "what is no longer kept is left out"


def test_a_trace_is_found_by_the_beginning_of_its_id_when_that_is_enough(path: Path) -> None:
    assert len(find_trace(path, "0" * 10)) == 2, "which says that it is not enough"
    assert find_trace(path, "f") == []


def test_spans_are_nested_under_what_called_them() -> None:
    trace = Trace(id="t", spans=(span(1, 1), span(1, 2, 1), span(1, 3, 2), span(1, 4, 1), span(1, 9, 77)))
    assert [(depth, one.name) for depth, one in trace.nested()] == [
        (0, "span 1"),
        (1, "span 2"),
        (2, "span 3"),
        (1, "span 4"),
        (0, "span 9"),
    ]


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6)), min_size=1, max_size=12))
def test_each_span_is_told_once_whatever_they_claim_of_each_other(pairs: list[tuple[int, int]]) -> None:
    trace = Trace(id="t", spans=tuple(span(1, number, parent) for number, parent in pairs))
    told = [id(one) for _, one in trace.nested()]
    assert sorted(told) == sorted(id(one) for one in trace.spans)
    assert trace.root in trace.spans


def test_where_nothing_was_kept_there_are_no_traces(tmp_path: Path) -> None:
    assert find_traces(tmp_path / "t.sqlite", Wanted(), last=1) == []
    assert find_trace(tmp_path / "t.sqlite", "a") == []
