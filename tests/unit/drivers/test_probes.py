"""What a probe makes of good, odd and missing answers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from seatrial.drivers.laptop import probes


@contextlib.asynccontextmanager
async def server(answer: bytes, *, close: bool = True) -> AsyncIterator[int]:
    """Answers every connection with the same bytes; without `close` it then keeps it open."""
    kept: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept.append(writer)
        with contextlib.suppress(ConnectionError):
            await reader.read(1024)
            writer.write(answer)
            await writer.drain()
            if close:
                writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield int(listening.sockets[0].getsockname()[1])
        for writer in kept:
            writer.close()


@pytest.mark.parametrize(
    ("answer", "passed", "text"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nfine", True, "200 fine"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True, "204"),
        (b"HTTP/1.0 301 Moved\r\nLocation: /\r\n\r\n", False, "301"),
        (b'HTTP/1.1 503 no\r\n\r\n{"db":\n  "gone"}', False, '503 {"db": "gone"}'),
        (b"-ERR unknown command\r\n", False, "not HTTP: -ERR unknown command"),
        (b"HTTP/1.1 abc\r\n\r\n", False, "not HTTP: HTTP/1.1 abc"),
        (b"\xff\x00", False, "not HTTP: \ufffd\x00"),
        (b"", False, "not HTTP:"),
    ],
)
async def test_an_answer_passes_when_it_is_http_and_2xx(answer: bytes, passed: bool, text: str) -> None:
    async with server(answer) as port:
        told = await probes.ask_http(port, "/ready", 2.0)
    assert (told.passed, told.text.strip()) == (passed, text)


async def test_a_server_that_keeps_the_connection_open_is_not_waited_for() -> None:
    async with server(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine", close=False) as port:
        assert await probes.ask_http(port, "/ready", 2.0) == probes.Answer(passed=True, text="200 fine")


async def test_a_server_that_says_nothing_is_left_after_the_timeout() -> None:
    async with server(b"", close=False) as port:
        told = await probes.ask_http(port, "/ready", 0.2)
    assert told == probes.Answer(passed=False, text="no answer within 0.2s")


async def test_a_body_without_end_is_not_read_to_its_end() -> None:
    async with server(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10**6) as port:
        told = await probes.ask_http(port, "/ready", 2.0)
    assert told.passed
    assert len(told.text) < 300


async def test_where_nothing_listens_the_connection_is_refused() -> None:
    async with server(b"") as port:
        assert (await probes.ask_tcp(port, 1.0)).passed
    assert await probes.ask_tcp(port, 1.0) == probes.Answer(passed=False, text="connection refused")
