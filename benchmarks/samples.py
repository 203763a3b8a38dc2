"""Raw samples and what is said of them: median, p95, p99, least, most, how many."""

import dataclasses
import json
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Aim:
    """What the named share of the samples shall stay below, or reach where more is better."""

    bound: float
    of: str = "median"  # a field of Summary
    more_is_better: bool = False

    def reached(self, found: "Summary") -> bool:
        value = float(getattr(found, self.of))
        return value >= self.bound if self.more_is_better else value < self.bound


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One thing that was measured, with every sample in the unit that is printed."""

    name: str
    unit: str
    samples: tuple[float, ...]
    aim: Aim | None = None
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """Order statistics; a percentile is the nearest rank, so always a value that was measured."""

    median: float
    p95: float
    p99: float
    least: float
    most: float
    count: int


def summarize(samples: Sequence[float]) -> Summary:
    """Raises ValueError where there are no samples."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)

    def rank(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return Summary(
        median=statistics.median(ordered),
        p95=rank(0.95),
        p99=rank(0.99),
        least=ordered[0],
        most=ordered[-1],
        count=len(ordered),
    )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """The folder of one run of the benchmarks."""

    folder: Path

    def keep(self, name: str, records: Sequence[dict[str, Any]]) -> None:
        """Appends raw records to `<name>.jsonl`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{name}.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in records)


def lines(figure: Figure) -> list[str]:
    """What is printed of a figure: its name, its summary, the aim and whether it was reached."""
    found = summarize(figure.samples)
    values = (found.median, found.p95, found.p99, found.least, found.most)
    texts = [_shown(value) for value in values]
    said = [
        figure.name,
        "  median {}  p95 {}  p99 {}  min {}  max {} {}  n {}".format(*texts, figure.unit, found.count),
    ]
    if figure.aim:
        sign = "at least" if figure.aim.more_is_better else "under"
        verdict = "reached" if figure.aim.reached(found) else "MISSED"
        said.append(f"  aim: {figure.aim.of} {sign} {figure.aim.bound:g} {figure.unit}: {verdict}")
    return [*said, *(f"  {note}" for note in figure.notes)]


def _shown(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
