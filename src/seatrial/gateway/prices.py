"""What models cost, in whole billionths of one currency (nanos) per million tokens: sums stay exact.

The table is facts with date and source, in USD. A model that is not in it has no price but that of its
settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from seatrial.gateway.usages import Usage

NANOS = 10**9
"""In one USD, or whatever the currency of a gateway is."""
_TOKENS = 10**6
_PATTERN = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """Nanos per million tokens."""

    input_nanos: int
    output_nanos: int = 0
    cached_nanos: int | None = None
    """For input that the provider had at hand; without it such input costs as any other."""
    cache_write_nanos: int | None = None
    """For input that the provider keeps for later; it decides itself, so any input may cost that."""
    input_tokens_max: int | None = None
    """The prices hold for calls of at most so many tokens; longer ones are dearer."""

    @property
    def free(self) -> bool:
        return not (self._fresh_nanos or self.output_nanos or self.cached_nanos)

    def bound(self, input_tokens: int, output_tokens: int) -> int:
        """Nanos that a call can cost at most."""
        dearest = max(self._fresh_nanos, self.cached_nanos or 0)
        return _per_million(input_tokens * dearest + output_tokens * self.output_nanos)

    def cost(self, usage: Usage) -> int:
        """Nanos of a call, rounded up to a whole one."""
        cached = min(usage.cached_tokens, usage.input_tokens)
        cached_nanos = self._fresh_nanos if self.cached_nanos is None else self.cached_nanos
        fresh = (usage.input_tokens - cached) * self._fresh_nanos
        return _per_million(fresh + cached * cached_nanos + usage.output_tokens * self.output_nanos)

    @property
    def _fresh_nanos(self) -> int:
        return max(self.input_nanos, self.cache_write_nanos or 0)


def _per_million(product: int) -> int:
    return -(-product // _TOKENS)


def parse_amount(value: object) -> int:
    """Nanos from text such as `0.15` or `100`. Raises ValueError."""
    if not isinstance(value, str) or _PATTERN.fullmatch(value) is None:
        raise ValueError(
            f'found {value!r}, expected an amount as text with at most 9 decimals, such as "0.15"'
        )
    whole, _, decimals = value.partition(".")
    return int(whole) * NANOS + int(decimals.ljust(9, "0"))


def format_amount(nanos: int) -> str:
    """Exact, with at least two decimals."""
    sign = "-" if nanos < 0 else ""
    whole, rest = divmod(abs(nanos), NANOS)
    return f"{sign}{whole}.{f'{rest:09}'.rstrip('0').ljust(2, '0')}"


def read_table() -> Mapping[tuple[str, str], Price]:
    """Prices by host and model of the provider: elsewhere the same model may cost more."""
    text = resources.files(__package__).joinpath("prices.json").read_text(encoding="utf-8")
    return {(row["host"], model): _price(row) for row in json.loads(text)["rows"] for model in row["models"]}


def find_price(url: str, model: str, table: Mapping[tuple[str, str], Price]) -> Price | None:
    return table.get((urlsplit(url).hostname or "", model))


def _price(row: Mapping[str, Any]) -> Price:
    return Price(
        input_nanos=parse_amount(row["input"]),
        output_nanos=parse_amount(row.get("output", "0")),
        cached_nanos=parse_amount(row["cached"]) if "cached" in row else None,
        cache_write_nanos=parse_amount(row["cacheWrite"]) if "cacheWrite" in row else None,
        input_tokens_max=row.get("inputTokensMax"),
    )
