"""The ledger: reserved before, settled after, charged in full when nobody came back."""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial import errors
from seatrial.gateway.budgets import Budget, Threshold
from seatrial.gateway.ledgers import Ledger, Reservation, Shortage

DAY = "2026-11-20"
TELL = Threshold(millionths=800_000, do="tell", who=("oncall",))
STOP = Threshold(millionths=1_000_000, do="stop", who=("writer",))
ALL = Budget(name="all", currency="USD", limit_nanos=100, span="day")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.sqlite")
    yield opened
    opened.close()


def reserved(
    ledger: Ledger, nanos: int, model: str = "writer", *budgets: Budget, day: str = DAY
) -> Reservation:
    held = ledger.reserve(model, nanos, day, budgets or (ALL,))
    assert isinstance(held, Reservation)
    return held


def test_what_is_reserved_leaves_less_for_the_next_and_what_was_not_used_comes_back(ledger: Ledger) -> None:
    first = reserved(ledger, 60)
    short = ledger.reserve("writer", 50, DAY, (ALL,))
    assert isinstance(short, Shortage)
    assert (short.standing.reserved_nanos, short.standing.remaining_nanos) == (60, 40)
    ledger.settle(first, 10, 0, (ALL,))
    reserved(ledger, 90)
    assert isinstance(ledger.reserve("writer", 1, DAY, (ALL,)), Shortage)


def test_a_call_must_fit_every_budget_and_each_counts_its_own_models_and_days(ledger: Ledger) -> None:
    month = Budget(name="month", currency="USD", limit_nanos=150, span="month", models=("writer",))
    ledger.settle(reserved(ledger, 100, "writer", ALL, month), 100, 0, (ALL, month))
    ledger.settle(reserved(ledger, 40, "reader", ALL, day="2026-11-21"), 40, 0, (ALL,))
    assert isinstance(ledger.reserve("writer", 51, "2026-11-21", (ALL, month)), Shortage)
    reserved(ledger, 50, "writer", ALL, month, day="2026-11-21")
    reserved(ledger, 100, "writer", ALL, month, day="2026-12-01")
    spent = [one.spent_nanos for one in ledger.standings((ALL, month), "2026-11-21")]
    assert spent == [40, 100]


def test_what_is_still_reserved_at_the_next_start_is_charged_in_full(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    first = Ledger(path)
    reserved(first, 60)
    first.close()
    second = Ledger(path)
    assert second.charge_open() == 60
    standing = second.standings((ALL,), DAY)[0]
    assert (standing.spent_nanos, standing.bound_nanos, standing.reserved_nanos) == (60, 60, 0)
    second.close()


def test_a_second_gateway_on_the_same_ledger_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(errors.MissingError, match="another gateway is using it"):
        Ledger(tmp_path / "ledger.sqlite")
    reserved(ledger, 1)


def test_a_file_that_is_no_ledger_or_one_of_a_later_version_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"x" * 4096)
    with pytest.raises(errors.MissingError, match="file is not a database; move it away"):
        Ledger(path)
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 9")
    database.close()
    with pytest.raises(errors.MissingError, match="is a ledger of version 9"):
        Ledger(path)


def test_a_threshold_is_crossed_once_in_its_window_even_over_restarts(tmp_path: Path) -> None:
    budget = Budget(name="all", currency="USD", limit_nanos=100, span="day", thresholds=(TELL, STOP))
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    assert ledger.settle(reserved(ledger, 79, "writer", budget), 79, 0, (budget,)) == ()
    crossed = ledger.settle(reserved(ledger, 1, "writer", budget), 1, 0, (budget,))
    assert [one.threshold for one in crossed] == [TELL]
    ledger.close()
    ledger = Ledger(path)
    assert ledger.settle(reserved(ledger, 1, "writer", budget), 1, 0, (budget,)) == ()
    tomorrow = ledger.settle(reserved(ledger, 90, "writer", budget, day="2026-11-21"), 90, 0, (budget,))
    assert [one.threshold for one in tomorrow] == [TELL]
    assert ledger.standings((budget,), DAY)[0].crossed == (TELL,)
    ledger.close()


def test_a_rest_into_which_no_ordinary_call_fits_counts_as_spent_up_to_a_hundredth(tmp_path: Path) -> None:
    budget = Budget(
        name="all", currency="USD", limit_nanos=1000, span="day", thresholds=(STOP,), call_nanos=30
    )
    ledger = Ledger(tmp_path / "ledger.sqlite")
    assert ledger.settle(reserved(ledger, 990, "writer", budget), 990, 0, (budget,)) == ()
    crossed = ledger.settle(reserved(ledger, 1, "writer", budget), 1, 0, (budget,))
    assert [one.threshold for one in crossed] == [STOP]
    stopped = ledger.reserve("writer", 1, DAY, (budget,))
    assert isinstance(stopped, Shortage)
    assert stopped.stopped_by == STOP
    reserved(ledger, 1, "reader", budget)
    ledger.close()


