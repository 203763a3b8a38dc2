"""No text takes more tokens than the bound says, and what cannot be counted is refused."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.gateway import bounds
from seatrial.gateway.refusals import Refusal
from seatrial.gateway.requests import Call, parse_call
from seatrial.gateway.settings import ModelSettings

MODEL = ModelSettings.model_validate({"provider": "p", "id": "big", "inputOverheadTokens": 0})
TEXT = st.text(max_size=50) | st.text(alphabet="\U0001f600\ufdfa\ud800\t ", max_size=20)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant"])},
        optional={
            "content": TEXT | st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": TEXT})),
            "name": TEXT,
        },
    ),
    min_size=1,
    max_size=5,
)
FUNCTION = {
    "type": "function",
    "function": {"name": "f", "description": "würfelt", "parameters": {"type": "object"}},
}


def chat(**body: object) -> Call:
    told = {"model": "writer", "messages": [{"role": "user", "content": "hi"}]} | body
    return Call(path="chat/completions", model="writer", body=told)


def bound_of(call: Call, model: ModelSettings = MODEL) -> bounds.Bound:
    return bounds.bound(call, bounds.limited(call, model, 100), model)


def worst_count(messages: list[dict[str, Any]]) -> int:
    """A model that cuts each byte apart, and frames a message with four marks as ChatML does."""
    tokens = 0
    for message in messages:
        content = message.get("content", "")
        texts = [content] if isinstance(content, str) else [part["text"] for part in content]
        told = [message["role"], message.get("name", ""), *texts]
        tokens += 4 + sum(len(text.encode("utf-8", "surrogatepass")) for text in told)
    return tokens + 3


@given(MESSAGES)
def test_a_model_that_cuts_each_byte_apart_stays_within_the_bound(messages: list[dict[str, Any]]) -> None:
    assert bound_of(chat(messages=messages)).input_tokens >= worst_count(messages)


def test_tools_and_schemas_are_counted_as_the_widest_notation_shows_them() -> None:
    tools = [FUNCTION] * 3
    schema = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}
    grown = bound_of(chat(tools=tools, response_format=schema)).input_tokens - bound_of(chat()).input_tokens
    assert grown >= len(json.dumps([tools, schema], indent=4).encode())


@pytest.mark.parametrize(
    ("asked", "tokens"),
    [
        ({}, 100),
        ({"max_tokens": 7}, 7),
        ({"max_completion_tokens": 8}, 8),
        ({"max_tokens": 7, "max_completion_tokens": 5}, 5),
        ({"max_tokens": None}, 100),
        ({"max_tokens": 7, "n": 3}, 21),
    ],
)
def test_output_is_at_most_the_limit_that_is_sent_for_each_answer(asked: dict[str, Any], tokens: int) -> None:
    call = chat(**asked)
    body = bounds.limited(call, MODEL, 100)
    assert bounds.bound(call, body, MODEL).output_tokens == tokens
    assert body["max_tokens"] * body.get("n", 1) == tokens
    assert "max_completion_tokens" not in body
    other = MODEL.model_copy(update={"output_field": "max_completion_tokens"})
    assert set(bounds.limited(call, other, 100)) & {"max_tokens", "max_completion_tokens"} == {
        "max_completion_tokens"
    }


@pytest.mark.parametrize("number", [0, -1, True, 1.5, "7", 10**9, [1]])
@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "n"])
def test_a_limit_that_is_none_is_refused(name: str, number: object) -> None:
    with pytest.raises(Refusal, match=f'"{name}" must be a whole number from 1'):
        bound_of(chat(**{name: number}))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"web_search_options": {}}, "field 'web_search_options'"),
        ({"service_tier": "priority"}, "field 'service_tier'"),
        ({"prediction": {"type": "content", "content": "x"}}, "field 'prediction'"),
        ({"tools": [{"type": "web_search"}]}, "a tool of type 'web_search'"),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]},
            "a part of type 'input_audio'",
        ),
        (
            {"messages": [{"role": "user", "content": "x", "audio": {"id": "a"}}]},
            "field 'audio' of a message",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}]}]},
            "an image",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {}}]}]},
            "a part of type 'text' as it was written",
        ),
    ],
)
def test_what_may_cost_anything_is_refused_by_name(body: dict[str, Any], found: str) -> None:
    with pytest.raises(Refusal, match=found) as refused:
        bound_of(chat(**body))
    assert (refused.value.status, refused.value.code) == (400, "cost_unknown")


def test_a_field_that_the_settings_name_passes() -> None:
    model = MODEL.model_copy(update={"fields": ("top_k",)})
    assert bound_of(chat(top_k=3), model) == bound_of(chat(), model)


@pytest.mark.parametrize(
    ("asked", "tokens_min"),
    [("hello", 5), (["one", "two"], 6), ([1, 2, 3], 3), ([[1, 2], [3]], 3), (["\U0001f600"], 4)],
)
def test_embeddings_count_bytes_of_texts_and_tokens_that_were_cut_already(
    asked: object, tokens_min: int
) -> None:
    call = Call(path="embeddings", model="writer", body={"model": "writer", "input": asked})
    most = bound_of(call)
    assert tokens_min < most.input_tokens < tokens_min + 40
    assert most.output_tokens == 0


@pytest.mark.parametrize("asked", [None, 1, {}, [], [1, "a"], [[1, "a"]], [[]], [{}], [True], [1.5]])
def test_an_input_that_is_none_is_refused(asked: object) -> None:
    call = Call(path="embeddings", model="writer", body={"model": "writer", "input": asked})
    with pytest.raises(Refusal):
        bound_of(call)


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_no_body_breaks_the_reading(text: bytes) -> None:
    with pytest.raises(Refusal):
        parse_call("chat/completions", text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    sorted(
                        {"type", "text", "role", "content", "image_url", "function", "messages", "tools", "n"}
                    )
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
def test_no_messages_break_the_counting(value: object) -> None:
    for body in ({"messages": value}, {"tools": value}, {"messages": [value]}, {"tools": [value]}):
        with contextlib.suppress(Refusal):
            assert bound_of(chat(**body)).input_tokens > 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"[1]", "must be an object"),
        (b'{"model": 1}', '"model" as text'),
        (b'{"model": "m", "x": ' + b"[" * 100 + b"]" * 100 + b"}", "nested deeper than 64"),
        (b'{"model": "m", "x": ' + b"[" * 100_000 + b"}", "no JSON"),
        (b'{"model": "m", "n": NaN}', "NaN is no number"),
        (b'{"model": "m", "stream": 1.5}', '"stream" must be true or false'),
    ],
)
def test_a_request_that_is_none_is_refused_with_what_was_found(text: bytes, found: str) -> None:
    with pytest.raises(Refusal, match=found):
        parse_call("chat/completions", text)
