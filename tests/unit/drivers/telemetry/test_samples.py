"""Readings come back as series over time, whatever is lost or changes in between."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.drivers.laptop.telemetry import stores
from seatrial.drivers.laptop.telemetry.samples import Scrape, ScrapeWriter, Series, Track, read_tracks

JOBS = Series(family="jobs", kind="counter", name="jobs_total")
DEPTH = Series(family="depth", kind="gauge", name="depth", labels=(("queue", "ä"),))


def keep(path: Path, *scrapes: Scrape, writer: ScrapeWriter | None = None) -> None:
    store = stores.Store(path, stores.Bounds())
    kept = writer or ScrapeWriter()
    for scrape in scrapes:
        store.write(lambda writing, scrape=scrape: kept.add(writing, scrape))
    store.close()


def scrape(time: float, part: str = "api", **known: float) -> Scrape:
    series = {"jobs": JOBS, "depth": DEPTH}
    return Scrape(time=time, part=part, readings={series[name]: value for name, value in known.items()})


def points(tracks: list[Track], part: str, name: str) -> tuple[tuple[float, float], ...]:
    return next(one.points for one in tracks if (one.part, one.series.name) == (part, name))


def test_series_come_back_by_part_and_name_with_up_among_them(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    failed = Scrape(time=3, part="api", error="connection refused", readings={})
    keep(path, scrape(1, jobs=1), scrape(2, jobs=2, depth=-1), failed, scrape(2, part="worker", jobs=9))
    tracks = read_tracks(path, since=0)
    assert points(tracks, "api", "jobs_total") == ((1, 1), (2, 2))
    assert points(tracks, "api", "depth") == ((2, -1),)
    assert points(tracks, "api", "up") == ((1, 1), (2, 1), (3, 0))
    assert points(tracks, "worker", "jobs_total") == ((2, 9),)
    assert [one.series for one in tracks if one.series.name == "depth"] == [DEPTH]


def test_only_what_is_asked_for_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    keep(path, scrape(1, jobs=1, depth=1), scrape(9, jobs=2, depth=2), scrape(9, part="worker", jobs=3))
    tracks = read_tracks(path, since=5, part="api", families=frozenset({"jobs"}))
    assert [(one.part, one.series.name, one.points) for one in tracks] == [("api", "jobs_total", ((9, 2),))]
    assert [
        one.series.name for one in read_tracks(path, since=5, part="api", families=frozenset({"up"}))
    ] == ["up"]


def test_a_layout_is_kept_once_and_again_when_it_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    writer = ScrapeWriter()
    keep(path, *(scrape(time, jobs=time) for time in range(5)), writer=writer)
    store = stores.Store(path, stores.Bounds())
    store.write(lambda writing: writing.database.execute("DELETE FROM layouts"))
    store.close()
    keep(path, scrape(9, jobs=9), writer=writer)
    with stores.reading(path) as database:
        assert database is not None
        assert database.execute("SELECT count(*) FROM layouts").fetchone()[0] == 1
    assert points(read_tracks(path, since=0), "api", "jobs_total") == ((9, 9),)


@pytest.mark.parametrize(
    ("values", "increase"),
    [
        ([(0, 5.0), (10, 9.0)], 4.0),
        ([(0, 5.0), (10, 2.0), (20, 3.0)], 3.0),
        ([(10, 5.0), (20, 6.0)], 6.0),
        ([(0, 5.0)], 0.0),
    ],
    ids=["grows", "restarts", "appears later", "is told once"],
)
def test_a_counter_grows_over_restarts_and_from_nothing(
    values: list[tuple[float, float]], increase: float
) -> None:
    track = Track(part="api", series=JOBS, began=0, until=20, points=tuple(values))
    assert track.increase == increase
    assert track.rate == increase / 20


def test_what_is_no_longer_told_has_no_last_value() -> None:
    assert math.isnan(Track(part="api", series=DEPTH, began=0, until=20, points=((10, 1.0),)).last)
    assert Track(part="api", series=DEPTH, began=0, until=20, points=((20, 1.0),)).last == 1.0
    assert math.isnan(Track(part="api", series=JOBS, began=20, until=20, points=((20, 1.0),)).rate)


@given(st.lists(st.floats(min_value=0, max_value=1e12), min_size=1, max_size=20))
def test_a_counter_never_shrinks(values: list[float]) -> None:
    told = tuple((float(index), value) for index, value in enumerate(values))
    assert Track(part="a", series=JOBS, began=0, until=len(values) - 1, points=told).increase >= 0


def test_where_nothing_was_kept_there_are_no_series(tmp_path: Path) -> None:
    assert read_tracks(tmp_path / "t.sqlite", since=0) == []
