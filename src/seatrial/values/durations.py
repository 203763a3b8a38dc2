"""Spans of time as people write them: `100ms`, `2s`, `15m`, `4h`, `30d`."""

from __future__ import annotations

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PATTERN = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d|w)", re.ASCII)
PATTERN = r"^\d{1,12}(\.\d{1,6})?(ms|s|m|h|d|w)$"
LONGER_PATTERN = rf"^(?=[\d.]*[1-9]){PATTERN[1:]}"
"""The same, and longer than nothing."""


def parse_duration(text: object) -> float:
    """Seconds from one number and one unit of ms, s, m, h, d, w.

    Raises ValueError that says what was found and what is expected.
    """
    match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"found {text!r}, expected a duration such as 500ms, 30s, 15m, 4h or 30d")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if seconds <= 0:
        raise ValueError(f"found {text!r}, expected a duration longer than nothing")
    return seconds


def parse_duration_or_nothing(text: object) -> float:
    """The same, and `0s` as well."""
    return 0.0 if text == "0s" else parse_duration(text)


def format_duration(seconds: float) -> str:
    """The same span in the largest unit that keeps it a whole number; milliseconds below a second."""
    if seconds < 1:
        return f"{_plain(seconds * 1000)}ms"
    for unit in ("w", "d", "h", "m"):
        if seconds >= _SECONDS[unit] and seconds % _SECONDS[unit] == 0:
            return f"{_plain(seconds / _SECONDS[unit])}{unit}"
    return f"{_plain(seconds)}s"


def format_age(seconds: float) -> str:
    """A span that has passed, cut to whole numbers of its largest unit: `3d`, `2h`, `5m`, `0s`."""
    unit = next((unit for unit in ("d", "h", "m") if seconds >= _SECONDS[unit]), "s")
    return f"{int(seconds // _SECONDS[unit])}{unit}"


def _plain(number: float) -> str:
    """Without exponent or needless zeros."""
    return f"{number:.6f}".rstrip("0").rstrip(".")
