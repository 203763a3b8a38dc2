import contextlib
import json
import threading
import time
import tracemalloc
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seatrial_kit import answers, applications, bodies, errors, fields
from starlette.requests import Request
from starlette.responses import Response

from kit.tests.asgi import call
from kit.tests.unit.test_applications import JSON, make


class Leaf(msgspec.Struct):
    name: str | None = None
    grade: Literal["low", "high"] | None = None


class Tree(msgspec.Struct, rename="camel"):
    leaf: Leaf
    many_leaves: list[Leaf] = []
    anything: Any = None


class Told(msgspec.Struct):
    pad: str
    thread: str = msgspec.field(default_factory=lambda: threading.current_thread().name)


def refused(raw: bytes) -> errors.InvalidRequest:
    with pytest.raises(errors.InvalidRequest) as caught:
        bodies.parse(raw, Tree, code="ODD")
    assert caught.value.code == "ODD"
    return caught.value


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "character 0"),
        (b'{"leaf": ', "line 1, column 10"),
        (b'{"leaf": {}\n,}', "line 2, column 2"),
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b'{"leaf": "\xc3\x28"}', "not UTF-8 at byte 10"),
        (b'{"leaf": {}} trailing', "character 13"),
        (b'{"leaf": "a\x00b"}', "control character"),
    ],
)
def test_malformed_json_is_refused_with_its_place(raw: bytes, words: str) -> None:
    message = refused(raw).message
    assert message.startswith("the body is not valid JSON: ")
    assert words in message


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"[]", None),
        (b"{}", "leaf"),
        (b'{"leaf": {"name": 1}}', "leaf.name"),
        (b'{"leaf": {}, "manyLeaves": [{}, {"name": []}]}', "manyLeaves[1].name"),
        (b'{"leaf": {"grade": "odd"}}', "leaf.grade"),
        (b'{"leaf": {"name": "a\\u0000b"}}', "leaf.name"),
        (b'{"leaf": {}, "anything": [{"deep": ["\\u0000"]}]}', "anything[0].deep[0]"),
        (b'{"leaf": {"name": "\\ud800"}}', "leaf.name"),
        (b'{"leaf": {}, "anything": {"x": "\\udfffab"}}', "anything.x"),
    ],
)
def test_a_wrong_value_is_refused_by_the_path_of_its_field(raw: bytes, field: str | None) -> None:
    assert refused(raw).field == field


def test_a_wrong_word_is_told_the_right_ones() -> None:
    assert "allowed are high, low" in refused(b'{"leaf": {"grade": "odd"}}').message


def test_nul_in_the_name_of_a_field_is_refused_too() -> None:
    assert "NUL" in refused(b'{"leaf": {"a\\u0000": 1}}').message


def test_an_escaped_backslash_before_u0000_is_not_a_nul() -> None:
    body = bodies.parse(b'{"leaf": {"name": "\\\\u0000"}}', Tree)
    assert body.value.leaf.name == "\\u0000"


@pytest.mark.parametrize("depth", [33, 1000, 90_000])
def test_deep_nesting_is_refused_and_never_ends_in_a_recursion_error(depth: int) -> None:
    raw = b'{"leaf": {}, "anything": ' + b"[" * depth + b"]" * depth + b"}"
    assert "nested deeper than 32" in refused(raw).message


def test_deep_nesting_that_never_ends_is_refused_too() -> None:
    assert "nested deeper than 32" in refused(b"[" * 90_000).message


@pytest.mark.parametrize(
    "raw",
    [b"[" + b"{}," * 3_400_000 + b"{}]", b"[" * 1_000_000, b'["' + b'","' * 3_000_000 + b'"]'],
    ids=["objects", "brackets", "texts"],
)
def test_too_many_values_are_refused_before_they_cost_memory(raw: bytes) -> None:
    begin = time.perf_counter()
    assert "too many values" in refused(raw).message
    assert time.perf_counter() - begin < 0.5


