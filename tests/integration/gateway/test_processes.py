"""The gateway as a process: who may come in, what it bears at once, how it starts and how it stops."""

import asyncio
import json
import resource
import signal
from pathlib import Path

import httpx
import pytest

from seatrial.gateway.prices import format_amount, parse_amount
from tests.integration.gateway.benches import (
    KEY,
    Exchange,
    Gateway,
    Provider,
    ask,
    completion,
    settings_for,
    speak_well,
)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("key", [None, "Bearer", "Bearer wrong", "Basic the-key-of-callers", "Bearer ü"])
async def test_without_the_key_nothing_below_v1_answers(gateway: Gateway, key: str | None) -> None:
    headers = {"Authorization": key.encode()} if key else {}
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False) as client:
        for path in ("/v1/chat/completions", "/v1/embeddings"):
            assert code(await client.post(path, json=ask(), headers=headers)) == (401, "invalid_api_key")
        for path in ("/v1/models", "/v1/budgets"):
            assert code(await client.get(path, headers=headers)) == (401, "invalid_api_key")
        for path in ("/health", "/ready", "/metrics"):
            assert (await client.get(path)).status_code == 200


async def test_models_are_listed_and_what_is_not_there_is_told_in_openais_form(gateway: Gateway) -> None:
    async with gateway.client() as client:
        listed = (await client.get("/v1/models")).json()
        assert [one["id"] for one in listed["data"]] == ["local", "writer"]
        assert code(await client.get("/v1/elsewhere")) == (404, "unknown_url")
        assert code(await client.get("/v1/chat/completions")) == (405, "unknown_url")
        answer = await client.post("/v1/chat/completions", json=ask(model="other"))
        assert code(answer) == (404, "model_not_found")
        assert "there is local, writer" in answer.json()["error"]["message"]
        answer = await client.post("/v1/chat/completions", content=b"{")
        assert code(answer) == (400, "invalid_json")


async def test_a_request_that_is_too_long_or_too_slow_is_refused(provider: Provider, tmp_path: Path) -> None:
    limits = {"requestBytesMax": 2000, "requestSeconds": 0.3}
    async with Gateway(
        folder=tmp_path, settings=settings_for(provider, tmp_path, limits=limits)
    ).up() as gateway:

        async def pieces(count: int, seconds: float):  # noqa: ANN202
            for _ in range(count):
                yield b" " * 500
                await asyncio.sleep(seconds)

        async with gateway.client() as client:
            told = await client.post("/v1/chat/completions", json=ask("x" * 3000))
            assert code(told) == (413, "request_too_large")
            streamed = await client.post("/v1/chat/completions", content=pieces(10, 0))
            assert code(streamed) == (413, "request_too_large")
            assert code(await client.post("/v1/chat/completions", content=pieces(3, 1))) == (
                408,
                "request_too_slow",
            )
    assert not provider.exchanges


async def test_so_many_calls_are_under_way_so_many_wait_and_the_rest_are_refused(
    provider: Provider, tmp_path: Path
) -> None:
    release = asyncio.Event()
    most = 0

    async def behave(exchange: Exchange) -> None:
        nonlocal most
        most = max(most, len(provider._serving))
        await release.wait()
        await speak_well(exchange)

    provider.behave = behave
    limits = {"callsMax": 3, "waitingMax": 4}
    async with (
        Gateway(folder=tmp_path, settings=settings_for(provider, tmp_path, limits=limits)).up() as gateway,
        gateway.client() as client,
    ):
        asking = [
            asyncio.create_task(client.post("/v1/chat/completions", json=ask(model="local")))
            for _ in range(10)
        ]
        done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        while sum(task.done() for task in asking) < 3:
            await asyncio.sleep(0.01)
        release.set()
        answers = await asyncio.gather(*asking)
    assert sorted(one.status_code for one in answers) == [200] * 7 + [503] * 3
    assert all(code(task.result()) == (503, "overloaded") for task in done)
    assert all(task.result().headers["retry-after"] == "1" for task in done)
    assert most == 3


async def test_told_to_stop_it_ends_what_is_under_way_and_charges_what_it_cannot_end(
    provider: Provider, tmp_path: Path
) -> None:
    heard = asyncio.Event()

    async def behave(exchange: Exchange) -> None:
        heard.set()
        await asyncio.sleep(0.3)
        await speak_well(exchange)

    provider.behave = behave
    gateway = Gateway(folder=tmp_path, settings=settings_for(provider, tmp_path, limits={"graceSeconds": 1}))
    async with gateway.up(), gateway.client() as client:
        asking = asyncio.create_task(client.post("/v1/chat/completions", json=ask()))
        await heard.wait()
        assert await gateway.stop() == 0
        assert (await asking).status_code == 200
    spent = provider.billed_nanos

    async def never(exchange: Exchange) -> None:
        heard.set()
        await exchange.reader.read()

    provider.behave = never
    heard.clear()
    async with gateway.up(), gateway.client() as client:
        assert parse_amount((await gateway.budget())["spent"]) == spent
        asking = asyncio.create_task(client.post("/v1/chat/completions", json=ask()))
        await heard.wait()
        assert await gateway.stop() == 0
        with pytest.raises(httpx.HTTPError):
            (await asking).raise_for_status()
    async with gateway.up():
        budget = await gateway.budget()
    assert parse_amount(budget["spent"]) > spent
    assert budget["reserved"] == "0.00"


