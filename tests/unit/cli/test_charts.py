"""Metrics in a terminal: every line fits, and numbers are said as people say them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.cli import charts
from seatrial.drivers.laptop.telemetry import figures
from seatrial.drivers.laptop.telemetry.samples import Series, Track


def track(name: str, kind: str, *values: float, family: str = "", **labels: str) -> Track:
    series = Series(family=family or name, kind=kind, name=name, labels=tuple(sorted(labels.items())))
    points = tuple((float(at), value) for at, value in enumerate(values))
    return Track(part="api", series=series, began=0, until=len(values) - 1, points=points)


def histogram(**counts: float) -> list[Track]:
    bounds = {"fast": "0.1", "slow": "1.0", "all": "+Inf"}
    tracks = [
        track("took_seconds_bucket", "histogram", 0, count, family="took_seconds", le=bounds[name])
        for name, count in counts.items()
    ]
    return [*tracks, track("took_seconds_count", "histogram", 0, counts["all"], family="took_seconds")]


@pytest.mark.parametrize(
    ("value", "metric", "expected"),
    [
        (0.0, "depth", "0"),
        (1234567.0, "jobs_total", "1.23M"),
        (12.0, "jobs_total", "12"),
        (0.25, "share", "0.25"),
        (0.00001, "share", "1.0e-05"),
        (85_196_800.0, "process_resident_memory_bytes", "81.2Mi"),
        (0.0034, "took_seconds", "3.4ms"),
        (0.0000034, "took_seconds", "3.4µs"),
        (3.25, "process_cpu_seconds_total", "3.25s"),
        (5400.0, "age_seconds", "1.5h"),
        (-90.0, "age_seconds", "-1.5m"),
        (math.nan, "depth", "gone"),
        (math.inf, "depth", "inf"),
    ],
)
def test_a_number_is_said_with_the_unit_of_its_name(value: float, metric: str, expected: str) -> None:
    assert charts.number(value, metric) == expected


@given(st.floats(), st.sampled_from(["a", "a_bytes", "a_seconds", "a_time_seconds", "a_seconds_total"]))
def test_every_number_can_be_said_in_a_few_characters(value: float, metric: str) -> None:
    assert 0 < len(charts.number(value, metric)) <= 20


def test_a_moment_is_said_as_a_moment() -> None:
    assert charts.number(1_700_000_000.0, "process_start_time_seconds").startswith("2023-11-1")


@pytest.mark.parametrize(
    ("rate", "expected"), [(2.0, "2/s"), (0.05, "3/min"), (0.001, "3.6/h"), (0.0, "0/h"), (1500.0, "1500/s")]
)
def test_a_rate_is_said_in_a_unit_in_which_it_is_not_small(rate: float, expected: str) -> None:
    assert charts.per_time(rate) == expected


def test_a_table_fits_eighty_columns_whatever_a_metric_is_called() -> None:
    tracks = [
        track("a" * 90, "counter", 0, 1e15),
        track("spread", "gauge", -1.5, -1.5, queue="a"),
        track("spread", "gauge", 0, 123456.0, queue="b"),
        *histogram(fast=50, slow=90, all=100),
    ]
    rows = list(charts.table(figures.by_metric(tracks), 80))
    assert all(len(row) <= 80 for row in rows)
    assert any("-1.5 to 123456" in row for row in rows)
    assert any("p50 100ms p95 1s" in row for row in rows)


def test_a_chart_fits_too_and_shows_each_set_of_labels() -> None:
    tracks = [track("depth", "gauge", *range(100), queue=f"q{number}") for number in range(60)]
    rows = list(charts.chart(figures.by_labels(tracks), 80))
    assert all(len(row) <= 80 for row in rows)
    assert rows[0] == "depth of api, a gauge"
    assert rows[1:4] == ["  queue=q0", "    99", f"    {charts.sparkline(tracks[0].points, 52)} 0 to 99"]
    assert rows[-1] == "20 more of depth of api; --json shows them all"


def test_a_line_of_blocks_goes_up_and_leaves_gaps_free() -> None:
    assert charts.sparkline(((0.0, 0.0), (1.0, 1.0), (2.0, 2.0)), 60) == "▁▅█"
    assert charts.sparkline(((0.0, 5.0), (1.0, 5.0)), 60) == "▁▁"
    assert charts.sparkline(((0.0, math.nan),), 60) == ""
    gap = charts.sparkline(tuple((float(at), 1.0) for at in (*range(10), *range(90, 100))), 20)
    assert gap.startswith("▁▁")
    assert "   " in gap
    assert gap.endswith("▁▁")


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats()), max_size=30), st.integers(1, 60))
def test_no_course_breaks_the_line_of_blocks(points: list[tuple[float, float]], columns: int) -> None:
    assert len(charts.sparkline(tuple(sorted(points)), columns)) <= columns
