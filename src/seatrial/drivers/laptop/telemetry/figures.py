"""What series come to: rates of counters, quantiles of histograms, extremes of gauges; pure arithmetic."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from seatrial.drivers.laptop.telemetry.samples import Track

QUANTILES = (0.5, 0.95, 0.99)
_SPLITTING = ("le", "quantile")
"""Labels that tell apart what belongs together."""

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One metric of one part, for one set of labels or over all of them; NaN for what is not known."""

    part: str
    metric: str
    kind: str
    labels: Labels
    series: int
    low: float
    """The smallest last value; of a counter or histogram the sum of all, as `high`."""
    high: float
    rate: float
    """Of counters, and of what a histogram counted: per second."""
    quantiles: Mapping[float, float]
    """Of what a histogram counted in the window."""
    points: tuple[tuple[float, float], ...]
    """Unix time and value; of several series, their sum at each moment."""


def by_metric(tracks: Iterable[Track]) -> list[Figure]:
    """One figure for each part and metric."""
    return _figures(tracks, lambda _: ())


def by_labels(tracks: Iterable[Track]) -> list[Figure]:
    """One figure for each part, metric and set of labels."""
    return _figures(tracks, lambda labels: tuple(one for one in labels if one[0] not in _SPLITTING))


def _figures(tracks: Iterable[Track], key: Callable[[Labels], Labels]) -> list[Figure]:
    grouped: dict[tuple[str, str, Labels], list[Track]] = {}
    for track in tracks:
        grouped.setdefault((track.part, track.series.family, key(track.series.labels)), []).append(track)
    return [_figure(part, labels, group) for (part, _, labels), group in sorted(grouped.items())]


def _figure(part: str, labels: Labels, tracks: list[Track]) -> Figure:
    series = tracks[0].series
    counting = tracks
    if series.kind in ("histogram", "summary"):
        counting = [track for track in tracks if track.series.name.endswith("_count")]
    values = [track.last for track in counting if not math.isnan(track.last)]
    is_level = series.kind not in ("counter", "histogram", "summary")
    total = sum(values) if values else math.nan
    return Figure(
        part=part,
        metric=series.name if series.kind == "counter" else series.family,
        kind=series.kind,
        labels=labels,
        series=len(counting),
        low=min(values, default=math.nan) if is_level else total,
        high=max(values, default=math.nan) if is_level else total,
        rate=math.nan if is_level or not counting else sum(track.rate for track in counting),
        quantiles=_quantiles(tracks),
        points=_summed(counting),
    )


def _quantiles(tracks: list[Track]) -> dict[float, float]:
    told = {
        float(label): track.last
        for track in tracks
        if track.series.kind == "summary" and (label := dict(track.series.labels).get("quantile"))
    }
    if told:
        return told
    grown: dict[float, float] = {}
    for track in tracks:
        bound = dict(track.series.labels).get("le")
        if bound is not None and track.series.name.endswith("_bucket"):
            grown[float(bound)] = grown.get(float(bound), 0.0) + track.increase
    buckets = sorted(grown.items())
    found = {share: quantile(share, buckets) for share in QUANTILES}
    return {share: value for share, value in found.items() if not math.isnan(value)}


def quantile(share: float, buckets: list[tuple[float, float]]) -> float:
    """Of cumulative counts by upper bound, linear within a bucket; NaN where nothing was counted.

    In the last bucket, which has no upper bound, its lower bound. Source: Prometheus' histogram_quantile.
    """
    if not buckets or not math.isinf(buckets[-1][0]) or buckets[-1][1] <= 0:
        return math.nan
    rank = share * buckets[-1][1]
    below_bound, below_count = (min(0.0, buckets[0][0]), 0.0)
    for bound, count in buckets:
        if count >= rank:
            if math.isinf(bound) or count <= below_count:
                return below_bound
            return below_bound + (bound - below_bound) * (rank - below_count) / (count - below_count)
        below_bound, below_count = bound, count
    return below_bound


def _summed(tracks: list[Track]) -> tuple[tuple[float, float], ...]:
    if len(tracks) == 1:
        return tracks[0].points
    sums: dict[float, float] = {}
    for track in tracks:
        for time, value in track.points:
            sums[time] = sums.get(time, 0.0) + value
    return tuple(sorted(sums.items()))


def changes(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """Of a counter: Unix time and growth per second since the moment before; one that restarts began at 0."""
    return tuple(
        (time, (value - before if value >= before else value) / (time - at))
        for (at, before), (time, value) in itertools.pairwise(points)
        if time > at
    )
