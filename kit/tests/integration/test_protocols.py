"""The server's protocol on real sockets: heads that are large, slow, or offer another protocol."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from seatrial_kit import protocols
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


async def tell(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await Response(scope["method"].encode() + b" " + body)(scope, receive, send)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(tell, port=0, http=protocols.Protocol, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


async def exchange(port: int, *pieces: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.02)
    async with asyncio.timeout(3):
        answer = await reader.read()
    writer.close()
    return answer


OFFER = b"Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
HEAD = b"POST /x HTTP/1.1\r\n" + OFFER + b"Content-Length: 5\r\n\r\n"
LAST = b"GET /y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [(HEAD + b"hello" + LAST,), (HEAD[:60], HEAD[60:], b"hel", b"lo", LAST), (HEAD, b"hello" + LAST)],
    ids=["at once", "in pieces", "body apart"],
)
async def test_an_offer_to_upgrade_does_not_cost_the_body(port: int, pieces: tuple[bytes, ...]) -> None:
    answer = await exchange(port, *pieces)
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert b"POST hello" in answer and answer.endswith(b"GET ")


async def test_a_tunnel_is_refused(port: int) -> None:
    assert b" 400 " in await exchange(port, b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n")


@pytest.mark.parametrize("pieces", [1, 5], ids=["at once", "in pieces"])
async def test_a_head_that_is_too_large_is_refused(port: int, pieces: int) -> None:
    header = b"X-Large: " + b"x" * (protocols.HEAD_BYTES_MAX // pieces + 1000)
    answer = await exchange(port, b"GET / HTTP/1.1\r\nHost: a\r\n", *[header + b"\r\n"] * pieces)
    assert b" 431 " in answer


async def test_a_head_that_does_not_end_has_a_deadline(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "HEAD_SECONDS_MAX", 0.3)
    assert b" 408 " in await exchange(port, b"GET / HTTP/1.1\r\nHost:")
    assert await exchange(port) == b""
