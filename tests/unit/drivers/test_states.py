"""The state machine of a supervised part, on its own."""

import itertools
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from seatrial import errors
from seatrial.drivers.laptop import states
from seatrial.drivers.laptop.states import Bounds, Condition, Happening
from seatrial.drivers.reports import State

START: tuple[states.Kind, float] = ("start", 0)
EXIT: tuple[states.Kind, float] = ("exit", 0.1)
UNLIVE: tuple[states.Kind, float] = ("unlive", 1)
BOUNDS = Bounds(deadline_seconds=10.0)
KINDS: tuple[states.Kind, ...] = (
    "start",
    "wait",
    "block",
    "pass",
    "unready",
    "alive",
    "unlive",
    "exit",
    "restart",
    "end",
    "give_up",
    "stop",
)
LIVING: tuple[states.Kind, ...] = ("start", "pass", "unready", "alive", "unlive", "exit")
"""What happens to a workload that nobody ends."""
happenings = st.lists(
    st.tuples(st.sampled_from(KINDS), st.floats(min_value=0, max_value=30, allow_nan=False)), max_size=60
)


def after(kinds: Iterable[tuple[states.Kind, float]], bounds: Bounds = BOUNDS) -> list[Condition]:
    """The conditions after each happening; the second of each pair is the time since the one before."""
    conditions = [Condition()]
    now = 0.0
    for kind, seconds in kinds:
        now += seconds
        text = "" if kind == "start" else f"{kind} at {now:g}"
        happening = Happening(kind=kind, now=now, text=text, asked="GET /ready")
        conditions.append(states.step(conditions[-1], happening, bounds))
    return conditions


@given(happenings)
def test_no_order_of_happenings_leads_to_an_illegal_transition(
    kinds: list[tuple[states.Kind, float]],
) -> None:
    conditions = after(kinds)
    for before, now in itertools.pairwise(conditions):
        assert now.state is before.state or now.state in states.LEGAL[before.state]


@given(happenings)
def test_nothing_changes_what_is_final(kinds: list[tuple[states.Kind, float]]) -> None:
    conditions = after(kinds)
    for before, now in itertools.pairwise(conditions):
        asked = now.restarts_asked > before.restarts_asked and before.state is State.FAILED
        assert not before.final or now == before or asked
    assert all(one.final for one in conditions if one.state in (State.DONE, State.STOPPED))


@given(happenings)
def test_what_is_counted_stays_within_its_bounds(kinds: list[tuple[states.Kind, float]]) -> None:
    for condition in after(kinds):
        assert condition.starts_unready <= BOUNDS.starts_unready_max
        assert len(condition.restarts) <= BOUNDS.restarts_max + 1
        assert states.BACK_OFF_SECONDS <= condition.back_off_seconds <= states.WORN_BACK_OFF_SECONDS


@given(happenings)
def test_what_was_once_ready_is_never_given_up_because_it_ended(
    kinds: list[tuple[states.Kind, float]],
) -> None:
    living = [(kind, seconds) for kind, seconds in kinds if kind in LIVING]
    conditions = after([START, ("pass", 1), *living, START, ("pass", 1)])
    assert not [one for one in conditions if one.final]
    assert conditions[-1].state is State.READY


def test_a_probe_that_never_passes_fails_the_part_at_its_deadline() -> None:
    conditions = after([("start", 1), ("unready", 9.9), ("unready", 0.2)])
    assert [one.state for one in conditions] == [State.PENDING, State.STARTING, State.STARTING, State.FAILED]
    assert conditions[-1].reason == "GET /ready did not pass within 10s; last answer: unready at 11.1"
    assert not conditions[-1].final


def test_a_part_that_passed_is_degraded_at_once_and_failed_after_its_deadline() -> None:
    conditions = after(
        [("start", 0), ("pass", 100), ("unready", 100), ("unready", 9), ("unready", 2), ("pass", 1)]
    )
    expected = [State.STARTING, State.READY, State.DEGRADED, State.DEGRADED, State.FAILED, State.READY]
    assert [one.state for one in conditions[1:]] == expected