async def test_budgets_of_models_and_of_all_hold_together_and_actions_are_told_once(
    provider: Provider, tmp_path: Path
) -> None:
    cost = 7 * 2000 + 10 * 10_000  # of one call by the provider's book
    thresholds = [
        {"atMillionths": 500_000, "do": "tell", "who": ["oncall"]},
        {"atMillionths": 900_000, "do": "scale", "who": ["creator"], "by": 0.8},
        {"atMillionths": 900_000, "do": "stop", "who": ["writer"], "severity": "critical"},
    ]
    models = settings_for(provider, tmp_path)["models"]
    models["other"] = models["writer"] | {"inputOverheadTokens": 0, "outputTokens": 10}
    models["writer"] = models["other"]
    budgets = [
        {"name": "all", "limit": "1", "per": "month"},
        {"name": "few", "limit": format_amount(cost * 40), "per": "day", "thresholds": thresholds},
    ]
    settings = settings_for(provider, tmp_path, models=models, budgets=budgets)
    async with Gateway(folder=tmp_path, settings=settings).up() as gateway, gateway.client() as client:
        statuses = []
        for _ in range(42):
            answer = await client.post("/v1/chat/completions", json=ask("hello you"))
            statuses.append(answer.status_code)
        few = await gateway.budget("few")
        assert [one["do"] for one in few["actions"]] == ["tell", "scale", "stop"]
        assert few["actions"][1] == {
            "at": "90%", "do": "scale", "who": ["creator"], "by": 0.8, "severity": "warning"
        }  # fmt: skip
        assert statuses == sorted(statuses)
        assert statuses[-1] == 402
        assert "budget few stops model writer at 90%: " in answer.json()["error"]["message"]
        assert await gateway.metric("thresholds_total") == 3
        assert await gateway.metric("refused_total") == statuses.count(402)
        assert await gateway.metric("charged_total") == provider.billed_nanos / 10**9
    told = [json.loads(line) for line in gateway.log.splitlines()]
    assert [one["action"] for one in told if one["event"] == "budget threshold crossed"] == [
        "tell oncall", "scale creator by 0.8", "stop writer"
    ]  # fmt: skip


async def test_a_model_without_a_known_price_is_refused_where_a_budget_holds_and_asked_where_none_does(
    provider: Provider, tmp_path: Path
) -> None:
    async def say_nothing_of_use(exchange: Exchange) -> None:
        await exchange.answer(json.dumps(completion("well")))

    provider.behave = say_nothing_of_use
    settings = settings_for(provider, tmp_path)
    settings["models"]["writer"] = {"provider": "there", "id": "new-model"}
    async with Gateway(folder=tmp_path, settings=settings).up() as gateway, gateway.client() as client:
        answer = await client.post("/v1/chat/completions", json=ask())
        assert code(answer) == (402, "price_unknown")
        assert "give its price per million tokens, or a price of 0" in answer.json()["error"]["message"]
    settings["budgets"] = []
    async with Gateway(folder=tmp_path, settings=settings).up() as gateway, gateway.client() as client:
        assert (await client.post("/v1/chat/completions", json=ask())).status_code == 200
    assert len(provider.exchanges) == 1


async def test_without_a_provider_the_answer_says_what_to_set(provider: Provider, tmp_path: Path) -> None:
    settings = settings_for(provider, tmp_path)
    settings["providers"]["there"] = {"urlFrom": "OPENAI_BASE_URL", "keyFrom": "OPENAI_API_KEY"}
    gateway = Gateway(folder=tmp_path, settings=settings)
    async with gateway.up(), gateway.client() as client:
        answer = await client.post("/v1/chat/completions", json=ask())
        assert code(answer) == (503, "no_model")
        assert "set OPENAI_BASE_URL, OPENAI_API_KEY" in answer.json()["error"]["message"]
    gateway.environment = {"OPENAI_BASE_URL": provider.url}
    async with gateway.up(), gateway.client() as client:
        assert (await client.post("/v1/chat/completions", json=ask())).status_code == 200
    assert "authorization" not in provider.exchanges[0].headers


