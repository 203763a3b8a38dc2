"""A page with a model under the real supervisor: the gateway, a service that asks it, and a provider."""

import asyncio
import json
import sys
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seatrial import errors
from seatrial.drivers.laptop import limits
from seatrial.drivers.laptop.engines import gateways
from seatrial.drivers.reports import State
from seatrial.plan import Plan, planning
from seatrial.spec import loading
from tests.integration.drivers.benches import Bench
from tests.integration.gateway.benches import Provider

ASKING = """
import http.server, json, os, sys, urllib.error, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, text = (200, b"ready") if self.path == "/ready" else self.ask()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text)
    def ask(self):
        body = {"model": os.environ["WRITER_MODEL"], "messages": [{"role": "user", "content": "hello"}]}
        headers = {"Authorization": "Bearer " + os.environ["WRITER_KEY"]}
        url = os.environ["WRITER_URL"] + "/chat/completions"
        asked = urllib.request.Request(url, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(asked) as answer:
                return 200, answer.read()
        except urllib.error.HTTPError as error:
            return 200, error.read()
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
PAGE = """
apiVersion: seatrial/v1alpha1
kind: System
metadata: {name: bench}
services:
  api:
    {command: [PYTHON, api.py, "${port.http}"], ports: {http: 8000}, health: {ready: /ready}, uses: [writer]}
models:
  writer: {price: {input: 2 USD, output: 10 USD}}
budgets:
  spend: {limit: LIMIT USD, per: day, of: [writer], actions: [{at: 80%, stop: [writer]}]}
"""
OPERATORS = (gateways.URL, gateways.KEY, gateways.PRICE, gateways.RECORDINGS, *gateways.IDS.values())


class PageBench(Bench):
    """A bench whose plan comes from a page."""

    limit = "1"
    page = PAGE

    @property
    def plan(self) -> Plan:
        text = self.page.replace("LIMIT", self.limit).replace("PYTHON", sys.executable)
        return planning.make_plan(loading.parse_page(text.encode(), "page.yaml"), "laptop", self.folder)


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PageBench]:
    for name in OPERATORS:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "api.py").write_text(ASKING)
    made = PageBench(folder=tmp_path)
    yield made
    await made.laptop.stop()
    assert made.living() == 0


@pytest.fixture
async def provider(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Provider]:
    async with Provider().up() as up:
        monkeypatch.setenv(gateways.URL, up.url)
        monkeypatch.setenv(gateways.KEY, "sk-of-the-operator")
        monkeypatch.setenv(gateways.IDS["text"], "their-model")
        yield up


async def ask(bench: PageBench) -> dict[str, object]:
    address = f"http://{bench.laptop.reach('api.http')}/ask"
    answer = await asyncio.to_thread(lambda: urllib.request.urlopen(address, timeout=20).read())
    told: dict[str, object] = json.loads(answer)
    return told


async def test_a_service_asks_the_gateway_and_the_gateway_the_operators_provider(
    bench: PageBench, provider: Provider
) -> None:
    async with bench.up():
        assert "choices" in await ask(bench)
    seen = provider.exchanges[0]
    assert seen.headers["authorization"] == "Bearer sk-of-the-operator"
    assert (seen.body["model"], seen.body["max_tokens"]) == ("their-model", 4096)
    settings = (bench.folder / ".seatrial" / "data" / "models" / "gateway.json").read_text()
    assert "sk-of-the-operator" not in settings
    assert bench.secret("models-key") not in settings


async def test_the_provider_may_stand_in_the_file_of_the_operator(bench: PageBench) -> None:
    async with Provider().up() as up:
        file = bench.folder / ".env"
        lines = (f"{gateways.URL}={up.url}", f"{gateways.KEY}=sk-of-the-file", "OPENAI_MODEL=theirs")
        file.write_text("\n".join(lines))
        file.chmod(0o600)
        async with bench.up():
            assert "choices" in await ask(bench)
        assert up.exchanges[0].headers["authorization"] == "Bearer sk-of-the-file"
        assert up.exchanges[0].body["model"] == "theirs"
    kept = [path for path in (bench.folder / ".seatrial").rglob("*") if path.is_file()]
    assert not [path for path in kept if b"sk-of-the-file" in path.read_bytes()]


async def test_another_provider_than_the_pages_never_sees_the_pages_key(bench: PageBench) -> None:
    bench.page = PAGE.replace("{price:", '{provider: "https://there.example/v1", key: openai, price:')
    bench.page += "secrets: {openai: {from: operator}}\n"
    async with Provider().up() as up:
        file = bench.folder / ".env"
        lines = (f"SEATRIAL_MODEL_WRITER_URL={up.url}", "SEATRIAL_SECRET_OPENAI=sk-of-the-page")
        file.write_text("\n".join((*lines, "SEATRIAL_MODEL_WRITER_ID=theirs")))
        file.chmod(0o600)
        async with bench.up():
            assert "choices" in await ask(bench)
    assert "authorization" not in up.exchanges[0].headers


async def test_without_a_provider_the_system_runs_and_the_answer_says_what_to_set(bench: PageBench) -> None:
    async with bench.up():
        told = json.dumps(await ask(bench))
    assert '"code": "no_model"' in told
    assert "set OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL" in told


async def test_what_is_spent_is_kept_over_restarts_and_kills(bench: PageBench, provider: Provider) -> None:
    bench.limit = "0.2"  # a call that is killed before it is settled counts as 0.042
    async with bench.up():
        assert "choices" in await ask(bench)
        await bench.laptop.kill("models")
        async with asyncio.timeout(20):
            while (
                bench.component("models").restarts != 1 or bench.component("models").state is not State.READY
            ):
                await asyncio.sleep(0.02)
        answers = [json.dumps(await ask(bench)) for _ in range(3)]
        assert all('"choices"' in one for one in answers)
    bench.limit = "0.0005"
    async with bench.up():
        assert '"code": "budget_exhausted"' in json.dumps(await ask(bench))
    assert provider.billed_calls == 4


async def test_a_provider_of_ones_own_costs_what_the_operator_says(
    bench: PageBench, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.limit = "0"
    monkeypatch.setenv(gateways.PRICE, "0 USD")
    async with bench.up():
        assert "choices" in await ask(bench)
    assert provider.billed_calls == 1


async def test_the_operator_has_answers_recorded_and_given_again_without_a_provider(
    bench: PageBench, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(gateways.RECORDINGS, "record")
    async with bench.up():
        live = await ask(bench)
    for name in OPERATORS:
        monkeypatch.delenv(name, raising=False)
    (bench.folder / ".env").write_text(f"{gateways.RECORDINGS}=replay\n")
    async with bench.up():
        assert await ask(bench) == live
    assert "choices" in live
    assert len(provider.exchanges) == 1


async def test_prices_and_budgets_in_two_currencies_are_refused(
    bench: PageBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(gateways.PRICE, "1 EUR / 2 EUR")
    with pytest.raises(
        errors.SeatrialError, match="prices and budgets are in EUR and USD; nothing is converted"
    ):
        async with bench.up():
            pass


def test_the_laptop_says_nothing_of_a_budget_that_it_keeps(bench: PageBench) -> None:
    assert not [sentence for sentence in limits(bench.plan) if "spend" in sentence]
