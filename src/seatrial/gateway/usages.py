"""How many tokens a call took, as providers report it: well, or as text, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

TOKENS_MAX = 10**10
"""More than that is no count."""
_DIGITS_MAX = 11


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Tokens of one call; the cached ones are among the input."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0


def read_usage(value: object) -> Usage | None:
    """What `usage` of an answer says; None where it says nothing that can be believed.

    Some providers leave what a model thought out of the completion and count it in the total only, so output
    is whatever the total has beside the input. An input of nothing is no report, but a field left empty.
    """
    if not isinstance(value, dict):
        return None
    input_tokens = _count(value.get("prompt_tokens"))
    output_tokens = _count(value.get("completion_tokens", 0))
    if not input_tokens or output_tokens is None:
        return None
    total = _count(value.get("total_tokens")) or 0
    details = value.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else 0
    return Usage(
        input_tokens=input_tokens,
        output_tokens=max(output_tokens, total - input_tokens),
        cached_tokens=min(cached or 0, input_tokens),
    )


def _count(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _DIGITS_MAX:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= TOKENS_MAX:
        return None
    return value
