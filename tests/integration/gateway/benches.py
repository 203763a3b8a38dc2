"""A gateway as its own process, and a provider that bills by its own book and misbehaves on demand."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

KEY = "the-key-of-callers"
PROVIDER_KEY = "sk-the-key-of-the-provider"
WAIT_SECONDS_MAX = 20.0
INPUT_NANOS = 2_000  # a token, by the provider's own book
OUTPUT_NANOS = 10_000
PRICE = {"input": "2", "output": "10"}  # the same per million, as the settings say it

Behaviour = Callable[["Exchange"], Awaitable[None]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(kw_only=True)
class Exchange:
    """One request at the provider, and the raw way to answer it."""

    provider: "Provider"
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def bill(self, output_tokens: int) -> dict[str, Any]:
        """Adds to the provider's own book; gives what it reports of it."""
        words = sum(len(str(one["content"]).split()) for one in self.body.get("messages", ()))
        input_tokens = 5 + words
        self.provider.billed_nanos += input_tokens * INPUT_NANOS + output_tokens * OUTPUT_NANOS
        self.provider.billed_calls += 1
        return {
            "prompt_tokens": input_tokens,
            "completion_tokens": output_tokens,
            "total_tokens": input_tokens + output_tokens,
        }

    async def send(self, text: bytes) -> None:
        self.writer.write(text)
        await self.writer.drain()

    async def head(self, status: str, *headers: str) -> None:
        await self.send("\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *headers, "", ""]).encode())

    async def answer(self, text: bytes | str, status: str = "200 OK", *headers: str) -> None:
        body = text if isinstance(text, bytes) else text.encode()
        kind = (
            ()
            if any(one.startswith("Content-Type") for one in headers)
            else ("Content-Type: application/json",)
        )
        await self.head(status, f"Content-Length: {len(body)}", *kind, *headers)
        await self.send(body)

    async def events(self, *events: object, done: bool = True) -> None:
        await self.head("200 OK", "Content-Type: text/event-stream")
        for event in events:
            await self.send(f"data: {json.dumps(event)}\n\n".encode())
        if done:
            await self.send(b"data: [DONE]\n\n")


def chunk(text: str, **more: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}}]} | _named("chat.completion.chunk") | more


def last_chunk() -> dict[str, Any]:
    choice = {"index": 0, "delta": {}, "finish_reason": "stop"}
    return {"choices": [choice]} | _named("chat.completion.chunk")


def _named(sort: str) -> dict[str, Any]:
    return {"id": "c", "object": sort, "created": 0, "model": "big-model"}


def completion(text: str, **more: object) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"choices": [choice]} | _named("chat.completion") | more


async def speak_well(exchange: Exchange) -> None:
    """Ten tokens, or as many as it may give."""
    usage = exchange.bill(min(10, exchange.body.get("max_tokens", 10)))
    if exchange.path.endswith("/embeddings"):
        await exchange.answer(
            json.dumps({"object": "list", "data": [{"index": 0, "embedding": [0.1, 0.2]}], "usage": usage})
        )
    elif exchange.body.get("stream"):
        await exchange.events(
            chunk("hel"),
            chunk("lo"),
            last_chunk(),
            _named("chat.completion.chunk") | {"choices": [], "usage": usage},
        )
    else:
        await exchange.answer(json.dumps(completion("hello", usage=usage)))


@dataclass(kw_only=True)
class Provider:
    """Counts what it really bills, and answers as it is told to."""

    behave: Behaviour = speak_well
    port: int = field(default_factory=free_port)
    billed_nanos: int = 0
    billed_calls: int = 0
    exchanges: list[Exchange] = field(default_factory=list)
    broken: int = 0
    """Exchanges that the other side left before they were answered."""
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator["Provider"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        assert serving
        self._serving.add(serving)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
            }
            body = json.loads(await reader.readexactly(int(headers["content-length"])))
            exchange = Exchange(
                provider=self,
                path=head[0].split()[1],
                headers=headers,
                body=body,
                reader=reader,
                writer=writer,
            )
            self.exchanges.append(exchange)
            await self.behave(exchange)
        except (OSError, asyncio.IncompleteReadError):
            self.broken += 1
        finally:
            writer.close()
            self._serving.discard(serving)


@dataclass(kw_only=True)
class Gateway:
    """`python -m seatrial.gateway` with settings of the test."""

    folder: Path
    settings: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings['port']}"

    @property
    def log(self) -> str:
        return (self.folder / "gateway.log").read_text()

    def client(self, seconds: float = WAIT_SECONDS_MAX) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {KEY}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=seconds, trust_env=False)

    async def start(self) -> None:
        path = self.folder / "gateway.json"
        path.write_text(json.dumps(self.settings))
        environment = {
            "PATH": os.environ["PATH"],
            "CALLERS": KEY,
            "PROVIDER_KEY": PROVIDER_KEY,
        } | self.environment
        with (self.folder / "gateway.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "seatrial.gateway", str(path), env=environment, stderr=log
            )

    async def wait_until_ready(self) -> None:
        async with asyncio.timeout(WAIT_SECONDS_MAX), self.client() as client:
            while True:
                assert self.process
                assert self.process.returncode is None, self.log
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get("/ready")).status_code == 200:
                        return
                await asyncio.sleep(0.02)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), WAIT_SECONDS_MAX)

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator["Gateway"]:
        await self.start()
        try:
            await self.wait_until_ready()
            yield self
        finally:
            await self.stop(signal.SIGKILL)

    async def budget(self, name: str = "all") -> dict[str, Any]:
        async with self.client() as client:
            told = (await client.get("/v1/budgets")).json()["budgets"]
        found: dict[str, Any] = next(one for one in told if one["name"] == name)
        return found

    async def metric(self, name: str) -> float:
        """The sum over its labels."""
        async with self.client() as client:
            lines = (await client.get("/metrics")).text.splitlines()
        samples = [line for line in lines if line.partition("{")[0] == f"seatrial_models_{name}"]
        return sum(float(line.rpartition(" ")[2]) for line in samples)


def settings_for(provider: Provider, folder: Path, **more: object) -> dict[str, Any]:
    """A model that costs, one that costs nothing, and a dollar a day for all."""
    settings: dict[str, Any] = {
        "port": free_port(),
        "keysFrom": ["CALLERS"],
        "ledger": str(folder / "ledger.sqlite"),
        "providers": {"there": {"url": provider.url, "keyFrom": "PROVIDER_KEY"}},
        "models": {
            "writer": {"provider": "there", "id": "big-model", "price": PRICE, "outputTokens": 50},
            "local": {"provider": "there", "id": "small-model", "price": {"input": "0"}},
        },
        "budgets": [{"name": "all", "limit": "1", "per": "day"}],
    }
    return settings | more


def ask(text: str = "say hello", model: str = "writer", **more: object) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}]} | more
