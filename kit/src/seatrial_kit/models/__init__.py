"""A model behind one address (`WRITER_URL`): text, answers of a given shape, and vectors of texts.

It speaks the protocol that OpenAI's endpoints made common. No model at all is an ordinary outcome: every call
then raises `NoModelError`, and the caller goes on without it.
"""

import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from seatrial_kit import errors
from seatrial_kit.models import answers, calls, shapes
from seatrial_kit.models.answers import Text, Usage
from seatrial_kit.models.calls import Limits

TEXTS_MAX = 256  # of one request for vectors; more become several requests

__all__ = ["Endpoint", "Limits", "Message", "Model", "Shaped", "Text", "Usage", "read"]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Where a model answers; an empty `url` is no model."""

    url: str
    key: str = dataclasses.field(repr=False)
    model: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    text: str

    def plain(self) -> dict[str, str]:
        return {"role": self.role, "content": self.text}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Shaped[T]:
    """An answer of the wanted shape; `usage` is of all rounds, and None where the endpoint does not say."""

    value: T
    usage: Usage | None
    rounds: int


def read(environment: Mapping[str, str], name: str) -> Endpoint:
    """The endpoint of the page's model `name`, from `NAME_URL`, `NAME_KEY` and `NAME_MODEL`."""
    prefix = name.upper().replace("-", "_").replace(".", "_")
    return Endpoint(
        url=environment.get(f"{prefix}_URL", ""),
        key=environment.get(f"{prefix}_KEY", ""),
        model=environment.get(f"{prefix}_MODEL", ""),
    )


class Model:
    """Calls of one endpoint. Each may raise what `calls` lists, and ends within the time of its `Limits`."""

    def __init__(self, endpoint: Endpoint, *, limits: Limits | None = None) -> None:
        self._model = endpoint.model
        self._calls = calls.Calls(endpoint.url, endpoint.key, limits or Limits())

    async def text(self, messages: Sequence[Message], *, tokens_max: int) -> Text:
        """One answer in words; `Text.whole` is false where it was cut at `tokens_max`."""
        raw = await self._calls.chat(self._body(messages, tokens_max))
        return answers.text(raw)

    async def stream(self, messages: Sequence[Message], *, tokens_max: int) -> AsyncIterator[str]:
        """The answer piece by piece. What breaks off raises `Unavailable`: the pieces were not all of it."""
        async for piece in self._calls.stream(self._body(messages, tokens_max)):
            yield piece

    async def shaped[T](self, messages: Sequence[Message], kind: type[T], *, tokens_max: int) -> Shaped[T]:
        """An answer that is a `kind`, a msgspec structure; asked for once more where the first is none.

        Raises `MalformedAnswer` where the second is none either.
        """
        schema = shapes.schema(kind)
        body = self._body(messages, tokens_max) | {"response_format": shapes.response_format(kind, schema)}
        first = answers.text(await self._calls.chat(body))
        try:
            return Shaped(value=shapes.parse(first.text, kind), usage=first.usage, rounds=1)
        except msgspec.MsgspecError as error:
            body["messages"] = [*body["messages"], *shapes.repair(first.text, error, schema)]
        second = answers.text(await self._calls.chat(body))
        usage = answers.total(first.usage, second.usage)
        try:
            return Shaped(value=shapes.parse(second.text, kind), usage=usage, rounds=2)
        except msgspec.MsgspecError as error:
            message = f"the model gave no {kind.__name__}, also when told why: {error}"
            raise errors.MalformedAnswer(message) from error

    async def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, in the order of the texts, all of one length."""
        found: list[list[float]] = []
        for begin in range(0, len(texts), TEXTS_MAX):
            some = list(texts[begin : begin + TEXTS_MAX])
            body = {"model": self._model, "input": some, "encoding_format": "float"}
            found += answers.vectors(await self._calls.embed(body), len(some))
        if len({len(vector) for vector in found}) > 1:
            raise errors.MalformedAnswer("the model gave vectors of different lengths")
        return found

    async def close(self) -> None:
        await self._calls.close()

    def _body(self, messages: Sequence[Message], tokens_max: int) -> dict[str, Any]:
        plain = [message.plain() for message in messages]
        return {"model": self._model, "messages": plain, "max_tokens": tokens_max}