def test_a_long_text_full_of_commas_brackets_and_quotes_is_one_value() -> None:
    text = ',[{"\\' * 100_000
    raw = msgspec.json.encode({"leaf": {"name": text}})
    assert bodies.parse(raw, Tree).value.leaf.name == text


def test_a_wide_and_deep_body_costs_little_more_than_itself() -> None:
    node: object = [{"x": 1}] * 5000
    for _ in range(14):
        node = {"n" * 3000: node}
    raw = msgspec.json.encode({"leaf": {}, "anything": node})
    tracemalloc.start()
    try:
        bodies.parse(raw, Tree)
        assert tracemalloc.get_traced_memory()[1] < 30 * len(raw)
    finally:
        tracemalloc.stop()


def test_a_field_name_beyond_reason_is_refused() -> None:
    raw = msgspec.json.encode({"leaf": {"name": "y" * 9000}, "x" * 4001: 1})
    assert "name of a field" in refused(raw).message


async def test_a_large_body_is_parsed_beside_the_loop() -> None:
    async def threaded(request: Request) -> Response:
        return answers.success(request.scope, (await bodies.read(request, Told)).value.thread)

    app = applications.route("/told", POST=threaded)
    small, large = [
        await call(app.app, "POST", "/told", headers=JSON, chunks=[b'{"pad":"' + b"x" * size + b'"}'])
        for size in (10, 2 * bodies.THREAD_BYTES)
    ]
    assert small.json["data"] == "MainThread"
    assert large.json["data"].startswith("bodies")


def test_nesting_up_to_the_limit_is_taken() -> None:
    raw = b'{"leaf": {}, "anything": ' + b"[" * 31 + b"]" * 31 + b"}"
    assert bodies.parse(raw, Tree).warnings == ()


def test_numbers_out_of_range_are_refused() -> None:
    assert "range" in refused(b'{"leaf": {}, "anything": 1e999}').message
    assert "range" in refused(b'{"leaf": {}, "anything": ' + b"9" * 5000 + b"}").message


def test_unknown_fields_are_taken_and_named_with_the_nearest_word() -> None:
    raw = b'{"leaf": {"nam": "x"}, "manyLeaves": [{"zzz": 1}], "anything": {"free": 1}, "leav": 2}'
    assert bodies.parse(raw, Tree).warnings == (
        "unknown field leaf.nam; did you mean name?",
        "unknown field manyLeaves[0].zzz",
        "unknown field leav; did you mean leaf?",
    )


def test_warnings_have_a_bound() -> None:
    raw = json.dumps({"leaf": {}} | {f"x{n}": n for n in range(500)}).encode()
    warnings = bodies.parse(raw, Tree).warnings
    assert len(warnings) == fields.WARNINGS_MAX + 1
    assert warnings[-1] == "480 more unknown fields"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_clear_refusal(raw: bytes) -> None:
    with contextlib.suppress(errors.InvalidRequest):  # anything else would be a 500 that a caller can cause
        bodies.parse(raw, Tree)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=20))
def test_any_document_is_a_value_or_a_clear_refusal(document: object) -> None:
    raw = json.dumps({"leaf": {}, "anything": document}).encode()
    with contextlib.suppress(errors.InvalidRequest):
        value = bodies.parse(raw, Tree).value
        assert msgspec.json.encode(value.anything) == msgspec.json.encode(document)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"]
)
async def test_another_content_type_is_refused(content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await call(make(), "POST", "/echo", headers=headers, chunks=[b"{}"])
    assert answer.status == 415
    assert answer.json["errors"][0]["code"] == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize(("encoding", "status"), [("gzip", 415), ("br, gzip", 415), ("identity", 200)])
async def test_an_encoded_body_is_refused(encoding: str, status: int) -> None:
    headers = JSON | {"Content-Encoding": encoding}
    assert (await call(make(), "POST", "/echo", headers=headers, chunks=[b"{}"])).status == status


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/ld+json"]
)
async def test_json_by_any_of_its_names_is_taken(content_type: str) -> None:
    answer = await call(
        make(), "POST", "/echo", headers=JSON | {"Content-Type": content_type}, chunks=[b"{}"]
    )
    assert answer.status == 200
