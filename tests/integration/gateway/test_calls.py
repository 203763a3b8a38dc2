"""Calls through the gateway to a provider that behaves."""

import json

from seatrial.gateway.prices import parse_amount
from tests.integration.gateway.benches import PROVIDER_KEY, Gateway, Provider, ask


async def test_a_call_is_handed_on_with_the_providers_key_and_name_and_settled_by_use(
    gateway: Gateway, provider: Provider
) -> None:
    async with gateway.client() as client:
        answer = await client.post("/v1/chat/completions", json=ask())
        assert answer.status_code == 200, answer.text
        assert answer.json()["choices"][0]["message"]["content"] == "hello"
    seen = provider.exchanges[0]
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == f"Bearer {PROVIDER_KEY}"
    assert (seen.body["model"], seen.body["max_tokens"]) == ("big-model", 50)
    budget = await gateway.budget()
    assert parse_amount(budget["spent"]) == provider.billed_nanos
    assert budget["reserved"] == "0.00"


async def test_a_stream_comes_piece_by_piece_and_use_is_asked_for_but_kept_from_who_did_not_ask(
    gateway: Gateway, provider: Provider
) -> None:
    async with gateway.client() as client:
        answer = await client.post("/v1/chat/completions", json=ask(stream=True))
        more = await client.post(
            "/v1/chat/completions", json=ask(stream=True, stream_options={"include_usage": True})
        )
    assert answer.headers["content-type"] == "text/event-stream"
    events = [line.removeprefix("data: ") for line in answer.text.splitlines() if line]
    assert events[-1] == "[DONE]"
    assert [json.loads(event)["choices"][0]["delta"] for event in events[:-1]] == [
        {"content": "hel"}, {"content": "lo"}, {}
    ]  # fmt: skip
    assert "usage" in more.text
    assert provider.exchanges[0].body["stream_options"] == {"include_usage": True}
    assert parse_amount((await gateway.budget())["spent"]) == provider.billed_nanos


async def test_embeddings_are_asked_for_and_charged(gateway: Gateway, provider: Provider) -> None:
    async with gateway.client() as client:
        answer = await client.post("/v1/embeddings", json={"model": "writer", "input": ["one", "two"]})
    assert answer.json()["data"][0]["embedding"] == [0.1, 0.2]
    assert parse_amount((await gateway.budget())["spent"]) == provider.billed_nanos
