"""Models on a laptop: the same gateway as anywhere, in front of whoever the page or the operator names.

Without a provider it runs all the same, and tells callers what to set.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from seatrial import errors, parts
from seatrial.drivers.laptop import folders, probes, secrets
from seatrial.drivers.laptop.ports import HOST
from seatrial.drivers.laptop.processes import Launch
from seatrial.drivers.laptop.sites import Site
from seatrial.plan import Plan
from seatrial.values import money

URL = "OPENAI_BASE_URL"
KEY = "OPENAI_API_KEY"
PRICE = "OPENAI_PRICE"
"""What a million tokens cost at the operator's: `0 USD`, or `0.15 USD / 0.60 USD` for input / output."""
MODELS: Mapping[str, str] = {"text": "OPENAI_MODEL", "embeddings": "OPENAI_EMBEDDING_MODEL"}
"""What the operator's provider calls its model, for those that the page does not name."""
VERSION = "1.0"
_CALLERS = "SEATRIAL_MODELS_KEY"
_OPERATOR = "operator"


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """The gateway of the plan."""

    PRODUCT: ClassVar[str] = "the gateway"
    SCHEME: ClassVar[str | None] = None
    LIMITS_MEMORY: ClassVar[bool] = False
    LIMITS_DISK: ClassVar[bool] = False

    site: Site
    port: int
    key: str
    timeout_seconds: float

    @classmethod
    def at(cls, site: Site) -> Model:
        workload = site.part
        if not isinstance(workload, parts.Workload) or not isinstance(workload.program, parts.Server):
            raise errors.RefusedError(f"{workload.name} is no server")
        if site.port is None or workload.program.password is None:
            raise errors.RefusedError(f"{workload.name}: the gateway needs an endpoint and a key here")
        return cls(
            site=site,
            port=site.port,
            key=site.ground.secrets[workload.program.password],
            timeout_seconds=workload.probes.timeout_seconds,
        )

    @staticmethod
    def version() -> str:
        """Of its settings; it comes with Seatrial."""
        return VERSION

    @classmethod
    def lacks(cls, plan: Plan, workload: parts.Workload) -> Iterator[str]:  # noqa: ARG003  # nothing
        yield from ()

    @property
    def stop_signal(self) -> signal.Signals:
        return signal.SIGTERM

    @property
    def question(self) -> str:
        return f"GET /ready on port {self.port}"

    @property
    def answering_port(self) -> int:
        return self.port

    async def prepare(self) -> Launch:
        self.site.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.site.data / "gateway.json"
        folders.write_atomically(path, json.dumps(self.settings(os.environ), indent=2))
        words = (sys.executable, "-m", "seatrial.gateway", str(path))
        return Launch(words=words, cwd=self.site.data, env=self.site.environment() | self._environment())

    async def check(self, age_seconds: float) -> probes.Answer:  # noqa: ARG002  # its age says nothing
        return await self.watch()

    async def watch(self) -> probes.Answer:
        return await probes.ask_http(self.port, "/ready", self.timeout_seconds)

    async def live(self) -> probes.Answer:
        return await probes.ask_http(self.port, "/health", self.timeout_seconds)

    def blame(self, lines: tuple[str, ...]) -> str:
        """What the last line that can be read says happened."""
        for line in reversed(lines):
            try:
                return str(json.loads(line)["event"])
            except (ValueError, KeyError, TypeError):
                continue
        return next(iter(lines[-1:]), "")

    def settings(self, said: Mapping[str, str]) -> dict[str, Any]:
        """What the gateway is told, without secrets; `said` is what the operator set. Raises RefusedError."""
        models = [one for one in self.site.ground.plan.of(parts.Model) if one.of == self.site.part.name]
        budgets = [one for one in self.site.ground.plan.of(parts.Budget) if one.of]
        price = _operators_price(said)
        currency = _currency(models, budgets, price)
        return {
            "host": HOST,
            "port": self.port,
            "keysFrom": [_CALLERS],
            "ledger": str(self.site.data / f"ledger-{currency}.sqlite"),
            "currency": currency,
            "providers": {
                _OPERATOR: {"urlFrom": URL, "keyFrom": KEY},
                **{
                    one.name: {"url": one.provider}
                    | ({"keyFrom": secrets.variable(one.key)} if one.key else {})
                    for one in models
                    if one.provider
                },
            },
            "models": {one.name: _model(one, price) for one in models},
            "budgets": [_budget(one) for one in budgets],
        }

    def _environment(self) -> dict[str, str]:
        """Keys that are missing stay so: a system does its work without a model."""
        ground = self.site.ground
        operators = {name: os.environ[name] for name in (URL, KEY, *MODELS.values()) if name in os.environ}
        wanted = {one.key for one in ground.plan.of(parts.Model)}
        texts = {
            secrets.variable(one.name): ground.secrets.get(one.name)
            or secrets.find_secret(ground.folder, one)
            for one in ground.plan.of(parts.Secret)
            if one.name in wanted
        }
        keys = {name: text for name, text in texts.items() if text}
        return operators | keys | {_CALLERS: self.key}


def _model(model: parts.Model, operators: parts.Price | None) -> dict[str, Any]:
    price = model.price if model.provider else operators or model.price
    told: dict[str, Any] = {
        "provider": model.name if model.provider else _OPERATOR,
        "outputTokens": model.output_tokens_max,
        "fallbacks": list(model.fallback),
    }
    told |= {"id": model.model} if model.model else {"idFrom": MODELS[model.purpose]}
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
    limit = f"{budget.limit.amount:f}"
    return {
        "name": budget.name,
        "limit": limit,
        "per": budget.per,
        "models": list(budget.of),
        "thresholds": thresholds,
    }


def _currency(models: list[parts.Model], budgets: list[parts.Budget], price: parts.Price | None) -> str:
    prices = [*(one.price for one in models), price]
    used = {one.limit.currency for one in budgets} | {one.currency for one in prices if one}
    if len(used) > 1:
        found = " and ".join(sorted(used))
        raise errors.RefusedError(f"models: prices and budgets are in {found}; nothing is converted, use one")
    return next(iter(used), "USD")


def _operators_price(said: Mapping[str, str]) -> parts.Price | None:
    text = said.get(PRICE, "").strip()
    if not text:
        return None
    try:
        amounts = [money.parse_money(one.strip()) for one in text.split("/")]
    except ValueError as error:
        raise errors.RefusedError(f"{PRICE}: {error}") from error
    if len(amounts) > 2 or amounts[0].currency != amounts[-1].currency:  # noqa: PLR2004  # input and output
        raise errors.RefusedError(f"{PRICE}: found {text!r}, expected input / output in one currency")
    return parts.Price(currency=amounts[0].currency, input=amounts[0].amount, output=amounts[-1].amount)
