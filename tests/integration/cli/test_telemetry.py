"""`logs`, `metrics` and `traces` as people type them, against a file that holds known telemetry."""

import dataclasses
import time
from pathlib import Path

import pytest

from seatrial.drivers.laptop import folders, records
from seatrial.drivers.laptop.telemetry import samples, spans, stores
from tests.integration.cli.conftest import Terminal

TRACE = "0af7651916cd43dd8448eb211c80319c"
PAGE = "services: {api: {command: [serve]}, worker: {command: [work]}}\n"


@pytest.fixture
def kept(terminal: Terminal) -> Terminal:
    """A system that ran: two lines, five scrapes and two traces."""
    terminal.page(PAGE)
    folder = folders.open_folder(terminal.folder)
    record = records.Record(phase="stopped", system="shop", environment="laptop", fingerprint="f")
    records.write_record(folder, record)
    now = time.time()
    jobs = samples.Series(family="jobs", kind="counter", name="jobs_total", labels=(("queue", "mail"),))
    store = stores.Store(folder.telemetry, stores.Bounds())
    writer = samples.ScrapeWriter()

    def fill(writing: stores.Writing) -> None:
        lines = [(now - 3600, "api", "out", "Old line"), (now, "worker", "err", f"trace_id={TRACE} Failed")]
        writing.add(stores.LINES, lines)
        for at in range(5):
            told = samples.Scrape(time=now - 50 + 10 * at, part="api", readings={jobs: at * 10.0})
            writer.add(writing, told)
        later = dataclasses.replace(span("b" * 32, 20), links=(TRACE,))
        writing.add(stores.SPANS, [span(TRACE, 600, failed=True).row, later.row])

    store.write(fill)
    store.close()
    return terminal


def span(trace: str, ms: int, *, failed: bool = False) -> spans.Span:
    return spans.Span(
        trace=trace,
        span="1" * 16,
        parent="",
        part="api",
        name="GET /",
        kind="server",
        start_ns=time.time_ns(),
        duration_ns=ms * 10**6,
        failed=failed,
        message="boom" if failed else "",
    )


def texts(kept: Terminal, *words: str) -> list[str]:
    done = kept.type("logs", "--json", *words)
    assert done.code == 0
    return [line["text"] for line in done.lines]


def test_lines_are_found_by_part_time_text_and_trace(kept: Terminal) -> None:
    assert texts(kept) == ["Old line", f"trace_id={TRACE} Failed"]
    assert texts(kept, "api") == ["Old line"]
    assert texts(kept, "--since", "10m") == [f"trace_id={TRACE} Failed"]
    assert texts(kept, "seatrial") == []
    assert texts(kept, "--grep", "OLD") == ["Old line"]
    assert texts(kept, "--trace", TRACE.upper()) == [f"trace_id={TRACE} Failed"]
    assert texts(kept, ".", "worker", "-n", "1") == [f"trace_id={TRACE} Failed"]


def test_a_table_of_metrics_and_one_in_full(kept: Terminal) -> None:
    table = kept.type("metrics").out
    assert [line.split() for line in table.splitlines()][:2] == [
        ["api", "sets", "last", "rate"],
        ["jobs_total", "1", "40", "1/s"],
    ]
    chart = kept.type("metrics", "jobs_total").out.splitlines()
    assert chart[0] == "jobs_total of api, a counter"
    assert [line.strip() for line in chart[1:]] == ["queue=mail", "40  1/s", "▁▁▁▁ 1 to 1/s"]


def test_metrics_for_programs(kept: Terminal) -> None:
    (one,) = kept.type("metrics", "jobs", "--json").document["metrics"]
    assert (one["part"], one["labels"], one["rate"]) == ("api", {"queue": "mail"}, 1.0)
    assert [value for _, value in one["points"]] == [0.0, 10.0, 20.0, 30.0, 40.0]
    whole = kept.type("metrics", "--json", "--part", "api").document["metrics"]
    assert [(one["metric"], "points" in one) for one in whole] == [("jobs_total", False), ("up", False)]
    assert kept.type("metrics", "--json", "--part", "worker").document == {"metrics": []}


def test_traces_are_listed_and_shown_with_their_lines(kept: Terminal) -> None:
    rows = kept.type("traces").out.splitlines()
    assert [row.split()[1] for row in rows] == ["trace", "0af76519", "bbbbbbbb"]
    shown = kept.type("traces", "0af7").out
    assert f"trace {TRACE}" in shown
    assert "✖ boom" in shown
    assert shown.split("linked to it:\n")[1].split()[1] == "bbbbbbbb"
    assert shown.rstrip().endswith(f"worker       trace_id={TRACE} Failed")
    document = kept.type("traces", "--json", TRACE).document
    assert (document["trace"], len(document["spans"]), len(document["lines"])) == (TRACE, 1, 1)


@pytest.mark.parametrize(
    "words", [("--errors",), ("--slow", "500ms"), ("--errors", "--part", "api", "--since", "1h")]
)
def test_traces_are_found_by_what_is_wrong_with_them(kept: Terminal, words: tuple[str, ...]) -> None:
    found = kept.type("traces", "--json", *words).document["traces"]
    assert [one["trace"] for one in found] == [TRACE]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("metrics", "jobs_totl"), "no metric 'jobs_totl' within 15m; did you mean 'jobs_total'?"),
        (("metrics", "--since", "soon"), "--since: found 'soon', expected a duration"),
        (("traces", "--slow", "very"), "--slow: found 'very', expected a duration"),
        (("traces", "--part", "apo"), "did you mean 'api'?"),
        (("traces", "xyz"), "found 'xyz', expected the id of a trace"),
        (("traces", "ffff"), "no trace ffff is kept"),
        (("traces", "a", "b"), "one trace or a list of them, not a and b"),
        (("logs", "--since", "1"), "--since: found '1', expected a duration"),
    ],
)
def test_a_wrong_call_says_what_was_found_and_what_to_write(
    kept: Terminal, words: tuple[str, ...], said: str
) -> None:
    done = kept.type(*words)
    assert done.code == 2
    assert said in done.err


def test_where_nothing_matches_that_is_said_and_is_no_error(kept: Terminal) -> None:
    assert kept.type("traces", "--slow", "1h").out == "no such trace is kept\n"
    assert kept.type("metrics", "--since", "1s").out == "no part of it told any metrics within 1s\n"


def test_a_file_that_cannot_be_read_is_3(kept: Terminal) -> None:
    path: Path = folders.open_folder(kept.folder).telemetry
    for beside in path.parent.glob("telemetry.sqlite*"):
        beside.unlink()
    path.write_text("something else" * 100)
    for command in ("logs", "metrics", "traces"):
        done = kept.type(command)
        assert done.code == 3
        assert "cannot be read: file is not a database" in done.err


def test_of_a_system_that_never_ran_there_is_nothing_to_show(terminal: Terminal) -> None:
    terminal.page(PAGE)
    for command in ("logs", "metrics", "traces"):
        done = terminal.type(command)
        assert done.code == 1
        assert "it was never started here" in done.err
