"""Rates, sums and quantiles come out as Prometheus has them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.drivers.laptop.telemetry import figures
from seatrial.drivers.laptop.telemetry.samples import Series, Track


def track(name: str, kind: str, *values: float, family: str = "", **labels: str) -> Track:
    series = Series(family=family or name, kind=kind, name=name, labels=tuple(sorted(labels.items())))
    points = tuple((at * 10.0, value) for at, value in enumerate(values))
    return Track(part="api", series=series, began=0, until=10.0 * (len(values) - 1), points=points)


BUCKETS = [(0.1, 10.0), (0.5, 20.0), (1.0, 20.0), (math.inf, 40.0)]


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 0.0), (0.125, 0.05), (0.25, 0.1), (0.375, 0.3), (0.5, 0.5), (0.9, 1.0)]
)
def test_a_quantile_is_linear_within_its_bucket(share: float, expected: float) -> None:
    assert figures.quantile(share, BUCKETS) == pytest.approx(expected)


@pytest.mark.parametrize("buckets", [[], [(1.0, 5.0)], [(1.0, 0.0), (math.inf, 0.0)]])
def test_where_nothing_was_counted_there_is_no_quantile(buckets: list[tuple[float, float]]) -> None:
    assert math.isnan(figures.quantile(0.5, buckets))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=9), st.floats(0, 1))
def test_a_quantile_lies_within_the_bounds(counts: list[float], share: float) -> None:
    totals = [math.fsum(counts[: at + 1]) for at in range(len(counts))]
    buckets = [*((float(at + 1), total) for at, total in enumerate(totals)), (math.inf, totals[-1])]
    found = figures.quantile(share, buckets)
    assert math.isnan(found) or 0 <= found <= len(counts)


def test_a_counter_is_summed_over_its_labels_and_told_apart_by_them() -> None:
    tracks = [
        track("jobs_total", "counter", 0, 10, family="jobs", queue="a"),
        track("jobs_total", "counter", 5, 35, family="jobs", queue="b"),
    ]
    (whole,) = figures.by_metric(tracks)
    assert (whole.metric, whole.series, whole.low, whole.high, whole.rate) == ("jobs_total", 2, 45, 45, 4.0)
    assert whole.points == ((0.0, 5.0), (10.0, 45.0))
    assert [(one.labels, one.rate) for one in figures.by_labels(tracks)] == [
        ((("queue", "a"),), 1.0),
        ((("queue", "b"),), 3.0),
    ]


def test_a_gauge_has_extremes_and_no_rate() -> None:
    (one,) = figures.by_metric([track("depth", "gauge", 1, 7, q="a"), track("depth", "gauge", 1, -7, q="b")])
    assert (one.low, one.high) == (-7, 7)
    assert math.isnan(one.rate)


def test_a_histogram_has_the_quantiles_of_what_was_counted_meanwhile() -> None:
    tracks = [
        track("took_bucket", "histogram", 1000, 1050, family="took", le="0.1", route="/"),
        track("took_bucket", "histogram", 1000, 1100, family="took", le="1", route="/"),
        track("took_bucket", "histogram", 1000, 1100, family="took", le="+Inf", route="/"),
        track("took_count", "histogram", 1000, 1100, family="took", route="/"),
        track("took_sum", "histogram", 1, 2, family="took", route="/"),
    ]
    (one,) = figures.by_labels(tracks)
    assert (one.labels, one.series, one.high, one.rate) == ((("route", "/"),), 1, 1100, 10.0)
    assert one.quantiles == pytest.approx({0.5: 0.1, 0.95: 0.91, 0.99: 0.982})


def test_a_summary_tells_its_own_quantiles() -> None:
    tracks = [
        track("size", "summary", 1, 2, family="size", quantile="0.5"),
        track("size_count", "summary", 0, 10, family="size"),
    ]
    (one,) = figures.by_metric(tracks)
    assert (dict(one.quantiles), one.high, one.rate) == ({0.5: 2}, 10, 1.0)


def test_changes_are_per_second_and_a_restart_begins_at_nothing() -> None:
    points = ((0.0, 0.0), (10.0, 20.0), (20.0, 5.0), (20.0, 6.0), (30.0, 6.0))
    assert figures.changes(points) == ((10.0, 2.0), (20.0, 0.5), (30.0, 0.0))
