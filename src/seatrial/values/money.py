"""Amounts of money as people write them: `200 USD`, `0.10 EUR`. Exact; never converted between currencies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

PATTERN = r"^\d{1,9}(\.\d{1,9})? [A-Z]{3}$"


@dataclass(frozen=True, kw_only=True, slots=True)
class Money:
    """An amount in one currency (ISO 4217)."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


def parse_money(value: object) -> Money:
    """An amount and a currency. Raises ValueError that says what was found and what is expected."""
    if not isinstance(value, str) or re.fullmatch(PATTERN, value, re.ASCII) is None:
        raise ValueError(f"found {value!r}, expected an amount and a currency such as 200 USD or 0.10 EUR")
    amount, currency = value.split(" ")
    return Money(amount=Decimal(amount), currency=currency)
