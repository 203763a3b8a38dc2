"""Kept-alive HTTP/1.1 on bare asyncio, so that the client costs a fraction of what it measures."""

import asyncio
import dataclasses
import urllib.parse

ANSWER_BYTES_MAX = 1 << 20
ANSWER_TIMEOUT_SECONDS = 30.0


class AnswerError(Exception):
    """The server did not answer as HTTP/1.1 with a length."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where events go, and as whom."""

    url: str
    key: str
    project: str

    @property
    def address(self) -> tuple[str, int]:
        parts = urllib.parse.urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 80

    def request(self, body: bytes) -> bytes:
        host, port = self.address
        head = (
            f"POST /v1/errors HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {self.key}\r\n"
            f"X-Project-ID: {self.project}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Connection:
    """Opens on first use and again after the server has closed."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, body: bytes) -> int:
        """The status of the answer. Raises AnswerError, OSError and TimeoutError."""
        async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
            reader, writer = await self._open()
            writer.write(self._target.request(body))
            await writer.drain()
            return await self._answer(reader)

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._reader is None or self._writer is None or self._reader.at_eof():
            await self.close()
            host, port = self._target.address
            self._reader, self._writer = await asyncio.open_connection(host, port)
        return self._reader, self._writer

    async def _answer(self, reader: asyncio.StreamReader) -> int:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(min(length, ANSWER_BYTES_MAX))
            status = int(head[9:12])
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            await self.close()
            raise AnswerError("no HTTP/1.1 answer with a length") from error
        if b"\r\nconnection: close" in head:
            await self.close()
        return status
