"""Who is asked for a model of the page, with which key and at which price."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from seatrial import errors, parts
from seatrial.drivers.laptop.engines import gateways
from seatrial.gateway.settings import Settings
from seatrial.plan import Plan
from seatrial.values.money import Money
from seatrial.values.references import Template

PLACE = gateways.Place(host="127.0.0.1", port=8080, folder=Path("/data"), key_from="CALLERS")
DEAR = parts.Price(currency="USD", input=Decimal(2), output=Decimal("10.5"))
BUDGET = parts.Budget(
    name="spend",
    of=("writer",),
    limit=Money(amount=Decimal("0.10"), currency="USD"),
    per="day",
    actions=(parts.BudgetAction(at=0.805, do="stop", who=("writer",)),),
)


def model(name: str = "writer", **more: Any) -> parts.Model:
    told = {"purpose": "text", "provider": None, "model": None, "key": None} | more
    return parts.Model(name=name, of="models", **told)


def told(
    *items: parts.Part, said: dict[str, str] | None = None, keys: frozenset[str] = frozenset()
) -> dict[str, Any]:
    plan = Plan(system="s", environment="laptop", directory=Path("/s"), parts=items, notes=Template(()))
    settings = gateways.settings(plan, PLACE, said or {}, keys)
    Settings.model_validate_json(json.dumps(settings))
    return settings


def test_the_gateway_understands_what_it_is_told_of_models_and_budgets() -> None:
    settings = told(model(price=DEAR, fallback=("spare",)), model("spare", model="small"), BUDGET)
    assert settings["models"]["writer"] == {
        "provider": "writer",
        "id": None,
        "idFrom": "OPENAI_MODEL",
        "outputTokens": 4096,
        "fallbacks": ["spare"],
        "price": {"input": "2", "output": "10.5"},
    }
    assert settings["models"]["spare"]["id"] == "small"
    assert settings["budgets"][0]["thresholds"][0]["atMillionths"] == 805_000
    assert settings["ledger"] == "/data/ledger-USD.sqlite"


@pytest.mark.parametrize(
    ("page", "said", "keys", "provider"),
    [
        ({}, {}, (), {"urlFrom": "OPENAI_BASE_URL", "keyFrom": "OPENAI_API_KEY"}),
        ({"key": "openai"}, {}, (), {"urlFrom": "OPENAI_BASE_URL", "keyFrom": "OPENAI_API_KEY"}),
        (
            {"key": "openai"},
            {},
            ("SEATRIAL_SECRET_OPENAI",),
            {"urlFrom": "OPENAI_BASE_URL", "keyFrom": "SEATRIAL_SECRET_OPENAI"},
        ),
        (
            {"key": "openai"},
            {"OPENAI_API_KEY": "k"},
            ("SEATRIAL_SECRET_OPENAI",),
            {"urlFrom": "OPENAI_BASE_URL", "keyFrom": "OPENAI_API_KEY"},
        ),
        (
            {"provider": "https://there.example/v1"},
            {"OPENAI_API_KEY": "k"},
            (),
            {"url": "https://there.example/v1", "keyFrom": None},
        ),
        (
            {"provider": "https://there.example/v1", "key": "openai"},
            {"SEATRIAL_MODEL_WRITER_URL": "http://127.0.0.1:1/v1", "OPENAI_API_KEY": "k"},
            ("SEATRIAL_SECRET_OPENAI",),
            {"urlFrom": "SEATRIAL_MODEL_WRITER_URL", "keyFrom": None},
        ),
        (
            {"provider": "https://there.example/v1", "key": "openai"},
            {"SEATRIAL_MODEL_WRITER_URL": "http://127.0.0.1:1/v1", "SEATRIAL_MODEL_WRITER_KEY": "k"},
            ("SEATRIAL_SECRET_OPENAI",),
            {"urlFrom": "SEATRIAL_MODEL_WRITER_URL", "keyFrom": "SEATRIAL_MODEL_WRITER_KEY"},
        ),
        (
            {"key": "openai"},
            {"SEATRIAL_MODEL_WRITER_URL": "http://127.0.0.1:1/v1"},
            ("SEATRIAL_SECRET_OPENAI",),
            {"urlFrom": "SEATRIAL_MODEL_WRITER_URL", "keyFrom": "SEATRIAL_SECRET_OPENAI"},
        ),
    ],
)
def test_a_key_goes_to_the_provider_that_it_was_given_for(
    page: dict[str, Any], said: dict[str, str], keys: tuple[str, ...], provider: dict[str, Any]
) -> None:
    assert told(model(**page), said=said, keys=frozenset(keys))["providers"]["writer"] == provider


def test_who_names_the_provider_says_its_price_and_its_name_of_the_model() -> None:
    said = {
        "OPENAI_PRICE": "0 USD",
        "SEATRIAL_MODEL_SPARE_PRICE": "1 USD / 2 USD",
        "SEATRIAL_MODEL_SPARE_ID": "x",
    }
    fixed = model("fixed", provider="https://there.example/v1", price=DEAR)
    models = told(model(price=DEAR), model("spare", model="small"), fixed, said=said)["models"]
    assert models["writer"]["price"] == {"input": "0", "output": "0"}
    assert models["spare"]["price"] == {"input": "1", "output": "2"}
    assert models["spare"]["idFrom"] == "SEATRIAL_MODEL_SPARE_ID"
    assert models["fixed"]["price"] == {"input": "2", "output": "10.5"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("free", "OPENAI_PRICE: found 'free', expected an amount and a currency"),
        ("1 USD / 2 EUR", "expected input / output in one currency"),
        ("1 USD / 2 USD / 3 USD", "expected input / output in one currency"),
        ("1 EUR", "prices and budgets are in EUR and USD; nothing is converted"),
    ],
)
def test_a_price_that_is_none_is_refused_by_the_name_of_its_variable(text: str, found: str) -> None:
    with pytest.raises(errors.RefusedError, match=found):
        told(model(), BUDGET, said={"OPENAI_PRICE": text})


def test_recordings_are_off_until_the_operator_says_a_mode_and_another_word_is_refused() -> None:
    folder = "/data/recordings"
    assert told(model())["recordings"] == {"mode": "off", "folder": folder}
    assert told(model(), said={gateways.RECORDINGS: "replay"})["recordings"] == {
        "mode": "replay", "folder": folder
    }  # fmt: skip
    with pytest.raises(errors.RefusedError, match="found 'always', expected off, record, replay"):
        told(model(), said={gateways.RECORDINGS: "always"})
