"""Recorded once, answered for ever: without a provider, as the stream it was, and never with a key."""

import json
from pathlib import Path

from tests.integration.gateway.benches import KEY, PROVIDER_KEY, Gateway, Provider, ask, settings_for


def gateway_in(mode: str, provider: Provider, folder: Path, **more: object) -> Gateway:
    recordings = {"mode": mode, "folder": str(folder / "recordings")} | more
    settings = settings_for(provider, folder, recordings=recordings)
    if mode == "replay":
        settings["providers"] = {"there": {"urlFrom": "NOT_SET"}}
    return Gateway(folder=folder, settings=settings)


async def test_what_was_recorded_is_replayed_without_a_provider_and_costs_nothing(
    provider: Provider, tmp_path: Path
) -> None:
    asked = [
        ("chat/completions", ask()),
        ("chat/completions", ask(stream=True)),
        ("chat/completions", ask(stream=True, stream_options={"include_usage": True})),
        ("embeddings", {"model": "writer", "input": "one"}),
    ]
    async with gateway_in("record", provider, tmp_path).up() as gateway, gateway.client() as client:
        live = [await client.post(f"/v1/{path}", json=body) for path, body in asked]
        spent = (await gateway.budget())["spent"]
    async with gateway_in("replay", provider, tmp_path).up() as gateway, gateway.client() as client:
        replayed = [await client.post(f"/v1/{path}", json=body | {"user": "another"}) for path, body in asked]
        assert (await gateway.budget())["spent"] == spent
    assert [one.status_code for one in live] == [200] * 4
    assert [one.text for one in replayed] == [one.text for one in live]
    assert [one.headers["content-type"] for one in replayed] == [one.headers["content-type"] for one in live]
    assert len(provider.exchanges) == 4
    kept = "".join(path.read_text() for path in (tmp_path / "recordings").iterdir())
    assert KEY not in kept
    assert PROVIDER_KEY not in kept


async def test_a_request_that_was_not_recorded_is_refused_with_the_nearest_and_where_it_differs(
    provider: Provider, tmp_path: Path
) -> None:
    async with gateway_in("record", provider, tmp_path).up() as gateway, gateway.client() as client:
        await client.post("/v1/chat/completions", json=ask("what is the capital of France?"))
        await client.post("/v1/chat/completions", json=ask("ten words on ships", temperature=0.5))
    nearest = next(path.name for path in (tmp_path / "recordings").iterdir() if "France" in path.read_text())
    async with gateway_in("replay", provider, tmp_path).up() as gateway, gateway.client() as client:
        answer = await client.post("/v1/chat/completions", json=ask("what is the capital of Spain?"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_recorded")
    expected = f"the nearest is {nearest}, which differs first in messages[0].content"
    assert expected in answer.json()["error"]["message"]


async def test_a_key_in_a_request_and_a_full_folder_keep_an_answer_from_being_recorded(
    provider: Provider, tmp_path: Path
) -> None:
    async with gateway_in("record", provider, tmp_path, bytesMax=1024).up() as gateway:
        async with gateway.client() as client:
            for text in (f"is {PROVIDER_KEY} a good key?", "short", "x" * 1000):
                assert (await client.post("/v1/chat/completions", json=ask(text))).status_code == 200
        assert await gateway.metric("unrecorded_total") == 2
    kept = [json.loads(path.read_text()) for path in (tmp_path / "recordings").iterdir()]
    assert [one["request"]["messages"][0]["content"] for one in kept] == ["short"]


async def test_an_answer_that_was_cut_is_not_recorded_and_a_broken_recording_is_named(
    provider: Provider, tmp_path: Path
) -> None:
    async def cut(exchange: object) -> None:
        await exchange.events({"choices": [{}]}, done=False)  # type: ignore[attr-defined]

    provider.behave = cut
    async with gateway_in("record", provider, tmp_path).up() as gateway, gateway.client() as client:
        await client.post("/v1/chat/completions", json=ask(stream=True))
    folder = tmp_path / "recordings"
    assert not folder.exists()
    async with gateway_in("replay", provider, tmp_path).up() as gateway, gateway.client() as client:
        answer = await client.post("/v1/chat/completions", json=ask())
        assert "holds none" in answer.json()["error"]["message"]
        folder.mkdir()
        name = answer.json()["error"]["message"].partition("(")[2].partition(")")[0]
        (folder / name).write_text("{")
        answer = await client.post("/v1/chat/completions", json=ask())
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "recording_broken")
