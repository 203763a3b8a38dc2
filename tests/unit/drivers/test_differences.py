"""No field of a part is dropped in silence: the laptop acts on it, or says in a sentence that it does not."""

import ast
import dataclasses
import typing
from pathlib import Path

import pytest

from seatrial import parts
from seatrial.drivers.laptop import HANDLED, differences, limits
from seatrial.plan import planning
from seatrial.spec import loading
from seatrial.values.money import Money
from seatrial.values.references import Template

ROOT = Path(__file__).parents[3]
DRIVER = ROOT / "src" / "seatrial" / "drivers" / "laptop"
WHOLE = loading.load_page(ROOT / "tests" / "golden" / "pages" / "whole.yaml").page
PLANS = [planning.make_plan(WHOLE, name, ROOT) for name in ("laptop", "production")]
VALUES = (Template, Money)
SAID = {pair for rule in differences.RULES for pair in rule.fields}


def classes_in(hint: object) -> set[type]:
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return {hint} - set(VALUES)
    return {found for inner in typing.get_args(hint) for found in classes_in(inner)}


def reached() -> list[type]:
    """The parts that the laptop handles, and what lies in those of their fields that it acts on."""
    found: list[type] = []
    waiting = sorted(HANDLED, key=lambda kind: kind.__name__)
    while waiting:
        kind = waiting.pop()
        if kind in found:
            continue
        found.append(kind)
        for name, hint in typing.get_type_hints(kind).items():
            if name in differences.HEEDED.get(kind, ()) or (kind, name) in differences.ELSEWHERE:
                waiting += sorted(classes_in(hint) - {parts.RateRule}, key=lambda one: one.__name__)
    return found


def attributes() -> set[str]:
    """All that the driver reads of anything, but for what only tells about it."""
    telling = {"differences.py", "coverage.py"}
    trees = [ast.parse(path.read_text()) for path in DRIVER.rglob("*.py") if path.name not in telling]
    return {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("kind", reached(), ids=lambda kind: kind.__name__)
def test_each_field_is_heeded_or_said(kind: type) -> None:
    for field in dataclasses.fields(kind):
        pair = (kind, field.name)
        counted = [
            field.name in differences.HEEDED.get(kind, ()),
            pair in differences.NEUTRAL,
            pair in differences.ELSEWHERE,
            pair in SAID,
        ]
        assert sum(counted) == 1, f"{kind.__name__}.{field.name}"


def test_nothing_is_heeded_or_said_that_no_part_has() -> None:
    heeded = {(kind, name) for kind, names in differences.HEEDED.items() for name in names}
    there = {(kind, field.name) for kind in reached() for field in dataclasses.fields(kind)}
    assert heeded | set(differences.NEUTRAL) | differences.ELSEWHERE | SAID <= there


def test_what_is_heeded_is_read_by_the_driver() -> None:
    heeded = {name for names in differences.HEEDED.values() for name in names}
    compared = {"python", "version"}  # by `coverage`, with what is there
    assert heeded - attributes() == compared


@pytest.mark.parametrize("rule", differences.RULES, ids=lambda rule: rule.sentence)
def test_each_sentence_is_said_of_the_page_that_says_everything(rule: differences.Rule) -> None:
    assert any(list(rule.names(plan)) for plan in PLANS)


def test_what_is_said_elsewhere_is_said_of_that_page_too() -> None:
    said = "\n".join(limits(PLANS[1]))
    for words in (
        "db is not encrypted",
        "connections to bus are not encrypted",
        "db has no copies for reads",
        "raw.events are not compressed",
        "state: not compacted",
        "cores and memory of",
        "the size of",
        "no TLS, no host name www.example.com, no limit of 10/s",
        "no body limit of 10Mi",
        "engine runs once here, not 2 to 9 times",
        "bus is kafka 4.1 on the page, and NATS 2.",
        "graph is neo4j 5.26 on the page, and PostgreSQL 18.",
        "settings of graph (server.memory.heap.max_size) are another product's",
    ):
        assert words in said
