"""The collection of real errors (`tests/data/collect.py`): faults stay apart, variants come together."""

import itertools
import json
import re
from collections import Counter
from pathlib import Path

from gekb import grouping

DATA = Path(__file__).parents[2] / "data"


def read(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def fingerprint(error: dict[str, str]) -> str:
    return grouping.decide(error["message"], error["kind"], ()).fingerprint


def test_two_hundred_different_errors_are_two_hundred_patterns() -> None:
    errors = read("real_errors.jsonl")
    assert len(errors) == len({error["how"] for error in errors}) == 200
    patterns = Counter(fingerprint(error) for error in errors)
    assert len(patterns) == 200, [key for key, count in patterns.items() if count > 1]


def test_the_same_error_elsewhere_is_the_same_pattern() -> None:
    """Pair precision and recall over all errors and variants; both bars are what was reached."""
    errors, variants = read("real_errors.jsonl"), read("variants.jsonl")
    assert len(variants) >= 3 * 40
    together = both = same = 0
    labelled = [(error["how"], fingerprint(error)) for error in (*errors, *variants)]
    for (how, pattern), (other_how, other_pattern) in itertools.combinations(labelled, 2):
        together += pattern == other_pattern
        same += how == other_how
        both += pattern == other_pattern and how == other_how
    assert same >= 6 * 40
    assert both / together == 1.0
    assert both / same == 1.0


def test_the_collection_names_no_machine() -> None:
    folders = {
        folder
        for name in ("real_errors.jsonl", "variants.jsonl")
        for error in read(name)
        for folder in re.findall(r"(?<![\w./])/(\w+)/", error["message"])
    }
    assert folders <= {"etc", "srv", "tmp", "usr"}
