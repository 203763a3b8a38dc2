"""How often a part that is ready is asked."""

import pytest

from seatrial.drivers.laptop import components


@pytest.mark.parametrize(
    ("interval_seconds", "well", "pause_seconds"),
    [(1.0, 0, 1.0), (1.0, 29, 1.0), (1.0, 30, 5.0), (0.1, 30, 0.5), (3.0, 99, 5.0), (20.0, 99, 20.0)],
)
def test_a_part_that_is_well_for_long_is_asked_less_often_until_it_is_not(
    interval_seconds: float, well: int, pause_seconds: float
) -> None:
    assert components.pause_seconds(interval_seconds, well) == pause_seconds
