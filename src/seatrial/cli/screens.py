"""What `up` shows while a system starts: a live tree in a terminal, one line a change elsewhere."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol, Self, cast

from seatrial import parts
from seatrial.cli.outputs import Output
from seatrial.drivers import Event, State
from seatrial.plan import Plan

if TYPE_CHECKING:
    from rich.tree import Tree

MARKS: Mapping[State, tuple[str, str]] = {
    State.PENDING: ("○", "dim"),
    State.STARTING: ("◌", "yellow"),
    State.READY: ("●", "green"),
    State.DONE: ("✔", "green"),
    State.DEGRADED: ("◑", "yellow"),
    State.FAILED: ("✖", "red"),
    State.STOPPED: ("○", "dim"),
}
_REFRESH_PER_SECOND = 10


@dataclass(kw_only=True, slots=True)
class Row:
    """What the screen knows of one part."""

    state: State = State.PENDING
    reason: str = ""
    began: float | None = None
    took_seconds: float | None = None

    def take(self, event: Event) -> None:
        if event.state is State.STARTING and self.began is None:
            self.began = event.elapsed_seconds
        if event.state in {State.READY, State.DONE} and self.took_seconds is None:
            self.took_seconds = event.elapsed_seconds - (self.began or 0.0)
        self.state, self.reason = event.state, event.reason

    def seconds(self, now_seconds: float) -> str:
        if self.took_seconds is not None:
            return f"{self.took_seconds:.1f} s"
        return "" if self.began is None else f"{max(now_seconds - self.began, 0):.1f} s"


class Screen(Protocol):
    """Takes events, and shows them for as long as it is entered."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def take(self, event: Event) -> None: ...


class Lines:
    """One line a change of state: for pipes, files and continuous integration."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._last: dict[str, tuple[State, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def take(self, event: Event) -> None:
        if self._last.get(event.part) == (event.state, event.reason):
            return
        self._last[event.part] = (event.state, event.reason)
        reason = f"  {event.reason}" if event.reason else ""
        self._output.say(f"{event.elapsed_seconds:6.1f} s  {event.part:<12} {event.state}{reason}".rstrip())


class JsonLines:
    """One JSON object a change of state: for programs."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def take(self, event: Event) -> None:
        self._output.say(json.dumps(dataclasses.asdict(event), ensure_ascii=False))


class LiveTree:
    """Stores, jobs and services as a tree that is drawn anew ten times a second."""

    def __init__(self, plan: Plan, output: Output) -> None:
        from rich.console import Console  # noqa: PLC0415  # late: only a terminal needs rich
        from rich.live import Live  # noqa: PLC0415

        self._plan = plan
        self._rows = {name: Row() for names in groups(plan).values() for name in names}
        self._began = time.monotonic()
        console = Console(file=cast("IO[str]", output))
        self._live = Live(
            get_renderable=self._tree,
            console=console,
            refresh_per_second=_REFRESH_PER_SECOND,
            redirect_stdout=False,
        )

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self._live.stop()

    def take(self, event: Event) -> None:
        if event.part in self._rows:
            self._rows[event.part].take(event)

    def _tree(self) -> Tree:
        from rich.tree import Tree  # noqa: PLC0415

        now = time.monotonic() - self._began
        tree = Tree(f"[bold]{self._plan.system}[/bold] [dim]{self._plan.environment} {now:.1f} s[/dim]")
        for title, names in groups(self._plan).items():
            branch = tree.add(f"[dim]{title}[/dim]")
            for name in names:
                branch.add(self._label(name, now))
        return tree

    def _label(self, name: str, now_seconds: float) -> str:
        from rich.markup import escape  # noqa: PLC0415

        row = self._rows[name]
        mark, colour = MARKS[row.state]
        reason = f"  [dim]{escape(row.reason)}[/dim]" if row.reason else ""
        seconds = row.seconds(now_seconds)
        return (
            f"[{colour}]{mark}[/{colour}] {name:<12} [{colour}]{row.state:<9}[/{colour}] {seconds:>7}{reason}"
        )


def groups(plan: Plan) -> dict[str, list[str]]:
    """The names of all that runs: stores first, then jobs, then services."""
    workloads = plan.of(parts.Workload)
    jobs = [job.name for job in plan.of(parts.Job) if job.when == "before-deploy"]
    grouped = {
        "stores": [part.name for part in workloads if isinstance(part.program, parts.Server)],
        "jobs": jobs,
        "services": [part.name for part in workloads if isinstance(part.program, parts.Command)],
    }
    return {title: names for title, names in grouped.items() if names}


def make_screen(plan: Plan, output: Output, *, as_json: bool = False) -> Screen:
    if as_json:
        return JsonLines(output)
    return LiveTree(plan, output) if output.drawable else Lines(output)