def test_the_deadline_runs_on_over_restarts_that_never_became_ready() -> None:
    conditions = after([("start", 0), ("exit", 6), ("start", 1), ("unready", 4)])
    assert conditions[-1].state is State.FAILED


def test_a_start_that_ends_after_the_deadline_is_the_last() -> None:
    last = after([START, EXIT, ("start", 5), ("exit", 5)])[-1]
    assert (last.state, last.final) == (State.FAILED, True)
    assert last.reason == "was not ready within 10s; the last start exit at 10.1"


def test_what_a_failure_is_the_fault_of_is_kept() -> None:
    late = after([START, ("unready", 11)])[-1]
    assert late.cause is errors.OutOfTimeError
    condition = after([START])[-1]
    for number in range(5):
        gone = Happening(kind="exit", now=number, text="found no program", cause=errors.MissingError)
        condition = states.step(condition, gone, BOUNDS)
    assert (condition.state, condition.cause) == (State.FAILED, errors.MissingError)


def test_a_restart_that_is_asked_for_is_counted_apart_and_begins_a_span_of_its_own() -> None:
    asked = after([START, ("pass", 1), EXIT, START, ("pass", 1), ("restart", 5), ("start", 8)])[-1]
    assert (asked.state, asked.restarts_total, asked.restarts_asked) == (State.STARTING, 1, 1)
    assert asked.troubled_since == asked.since + 8
    assert asked.restarts == ()


def test_a_part_that_was_given_up_is_started_again_when_somebody_asks() -> None:
    given_up: list[tuple[states.Kind, float]] = [START, ("give_up", 1)]
    assert after(given_up)[-1].final
    revived = after([*given_up, ("restart", 5), START, ("pass", 1)])[-1]
    assert (revived.state, revived.final) == (State.READY, False)


def test_what_is_done_or_stopped_is_not_restarted() -> None:
    for ending in ("end", "stop"):
        ended: list[tuple[states.Kind, float]] = [START, (ending, 1)]
        conditions = after([*ended, ("restart", 5)])
        assert conditions[-1] == conditions[-2]


def test_five_starts_in_a_row_fail_a_part_for_good_that_was_never_ready() -> None:
    conditions = after([START, *[EXIT] * 5])
    assert [one.state for one in conditions[1:]] == [State.STARTING] * 5 + [State.FAILED]
    assert conditions[-1].final


def test_the_pause_before_a_restart_doubles_until_the_part_was_ready() -> None:
    pauses = [one.back_off_seconds for one in after([START, *[EXIT] * 4])[2:]]
    assert pauses == [0.1, 0.2, 0.4, 0.8]
    assert (
        after([("start", 0), ("exit", 1), ("exit", 1), ("pass", 1), ("exit", 11)])[-1].back_off_seconds == 0.1
    )


def test_twenty_deaths_in_a_row_are_survived_when_each_came_after_it_was_steady() -> None:
    lives: list[tuple[states.Kind, float]] = [("start", 0.1), ("pass", 0.3), ("exit", 10.1)]
    conditions = after([*lives * 20, ("start", 0.1), ("pass", 0.3)])
    assert conditions[-1].state is State.READY
    assert conditions[-1].restarts_total == 20


def test_a_part_that_was_once_ready_is_failed_after_five_starts_and_tried_again_until_it_is_ready() -> None:
    outage = after([START, ("pass", 1), EXIT, *[START, EXIT] * 5])[-1]
    assert (outage.state, outage.final, outage.back_off_seconds) == (State.FAILED, False, 5.0)
    expected = (
        "5 starts in a row ended before it was ready; the last one exit at 1.6; is tried again every 5s"
    )
    assert outage.reason == expected
    long = after([START, ("pass", 1), EXIT, *[START, EXIT] * 5, *[("start", 5), EXIT] * 500])
    assert {one.back_off_seconds for one in long[-20:]} == {5.0}
    again = after([START, ("pass", 1), EXIT, *[START, EXIT] * 5, ("start", 5), ("unready", 1), ("pass", 1)])
    assert [one.state for one in again[-4:]] == [State.FAILED, State.STARTING, State.STARTING, State.READY]
    assert again[-2].reason == expected
    assert (again[-1].reason, again[-1].back_off_seconds) == ("", 5.0)
    lasting = [*[START, EXIT] * 5, ("start", 5), ("pass", 1), ("pass", 10)]
    assert after([START, ("pass", 1), EXIT, *lasting])[-1].back_off_seconds == 0.1


