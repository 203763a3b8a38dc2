"""What people are shown of a plan: every part, what matters of it, in 80 columns."""

from pathlib import Path

import pytest

from seatrial import parts
from seatrial.cli import plans
from seatrial.plan import Plan, planning
from seatrial.spec import loading
from tests.unit.spec import pages

WHOLE = loading.parse_page(pages.WHOLE.read_bytes(), "whole.yaml")
PLAN = planning.make_plan(WHOLE, "production", Path("/nowhere"))


def line_of(plan: Plan, name: str) -> str:
    return next(line for line in plans.describe(plan) if line.split()[:1] == [name])


def test_every_sort_of_part_has_a_group_and_words() -> None:
    grouped = [kind for kinds in plans._GROUPS.values() for kind in kinds]
    assert sorted(grouped, key=str) == sorted(parts.PARTS, key=str)
    assert set(plans._TELLERS) == set(parts.PARTS)
    assert {type(part) for part in PLAN.parts} == set(parts.PARTS)


@pytest.mark.parametrize("environment", ["laptop", "staging", "production"])
def test_every_part_is_shown_on_one_line_of_80_columns(environment: str) -> None:
    made = planning.make_plan(WHOLE, environment, Path("/nowhere"))
    lines = list(plans.describe(made))
    assert [line for line in lines if len(line) > plans.COLUMNS] == []
    shown = {line.split()[0] for line in lines if line.startswith("  ")}
    assert {part.name for part in made.parts if not isinstance(part, parts.Access)} <= shown


@pytest.mark.parametrize("part", PLAN.parts, ids=lambda part: part.name)
def test_every_part_has_something_to_say(part: parts.Part) -> None:
    assert plans.tell(part)


def test_what_matters_comes_first() -> None:
    assert "python -m api --port PORT" in line_of(PLAN, "api")
    assert "postgres 18 with 2 to read from" in line_of(PLAN, "db")
    assert "2 to 9 copies by 70% cpu" in line_of(PLAN, "engine")
    assert 'at "15 0 * * *" Europe/Berlin' in line_of(PLAN, "nightly")
    assert "https://www.example.com → api.http, 10/s below /" in line_of(PLAN, "site")
    assert "availability at least 99.9% of api, over 30d" in line_of(PLAN, "up")
    assert "500 USD a day, of spare writer" in line_of(PLAN, "llm")