@pytest.mark.parametrize(
    ("change", "exit_code", "found"),
    [
        (
            {"port": 0, "more": 1},
            2,
            ["port: Input should be greater", "more: Extra inputs are not permitted"],
        ),
        ({"models": {"writer": {"provider": "nobody"}}}, 2, ["there is no provider 'nobody'"]),
        (
            {"budgets": [{"name": "b", "limit": 5, "per": "day"}]},
            2,
            ["budgets.0.limit", "expected an amount"],
        ),
        ({"keysFrom": ["NOT_SET"]}, 3, ["set NOT_SET: a key that callers"]),
        ({"ledger": "/proc/nowhere/ledger"}, 3, ["/proc/nowhere"]),
        ({"host": "192.0.2.1"}, 3, ["cannot listen on 192.0.2.1"]),
    ],
)
async def test_settings_that_are_wrong_and_things_that_are_missing_end_it_with_a_line_each(
    provider: Provider, tmp_path: Path, change: dict[str, object], exit_code: int, found: list[str]
) -> None:
    gateway = Gateway(folder=tmp_path, settings=settings_for(provider, tmp_path) | change)
    await gateway.start()
    assert gateway.process
    assert await asyncio.wait_for(gateway.process.wait(), 20) == exit_code
    assert "Traceback" not in gateway.log
    for text in found:
        assert text in gateway.log


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"PROVIDER_KEY": "sk-one\nsk-two"}, "PROVIDER_KEY: a key is printable ASCII"),
        ({"PROVIDER_KEY": "sk-sécret"}, "PROVIDER_KEY: a key is printable ASCII"),
        ({"CALLERS": "two words"}, "CALLERS: a key is printable ASCII"),
        ({"PLACE": "http://user:sk-pass@127.0.0.1/v1"}, "PLACE: an address bears no user"),
        ({"PLACE": "http://127.0.0.1/v1?key=sk-pass"}, "PLACE: an address bears no user"),
        ({"PLACE": "http://[sk-pass"}, "PLACE: is no address"),
    ],
)
async def test_what_is_no_key_and_an_address_that_cannot_be_shown_end_it_without_showing_them(
    provider: Provider, tmp_path: Path, environment: dict[str, str], found: str
) -> None:
    settings = settings_for(provider, tmp_path)
    settings["providers"]["there"]["urlFrom"] = "PLACE"
    gateway = Gateway(folder=tmp_path, settings=settings, environment=environment)
    await gateway.start()
    assert gateway.process
    assert await asyncio.wait_for(gateway.process.wait(), 20) == 2
    assert found in gateway.log
    assert "sk-" not in gateway.log


async def test_space_around_a_key_is_no_part_of_it(provider: Provider, tmp_path: Path) -> None:
    gateway = Gateway(
        folder=tmp_path,
        settings=settings_for(provider, tmp_path),
        environment={"PROVIDER_KEY": " sk-key\n", "CALLERS": f"{KEY}\n"},
    )
    async with gateway.up(), gateway.client() as client:
        assert (await client.post("/v1/chat/completions", json=ask())).status_code == 200
    assert provider.exchanges[0].headers["authorization"] == "Bearer sk-key"


@pytest.mark.parametrize(
    "more", ['"stream": []', '"stream": {}', '"stream": 1', '"stream": "yes"', '"temperature": 1e999']
)
async def test_fields_that_are_none_are_refused_and_not_handed_on(
    gateway: Gateway, provider: Provider, more: str
) -> None:
    body = json.dumps(ask(model="local")).replace("{", "{" + more + ", ", 1)
    async with gateway.client() as client:
        answer = await client.post("/v1/chat/completions", content=body.encode())
    assert answer.status_code == 400
    assert not provider.exchanges


async def test_a_second_gateway_on_one_ledger_does_not_start(gateway: Gateway, provider: Provider) -> None:
    folder = gateway.folder / "second"
    folder.mkdir()
    second = Gateway(
        folder=folder, settings=gateway.settings | {"port": settings_for(provider, folder)["port"]}
    )
    await second.start()
    assert second.process
    assert await asyncio.wait_for(second.process.wait(), 20) == 3
    assert "another gateway is using it" in second.log
    await gateway.stop(signal.SIGKILL)
    async with second.up():
        assert (await second.budget())["spent"] == "0.00"


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits the files of another process")
async def test_a_disk_that_is_full_stops_what_costs_money_only_and_is_got_over(
    gateway: Gateway, provider: Provider
) -> None:
    assert gateway.process
    pid = gateway.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    async with gateway.client() as client:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
        answer = await client.post("/v1/chat/completions", json=ask())
        assert code(answer) == (503, "ledger_unavailable")
        assert (await client.post("/v1/chat/completions", json=ask(model="local"))).status_code == 200
        assert provider.exchanges[-1].body["model"] == "small-model"
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
        assert (await client.post("/v1/chat/completions", json=ask())).status_code == 200
        budget = await gateway.budget()
    assert budget["reserved"] == "0.00"
    assert len(provider.exchanges) == 2
