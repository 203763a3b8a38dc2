"""How GEKB groups labelled messages: pair precision and recall, grouping accuracy, decisions a second.

The labelled data is not part of the project; where it is missing this says so and measures nothing.
"""

import argparse
import dataclasses
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from pathlib import Path

from gekb import grouping

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "error_grouping"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """Pairs that are rightly together, of all that were put together and of all that belong together.

    `accuracy` is the share of messages whose pattern holds exactly the messages of their label (GA of the log
    parsing literature, Zhu et al., ICSE-SEIP 2019), `f1` the same counted in groups (FGA, Jiang et al.,
    ISSTA 2024).
    """

    precision: float
    recall: float
    accuracy: float
    f1: float
    labels: int
    patterns: int


def score(found: Sequence[Hashable], labels: Sequence[Hashable]) -> Score:
    together, same = _pairs(Counter(found)), _pairs(Counter(labels))
    right = _pairs(Counter(zip(found, labels, strict=True)))
    patterns, groups = _members(found), _members(labels)
    exact = set(patterns.values()) & set(groups.values())
    return Score(
        precision=right / together if together else 1.0,
        recall=right / same if same else 1.0,
        accuracy=sum(len(members) for members in exact) / len(found),
        f1=2 * len(exact) / (len(patterns) + len(groups)),
        labels=len(groups),
        patterns=len(patterns),
    )


def _pairs(counts: Counter[Hashable]) -> int:
    return sum(count * (count - 1) // 2 for count in counts.values())


def _members(keys: Sequence[Hashable]) -> dict[Hashable, frozenset[int]]:
    members: defaultdict[Hashable, set[int]] = defaultdict(set)
    for index, key in enumerate(keys):
        members[key].add(index)
    return {key: frozenset(indexes) for key, indexes in members.items()}


def measure(path: Path) -> str:
    rows = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    started = time.process_time()
    found = [grouping.decide(row["message"], "", ()).fingerprint for row in rows]
    seconds = time.process_time() - started
    got = score(found, [row["group"] for row in rows])
    return (
        f"{path.stem:<22} {len(rows):>5} {got.labels:>6} {got.patterns:>8}   {got.precision:.3f}"
        f"  {got.recall:.3f}  {got.accuracy:.3f}  {got.f1:.3f}  {len(rows) / seconds:>8.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder of *.jsonl with message and group")
    options = parser.parse_args()
    paths = sorted(options.data.glob("*.jsonl"))
    if not paths:
        sys.exit(f"no labelled messages in {options.data}; name their folder with --data")
    print(f"{grouping.VERSION:<22} lines labels patterns   pairP  pairR     GA    FGA decisions/s")
    for path in paths:
        print(measure(path))


if __name__ == "__main__":
    main()
