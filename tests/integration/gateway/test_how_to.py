"""The page, the settings and the calls of the how-to page, as they stand there."""

import asyncio
import json
import os
import re
from pathlib import Path

from seatrial import parts
from seatrial.plan import planning
from seatrial.spec import loading
from tests.integration.gateway.benches import KEY, Gateway, Provider, free_port

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "how-to" / "model-gateway.md").read_text()


def block(language: str) -> str:
    return TEXT.split(f"```{language}\n")[1].split("```")[0]


def test_the_page_makes_a_gateway_with_its_models_and_budget() -> None:
    page = loading.parse_page(block("yaml").encode(), "page.yaml")
    plan = planning.make_plan(page, "laptop", Path("/srv"))
    assert [model.name for model in plan.of(parts.Model)] == ["own", "writer"]
    assert [budget.of for budget in plan.of(parts.Budget)] == [("writer",)]


async def test_the_settings_start_a_gateway_that_answers_the_calls(
    provider: Provider, tmp_path: Path
) -> None:
    told = json.loads(block("json"))
    port = free_port()
    told |= {"port": port, "ledger": str(tmp_path / told["ledger"])}
    told["recordings"]["folder"] = str(tmp_path / "recordings")
    said = {"CALLERS_KEY": KEY, "OPENAI_BASE_URL": provider.url}
    environment = said | {"GATEWAY": f"http://127.0.0.1:{port}", "PATH": os.environ["PATH"]}
    async with Gateway(folder=tmp_path, settings=told, environment=said).up():
        shell = await asyncio.create_subprocess_exec(
            "sh", "-ec", block("sh"), env=environment, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await asyncio.wait_for(shell.communicate(), 30)
    assert shell.returncode == 0
    assert b'"hello"' in output
    assert b'"embedding"' in output
    assert b'"budgets"' in output
    assert b"seatrial_models_budget_spent" in output


def test_every_code_of_a_refusal_stands_on_the_page_or_speaks_for_itself() -> None:
    sources = (ROOT / "src" / "seatrial" / "gateway").glob("*.py")
    found = set(re.findall(r'Refusal\(\s*[\w.]+, "(\w+)"', "".join(path.read_text() for path in sources)))
    assert {"budget_exhausted", "no_model"} <= found
    plain = {
        "internal_error", "invalid_api_key", "invalid_json", "invalid_request", "model_not_found",
        "recording_broken", "request_too_large", "request_too_slow", "unknown_url",
    }  # fmt: skip
    told = {code for code in found if f"`{code}`" in TEXT or code.startswith("provider_")}
    assert found == told | plain
