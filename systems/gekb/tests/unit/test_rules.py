import datetime as dt
import re
import uuid

import pytest
from gekb import events, grouping
from gekb.rules import access, analytics, patterns, submissions
from hypothesis import given
from hypothesis import strategies as st
from seatrial_kit import errors, keys

NOW = dt.datetime(2026, 11, 20, 16, 5, tzinfo=dt.UTC)


def key(*projects: str) -> keys.Key:
    role: keys.Role = "project" if projects else "admin"
    return keys.Key(id=uuid.UUID(int=1), name="k", role=role, projects=projects, limited=bool(projects))


@pytest.mark.parametrize(
    ("caller", "header", "project"),
    [(key("a"), None, "a"), (key("a", "b"), "b", "b"), (key(), "any", "any"), (key("a"), "a", "a")],
)
def test_a_write_goes_to_the_named_project_or_to_the_keys_only_one(
    caller: keys.Key, header: str | None, project: str
) -> None:
    assert access.written_project(caller, header) == project


@pytest.mark.parametrize(
    ("caller", "header", "status"),
    [
        (key("a", "b"), None, 400),
        (key(), None, 400),
        (key("a"), "b", 403),
        (key(), "a b", 400),
        (key("a"), "", 400),
    ],
)
def test_a_write_without_a_clear_and_allowed_project_is_refused(
    caller: keys.Key, header: str | None, status: int
) -> None:
    with pytest.raises(errors.Problem) as caught:
        access.written_project(caller, header)
    assert (caught.value.status, caught.value.field) == (status, "X-Project-ID")


@pytest.mark.parametrize(
    ("caller", "header", "filters", "projects"),
    [
        (key(), None, [], None),
        (key(), "a", [], ("a",)),
        (key(), None, ["b", "a", "b"], ("a", "b")),
        (key("a", "b"), None, [], ("a", "b")),
        (key("a", "b"), "b", [], ("b",)),
        (key("a", "b"), None, ["a"], ("a",)),
        (key("a", "b"), "a", ["a"], ("a",)),
    ],
)
def test_a_read_covers_what_is_named_or_all_that_the_key_is_for(
    caller: keys.Key, header: str | None, filters: list[str], projects: tuple[str, ...] | None
) -> None:
    assert access.read_projects(caller, header, filters) == projects


@pytest.mark.parametrize(
    ("caller", "header", "filters", "status"),
    [
        (key("a"), "b", [], 403),
        (key("a"), None, ["a", "b"], 403),
        (key("a", "b"), "a", ["b"], 400),
        (key(), "a", ["a", "b"], 400),
        (key(), None, ["a b"], 400),
        (key(), None, [f"p{n}" for n in range(101)], 400),
    ],
)
def test_a_read_beyond_the_key_or_against_itself_is_refused(
    caller: keys.Key, header: str | None, filters: list[str], status: int
) -> None:
    with pytest.raises(errors.Problem) as caught:
        access.read_projects(caller, header, filters)
    assert caught.value.status == status


@given(st.text(max_size=120))
def test_a_slug_is_taken_or_refused_and_never_changed(text: str) -> None:
    taken = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}", text) is not None
    try:
        assert access.ensure_slug(text, "f") == text
    except errors.InvalidRequest:
        assert not taken
    else:
        assert taken


def test_an_error_id_tells_the_minute_and_is_wide() -> None:
    found = {submissions.error_id(NOW) for _ in range(1000)}
    assert len(found) == 1000
    assert all(re.fullmatch(r"gekb-2026-1120-1605-[0-9a-f]{16}", each) for each in found)


def test_what_is_kept_of_an_event_is_everything_without_what_has_columns() -> None:
    sent: dict[str, dict[str, object]] = {
        "error": {"message": "m", "stackTrace": ["s"], "type": "t", "odd": 1},
        "agent": {"type": "a"},
    }
    assert submissions.kept_context(sent) == {"error": {"type": "t", "odd": 1}, "agent": {"type": "a"}}
    assert sent["error"]["message"] == "m"


