import datetime as dt
from urllib.parse import quote

import pytest
from seatrial_kit import errors, queries
from starlette.requests import Request


def reader(query: str) -> queries.Reader:
    return queries.Reader(Request({"type": "http", "query_string": query.encode(), "headers": []}))


def test_values_are_typed_and_have_defaults() -> None:
    query = reader("limit=5&rate=0.5&word=two&text=&projects=a,b&projects[]=c&since=2026-01-31T12:00:00Z")
    assert query.whole("limit", 20, low=1, high=100) == 5
    assert query.whole("offset", 0, low=0, high=100) == 0
    assert query.decimal("rate", 0, low=0, high=1) == 0.5
    assert query.choice("word", ("one", "two")) == "two"
    assert query.text("text") is None
    assert query.texts("projects") == ["a", "b", "c"]
    assert query.moment("since") == dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
    assert query.warnings() == ()


@pytest.mark.parametrize(
    "value", ["x", "0", "101", "1.5", "", "1e2", "٣" * 40, "9" * 5000, "nan", "-1", "\x00"]
)
def test_a_wrong_whole_number_is_refused_by_name(value: str) -> None:
    query = reader(f"limit={quote(value)}")
    if value == "":
        assert query.whole("limit", 20, low=1, high=100) == 20
        return
    with pytest.raises(errors.InvalidRequest) as caught:
        query.whole("limit", 20, low=1, high=100)
    assert caught.value.field == "limit"


@pytest.mark.parametrize("value", ["nan", "inf", "-0.1", "1.1", "half"])
def test_a_wrong_decimal_number_is_refused(value: str) -> None:
    with pytest.raises(errors.InvalidRequest, match="from 0 to 1"):
        reader(f"rate={value}").decimal("rate", 0, low=0, high=1)


@pytest.mark.parametrize(
    "value", ["yesterday", "2026-13-01", "0001-01-01T00:00:00+14:00", "2026-01-01T25:00"]
)
def test_a_wrong_moment_is_refused(value: str) -> None:
    with pytest.raises(errors.InvalidRequest, match="moment"):
        reader(f"since={quote(value)}").moment("since")


def test_a_wrong_word_is_told_the_right_ones() -> None:
    with pytest.raises(errors.InvalidRequest, match="one, two"):
        reader("word=three").choice("word", ("one", "two"))


def test_nul_and_length_are_checked_in_every_text() -> None:
    with pytest.raises(errors.InvalidRequest, match="NUL"):
        reader("text=a%00b").text("text")
    with pytest.raises(errors.InvalidRequest, match="NUL"):
        reader("projects=a%00b").texts("projects")
    with pytest.raises(errors.InvalidRequest, match="1000"):
        reader("text=" + "x" * 1001).text("text")
    with pytest.raises(errors.InvalidRequest, match="200"):
        reader("projects=" + "x," * 201).texts("projects")


def test_an_unknown_parameter_is_a_warning_with_the_nearest_word() -> None:
    query = reader("limt=5&zzzz=1")
    query.whole("limit", 20, low=1, high=100)
    assert query.warnings() == ("unknown parameter limt; did you mean limit?", "unknown parameter zzzz")
