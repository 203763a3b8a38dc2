"""Metrics in a terminal: a table of what each part tells, or one metric and how it went."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from seatrial.drivers.laptop.telemetry import figures
from seatrial.drivers.laptop.telemetry.figures import Figure

_BLOCKS = "▁▂▃▄▅▆▇█"
_CHART_COLUMNS = 60
_VALUE_COLUMNS = 20
_RATE_COLUMNS = 9
_SHOWN_MAX = 40
_SHARES = {0.5: "p50", 0.95: "p95", 0.99: "p99"}
_HUGE = 1e18
_RATE_MIN = 0.1
_EARLY_SECONDS, _LATE_SECONDS = 1e8, 1e11
"""Between these lie Unix times; spans of time lie before."""


def table(found: list[Figure], columns: int) -> Iterator[str]:
    """One row a metric, under its part."""
    widest = max((len(figure.metric) for figure in found), default=0)
    room = columns - 2 - 4 - _VALUE_COLUMNS - _RATE_COLUMNS - 3
    width = min(widest, max(room, 20))
    part = None
    for figure in found:
        if figure.part != part:
            yield from ([""] if part else [])
            part = figure.part
            yield f"{part:<{width + 2}} {'sets':>4} {'last':>{_VALUE_COLUMNS}} {'rate':>{_RATE_COLUMNS}}"
        yield (
            f"  {cut(figure.metric, width):<{width}} {figure.series:>4} {_told(figure):>{_VALUE_COLUMNS}}"
            f" {_rate(figure):>{_RATE_COLUMNS}}"
        ).rstrip()


def chart(found: list[Figure], columns: int) -> Iterator[str]:
    """Each set of labels with its figures and its course."""
    named = None
    shown: dict[tuple[str, str], int] = {}
    for figure in found:
        name = (figure.part, figure.metric)
        if name != named:
            named = name
            yield f"{figure.metric} of {figure.part}, a {figure.kind}"
        shown[name] = shown.get(name, 0) + 1
        if shown[name] <= _SHOWN_MAX:
            yield from _course(figure, columns)
    for (part, metric), count in shown.items():
        if count > _SHOWN_MAX:
            yield f"{count - _SHOWN_MAX} more of {metric} of {part}; --json shows them all"


def _course(figure: Figure, columns: int) -> Iterator[str]:
    labels = ", ".join(f"{key}={value}" for key, value in figure.labels) or "no labels"
    counts = figure.kind in ("counter", "histogram", "summary")
    points = figures.changes(figure.points) if counts else figure.points
    values = [value for _, value in points if math.isfinite(value)]
    told = [_told(figure), _rate(figure)]
    if figure.kind == "histogram":
        told = [
            f"{_SHARES[share]} {number(value, figure.metric)}" for share, value in figure.quantiles.items()
        ]
        told += [f"{number(figure.high, '')} counted", _rate(figure)]
    yield f"  {cut(labels, columns - 2)}"
    yield f"    {'  '.join(word for word in told if word)}"
    if len(values) > 1:
        unit = "" if counts else figure.metric
        ending = "/s" if counts else ""
        low, high = number(min(values), unit), number(max(values), unit)
        yield f"    {sparkline(points, min(_CHART_COLUMNS, columns - 28))} {low} to {high}{ending}"


def sparkline(points: tuple[tuple[float, float], ...], columns: int) -> str:
    """The course of a value from its first moment to its last; a space where nothing is known."""
    told = [(moment, value) for moment, value in points if math.isfinite(value)]
    if not told:
        return ""
    began, ended = told[0][0], told[-1][0]
    cells: list[list[float]] = [[] for _ in range(min(columns, len(told)))]
    for moment, value in told:
        share = (moment - began) / (ended - began) if ended > began else 0.0
        cells[min(int(share * len(cells)), len(cells) - 1)].append(value)
    means = [sum(cell) / len(cell) if cell else math.nan for cell in cells]
    for index in range(1, len(means) - 1):  # moments are jittered: a cell that one missed is no gap
        if math.isnan(means[index]) and not math.isnan(means[index + 1]):
            means[index] = means[index - 1]
    known = [mean for mean in means if not math.isnan(mean)]
    low, high = min(known), max(known)
    return "".join(" " if math.isnan(mean) else _block(mean, low, high) for mean in means)


def _block(value: float, low: float, high: float) -> str:
    share = (value - low) / (high - low) if high > low and math.isfinite(high - low) else 0.0
    return _BLOCKS[min(int(share * len(_BLOCKS)), len(_BLOCKS) - 1)]


def _told(figure: Figure) -> str:
    if figure.kind in ("histogram", "summary"):
        shares = [share for share in (0.5, 0.95) if share in figure.quantiles]
        if shares:
            return " ".join(
                f"{_SHARES[one]} {number(figure.quantiles[one], figure.metric)}" for one in shares
            )
        return f"{number(figure.high, '')} counted"
    low, high = number(figure.low, figure.metric), number(figure.high, figure.metric)
    return low if low == high else f"{low} to {high}"


def _rate(figure: Figure) -> str:
    return "" if math.isnan(figure.rate) else per_time(figure.rate)


def per_time(rate: float) -> str:
    """A rate per second in the first unit in which it is not small."""
    for unit, unit_seconds in (("s", 1.0), ("min", 60.0)):
        if rate * unit_seconds >= _RATE_MIN:
            return f"{number(rate * unit_seconds, '')}/{unit}"
    return f"{number(rate * 3600, '')}/h"


def number(value: float, metric: str) -> str:
    """Three digits and the unit that a metric's name ends with; `gone` for what is not told any more."""
    if math.isnan(value):
        return "gone"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if abs(value) >= _HUGE:
        return f"{value:.2e}"
    if metric.endswith(("_bytes", "_bytes_total")):
        return _scaled(value, 1024.0, ("", "Ki", "Mi", "Gi", "Ti", "Pi"))
    if metric.endswith(("_time_seconds", "_timestamp_seconds")) and _EARLY_SECONDS < value < _LATE_SECONDS:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(value))
    if metric.endswith(("_seconds", "_seconds_total")):
        return seconds(value)
    if float(value).is_integer() and abs(value) < 1e6:  # noqa: PLR2004  # a count is said whole
        return str(int(value))
    return _scaled(value, 1000.0, ("", "k", "M", "G", "T", "P"))


def seconds(value: float) -> str:
    """A span of time in the largest unit of which there is one; in microseconds at least."""
    if value == 0:
        return "0s"
    unit, factor = "µs", 1e-6
    for larger, size in (("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86400.0)):
        if abs(value) >= size:
            unit, factor = larger, size
    return f"{_digits(value / factor)}{unit}"


def _scaled(value: float, step: float, units: tuple[str, ...]) -> str:
    size, unit = value, 0
    while abs(size) >= step and unit < len(units) - 1:
        size, unit = size / step, unit + 1
    return f"{_digits(size)}{units[unit]}"


def _digits(value: float) -> str:
    if value and abs(value) < 0.001:  # noqa: PLR2004
        return f"{value:.1e}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"  # noqa: PLR2004


def cut(text: str, columns: int) -> str:
    return text if len(text) <= columns else f"{text[: max(columns - 1, 1)]}…"
