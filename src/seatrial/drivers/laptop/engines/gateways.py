"""What the gateway is told on a laptop: the page's models and budgets, and the operator's providers.

Where the page names no provider the operator does, for all such models (`OPENAI_BASE_URL` and its like) or
for one (`SEATRIAL_MODEL_WRITER_URL`). A key goes only to the provider that it was given for: the page's to
the page's provider, or to whom the operator names where the page names nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial import errors, parts
from seatrial.drivers.laptop import secrets
from seatrial.plan import Plan
from seatrial.values import money, names

URL = "OPENAI_BASE_URL"
KEY = "OPENAI_API_KEY"
PRICE = "OPENAI_PRICE"
"""What a million tokens cost there: `0 USD`, or `0.15 USD / 0.60 USD` for input / output."""
IDS: Mapping[str, str] = {"text": "OPENAI_MODEL", "embeddings": "OPENAI_EMBEDDING_MODEL"}
"""What the provider calls its model, for those whose name there the page does not say."""
RECORDINGS = "SEATRIAL_MODELS_RECORDINGS"
"""`record` keeps answers in the gateway's data, `replay` gives them again without any provider."""
_MODES = ("off", "record", "replay")
SHARED = frozenset({URL, KEY, PRICE, RECORDINGS, *IDS.values()})
"""What an operator says of all models at once."""
_OWN = "SEATRIAL_MODEL_"
PIECES = ("url", "key", "id", "price")
"""What an operator may say of one model."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where the gateway listens, keeps its ledger, and finds the key of its callers."""

    host: str
    port: int
    folder: Path
    key_from: str


def is_operators(name: str) -> bool:
    """Variables that say something of models; the gateway is given no others of its caller's."""
    return name in SHARED or name.startswith(_OWN)


def own_variable(model: str, piece: str) -> str:
    """`SEATRIAL_MODEL_WRITER_URL`, `…_KEY`, `…_ID`, `…_PRICE`: for this model alone."""
    return names.variable_name("seatrial", "model", model, piece)


def settings(plan: Plan, place: Place, said: Mapping[str, str], keys: frozenset[str]) -> dict[str, Any]:
    """Settings without a secret; `said` is what the operator set, `keys` the variables that hold keys.

    Raises RefusedError.
    """
    models = plan.of(parts.Model)
    budgets = [one for one in plan.of(parts.Budget) if one.of]
    prices = {one.name: _price(one, said) for one in models}
    currency = _currency(budgets, prices.values())
    return {
        "host": place.host,
        "port": place.port,
        "keysFrom": [place.key_from],
        "ledger": str(place.folder / f"ledger-{currency}.sqlite"),
        "currency": currency,
        "providers": {one.name: _provider(one, said, keys) for one in models},
        "models": {one.name: _model(one, said, prices[one.name]) for one in models},
        "budgets": [_budget(one) for one in budgets],
        "recordings": {"mode": _mode(said), "folder": str(place.folder / "recordings")},
    }


def _mode(said: Mapping[str, str]) -> str:
    mode = said.get(RECORDINGS) or _MODES[0]
    if mode not in _MODES:
        raise errors.RefusedError(f"{RECORDINGS}: found {mode!r}, expected {', '.join(_MODES)}")
    return mode


def _provider(model: parts.Model, said: Mapping[str, str], keys: frozenset[str]) -> dict[str, Any]:
    own_url = own_variable(model.name, "url")
    pages_key = secrets.variable(model.key) if model.key else None
    if own_url in said:
        own_key = own_variable(model.name, "key")
        spare = None if model.provider else pages_key
        return {"urlFrom": own_url, "keyFrom": own_key if own_key in said else spare}
    if model.provider:
        return {"url": model.provider, "keyFrom": pages_key}
    shared = KEY if KEY in said or pages_key not in keys else pages_key
    return {"urlFrom": URL, "keyFrom": shared}


def _model(model: parts.Model, said: Mapping[str, str], price: parts.Price | None) -> dict[str, Any]:
    own_id = own_variable(model.name, "id")
    asked = {"idFrom": own_id} if own_id in said or model.model else {"idFrom": IDS[model.purpose]}
    told: dict[str, Any] = {
        "provider": model.name,
        "id": model.model,
        "outputTokens": model.output_tokens_max,
        "fallbacks": list(model.fallback),
        **asked,
    }
    return told | ({"price": {"input": f"{price.input:f}", "output": f"{price.output:f}"}} if price else {})


def _budget(budget: parts.Budget) -> dict[str, Any]:
    thresholds = [
        {
            "atMillionths": round(one.at * 10**6),
            "do": one.do,
            "who": list(one.who),
            "by": one.by,
            "severity": one.severity,
        }
        for one in budget.actions
    ]
    return {
        "name": budget.name,
        "limit": f"{budget.limit.amount:f}",
        "per": budget.per,
        "models": list(budget.of),
        "thresholds": thresholds,
    }


def _price(model: parts.Model, said: Mapping[str, str]) -> parts.Price | None:
    """Whoever names the provider knows its price best."""
    own = own_variable(model.name, "price")
    if own in said:
        return _parse_price(own, said[own])
    if own_variable(model.name, "url") in said or model.provider or not said.get(PRICE):
        return model.price
    return _parse_price(PRICE, said[PRICE])


def _parse_price(name: str, text: str) -> parts.Price:
    try:
        amounts = [money.parse_money(one.strip()) for one in text.split("/")]
    except ValueError as error:
        raise errors.RefusedError(f"{name}: {error}") from error
    if len(amounts) > 2 or amounts[0].currency != amounts[-1].currency:  # noqa: PLR2004  # input and output
        raise errors.RefusedError(f"{name}: found {text!r}, expected input / output in one currency")
    return parts.Price(currency=amounts[0].currency, input=amounts[0].amount, output=amounts[-1].amount)


def _currency(budgets: Iterable[parts.Budget], prices: Iterable[parts.Price | None]) -> str:
    used = {one.limit.currency for one in budgets} | {one.currency for one in prices if one}
    if len(used) > 1:
        found = " and ".join(sorted(used))
        raise errors.RefusedError(f"models: prices and budgets are in {found}; nothing is converted, use one")
    return next(iter(used), "USD")
