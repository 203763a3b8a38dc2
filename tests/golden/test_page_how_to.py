"""The page of the how-to grows by and by, and each of its steps is sound in every environment."""

from itertools import pairwise
from pathlib import Path

from seatrial.plan import Plan, planning
from seatrial.spec import loading
from tests.unit.spec import pages

STEPS = [text for name, text in pages.sound_pages() if name.startswith("docs/how-to/page.md")]


def plan_of(text: str, environment: str) -> Plan:
    return planning.make_plan(loading.parse_page(text.encode(), "page.md"), environment, Path("/nowhere"))


def test_each_step_is_sound_in_every_environment() -> None:
    assert len(STEPS) == 6
    for text in STEPS:
        for environment in ("laptop", *loading.parse_page(text.encode(), "page.md").environments):
            assert plan_of(text, environment).parts


def test_each_step_adds_to_what_the_one_before_had() -> None:
    for before, after in pairwise(STEPS):
        had, has = ({part.name for part in plan_of(text, "laptop").parts} for text in (before, after))
        assert had < has
