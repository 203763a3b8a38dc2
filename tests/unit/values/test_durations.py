import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.values import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("100ms", 0.1),
        ("2s", 2),
        ("15m", 900),
        ("4h", 14400),
        ("30d", 2592000),
        ("1.5h", 5400),
        ("1w", 604800),
    ],
)
def test_a_duration_is_read_as_seconds(text: str, seconds: float) -> None:
    assert durations.parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "5 s", "-1s", "1y", "1s2m", "٣s", None, 5, True])
def test_what_is_no_duration_is_named_with_what_is_expected(text: object) -> None:
    with pytest.raises(ValueError, match=r"found .* expected a duration such as 500ms"):
        durations.parse_duration(text)


@given(st.integers(min_value=1, max_value=10**9))
def test_a_printed_duration_reads_back_as_the_same(milliseconds: int) -> None:
    seconds = milliseconds if milliseconds > 1000 else milliseconds / 1000
    assert durations.parse_duration(durations.format_duration(seconds)) == pytest.approx(seconds, rel=1e-5)
