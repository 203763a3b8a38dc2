"""The most tokens that a request can take, told without knowing how its model cuts text.

Input: the vocabularies in use cut the UTF-8 bytes of a text into pieces of at least one byte each (byte-level
BPE, or SentencePiece with a fall-back to bytes), so a text never takes more tokens than it has bytes. Around
each message stand its role and a few marks, around all of them what the provider adds; both count on top.
Tools and schemas are shown to the model in some notation of its own; twice their indented JSON is more.
Output: the limit that is sent with the request, for each of the `n` answers.
What cannot be counted so is refused: a field or part that this module does not know may cost anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seatrial.gateway.refusals import Refusal
from seatrial.gateway.requests import Body, Call
from seatrial.gateway.settings import ModelSettings

OUTPUT_TOKENS = 4096
"""For a call that says no limit, to a model whose settings say none."""
_OUTPUT_TOKENS_MAX = 10_000_000
_ANSWERS_MAX = 128
_MESSAGE_TOKENS = 16
_TOOLS_TOKENS = 1024
_CHAT_FIELDS = frozenset(
    {
        "model", "messages", "max_tokens", "max_completion_tokens", "n", "temperature", "top_p", "stop",
        "seed", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs",
        "response_format", "tools", "tool_choice", "parallel_tool_calls", "stream", "stream_options", "user",
        "metadata", "reasoning_effort", "verbosity", "store", "safety_identifier", "prompt_cache_key",
    }
)  # fmt: skip
_EMBEDDING_FIELDS = frozenset({"model", "input", "dimensions", "encoding_format", "user"})
_MESSAGE_FIELDS = frozenset(
    {"role", "name", "tool_calls", "tool_call_id", "function_call", "refusal", "reasoning_content"}
)
_LIMITS = ("max_tokens", "max_completion_tokens")


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """Tokens that one request can take at most."""

    input_tokens: int
    output_tokens: int


def limited(call: Call, model: ModelSettings, output_tokens: int | None) -> Body:
    """The request as the provider shall read it: its model, and the limit of output in the field it knows.

    `output_tokens` is for a call that says none. Raises Refusal for a limit that is none.
    """
    body: Body = call.body | {"model": model.id}
    if call.path == "embeddings":
        return body
    asked = [_number(body, name, _OUTPUT_TOKENS_MAX) for name in _LIMITS if body.get(name) is not None]
    wanted = min(asked, default=output_tokens)
    body = {name: value for name, value in body.items() if name not in _LIMITS}
    if wanted:
        body[model.output_field] = wanted
    if call.streams and model.stream_usage:
        options = body.get("stream_options")
        body["stream_options"] = (options if isinstance(options, dict) else {}) | {"include_usage": True}
    return body


def bound(call: Call, body: Body, model: ModelSettings) -> Bound:
    """The most that a body that `limited` made can take. Raises Refusal for what cannot be counted."""
    known = (_EMBEDDING_FIELDS if call.path == "embeddings" else _CHAT_FIELDS) | set(model.fields)
    if unknown := sorted(set(body) - known):
        raise _uncountable(
            f"field {unknown[0][:100]!r}", "add it to the fields of the model if it costs nothing"
        )
    if call.path == "embeddings":
        return Bound(input_tokens=sum(_inputs(body.get("input"))), output_tokens=0)
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Refusal(400, "invalid_request", '"messages" must be a list with at least one message')
    tokens = model.input_overhead_tokens + sum(_message(one) for one in messages)
    tools = [body[name] for name in ("tools", "response_format") if body.get(name) is not None]
    if tools:
        _ensure_functions(body.get("tools"))
        tokens += _TOOLS_TOKENS + sum(map(_shown, tools))
    answers = _number(body, "n", _ANSWERS_MAX) if body.get("n") is not None else 1
    return Bound(input_tokens=tokens, output_tokens=answers * body[model.output_field])


def _message(message: object) -> int:
    if not isinstance(message, dict):
        raise Refusal(400, "invalid_request", "each of the messages must be an object")
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
    rest = {name: value for name, value in message.items() if name != "content"}
    if unknown := sorted(set(rest) - _MESSAGE_FIELDS):
        raise _uncountable(f"field {unknown[0][:100]!r} of a message", "leave it out")
    return _MESSAGE_TOKENS + sum(_part(part) for part in parts) + _shown(rest)


def _part(part: object) -> int:
    match part:
        case {"type": "text" | "refusal", **rest} if len(rest) == 1 and isinstance(text := _only(rest), str):
            return _bytes(text)
        case {"type": "image_url"}:
            raise _uncountable("an image", "send text, or ask a model whose price is 0")
        case {"type": str(kind)}:
            raise _uncountable(f"a part of type {kind[:50]!r} as it was written", "send text")
    raise Refusal(
        400, "invalid_request", "the content of a message must be text or a list of parts with a type"
    )


def _only(rest: dict[object, Any]) -> object:
    return rest.get("text", rest.get("refusal"))


def _inputs(value: object) -> Iterator[int]:
    """Texts, or tokens that the caller has cut itself."""
    match value:
        case str():
            yield _bytes(value) + _MESSAGE_TOKENS
        case [int(), *_] if all(type(one) is int for one in value):
            yield len(value) + _MESSAGE_TOKENS
        case [str() | list(), *_]:
            for one in value:
                if isinstance(one, list) and not all(type(token) is int for token in one):
                    raise Refusal(
                        400, "invalid_request", '"input" holds a list of something that is no token'
                    )
                yield from _inputs(one)
        case _:
            raise Refusal(400, "invalid_request", '"input" must be text, tokens, or a list of them')


def _ensure_functions(tools: object) -> None:
    if tools is None:
        return
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise Refusal(400, "invalid_request", '"tools" must be a list of objects')
    if other := [tool.get("type") for tool in tools if tool.get("type") != "function"]:
        raise _uncountable(
            f"a tool of type {str(other[0])[:50]!r}", "providers charge such by the use; give functions"
        )


def _shown(value: object) -> int:
    return 2 * len(json.dumps(value, indent=4))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _number(body: Body, name: str, number_max: int) -> int:
    value = body[name]
    if type(value) is not int or not 1 <= value <= number_max:
        raise Refusal(400, "invalid_request", f'"{name}" must be a whole number from 1 to {number_max}')
    return value


def _uncountable(what: str, advice: str) -> Refusal:
    message = f"{what} cannot be counted, and a budget holds for this model: {advice}"
    return Refusal(400, "cost_unknown", message)
