"""What a part answers to a scrape, Prometheus' text or OpenMetrics, as readings; bounded in series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from seatrial.drivers.laptop.telemetry.samples import Series

SERIES_MAX = 2_000
LABELS_CHARACTERS_MAX = 2_000
_COMMENTS_PER_SERIES = 3
_LINE_CHARACTERS_MAX = 16_384
_KINDS = frozenset({"counter", "gauge", "histogram", "summary"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Exposition:
    """What was read of an answer."""

    readings: dict[Series, float]
    cut: bool
    """There was more than is kept."""


def parse_exposition(text: str, content_type: str) -> Exposition:
    """Timestamps and exemplars are left out. Raises ValueError that shows the line at fault."""
    lines, cut = _bounded(text)
    is_openmetrics = content_type.partition(";")[0].strip().lower() == "application/openmetrics-text"
    kept = "\n".join(lines) + "\n"
    families: Iterable[Metric] = (
        openmetrics.text_string_to_metric_families(kept if not cut else f"{kept}# EOF\n")  # type: ignore[no-untyped-call]
        if is_openmetrics
        else text_string_to_metric_families(kept)
    )
    readings: dict[Series, float] = {}
    try:
        for family in families:
            _take(family, readings)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        if not (cut and is_openmetrics):  # a family that the bound cuts through seems broken
            raise ValueError(str(error) or "a line that is no metric") from error
    known = {series.family for series in readings}
    told = {series: value for series, value in readings.items() if not _is_birth(series, known)}
    return Exposition(readings=told, cut=cut)


def _is_birth(series: Series, families: set[str]) -> bool:
    """When a counter began is told beside it, as a gauge in the older format; nobody looks at it."""
    name = series.name.removesuffix("_created")
    return name != series.name and (name == series.family or name in families)


def _bounded(text: str) -> tuple[list[str], bool]:
    """The first lines, up to the bounds. Raises ValueError for a line that is too long."""
    lines: list[str] = []
    series = comments = 0
    for line in text.split("\n"):
        if len(line) > _LINE_CHARACTERS_MAX:
            raise ValueError(f"a line of {len(line)} characters: {line[:60]}...")
        if not line.strip():
            continue
        is_comment = line.startswith("#")
        comments += is_comment
        series += not is_comment
        if series > SERIES_MAX or comments > SERIES_MAX * _COMMENTS_PER_SERIES:
            return lines, True
        lines.append(line)
    return lines, False


def _take(family: Metric, readings: dict[Series, float]) -> None:
    kind = family.type if family.type in _KINDS else "unknown"
    for sample in family.samples:
        labels = tuple(sorted(sample.labels.items()))
        if sum(len(key) + len(value) for key, value in labels) > LABELS_CHARACTERS_MAX:
            raise ValueError(f"labels of {sample.name} longer than {LABELS_CHARACTERS_MAX} characters")
        readings[Series(family=family.name, kind=kind, name=sample.name, labels=labels)] = float(sample.value)
