"""What endpoints answer, as far as it is used; anything else of it is let be, and what is missing is said."""

import dataclasses
import math

import msgspec

from seatrial_kit import errors


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Tokens as the endpoint counted them."""

    sent: int
    received: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """One answer in words; `usage` is None where the endpoint does not say."""

    text: str
    whole: bool
    usage: Usage | None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A part of a streamed text; the one that is `finished` says that it was the last with words."""

    text: str
    finished: bool


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


class _Delta(msgspec.Struct):
    content: str | None = None


class _Part(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Part]


class _Vector(msgspec.Struct):
    embedding: list[float]
    index: int


class _Vectors(msgspec.Struct):
    data: list[_Vector]


def text(raw: bytes) -> Text:
    """The first choice; raises `Refused` where the model declines, `MalformedAnswer` without a text."""
    completion = _decode(raw, _Completion)
    if not completion.choices:
        raise errors.MalformedAnswer("the endpoint answered without a choice")
    choice = completion.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise errors.Refused(f"the model declines: {(choice.message.refusal or 'content filter')[:200]}")
    if choice.message.content is None:
        raise errors.MalformedAnswer("the endpoint answered without a text")
    spent = completion.usage
    usage = Usage(sent=spent.prompt_tokens, received=spent.completion_tokens) if spent else None
    return Text(text=choice.message.content, whole=choice.finish_reason != "length", usage=usage)


def vectors(raw: bytes, count: int) -> list[list[float]]:
    """`count` vectors by their index."""
    data = sorted(_decode(raw, _Vectors).data, key=lambda item: item.index)
    if [item.index for item in data] != list(range(count)):
        raise errors.MalformedAnswer(f"the endpoint gave {len(data)} vectors for {count} texts")
    if not all(item.embedding and all(map(math.isfinite, item.embedding)) for item in data):
        raise errors.MalformedAnswer("the endpoint gave a vector without numbers")
    return [item.embedding for item in data]


def piece(chunk: object) -> Piece:
    """The first choice's part of one chunk as the library gives it; raises msgspec's errors."""
    parts = msgspec.convert(chunk, _Chunk, from_attributes=True).choices[:1]
    text = "".join(part.delta.content or "" for part in parts if part.delta)
    return Piece(text=text, finished=any(part.finish_reason for part in parts))


def total(one: Usage | None, other: Usage | None) -> Usage | None:
    if one is None or other is None:
        return None
    return Usage(sent=one.sent + other.sent, received=one.received + other.received)


def _decode[T](raw: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        begin = raw[:60].decode(errors="replace")
        message = f"the endpoint's answer is not the protocol's ({error}): {begin!r}"
        raise errors.MalformedAnswer(message) from error
