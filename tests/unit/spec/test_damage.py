"""Whatever is wrong with a page, it is a list of problems with positions; whatever loads can be planned."""

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from seatrial import errors
from seatrial.plan import planning
from seatrial.spec import loading, pages, schemas

WHOLE = YAML(typ="safe").load(
    (Path(__file__).parents[2] / "golden" / "pages" / "whole.yaml").read_text(encoding="utf-8")
)
SCHEMA = Draft202012Validator(schemas.page_schema())


def places_in(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here] + [place for key, inner in items for place in places_in(inner, (*here, key))]


PLACES = places_in(WHOLE)[1:]
WORDS = [
    "db", "api", "bus", "cache", "files", "writer", "nobody", "laptop", "", " ", "0s", "-1", "1/0s", "1e400",
    "100%", "1000%", "9999999999%", "0 6 * * *", "0 0 30 2 *", "0 0 * * * *", "${x}", "${port.http}", "${",
    "$${", "${secrets.token}", "${db.url}", "https://x:99999/", "http://[", "99999999999999999999d", "1 ABC",
    "9 bytes", "32 bytes", "٣", "\u0000", "\ud800", "postgres", "kafka", "before-deploy", "*", "/..",
    "a" * 50, "x-y", " 0  6 * * *", "operator",
]  # fmt: skip
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.sampled_from(WORDS),
    st.text(max_size=12),
    st.lists(st.sampled_from(WORDS), max_size=3),
    st.dictionaries(
        st.sampled_from([*WORDS, "host", "use", "kind", "of", "path"]), st.sampled_from(WORDS), max_size=3
    ),
    st.sampled_from([inner for place in PLACES for inner in [place]]).map(lambda place: at(WHOLE, place)),
)


def at(value: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        value = value[step]
    return value


def damaged(changes: list[tuple[tuple[Any, ...], str, Any]]) -> Any:
    page = copy.deepcopy(WHOLE)
    for place, how, value in changes:
        try:
            owner = at(page, place[:-1])
            if how == "remove":
                del owner[place[-1]]
            elif how == "rename" and isinstance(owner, dict):
                owner[str(value)[:60]] = owner.pop(place[-1])
            else:
                owner[place[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return page


def problems_or_page(text: str) -> tuple[tuple[errors.Problem, ...], pages.Page | None]:
    try:
        return (), loading.parse_page(text.encode(), "page.yaml")
    except errors.PageError as wrong:
        return wrong.problems, None


CHANGES = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(["set", "set", "remove", "rename"]), VALUES),
    min_size=1,
    max_size=4,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CHANGES)
@example([(("services", "api", "uses"), "set", [{"use": "db", "role": "nobody"}])])
@example([(("jobs", "nightly", "when"), "set", " 0  6 * * *")])
@example([(("secrets", "token"), "set", {"generate": None, "from": "operator"})])
@example([(("services", "api", "health", "ready"), "set", {"path": None, "command": ["true"]})])
def test_a_damaged_page_is_refused_at_its_places_or_planned(
    changes: list[tuple[tuple[Any, ...], str, Any]],
) -> None:
    text = json.dumps(damaged(changes), indent=1)
    problems, page = problems_or_page(text)
    assert bool(problems) != bool(page)
    assert page is None or SCHEMA.is_valid(json.loads(text)), "editors complain of a page that loads"
    lines = text.splitlines()
    for problem in problems:
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert problem.message
    for environment in {"laptop", *page.environments} if page else ():
        plan = planning.make_plan(page, environment, Path("/srv"))
        assert json.loads(json.dumps(plan.to_json(), allow_nan=False)) == plan.to_json()
