"""The hard cap: whatever callers, providers and kills do, the provider's own book never exceeds it."""

import asyncio
import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from seatrial.gateway.prices import NANOS, parse_amount
from tests.integration.gateway.benches import (
    Exchange,
    Gateway,
    Provider,
    ask,
    chunk,
    completion,
    settings_for,
)

CALLERS = 64
ROUNDS = 20
KILLED_CAP_NANOS = NANOS * 6 // 10
CAP_NANOS = NANOS * 15 // 100


async def bill_and_take_time(exchange: Exchange) -> None:
    """Bills as soon as it has heard the call, so that a caller that leaves owes it nevertheless."""
    if exchange.body["model"] == "small-model":
        await exchange.answer(completion_text())
        return
    usage = exchange.bill(random.randint(1, exchange.body["max_tokens"]))
    await asyncio.sleep(random.random() * 0.05)
    if exchange.body.get("stream"):
        await exchange.events(chunk("a"), chunk("b"), {"choices": [], "usage": usage})
    else:
        await exchange.answer(completion_text(usage))


def completion_text(usage: dict[str, Any] | None = None) -> str:
    return httpx.Response(200, json=completion("well", usage=usage)).text


async def call_again_and_again(gateway: Gateway, seen: Counter[int], stop: asyncio.Event) -> None:
    """Whoever gets no answer asks anew, as clients do."""
    async with gateway.client() as client:
        while not stop.is_set():
            body = ask("one two three", stream=random.random() < 0.5)
            try:
                seen[(await client.post("/v1/chat/completions", json=body)).status_code] += 1
            except httpx.HTTPError:
                seen[0] += 1
                await asyncio.sleep(0.02)


async def test_kills_at_any_moment_under_64_callers_never_let_the_provider_bill_above_the_cap(
    provider: Provider, tmp_path: Path
) -> None:
    provider.behave = bill_and_take_time
    settings = settings_for(provider, tmp_path)
    settings["budgets"] = [{"name": "all", "limit": "0.6", "per": "month"}]
    gateway = Gateway(folder=tmp_path, settings=settings)
    seen: Counter[int] = Counter()
    stop = asyncio.Event()
    busy = 0
    async with gateway.up():
        callers = [asyncio.create_task(call_again_and_again(gateway, seen, stop)) for _ in range(CALLERS)]
        for _ in range(ROUNDS):
            before = provider.billed_calls
            await asyncio.sleep(random.random() * 0.3)
            await gateway.stop(signal.SIGKILL)
            busy += provider.billed_calls > before
            await gateway.start()
            await gateway.wait_until_ready()
            assert provider.billed_nanos <= KILLED_CAP_NANOS
        async with asyncio.timeout(60), gateway.client() as client:
            while (await client.post("/v1/chat/completions", json=ask())).status_code != 402:
                await asyncio.sleep(0.05)
        stop.set()
        await asyncio.gather(*callers)
        spent = parse_amount((await gateway.budget())["spent"])
        assert provider.billed_nanos <= spent <= KILLED_CAP_NANOS
        async with gateway.client() as client:
            for _ in range(20):
                refused = await client.post("/v1/chat/completions", json=ask("x " * 2000))
                assert (refused.status_code, refused.json()["error"]["code"]) == (402, "budget_exhausted")
                free = await client.post("/v1/chat/completions", json=ask(model="local"))
                assert free.status_code == 200
    # A kill charges all that is open, so the cap is used up before the last rounds come.
    assert busy >= ROUNDS // 4
    assert seen[200] > 50


async def test_without_kills_the_cap_is_used_nearly_whole_and_the_books_agree(
    provider: Provider, tmp_path: Path
) -> None:
    provider.behave = bill_and_take_time
    settings = settings_for(provider, tmp_path)
    settings["budgets"] = [{"name": "all", "limit": "0.15", "per": "day"}]
    seen: Counter[int] = Counter()
    stop = asyncio.Event()
    async with Gateway(folder=tmp_path, settings=settings).up() as gateway:
        callers = [asyncio.create_task(call_again_and_again(gateway, seen, stop)) for _ in range(CALLERS)]
        async with asyncio.timeout(60):
            while True:
                budget = await gateway.budget()
                if budget["reserved"] == "0.00" and seen[402] > CALLERS:
                    break
                await asyncio.sleep(0.05)
        stop.set()
        await asyncio.gather(*callers)
        spent = parse_amount((await gateway.budget())["spent"])
    assert spent == provider.billed_nanos
    assert CAP_NANOS * 80 // 100 <= spent <= CAP_NANOS
