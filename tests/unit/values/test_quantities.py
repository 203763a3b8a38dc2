import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.values import quantities


def test_amounts_are_read_in_the_units_of_kubernetes() -> None:
    assert quantities.parse_bytes("1Gi") == 2**30
    assert quantities.parse_bytes("1G") == 10**9
    assert quantities.parse_bytes(512) == 512
    assert quantities.parse_cores("500m") == 0.5
    assert quantities.parse_cores(1) == 1
    assert quantities.parse_percentage("99.9%") == 0.999
    assert quantities.parse_rate("120/min") == 2


@pytest.mark.parametrize("value", ["", "1GB", "-1", "1.5Gi", True, None, [], "Gi"])
def test_what_is_no_amount_of_bytes_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected an amount of bytes"):
        quantities.parse_bytes(value)


@pytest.mark.parametrize("value", ["50", "101%", "-1%", "%", 50, True])
def test_what_is_no_share_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a percentage"):
        quantities.parse_percentage(value)


@pytest.mark.parametrize("value", ["50", "50/d", "x/s", "/s", True])
def test_what_is_no_rate_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a rate"):
        quantities.parse_rate(value)


@pytest.mark.parametrize("value", ["1k", "m", "-1", True, None])
def test_what_is_no_amount_of_cores_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected an amount of cores"):
        quantities.parse_cores(value)


@given(st.integers(min_value=0, max_value=10**14))
def test_printed_bytes_read_back_as_the_same(size_bytes: int) -> None:
    assert quantities.parse_bytes(quantities.format_bytes(size_bytes)) == size_bytes
