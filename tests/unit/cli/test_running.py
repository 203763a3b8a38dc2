"""What the first line of `status` says of a system."""

import pytest

from seatrial.cli import running
from seatrial.drivers.reports import Component, State, Status

WELL = Component(name="api", state=State.READY)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Component(name="worker", state=State.READY), "up"),
        (Component(name="clean", state=State.PENDING, due=1.0), "up"),
        (Component(name="worker", state=State.DEGRADED), "up; worker is degraded"),
        (Component(name="worker", state=State.FAILED), "up; worker is failed"),
        (Component(name="worker", state=State.READY, unsteady=True), "up; worker is unsteady"),
        (Component(name="clean", state=State.FAILED, due=1.0), "up; job clean failed"),
    ],
)
def test_the_first_line_of_status_names_what_is_not_well(other: Component, said: str) -> None:
    assert running.headline(Status(phase="up", components=(WELL, other))) == said


def test_what_does_not_run_has_its_phase_for_a_first_line() -> None:
    stopped = Component(name="api", state=State.STOPPED)
    assert running.headline(Status(phase="stopped", components=(stopped,))) == "stopped"