def stored(resolution: object) -> dict[str, object]:
    same = {"errorId": "e", "patternId": "p", "newPattern": False, "occurrences": 3, "seconds": 0.01}
    return same | {"resolution": resolution}


def test_an_answer_without_a_known_fix_claims_none() -> None:
    answer = submissions.answer(stored(None))
    assert answer["resolution"] is None
    assert answer["prevention"] == {"preventable": False, "methods": []}
    assert answer["patternMatches"][0]["occurrences"] == 3


def test_an_answer_with_a_known_fix_says_that_it_could_have_been_prevented() -> None:
    fix = {"strategy": "restart", "steps": [], "attempts": 4, "successes": 3, "estimatedTime": 7.5}
    answer = submissions.answer(stored(fix))
    assert answer["resolution"] == fix | {"automated": False, "success": True}
    assert answer["prevention"] == {"preventable": True, "methods": ["restart"]}


def test_a_patterns_name_is_one_short_line() -> None:
    assert patterns.name("Cannot\n find   <n>", "OddError") == "OddError: Cannot find <n>"
    assert patterns.name("OddError: x", "OddError") == "OddError: x"
    assert patterns.name("", None) == "(no message)"
    assert len(patterns.name("x" * 500, "k" * 500)) == patterns.NAME_CHARACTERS_MAX


@pytest.mark.parametrize(
    "message",
    [
        "Load test error #7: Cannot resolve module '@/components/test/component7'",
        "connect ECONNREFUSED 127.0.0.1:5432 (attempt 3 of 5)",
        "a.b(c)[d]{e}|f^g$ + 12",
    ],
)
def test_a_patterns_regex_matches_the_message_that_made_it(message: str) -> None:
    template = grouping.decide(message, None, ()).template
    regex = patterns.regex(template)
    assert regex is not None
    assert re.fullmatch(regex, message)


@given(st.text(max_size=300), st.text(max_size=30) | st.none())
def test_any_message_can_be_described(message: str, kind: str | None) -> None:
    error = events.Error(message=message, type=kind)
    described = patterns.describe(submissions.decide(error), error)
    assert described["name"] and "\n" not in described["name"]
    assert len(described["name"]) <= 255
    regex = described["criteria"]["errorMessage"]["regex"]
    assert regex is None or re.compile(regex)


def test_globs_are_the_endings_of_the_affected_files() -> None:
    assert patterns.globs(["a/b.tsx", "c.py", "d.tsx", "Makefile", "e.tar.gz"]) == [
        "**/*.gz",
        "**/*.py",
        "**/*.tsx",
    ]
    assert len(patterns.globs([f"a.x{n}" for n in range(100)])) == patterns.GLOBS_MAX
    assert patterns.globs([]) == []


@pytest.mark.parametrize(
    ("current", "previous", "change", "word"),
    [
        (110, 100, 10.0, "increasing"),
        (90, 100, -10.0, "decreasing"),
        (104, 100, 4.0, "stable"),
        (0, 100, -100.0, "decreasing"),
        (7, 0, None, "unknown"),
        (7, None, None, "unknown"),
        (None, 7.0, None, "unknown"),
    ],
)
def test_a_trend_is_told_only_where_there_is_a_basis(
    current: float | None, previous: float | None, change: float | None, word: str
) -> None:
    found = analytics.trend(current, previous)
    assert (found["change"], found["trend"]) == (change, word)


def test_ranges_begin_where_they_say_and_all_time_nowhere() -> None:
    assert analytics.begin("7d", NOW) == NOW - dt.timedelta(days=7)
    assert analytics.previous_begin("7d", NOW) == NOW - dt.timedelta(days=14)
    assert analytics.begin("all", NOW) is None and analytics.previous_begin("all", NOW) is None


def test_a_rate_of_nothing_tried_is_unknown_and_not_zero() -> None:
    assert analytics.success_rate(0, 0) is None
    assert analytics.success_rate(1, 3) == 0.3333
    assert analytics.rate(0, 0) == 0.0
