"""The kit's client behind the gateway: its answers, its streams, and the refusals it knows by name."""

from pathlib import Path

import pytest
from seatrial_kit import errors, models

from seatrial.gateway.prices import parse_amount
from tests.integration.gateway.benches import KEY, Gateway, Provider, settings_for

ASKED = [models.Message(role="user", text="hello")]


def client_of(gateway: Gateway) -> models.Model:
    said = {"WRITER_URL": f"{gateway.url}/v1", "WRITER_KEY": KEY, "WRITER_MODEL": "writer"}
    return models.Model(models.read(said, "writer"), limits=models.Limits(seconds=10, tries=1))


async def test_words_streams_and_vectors_come_through_and_are_paid_for(
    gateway: Gateway, provider: Provider
) -> None:
    writer = client_of(gateway)
    assert (await writer.text(ASKED, tokens_max=20)).text == "hello"
    assert "".join([piece async for piece in writer.stream(ASKED, tokens_max=20)]) == "hello"
    assert len((await writer.vectors(["one"]))[0]) == 2
    await writer.close()
    assert parse_amount((await gateway.budget())["spent"]) == provider.billed_nanos


async def test_a_spent_budget_and_a_missing_provider_have_errors_of_their_own(
    provider: Provider, tmp_path: Path
) -> None:
    settings = settings_for(provider, tmp_path, budgets=[{"name": "all", "limit": "0", "per": "day"}])
    async with Gateway(folder=tmp_path, settings=settings).up() as gateway:
        writer = client_of(gateway)
        with pytest.raises(errors.BudgetSpentError, match="budget all"):
            await writer.text(ASKED, tokens_max=20)
        await writer.close()
    settings["providers"]["there"] = {"urlFrom": "OPENAI_BASE_URL"}
    async with Gateway(folder=tmp_path, settings=settings).up() as gateway:
        writer = client_of(gateway)
        with pytest.raises(errors.NoModelError, match="set OPENAI_BASE_URL"):
            await writer.text(ASKED, tokens_max=20)
        await writer.close()
