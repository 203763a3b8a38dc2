"""When a job on a schedule is due, from any moment."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial import parts
from seatrial.drivers.laptop import timetables
from seatrial.values.references import Template

BERLIN = "Europe/Berlin"


def job(schedule: str, zone: str = "UTC") -> parts.Job:
    build = parts.Build(context=".")
    program = parts.Command(words=(Template(("report",)),), build=build)
    return parts.Job(name="report", program=program, when="schedule", schedule=schedule, zone=zone)


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "due"),
    [
        ("0 6 * * *", "UTC", "2026-11-20 05:59:59", "2026-11-20 06:00"),
        ("0 6 * * *", "UTC", "2026-11-20 06:00", "2026-11-21 06:00"),
        ("*/15 * * * 1-5", "UTC", "2026-11-20 23:50", "2026-11-23 00:00"),
        ("0 0 29 2 *", "UTC", "2026-11-20 00:00", "2028-02-29 00:00"),
        ("0 6 * * *", BERLIN, "2026-11-20 05:59", "2026-11-20 06:00"),
    ],
)
def test_the_next_time_comes_after_the_moment(schedule: str, zone: str, after: str, due: str) -> None:
    assert timetables.next_due(job(schedule, zone), at(after, zone)) == at(due, zone)


def test_a_job_at_a_fixed_hour_runs_once_where_clocks_are_put_forward_or_back() -> None:
    nightly = job("30 2 * * *", BERLIN)
    spring = timetables.missed(nightly, at("2026-03-28 12:00", BERLIN), at("2026-03-29 12:00", BERLIN))
    autumn = timetables.missed(nightly, at("2026-10-24 12:00", BERLIN), at("2026-10-25 12:00", BERLIN))
    assert (len(spring), len(autumn)) == (1, 1)


def test_what_was_missed_is_counted_up_to_a_bound() -> None:
    hourly = job("0 * * * *")
    missed = timetables.missed(hourly, at("2026-11-20 05:30"), at("2026-11-20 08:00"))
    assert missed == [at(f"2026-11-20 0{hour}:00") for hour in (6, 7, 8)]
    assert timetables.missed(hourly, at("2026-11-20 05:30"), at("2026-11-20 05:59")) == []
    years = timetables.missed(job("* * * * *"), at("2020-01-01 00:00"), at("2026-01-01 00:00"))
    assert len(years) == timetables.MISSED_MAX


@given(st.floats(min_value=0, max_value=4e9, allow_nan=False))
def test_the_next_time_is_always_later_and_on_its_minute(after: float) -> None:
    due = timetables.next_due(job("*/5 * * * *"), after)
    assert after < due <= after + 300
    assert datetime.fromtimestamp(due, UTC).minute % 5 == 0


def test_a_moment_is_told_in_the_zone_of_the_job() -> None:
    assert (
        timetables.shown(job("0 6 * * *", BERLIN), at("2026-11-20 05:00")) == "2026-11-20 06:00 Europe/Berlin"
    )
