"""What parts answer to a scrape: both formats, broken ones, and far too much."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, generate_latest
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from seatrial.drivers.laptop.telemetry.expositions import SERIES_MAX, parse_exposition


def registry() -> CollectorRegistry:
    made = CollectorRegistry()
    Counter("jobs", "Jobs", ["queue"], registry=made).labels("mail").inc(3)
    Gauge("depth", "Depth", registry=made).set(-1.5)
    Histogram("took_seconds", "Time", buckets=[0.1, 1], registry=made).observe(0.5)
    Summary("size", "Size", registry=made).observe(10)
    return made


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        (generate_latest(registry()).decode(), "text/plain; version=0.0.4"),
        (generate_openmetrics(registry()).decode(), CONTENT_TYPE_LATEST),
    ],
)
def test_both_formats_tell_the_same(text: str, content_type: str) -> None:
    read = parse_exposition(text, content_type)
    told = {(one.kind, one.name, one.labels): value for one, value in read.readings.items()}
    assert told == {
        ("counter", "jobs_total", (("queue", "mail"),)): 3.0,
        ("gauge", "depth", ()): -1.5,
        ("histogram", "took_seconds_bucket", (("le", "0.1"),)): 0.0,
        ("histogram", "took_seconds_bucket", (("le", "1.0"),)): 1.0,
        ("histogram", "took_seconds_bucket", (("le", "+Inf"),)): 1.0,
        ("histogram", "took_seconds_count", ()): 1.0,
        ("histogram", "took_seconds_sum", ()): 0.5,
        ("summary", "size_count", ()): 1.0,
        ("summary", "size_sum", ()): 10.0,
    }
    assert not read.cut


@pytest.mark.parametrize("content_type", ["text/plain", "application/openmetrics-text"])
def test_of_a_million_series_the_first_are_kept(content_type: str) -> None:
    lines = "".join(f'many{{n="{number}"}} 1\n' for number in range(1_000_000))
    ending = "# EOF\n" if "openmetrics" in content_type else ""
    read = parse_exposition(f"# TYPE many gauge\n{lines}{ending}", content_type)
    assert read.cut
    assert len(read.readings) == SERIES_MAX


def test_a_histogram_that_the_bound_cuts_through_does_not_cost_the_others() -> None:
    gauges = "".join(f"# TYPE g{number} gauge\ng{number} 1\n" for number in range(SERIES_MAX - 1))
    cut_through = '# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 1\nh_count 1\nh_sum 1\n'
    read = parse_exposition(f"{gauges}{cut_through}# EOF\n", "application/openmetrics-text")
    assert read.cut
    assert len(read.readings) == SERIES_MAX - 1


@pytest.mark.parametrize(
    "text", ["<html>no</html>", "a b c d", "a{b=c} 1", 'a{b="c" 1', "a 1e", "x" * 20_000, "{} 1"]
)
def test_what_is_no_exposition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_exposition(text, "text/plain")


def test_openmetrics_that_ends_too_early_is_refused() -> None:
    with pytest.raises(ValueError, match="EOF"):
        parse_exposition("a 1\n", "application/openmetrics-text")


def test_no_answer_at_all_tells_nothing() -> None:
    assert parse_exposition("", "text/plain").readings == {}


@given(st.text(alphabet='abc{}="\\,# \n1.eTYPEHELP_total+-NaI', max_size=80), st.booleans())
def test_no_text_breaks_the_reading(text: str, is_openmetrics: bool) -> None:
    content_type = "application/openmetrics-text" if is_openmetrics else "text/plain"
    with contextlib.suppress(ValueError):
        parse_exposition(text, content_type)
