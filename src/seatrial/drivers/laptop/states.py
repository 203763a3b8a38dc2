"""What becomes of a part when something happens to it: pure, so that every order of events can be tried.

pending → starting → ready ⇄ degraded → failed (→ ready when it passes again); jobs end in done; all may be
stopped. A part that was never ready is given up; one that once was is tried again as long as its supervisor
lives, because what it misses may come back. A start counts as good when the part has stayed for a while: a
program may take its port, and so pass, before it finds out that it cannot work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from seatrial import errors
from seatrial.drivers.reports import State
from seatrial.values.durations import format_duration

Kind = Literal[
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
]
BACK_OFF_SECONDS = 0.1
BACK_OFF_SECONDS_MAX = 5.0
WORN_BACK_OFF_SECONDS = 60.0
"""For a part that was restarted too often."""
UNSTEADY_STARTS = 3
"""So many starts in a row that did not last are told to people; one or two are an accident."""

LEGAL: Mapping[State, frozenset[State]] = {
    State.PENDING: frozenset({State.STARTING, State.FAILED, State.STOPPED}),
    State.STARTING: frozenset({State.READY, State.DONE, State.FAILED, State.STOPPED}),
    State.READY: frozenset({State.DEGRADED, State.STARTING, State.FAILED, State.STOPPED}),
    State.DEGRADED: frozenset({State.READY, State.STARTING, State.FAILED, State.STOPPED}),
    State.FAILED: frozenset({State.READY, State.STARTING, State.STOPPED}),
    State.DONE: frozenset(),
    State.STOPPED: frozenset(),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """How much trouble is borne before a part counts as failed."""

    deadline_seconds: float
    live_failures_max: int = 3
    starts_unready_max: int = 5
    steady_seconds: float = 10.0
    """A life that ends sooner after it first was ready is a start that did not succeed."""
    restarts_max: int = 30
    restarts_window_seconds: float = 600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """Something that happened to a part; `text` is what a probe was told or why."""

    kind: Kind
    now: float
    text: str = ""
    asked: str = ""
    """What the probe asked, such as GET /ready on port 8000."""
    note: str = ""
    """What people should know of the part although it is well."""
    cause: type[errors.SeatrialError] = errors.PartFailedError
    """What an end or a giving up is the fault of, for the exit code."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """Where a part stands, and what of its past matters for what comes next."""

    state: State = State.PENDING
    reason: str = ""
    answer: str = ""
    since: float = 0.0
    troubled_since: float = 0.0
    """Start of the present span without being ready; the deadline counts from here."""
    live_failures: int = 0
    starts_unready: int = 0
    """Starts in a row that ended before they were ready, or too soon after."""
    life_ready_at: float | None = None
    """When the present life first was ready."""
    restarts: tuple[float, ...] = ()
    restarts_total: int = 0
    restarts_asked: int = 0
    """Those that people asked for; the others are counted apart."""
    renewed: bool = False
    """Its restart was asked for: the next start begins a span of its own."""
    was_ready: bool = False
    pause_seconds: float = 0.0
    """Between the starts of a part that counts as failed."""
    blocked: bool = False
    """It does not start because of another part."""
    final: bool = False
    """Nothing will be started again, unless somebody asks for it."""
    cause: type[errors.SeatrialError] = errors.PartFailedError
    """What its last failure was the fault of."""

    @property
    def arrived(self) -> bool:
        return self.state in (State.READY, State.DONE)

    @property
    def unsteady(self) -> bool:
        """It ends again and again soon after its starts, though it may be ready just now."""
        return self.starts_unready >= UNSTEADY_STARTS

    @property
    def back_off_seconds(self) -> float:
        """The pause before the next start: 0.1 s, doubled with every start that did not last."""
        doubled = BACK_OFF_SECONDS * 2.0 ** max(self.starts_unready - 1, 0)
        return self.pause_seconds or min(BACK_OFF_SECONDS_MAX, doubled)


def step(condition: Condition, happening: Happening, bounds: Bounds) -> Condition:
    """The condition after something happened. What cannot concern the part any more changes nothing."""
    revived = happening.kind == "restart" and condition.state is State.FAILED
    if condition.final and not revived:
        return condition
    return _STEPS[happening.kind](condition, happening, bounds)


def needs_kill(condition: Condition, bounds: Bounds) -> bool:
    """It runs but has not answered its live probe often enough in a row."""
    return condition.live_failures >= bounds.live_failures_max


def is_late(condition: Condition, now: float, bounds: Bounds) -> bool:
    """The next answer that does not pass makes it fail for being out of time."""
    waits = condition.state in (State.STARTING, State.DEGRADED)
    return waits and now - condition.troubled_since >= bounds.deadline_seconds


def _moved(condition: Condition, state: State, now: float, reason: str) -> Condition:
    if state is condition.state:
        return replace(condition, reason=reason)
    return replace(condition, state=state, since=now, reason=reason)


def _start(condition: Condition, happening: Happening, _: Bounds) -> Condition:
    """Why it is started again stays to be read until it is ready."""
    fresh = condition.state is not State.STARTING or condition.renewed
    reason = happening.text or ("" if condition.state is State.PENDING else condition.reason)
    moved = _moved(condition, State.STARTING, happening.now, reason)
    return replace(
        moved,
        live_failures=0,
        life_ready_at=None,
        renewed=False,
        troubled_since=happening.now if fresh else condition.troubled_since,
    )


def _wait(condition: Condition, happening: Happening, _: Bounds) -> Condition:
    return replace(condition, reason=happening.text) if condition.state is State.PENDING else condition


def _block(condition: Condition, happening: Happening, bounds: Bounds) -> Condition:
    return replace(_wait(condition, happening, bounds), blocked=condition.state is State.PENDING)


def _pass(condition: Condition, happening: Happening, bounds: Bounds) -> Condition:
    if condition.state is State.PENDING:
        return condition
    now = happening.now
    moved = _moved(condition, State.READY, now, happening.note)
    since = now if condition.life_ready_at is None else condition.life_ready_at
    ready = replace(moved, answer=happening.text, was_ready=True, life_ready_at=since)
    return replace(ready, starts_unready=0, pause_seconds=0.0) if _is_steady(ready, now, bounds) else ready


def _unready(condition: Condition, happening: Happening, bounds: Bounds) -> Condition:
    now = happening.now
    told = replace(condition, answer=happening.text)
    if condition.state is State.READY:
        degraded = _moved(told, State.DEGRADED, now, f"{happening.asked}: {happening.text}")
        return replace(degraded, troubled_since=now)
    if condition.state not in (State.STARTING, State.DEGRADED):
        return told
    if now - condition.troubled_since < bounds.deadline_seconds:
        return told
    within = format_duration(bounds.deadline_seconds)
    reason = f"{happening.asked} did not pass within {within}; last answer: {happening.text}"
    return replace(_moved(told, State.FAILED, now, reason), cause=errors.OutOfTimeError)


def _alive(condition: Condition, _: Happening, __: Bounds) -> Condition:
    return replace(condition, live_failures=0)


def _unlive(condition: Condition, happening: Happening, _: Bounds) -> Condition:
    """While it first starts, the deadline judges it; the live probe counts afterwards."""
    if condition.state in (State.PENDING, State.STARTING):
        return condition
    return replace(condition, answer=happening.text, live_failures=condition.live_failures + 1)


def _exit(condition: Condition, happening: Happening, bounds: Bounds) -> Condition:
    if condition.state is State.PENDING:
        return condition
    now = happening.now
    recent = tuple(at for at in condition.restarts if now - at < bounds.restarts_window_seconds)
    if not condition.pause_seconds:  # what is tried again after a pause is bounded by that
        recent = (*recent, now)
    steady = _is_steady(condition, now, bounds)
    unready = (0 if steady else condition.starts_unready) + (not steady or condition.state is State.FAILED)
    counted = replace(
        condition,
        restarts=recent[-bounds.restarts_max - 1 :],
        starts_unready=min(unready, bounds.starts_unready_max),
        pause_seconds=0.0,
        live_failures=0,
        cause=happening.cause,
    )
    if len(recent) > bounds.restarts_max:
        within = format_duration(bounds.restarts_window_seconds)
        why = f"more than {bounds.restarts_max} restarts within {within}; the last time it {happening.text}"
        return _failed(counted, now, why, WORN_BACK_OFF_SECONDS)
    if unready >= bounds.starts_unready_max:
        why = f"{bounds.starts_unready_max} starts in a row ended before it was ready"
        if condition.life_ready_at is not None:
            why += f" for {format_duration(bounds.steady_seconds)}"
        return _failed(counted, now, f"{why}; the last one {happening.text}", BACK_OFF_SECONDS_MAX)
    if condition.state is State.STARTING and now - condition.troubled_since >= bounds.deadline_seconds:
        within = format_duration(bounds.deadline_seconds)
        why = f"was not ready within {within}; the last start {happening.text}"
        return _failed(counted, now, why, BACK_OFF_SECONDS_MAX)
    again = replace(counted, restarts_total=condition.restarts_total + 1)
    return _start(again, replace(happening, text=f"{happening.text}; starts again"), bounds)


def _is_steady(condition: Condition, now: float, bounds: Bounds) -> bool:
    """Its present life has lasted since it first was ready."""
    return condition.life_ready_at is not None and now - condition.life_ready_at >= bounds.steady_seconds


def _failed(condition: Condition, now: float, why: str, pause_seconds: float) -> Condition:
    """For good when it was never ready; else it is started again after the pause."""
    if not condition.was_ready:
        return replace(_moved(condition, State.FAILED, now, why), final=True)
    again = replace(condition, restarts_total=condition.restarts_total + 1, pause_seconds=pause_seconds)
    return _moved(again, State.FAILED, now, f"{why}; is tried again every {format_duration(pause_seconds)}")


def _restart(condition: Condition, happening: Happening, _: Bounds) -> Condition:
    """Somebody asked for it: its past does not count against it any more."""
    if condition.state in (State.PENDING, State.DONE, State.STOPPED):
        return condition
    return replace(
        _moved(condition, State.STARTING, happening.now, happening.text),
        restarts_asked=condition.restarts_asked + 1,
        renewed=True,
        final=False,
        live_failures=0,
        starts_unready=0,
        restarts=(),
        pause_seconds=0.0,
    )


def _end(condition: Condition, happening: Happening, _: Bounds) -> Condition:
    if condition.state is not State.STARTING:
        return condition
    return replace(_moved(condition, State.DONE, happening.now, happening.text), final=True)


def _give_up(condition: Condition, happening: Happening, _: Bounds) -> Condition:
    moved = _moved(condition, State.FAILED, happening.now, happening.text)
    return replace(moved, final=True, cause=happening.cause)


def _stop(condition: Condition, happening: Happening, _: Bounds) -> Condition:
    """A part that was blocked keeps saying what by."""
    reason = condition.reason if condition.blocked else happening.text
    return replace(_moved(condition, State.STOPPED, happening.now, reason), final=True)


_STEPS: Mapping[Kind, Callable[[Condition, Happening, Bounds], Condition]] = {
    "start": _start,
    "wait": _wait,
    "block": _block,
    "pass": _pass,
    "unready": _unready,
    "alive": _alive,
    "unlive": _unlive,
    "exit": _exit,
    "restart": _restart,
    "end": _end,
    "give_up": _give_up,
    "stop": _stop,
}
