"""Traces in a terminal: every line fits, every span is there, and what failed says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.cli import waterfalls
from seatrial.drivers.laptop.telemetry.spans import Span, Trace

MS = 10**6


def span(number: int, parent: int, start_ms: int, ms: int, **known: object) -> Span:
    return Span(
        **{
            "trace": "a" * 32,
            "span": f"{number:016x}",
            "parent": f"{parent:016x}" if parent else "",
            "part": "api",
            "name": f"span {number}",
            "kind": "internal",
            "start_ns": start_ms * MS,
            "duration_ns": ms * MS,
            "failed": False,
            **known,
        }
    )


REQUEST = {"http.request.method": "POST", "http.route": "/v1/items", "http.response.status_code": 500}
EXCEPTION = {
    "name": "exception",
    "attributes": {"exception.type": "ValueError", "exception.message": "no\nway"},
}
TRACE = Trace(
    id="a" * 32,
    spans=(
        span(1, 0, 1000, 100, kind="server", attributes=REQUEST, failed=True),
        span(2, 1, 1010, 50, failed=True, events=(EXCEPTION,)),
        span(3, 2, 1060, 40, part="worker", failed=True, message="gone"),
    ),
)


def test_a_waterfall_shows_who_called_whom_and_when() -> None:
    rows = list(waterfalls.waterfall(TRACE, 80))
    assert rows[0] == "api: POST /v1/items"
    assert rows[1] == f"trace {'a' * 32}"
    assert rows[2].endswith(", 100ms, 3 spans, failed")
    told = [row.split("█")[0].rstrip() for row in rows[4:]]
    assert [" ".join(row.split()) for row in told] == [
        "api: POST /v1/items 100ms",
        "✖ failed with 500",
        "span 2 50ms",
        "✖ ValueError: no way",
        "worker: span 3 40ms",
        "✖ gone",
    ]
    bars = [(row.index("█"), row.count("█")) for row in rows if "█" in row]
    assert bars[0][0] < bars[1][0] < bars[2][0]
    assert bars[0][1] == 80 - bars[0][0]


def test_a_list_has_the_newest_last_and_a_status() -> None:
    head, *rows = waterfalls.listed([TRACE, Trace(id="b" * 32, spans=(span(9, 0, 0, 0),))], 80)
    assert head.split() == ["time", "trace", "took", "spans", "status", "what"]
    assert rows[0].split()[1:] == ["bbbbbbbb", "0s", "1", "api:", "span", "9"]
    assert rows[1].split()[1:] == ["aaaaaaaa", "100ms", "3", "500", "api:", "POST", "/v1/items"]


@pytest.mark.parametrize("columns", [60, 80, 200])
@given(
    pairs=st.lists(
        st.tuples(st.integers(1, 9), st.integers(0, 9), st.integers(0, 10**6), st.integers(0, 10**6)),
        min_size=1,
        max_size=20,
    ),
    name=st.text(st.characters(codec="ascii", min_codepoint=32), max_size=300),
)
def test_every_line_fits(pairs: list[tuple[int, int, int, int]], name: str, columns: int) -> None:
    spans = tuple(span(*pair, name=name, failed=bool(pair[0] % 2), message=name) for pair in pairs)
    trace = Trace(id="a" * 32, spans=spans)
    rows = [*waterfalls.waterfall(trace, columns), *waterfalls.listed([trace], columns)]
    assert all(len(row) <= columns for row in rows)


def test_of_a_trace_without_end_the_first_spans_are_shown() -> None:
    spans = tuple(span(number, number - 1, number, 1) for number in range(1, 400))
    rows = list(waterfalls.waterfall(Trace(id="a" * 32, spans=spans), 80))
    assert rows[-1] == "199 more spans; --json shows them all"
    assert all(len(row) <= 80 for row in rows)