def test_a_part_that_ends_soon_after_it_was_ready_has_not_started_well_and_is_unsteady_until_it_stays() -> (
    None
):
    life: list[tuple[states.Kind, float]] = [START, ("pass", 1), EXIT]
    conditions = after(life * 5)
    assert [one.back_off_seconds for one in conditions[3::3]] == [0.1, 0.2, 0.4, 0.8, 5.0]
    assert [one.unsteady for one in conditions[3::3]] == [False, False, True, True, True]
    assert conditions[-1].reason.startswith("5 starts in a row ended before it was ready for 10s; the last")
    assert (conditions[-1].state, conditions[-1].final) == (State.FAILED, False)
    again = after([*life * 5, START, ("pass", 1), ("pass", 9.9), ("pass", 0.1)])
    assert [one.state for one in again[-3:]] == [State.READY] * 3
    assert [one.unsteady for one in again[-3:]] == [True, True, False]


def test_more_than_thirty_restarts_in_ten_minutes_fail_the_part_which_is_then_tried_each_minute() -> None:
    lives: list[tuple[states.Kind, float]] = [("start", 0.1), ("pass", 0.3), ("exit", 10.1)]
    rare: list[tuple[states.Kind, float]] = [("start", 60), ("pass", 0.3), ("exit", 10.1)]
    assert after(lives * 30)[-1].state is State.STARTING
    worn = after(lives * 31)[-1]
    assert (worn.state, worn.final, worn.back_off_seconds) == (State.FAILED, False, 60.0)
    assert worn.reason.startswith("more than 30 restarts within 10m; the last time it exit at 325.5")
    assert after([*lives * 31, *rare[:2]])[-1].state is State.READY
    assert after([*lives * 31, *rare * 3])[-1].back_off_seconds == 60.0
    assert after([*lives * 31, *rare * 11])[-1].back_off_seconds == 0.1
    slow: list[tuple[states.Kind, float]] = [("start", 1), ("pass", 9), ("exit", 11)]
    assert all(one.state is not State.FAILED for one in after(slow * 200))


def test_three_failures_of_the_live_probe_in_a_row_ask_for_a_kill_but_not_while_it_starts() -> None:
    assert not states.needs_kill(after([START, *[UNLIVE] * 5])[-1], BOUNDS)
    ready: list[tuple[states.Kind, float]] = [("start", 0), ("pass", 1)]
    assert states.needs_kill(after([*ready, *[UNLIVE] * 3])[-1], BOUNDS)
    interrupted: list[tuple[states.Kind, float]] = [("unlive", 1), ("unlive", 1), ("alive", 1), ("unlive", 1)]
    assert not states.needs_kill(after([*ready, *interrupted])[-1], BOUNDS)


def test_a_part_that_is_degraded_keeps_its_first_reason_and_tells_the_last_answer() -> None:
    condition = after([START, ("pass", 1), ("unready", 1), ("unready", 1)])[-1]
    assert (condition.reason, condition.answer) == ("GET /ready: unready at 2", "unready at 3")


def test_why_a_part_was_started_again_stays_until_it_is_ready() -> None:
    again = after([START, ("pass", 1), EXIT, START, ("unready", 1)])[-1]
    assert again.reason == "exit at 1.1; starts again"
    assert after([START, ("pass", 1), EXIT, START, ("pass", 1)])[-1].reason == ""


def test_a_blocked_part_keeps_its_reason_when_it_is_stopped() -> None:
    stopped = after([("block", 0), ("stop", 1)])[-1]
    assert (stopped.state, stopped.reason) == (State.STOPPED, "block at 0")


def test_a_part_that_only_waited_is_stopped_without_saying_that_it_waits() -> None:
    stopped = after([("wait", 0), ("stop", 1)])[-1]
    assert (stopped.state, stopped.reason) == (State.STOPPED, "stop at 1")
