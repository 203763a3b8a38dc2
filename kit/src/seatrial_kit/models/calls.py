"""Requests to an endpoint: bounded in time, in tries and in bytes, and their failures in words of ours.

`NoModelError`      nothing is configured here, or the gateway says `no_model`
`BudgetSpentError`  the gateway says `budget_exhausted`, a provider `insufficient_quota`
`Refused`           the key, the rights or the request: no other try helps
`Unavailable`       away, busy, too slow or broken off, after all tries
`MalformedAnswer`   an answer came, and it is none
"""

import asyncio
import dataclasses
import importlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec

from seatrial_kit import errors, traces
from seatrial_kit.models import answers

CONNECT_SECONDS = 5.0
PAUSE_SECONDS = (0.2, 1.0)  # before the second try and before later ones, where the endpoint does not say
PAUSE_SECONDS_MAX = 20.0  # an endpoint that asks for a longer one is not waited for
REASON_CHARACTERS_MAX = 300
BUSY = frozenset({408, 409, 425, 429})
SERVER_ERROR = 500
SPENT = frozenset({"budget_exhausted", "insufficient_quota"})
PAYMENT_REQUIRED = 402


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """`seconds` are for one call with all its tries and pauses, and for each piece of a stream.

    `stream_seconds` are for all pieces of a stream, with what the caller does between them.
    """

    seconds: float = 120.0
    stream_seconds: float = 900.0
    tries: int = 3


class Calls:
    """The client is made at the first call, in a thread: its library takes a second to import."""

    def __init__(self, url: str, key: str, limits: Limits) -> None:
        self._url = url
        self._key = key
        self._limits = limits
        self._library: Any = None
        self._client: Any = None
        self._opening = asyncio.Lock()

    async def chat(self, body: dict[str, Any]) -> bytes:
        """The bytes of the answer: the library's own objects take any JSON for one."""
        raw = await self._whole(
            lambda client: client.chat.completions.with_raw_response.create(**_with_trace(body))
        )
        return bytes(raw.content)

    async def embed(self, body: dict[str, Any]) -> bytes:
        raw = await self._whole(
            lambda client: client.embeddings.with_raw_response.create(**_with_trace(body))
        )
        return bytes(raw.content)

    async def stream(self, body: dict[str, Any]) -> AsyncIterator[str]:
        """The pieces of a text; only its beginning is tried again."""
        options = _with_trace(body) | {"stream": True}
        chunks = await self._whole(lambda client: client.chat.completions.create(**options))
        end = asyncio.get_running_loop().time() + self._limits.stream_seconds
        finished = False
        try:
            while (piece := await self._piece(aiter(chunks), end)) is not None:
                finished = finished or piece.finished
                if piece.text:
                    yield piece.text
        finally:
            await chunks.close()
        if not finished:
            raise errors.Unavailable("the model's answer broke off")

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def _whole(self, call: Callable[[Any], Awaitable[Any]]) -> Any:  # noqa: ANN401 -- the library's
        client = await self._open()
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await self._tried(lambda: call(client))
        except TimeoutError as error:
            raise errors.Unavailable(f"the model did not answer within {self._limits.seconds:g} s") from error

    async def _tried(self, call: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 -- the library's
        number = 1
        while True:
            try:
                return await call()
            except self._library.OpenAIError as error:
                pause_seconds = _pause_seconds(error, number)
                if pause_seconds is None or number >= self._limits.tries:
                    raise _mapped(error) from error
            number += 1
            await asyncio.sleep(pause_seconds)

    async def _piece(self, chunks: AsyncIterator[Any], end: float) -> answers.Piece | None:
        now = asyncio.get_running_loop().time()
        if now >= end:  # pieces that are there already never meet a timeout
            raise errors.Unavailable(f"the model was not done after {self._limits.stream_seconds:g} s")
        try:
            async with asyncio.timeout_at(min(now + self._limits.seconds, end)):
                chunk = await anext(chunks, None)
            return None if chunk is None else answers.piece(chunk)
        except TimeoutError as error:
            raise errors.Unavailable("the model fell silent, or was not done in time") from error
        except self._library.OpenAIError as error:
            raise _mapped(error) from error
        except (ValueError, RecursionError, msgspec.MsgspecError) as error:
            raise errors.MalformedAnswer(f"a piece of the model's answer is none: {error}") from error

    async def _open(self) -> Any:  # noqa: ANN401 -- openai.AsyncOpenAI
        if not self._url:
            raise errors.NoModelError("no model is configured: its address is not set")
        async with self._opening:
            if self._client is None:
                self._library = await asyncio.to_thread(importlib.import_module, "openai")
                timeout = self._library.Timeout(self._limits.seconds, connect=CONNECT_SECONDS)
                bounds = await asyncio.to_thread(importlib.import_module, "seatrial_kit.models.bounds")
                hooks = {"response": [bounds.bound]}
                self._client = self._library.AsyncOpenAI(
                    base_url=self._url,
                    api_key=self._key or "none",
                    timeout=timeout,
                    max_retries=0,
                    default_headers=bounds.HEADERS,
                    http_client=self._library.DefaultAsyncHttpxClient(timeout=timeout, event_hooks=hooks),
                )
        return self._client


def _with_trace(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"extra_headers": traces.outgoing()}


def _mapped(error: Any) -> errors.Problem:  # noqa: ANN401 -- openai.OpenAIError
    status, code = getattr(error, "status_code", None), getattr(error, "code", None)
    reason = str(error)[:REASON_CHARACTERS_MAX]
    if code == "no_model":
        return errors.NoModelError(f"no model is configured: {reason}")
    if code in SPENT or status == PAYMENT_REQUIRED:
        return errors.BudgetSpentError(f"the model's budget is spent: {reason}")
    if status is None or status in BUSY or status >= SERVER_ERROR:
        wait_seconds = _asked_seconds(error)
        return errors.Unavailable(
            f"the model is away: {reason}",
            retry_after_seconds=1 if wait_seconds is None else max(1, round(wait_seconds)),
        )
    return errors.Refused(f"the model's endpoint refuses: {reason}")


def _pause_seconds(error: Any, number: int) -> float | None:  # noqa: ANN401 -- openai.OpenAIError
    """How long to wait before another try; None where it would not help."""
    asked = _asked_seconds(error)
    problem = _mapped(error)
    if asked is not None and asked > PAUSE_SECONDS_MAX:
        return None
    if isinstance(problem, errors.BudgetSpentError):
        return asked  # the gateway names a time where money that is only reserved may come back
    if not isinstance(problem, errors.Unavailable):
        return None
    jitter = random.uniform(0.75, 1.25)  # noqa: S311 -- only so that callers do not come back together
    return asked if asked is not None else jitter * PAUSE_SECONDS[min(number, len(PAUSE_SECONDS)) - 1]


def _asked_seconds(error: Any) -> float | None:  # noqa: ANN401 -- openai.OpenAIError
    """What `Retry-After` asks for in seconds; its other form, a date, is not used by such endpoints."""
    response = getattr(error, "response", None)
    text = response.headers.get("retry-after", "") if response is not None else ""
    return float(text) if text.isascii() and text.isdigit() else None
