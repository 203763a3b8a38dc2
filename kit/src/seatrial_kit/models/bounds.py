"""A bound on the bytes of every answer, of failures and streams too, where they come off the wire.

The client's library reads whole answers into memory and offers no bound. Answers are asked for uncompressed:
a compressed one of a few kilobytes may become gigabytes, and is not read.
"""

from collections.abc import AsyncIterator
from typing import Any

import httpx2

from seatrial_kit import errors

ANSWER_BYTES_MAX = 32 * 1024 * 1024  # 256 vectors of 4,096 numbers have 23 MB
HEADERS = {"Accept-Encoding": "identity"}


class _Bounded(httpx2.AsyncByteStream):
    """A stream of bytes that raises `MalformedAnswer` beyond the bound."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 -- AsyncByteStream; the library's type is wider
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size_bytes = 0
        async for chunk in self._stream:
            size_bytes += len(chunk)
            if size_bytes > ANSWER_BYTES_MAX:
                raise errors.MalformedAnswer(f"the model's answer has more than {ANSWER_BYTES_MAX} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


async def bound(response: httpx2.Response) -> None:
    """A hook of the library, called before anything of the body is read."""
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise errors.MalformedAnswer(
            f"the model's answer is compressed ({encoding[:20]}), and was asked for plain"
        )
    response.stream = _Bounded(response.stream)
