from pathlib import Path

import pytest
from rich.console import Console

from seatrial.cli import screens
from seatrial.cli.outputs import Output
from seatrial.drivers import Event, State
from seatrial.plan import Plan, planning
from seatrial.spec import loading

PAGE = """
apiVersion: seatrial/v1alpha1
kind: System
metadata: {name: shop}
services: {api: {command: [serve], ports: {http: 8000}, uses: [db]}}
jobs: {migrate: {command: [migrate], when: before-deploy}, report: {command: [report]}}
stores: {db: {kind: postgres}}
"""


@pytest.fixture
def plan() -> Plan:
    return planning.make_plan(loading.parse_page(PAGE.encode(), "page"), "laptop", Path("/srv/shop"))


def event(part: str, state: State, seconds: float, reason: str = "") -> Event:
    return Event(part=part, state=state, reason=reason, elapsed_seconds=seconds)


def test_the_tree_shows_what_runs_in_groups_and_no_job_that_nobody_asked_for(plan: Plan) -> None:
    assert screens.groups(plan) == {"stores": ["db"], "jobs": ["migrate"], "services": ["api"]}


def test_the_time_of_a_part_counts_from_its_own_start_to_its_first_ready() -> None:
    row = screens.Row()
    assert row.seconds(1.0) == ""
    row.take(event("db", State.STARTING, 0.5))
    assert row.seconds(2.0) == "1.5 s"
    row.take(event("db", State.READY, 3.0))
    row.take(event("db", State.DEGRADED, 9.0))
    assert row.seconds(20.0) == "2.5 s"


def test_the_live_tree_shows_state_time_and_reason_without_reading_it_as_markup(plan: Plan) -> None:
    tree = screens.LiveTree(plan, Output())
    tree.take(event("db", State.STARTING, 0.0))
    tree.take(event("db", State.READY, 1.0))
    tree.take(event("api", State.FAILED, 2.0, "exit 1: [/red] no [module]"))
    console = Console(width=100, record=True, file=None, force_terminal=False, quiet=False)
    with console.capture() as captured:
        console.print(tree._tree())
    text = captured.get()
    assert "● db" in text
    assert "1.0 s" in text
    assert "exit 1: [/red] no [module]" in text


def test_without_a_terminal_each_change_is_one_line_and_no_line_twice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with screens.Lines(Output()) as lines:
        lines.take(event("db", State.STARTING, 0.1))
        lines.take(event("db", State.STARTING, 0.2))
        lines.take(event("db", State.READY, 0.3, "on 127.0.0.1:5432"))
    assert capsys.readouterr().out.splitlines() == [
        "   0.1 s  db           starting",
        "   0.3 s  db           ready  on 127.0.0.1:5432",
    ]
