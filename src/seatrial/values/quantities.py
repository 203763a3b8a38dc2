"""Amounts with units: bytes, cores, shares and rates, written as Kubernetes writes them."""

from __future__ import annotations

import math
import re

_BYTES = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}
_PER_SECOND = {"s": 1.0, "min": 60.0, "h": 3600.0}
BYTES_PATTERN = r"^\d{1,15}(k|M|G|T|Ki|Mi|Gi|Ti)?$"
BYTES_MAX = 10**15 - 1
"""Of an amount without a unit."""
CORES_PATTERN = r"^(\d{1,7}m|\d{1,4}(\.\d{1,3})?)$"
CORES_MAX = 9999.999
PERCENTAGE_PATTERN = r"^\d{1,3}(\.\d{1,6})?%$"
SHARE_PATTERN = r"^(100(\.0{1,6})?|0?\d{1,2}(\.\d{1,6})?)%$"
"""A percentage of at most 100."""
RATE_PATTERN = r"^\d{1,9}(\.\d{1,3})?/(s|min|h)$"


def _match(pattern: str, value: object) -> re.Match[str] | None:
    """Numbers are taken as their text; True is not a number here."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return re.fullmatch(pattern, str(value), re.ASCII)


def parse_bytes(value: object) -> int:
    """Bytes from `512Mi`, `10Gi`, `1G` or a plain number. Raises ValueError."""
    match = _match(BYTES_PATTERN, value)
    if match is None:
        raise ValueError(f"found {value!r}, expected an amount of bytes such as 512Mi or 10Gi")
    unit = match[1] or ""
    return int(str(value).removesuffix(unit)) * _BYTES[unit]


def parse_cores(value: object) -> float:
    """Processor cores from `500m`, `1` or `1.5`. Raises ValueError."""
    if _match(CORES_PATTERN, value) is None:
        raise ValueError(f"found {value!r}, expected an amount of cores such as 500m, 1 or 1.5")
    text = str(value)
    return int(text[:-1]) / 1000 if text.endswith("m") else float(text)


def parse_percentage(value: object, *, share_max: float = 1) -> float:
    """A share between 0 and `share_max` from `70%` or `99.9%`. Raises ValueError."""
    if _match(PERCENTAGE_PATTERN, value) is None or float(str(value)[:-1]) > 100 * share_max:
        raise ValueError(f"found {value!r}, expected a percentage such as 70% or 99.9%")
    return round(float(str(value)[:-1]) / 100, 10)


def format_percentage(share: float) -> str:
    """The same share as people write it: `99.9%`."""
    return f"{share * 100:.6f}".rstrip("0").rstrip(".") + "%"


def parse_rate(value: object) -> float:
    """Events a second from `50/s`, `100/min` or `1000/h`. Raises ValueError."""
    if _match(RATE_PATTERN, value) is None:
        raise ValueError(f"found {value!r}, expected a rate such as 50/s, 100/min or 1000/h")
    number, unit = str(value).split("/")
    return float(number) / _PER_SECOND[unit]


def format_bytes(size_bytes: int) -> str:
    """The same amount in the largest binary unit that keeps it whole."""
    for unit in ("Ti", "Gi", "Mi", "Ki"):
        if size_bytes >= _BYTES[unit] and size_bytes % _BYTES[unit] == 0:
            return f"{size_bytes // _BYTES[unit]}{unit}"
    return str(size_bytes)


def format_rate(rate_per_second: float) -> str:
    """As people wrote it: in the first unit in which it is a whole number."""
    for unit, seconds in _PER_SECOND.items():
        number = rate_per_second * seconds
        if round(number) >= 1 and math.isclose(number, round(number), rel_tol=1e-9):
            return f"{round(number)}/{unit}"
    return f"{rate_per_second:.3g}/s"