@pytest.mark.parametrize("nanos", [96, 101])
def test_a_call_that_does_not_fit_stops_no_other_that_does(ledger: Ledger, nanos: int) -> None:
    budget = Budget(
        name="all", currency="USD", limit_nanos=100, span="day", thresholds=(TELL, STOP), call_nanos=5
    )
    ledger.settle(reserved(ledger, 5, "writer", budget), 5, 0, (budget,))
    large = ledger.reserve("writer", nanos, DAY, (budget,))
    assert isinstance(large, Shortage)
    assert (large.crossings, large.stopped_by) == ((), None)
    assert ledger.standings((budget,), DAY)[0].crossed == ()
    reserved(ledger, 95, "writer", budget)


def test_a_budget_that_is_raised_lets_a_stopped_model_go_on_and_one_that_is_cut_stops_it(
    ledger: Ledger,
) -> None:
    low, high = (
        Budget(name="all", currency="USD", limit_nanos=limit, span="day", thresholds=(TELL, STOP))
        for limit in (100, 1000)
    )
    ledger.settle(reserved(ledger, 100, "writer", low), 100, 0, (low,))
    assert isinstance(ledger.reserve("writer", 1, DAY, (low,)), Shortage)
    assert ledger.standings((high,), DAY)[0].crossed == ()
    reserved(ledger, 1, "writer", high)
    stopped = ledger.reserve("writer", 1, DAY, (low,))
    assert isinstance(stopped, Shortage)
    assert stopped.stopped_by == STOP


def test_what_is_charged_at_a_start_crosses_thresholds_at_the_first_refusal(tmp_path: Path) -> None:
    budget = Budget(name="all", currency="USD", limit_nanos=100, span="day", thresholds=(TELL,))
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    reserved(ledger, 100, "writer", budget)
    ledger.close()
    ledger = Ledger(path)
    ledger.charge_open()
    told = [ledger.reserve("writer", 1, DAY, (budget,)) for _ in range(2)]
    assert [len(one.crossings) for one in told if isinstance(one, Shortage)] == [1, 0]
    ledger.close()


@pytest.mark.parametrize("wrong", ["1970-01-01", "2030-01-01"])
def test_a_call_while_the_clock_was_wrong_makes_no_other_day_forgotten(tmp_path: Path, wrong: str) -> None:
    month = Budget(name="month", currency="USD", limit_nanos=100, span="month")
    ledger = Ledger(tmp_path / "ledger.sqlite")
    for day in (DAY, wrong):
        ledger.settle(reserved(ledger, 100, "writer", month, day=day), 100, 0, (month,))
    ledger.charge_open()
    assert [ledger.standings((month,), day)[0].spent_nanos for day in (DAY, wrong)] == [100, 100]
    ledger.close()


def test_the_last_days_on_which_something_was_spent_are_kept_and_the_others_forgotten(ledger: Ledger) -> None:
    days = [(dt.date(2023, 1, 1) + dt.timedelta(days=3 * index)).isoformat() for index in range(802)]
    for day in days:
        ledger.settle(reserved(ledger, 1, day=day), 1, 0, (ALL,))
    ledger.charge_open()
    spent = [ledger.standings((ALL,), day)[0].spent_nanos for day in days]
    assert spent == [0, 0] + [1] * 800


def test_a_call_that_waits_for_others_only_exhausts_nothing(ledger: Ledger) -> None:
    budget = Budget(name="all", currency="USD", limit_nanos=100, span="day", thresholds=(STOP,))
    held = reserved(ledger, 95, "writer", budget)
    waiting = ledger.reserve("writer", 6, DAY, (budget,))
    assert isinstance(waiting, Shortage)
    assert waiting.crossings == ()
    ledger.settle(held, 5, 0, (budget,))
    reserved(ledger, 6, "writer", budget)


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 1), st.booleans()), max_size=30))
def test_spent_and_reserved_together_never_exceed_the_limit(calls: list[tuple[int, float, bool]]) -> None:
    ledger = Ledger(Path(":memory:"))
    open_calls: list[Reservation] = []
    for nanos, share, waits in calls:
        held = ledger.reserve("writer", nanos, DAY, (ALL,))
        if isinstance(held, Reservation):
            open_calls.append(held)
        if open_calls and not waits:
            done = open_calls.pop(0)
            ledger.settle(done, int(done.nanos * share), 0, (ALL,))
        standing = ledger.standings((ALL,), DAY)[0]
        assert standing.spent_nanos + standing.reserved_nanos <= 100
    ledger.close()


def test_a_commit_that_fails_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    held = reserved(ledger, 10)
    ledger._database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        ledger.reserve("writer" * 10_000, 0, DAY, (ALL,))
    ledger._database.execute("PRAGMA max_page_count = 100000")
    ledger.settle(held, 10, 0, (ALL,))
    assert ledger.standings((ALL,), DAY)[0].spent_nanos == 10
    ledger.close()
