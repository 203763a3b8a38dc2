"""Providers that speak badly: callers get errors in OpenAI's form, calls are settled, the gateway lives."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from seatrial.gateway.prices import parse_amount
from tests.integration.gateway.benches import (
    PROVIDER_KEY,
    Exchange,
    Gateway,
    Provider,
    ask,
    chunk,
    completion,
    free_port,
    settings_for,
)

LIMITS = {"firstByteSeconds": 0.5, "idleSeconds": 0.5, "callSeconds": 3, "responseBytesMax": 100_000}


@pytest.fixture
async def gateway(provider: Provider, tmp_path: Path) -> Gateway:
    return Gateway(folder=tmp_path, settings=settings_for(provider, tmp_path, limits=LIMITS))


def page(status: str, *headers: str) -> Callable[[Exchange], Awaitable[None]]:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer("<html>Bad</html>", status, "Content-Type: text/html", *headers)

    return behave


def text(body: str | bytes) -> Callable[[Exchange], Awaitable[None]]:
    async def behave(exchange: Exchange) -> None:
        await exchange.answer(body)

    return behave


def usage(**fields: object) -> Callable[[Exchange], Awaitable[None]]:
    return text(json.dumps(completion("well", **fields)))


async def garbage(exchange: Exchange) -> None:
    await exchange.send(b"\x00\xffnot http at all\r\n\r\n")


async def broken_chunks(exchange: Exchange) -> None:
    await exchange.head("200 OK", "Transfer-Encoding: chunked")
    await exchange.send(b"zz\r\n{not a chunk")


async def endless(exchange: Exchange) -> None:
    await exchange.head("200 OK", "Content-Type: application/json")
    while True:
        await exchange.send(b" " * 65_536)
        await asyncio.sleep(0)


async def silent(exchange: Exchange) -> None:
    await exchange.reader.read()


async def slow_then_silent(exchange: Exchange) -> None:
    await exchange.head("200 OK", "Content-Type: text/event-stream")
    await exchange.send(b"data: " + json.dumps(chunk("a")).encode() + b"\n\n")
    await exchange.reader.read()


async def hang_up(exchange: Exchange) -> None:
    exchange.writer.close()


async def compressed(exchange: Exchange) -> None:
    await exchange.answer(b"\x1f\x8b", "200 OK", "Content-Encoding: gzip")


async def redirect(exchange: Exchange) -> None:
    await exchange.answer("", "307 Temporary Redirect", f"Location: {exchange.provider.url}/elsewhere")


async def overloaded(exchange: Exchange) -> None:
    await exchange.answer('{"error": "slow down"}', "429 Too Many Requests", "Retry-After: 7")


async def talkative(exchange: Exchange) -> None:
    told = {"error": {"message": f"your key {exchange.headers['authorization']} is wrong"}}
    await exchange.answer(json.dumps(told), "401 Unauthorized")


async def half_said(exchange: Exchange) -> None:
    told = {"error": {"message": "x" * 420 + exchange.headers["authorization"]}}
    await exchange.answer(json.dumps(told), "401 Unauthorized")


async def key_without_json(exchange: Exchange) -> None:
    await exchange.answer("Invalid credentials: " + exchange.headers["authorization"])


async def key_in_no_stream(exchange: Exchange) -> None:
    await exchange.head("200 OK", "Content-Type: text/event-stream")
    await exchange.send(exchange.headers["authorization"].encode() + b": no\n\n")


async def key_in_stream(exchange: Exchange) -> None:
    told = {"error": {"message": "x" * 440 + exchange.headers["authorization"]}}
    await exchange.events(chunk("a"), told)


async def key_to_wait_for(exchange: Exchange) -> None:
    await exchange.answer("{}", "429 Too Many Requests", f"Retry-After: {PROVIDER_KEY}")


def stream(*events: object, done: bool = True) -> Callable[[Exchange], Awaitable[None]]:
    async def behave(exchange: Exchange) -> None:
        await exchange.events(*events, done=done)

    return behave


async def cut_event(exchange: Exchange) -> None:
    await exchange.head("200 OK", "Content-Type: text/event-stream")
    await exchange.send(b'data: {"choices": [{"delta"')


WHOLE = [
    ("an error page", page("500 Internal Server Error"), 502, "provider_failed", "full"),
    ("an error page of a proxy", page("502 Bad Gateway"), 502, "provider_failed", "full"),
    ("a page of status 200", page("200 OK"), 502, "provider_malformed", "full"),
    ("unavailable", page("503 Service Unavailable"), 502, "provider_failed", "none"),
    ("a request it refuses", page("400 Bad Request"), 400, "provider_refused", "none"),
    ("a key it refuses", talkative, 502, "provider_denied", "none"),
    ("too many calls", overloaded, 429, "provider_overloaded", "none"),
    ("a redirect", redirect, 502, "provider_redirects", "none"),
    ("no HTTP", garbage, 502, "provider_broken", "full"),
    ("chunks that are none", broken_chunks, 502, "provider_broken", "full"),
    ("a body without end", endless, 502, "provider_malformed", "full"),
    ("silence", silent, 504, "provider_timeout", "full"),
    ("hanging up", hang_up, 502, "provider_broken", "full"),
    ("compression", compressed, 502, "provider_malformed", "full"),
    ("a list", text("[]"), 502, "provider_malformed", "full"),
    ("no choices", text("{}"), 502, "provider_malformed", "full"),
    ("not a number", text('{"choices": [NaN]}'), 502, "provider_malformed", "full"),
    ("wrong encoding", text(b'{"choices": ["\xff"]}'), 502, "provider_malformed", "full"),
    ("deep nesting", text("[" * 50_000), 502, "provider_malformed", "full"),
    ("no usage", usage(), 200, "", "full"),
    ("usage as text", usage(usage={"prompt_tokens": "5", "completion_tokens": "1"}), 200, "", "use"),
    ("usage of nothing", usage(usage={"prompt_tokens": 0, "completion_tokens": 0}), 200, "", "full"),
    ("negative usage", usage(usage={"prompt_tokens": -5, "completion_tokens": 1}), 200, "", "full"),
    ("use of no output for words", usage(usage={"prompt_tokens": 5}), 200, "", "full"),
    ("usage without sense", usage(usage=["many"]), 200, "", "full"),
    ("a key where the message is cut", half_said, 502, "provider_denied", "none"),
    ("a key and no JSON", key_without_json, 502, "provider_malformed", "full"),
    ("a key in place of seconds", key_to_wait_for, 429, "provider_overloaded", "none"),
    ("another content type", page("200 OK", "X-Odd: yes"), 502, "provider_malformed", "full"),
]
USED = {"usage": {"prompt_tokens": 5, "completion_tokens": 1}}
FAILED = {"error": {"message": "out of memory"}}
STREAMED = [
    ("an error page", page("500 Internal Server Error"), 502, "provider_failed", "full"),
    ("no stream at all", usage(usage={"prompt_tokens": 5}), 502, "provider_malformed", "full"),
    ("silence", silent, 504, "provider_timeout", "full"),
    ("silence after a piece", slow_then_silent, 200, "provider_timeout", "full"),
    ("no end", stream(chunk("a"), {"choices": []} | USED, done=False), 200, "provider_cut", "full"),
    ("a cut event", cut_event, 502, "provider_cut", "full"),
    ("an error in it", stream(chunk("a"), FAILED), 200, "provider_broken", "full"),
    ("an event that is no object", stream(chunk("a"), ["b"]), 200, "provider_malformed", "full"),
    ("no usage", stream(chunk("a")), 200, "", "full"),
    ("usage before the words", stream({"choices": []} | USED, chunk("a")), 200, "", "full"),
    ("use of no output", stream(chunk("a"), {"choices": [], "usage": {"prompt_tokens": 5}}), 200, "", "full"),
    ("a key in an error", key_in_stream, 200, "provider_broken", "full"),
    ("a key in place of a stream", key_in_no_stream, 502, "provider_malformed", "full"),
    ("usage in a piece", stream(chunk("a", **USED)), 200, "", "use"),
]


def code_of(answer: httpx.Response) -> str:
    """From the body, or from the last event of a stream."""
    if answer.headers["content-type"] == "text/event-stream":
        last = [line.removeprefix("data: ") for line in answer.text.splitlines() if line][-1]
        return "" if last == "[DONE]" else str(json.loads(last)["error"]["code"])
    told = answer.json()
    return str(told["error"]["code"]) if "error" in told else ""


async def test_whatever_a_provider_answers_the_caller_is_told_and_the_call_settled(
    gateway: Gateway, provider: Provider
) -> None:
    cases = [(case, False) for case in WHOLE] + [(case, True) for case in STREAMED]
    async with gateway.up(), gateway.client() as client:
        for (name, behave, status, code, owed), streams in cases:
            provider.behave = behave
            before = parse_amount((await gateway.budget())["spent"])
            answer = await client.post("/v1/chat/completions", json=ask(stream=streams))
            assert (answer.status_code, code_of(answer)) == (status, code), (name, answer.text)
            assert PROVIDER_KEY[:8] not in answer.text + str(answer.headers), name
            if code:
                assert "message" in answer.text, name
            budget = await gateway.budget()
            assert budget["reserved"] == "0.00", name
            grown = parse_amount(budget["spent"]) - before
            sort = {0: "none", 5 * 2000 + 1 * 10_000: "use"}.get(grown, "full")
            assert sort == owed, (name, grown)
        provider.behave = overloaded
        assert (await client.post("/v1/chat/completions", json=ask())).headers["retry-after"] == "7"
        assert (await client.get("/health")).status_code == 200
    assert PROVIDER_KEY not in gateway.log
    assert "Traceback" not in gateway.log


async def test_a_stream_with_two_ends_is_over_at_the_first(gateway: Gateway, provider: Provider) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.events(chunk("a"))
        await exchange.send(b"data: [DONE]\n\n")

    provider.behave = behave
    async with gateway.up(), gateway.client() as client:
        answer = await client.post("/v1/chat/completions", json=ask(stream=True))
    assert answer.text.count("[DONE]") == 1


async def test_more_use_than_was_reserved_is_charged_as_it_is_and_found(
    gateway: Gateway, provider: Provider
) -> None:
    provider.behave = usage(usage={"prompt_tokens": 10, "completion_tokens": 5000})
    async with gateway.up(), gateway.client() as client:
        assert (await client.post("/v1/chat/completions", json=ask())).status_code == 200
        assert parse_amount((await gateway.budget())["spent"]) == 10 * 2000 + 5000 * 10_000
        assert await gateway.metric("overruns_total") == 1
    assert "finding: a provider reports more" in gateway.log


async def test_a_provider_that_is_not_there_costs_nothing(provider: Provider, tmp_path: Path) -> None:
    settings = settings_for(provider, tmp_path)
    settings["providers"]["there"]["url"] = f"http://127.0.0.1:{free_port()}/v1"
    async with Gateway(folder=tmp_path, settings=settings).up() as gateway, gateway.client() as client:
        answer = await client.post("/v1/chat/completions", json=ask())
        assert (answer.status_code, code_of(answer)) == (502, "provider_unreachable")
        assert (await gateway.budget())["spent"] == "0.00"


@pytest.mark.parametrize("streams", [False, True])
async def test_when_the_caller_leaves_the_provider_is_left_and_the_call_charged_in_full(
    gateway: Gateway, provider: Provider, streams: bool
) -> None:
    heard, left = asyncio.Event(), asyncio.Event()

    async def behave(exchange: Exchange) -> None:
        heard.set()
        if streams:
            await exchange.events(chunk("a"), done=False)
        await exchange.reader.read()
        left.set()

    gateway.settings["limits"] = {}
    provider.behave = behave
    async with gateway.up(), gateway.client() as client, asyncio.timeout(10):
        asking = asyncio.create_task(client.post("/v1/chat/completions", json=ask(stream=streams)))
        await heard.wait()
        asking.cancel()
        await left.wait()
        while (await gateway.budget())["reserved"] != "0.00":
            await asyncio.sleep(0.01)
        budget = await gateway.budget()
        assert parse_amount(budget["spent"]) == parse_amount(budget["unconfirmed"]) > 0


async def test_another_model_answers_where_the_first_ones_provider_fails_each_at_its_own_cost(
    gateway: Gateway, provider: Provider
) -> None:
    async def behave(exchange: Exchange) -> None:
        good = exchange.body["model"] == "small-model"
        await (usage(usage={"prompt_tokens": 5})(exchange) if good else page("500 Oh")(exchange))

    provider.behave = behave
    gateway.settings["models"]["writer"]["fallbacks"] = ["local"]
    async with gateway.up(), gateway.client() as client:
        answer = await client.post("/v1/chat/completions", json=ask())
        assert answer.status_code == 200
        assert (await gateway.budget())["spent"] == (await gateway.budget())["unconfirmed"] != "0.00"
    assert [one.body["model"] for one in provider.exchanges] == ["big-model", "small-model"]


@pytest.mark.parametrize(("limit", "provider_of"), [("0.000001", "there"), ("1", "nobody")])
async def test_another_model_answers_where_the_budget_is_used_up_or_no_provider_is_set(
    gateway: Gateway, provider: Provider, limit: str, provider_of: str
) -> None:
    gateway.settings["budgets"] = [{"name": "all", "limit": limit, "per": "day"}]
    gateway.settings["providers"]["nobody"] = {"urlFrom": "NOT_SET"}
    gateway.settings["models"]["writer"] |= {"fallbacks": ["local"], "provider": provider_of}
    async with gateway.up(), gateway.client() as client:
        assert (await client.post("/v1/chat/completions", json=ask())).status_code == 200
        gateway.settings["models"]["local"]["provider"] = "nobody"
    assert [one.body["model"] for one in provider.exchanges] == ["small-model"]
    async with gateway.up(), gateway.client() as client:
        answer = await client.post("/v1/chat/completions", json=ask())
    first = "budget_exhausted" if provider_of == "there" else "no_model"
    assert code_of(answer) == first


async def test_a_provider_that_hangs_does_not_block_a_model_of_another(
    provider: Provider, tmp_path: Path
) -> None:
    async with Provider(behave=silent).up() as hanging:
        settings = settings_for(provider, tmp_path, limits={"callsMax": 2})
        settings["providers"]["hanging"] = {"url": hanging.url, "keyFrom": "PROVIDER_KEY"}
        settings["models"]["writer"]["provider"] = "hanging"
        async with (
            Gateway(folder=tmp_path, settings=settings).up() as gateway,
            gateway.client() as client,
            asyncio.TaskGroup() as group,
        ):
            asking = [group.create_task(client.post("/v1/chat/completions", json=ask())) for _ in range(5)]
            async with asyncio.timeout(10):
                while len(hanging.exchanges) < 2:
                    await asyncio.sleep(0.01)
                free = await client.post("/v1/chat/completions", json=ask(model="local"))
            for task in asking:
                task.cancel()
    assert free.status_code == 200
