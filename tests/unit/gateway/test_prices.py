"""Money is exact, never a float, and never too little."""

import datetime as dt
import json
from fractions import Fraction
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.gateway import prices
from seatrial.gateway.usages import Usage, read_usage

NANOS = st.integers(min_value=0, max_value=10**12)
COUNTS = st.integers(min_value=0, max_value=10**9)


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_an_amount_is_read_back_as_it_was_written(nanos: int) -> None:
    assert prices.parse_amount(prices.format_amount(nanos)) == nanos


@pytest.mark.parametrize("text", ["", "1.", ".5", "-1", "1e3", "0.0000000001", "1,5", "٣", 1, 0.5, None])
def test_what_is_no_amount_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected an amount as text"):
        prices.parse_amount(text)


PRICES = st.builds(
    prices.Price,
    input_nanos=NANOS,
    output_nanos=NANOS,
    cached_nanos=st.none() | NANOS,
    cache_write_nanos=st.none() | NANOS,
)


@given(PRICES, COUNTS, COUNTS, COUNTS)
def test_a_cost_is_never_below_the_true_one_nor_above_the_bound_of_its_tokens(
    price: prices.Price, input_tokens: int, output_tokens: int, cached_tokens: int
) -> None:
    cached = min(cached_tokens, input_tokens)
    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens, cached_tokens=cached)
    fresh = max(price.input_nanos, price.cache_write_nanos or 0)
    true = Fraction(
        (input_tokens - cached) * fresh
        + cached * (fresh if price.cached_nanos is None else price.cached_nanos)
        + output_tokens * price.output_nanos,
        10**6,
    )
    assert true <= price.cost(usage) < true + 1
    assert price.cost(usage) <= price.bound(input_tokens, output_tokens)
    assert price.free == (price.bound(10**6, 10**6) == 0)


def test_every_row_of_the_table_has_a_date_and_a_source_and_can_be_found() -> None:
    told = json.loads(resources.files("seatrial.gateway").joinpath("prices.json").read_text())
    table = prices.read_table()
    assert len(table) == sum(len(row["models"]) for row in told["rows"]) > 10
    for row in told["rows"]:
        assert row.keys() <= {
            "host", "models", "input", "output", "cached", "cacheWrite", "inputTokensMax", "read", "source"
        }  # fmt: skip
        assert dt.date.fromisoformat(row["read"]) <= dt.datetime.now(dt.UTC).date()
        assert row["source"]
        for model in row["models"]:
            found = prices.find_price(f"https://{row['host']}/v1", model, table)
            assert found is not None
            assert not found.free
            assert prices.find_price("https://elsewhere.example/v1", model, table) is None


def test_usage_is_read_as_text_and_as_numbers_and_what_was_thought_counts_as_output() -> None:
    read = read_usage({"prompt_tokens": "5", "completion_tokens": 2, "total_tokens": 17})
    assert read == Usage(input_tokens=5, output_tokens=12)
    details = {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 99}}
    assert read_usage(details) == Usage(input_tokens=5, output_tokens=0, cached_tokens=5)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details"]
                ),
                inner,
            )
        ),
    )
)
def test_no_usage_that_is_told_breaks_anything(value: object) -> None:
    read = read_usage(value)
    assert read is None or 0 <= read.cached_tokens <= read.input_tokens <= 10**10
