"""Patterns, resolutions, lists and figures, as they are told."""

import datetime as dt
from typing import Any

import psycopg

from kit.tests.engines import Postgres, Valkey
from systems.gekb.tests.processes import Gekb, running, unique

HOURS = [0.2, 0.9, 1.5, 23.4, 23.99, 24.01, 30, 47.9, 48.1, 24 * 6.9, 24 * 7.1, 24 * 29, 24 * 200, 24 * 500]


def resolve(
    gekb: Gekb, error_id: str, strategy: str, *, success: bool, seconds: float | None = None
) -> dict[str, object]:
    body = {"strategy": strategy, "success": success, "seconds": seconds, "steps": [{"action": strategy}]}
    return gekb.ask("POST", f"/v1/errors/{error_id}/resolution", body).data


def test_a_pattern_explains_itself(gekb: Gekb) -> None:
    project = unique("explain")
    message = f"Cannot find module 'left-pad' in /srv/{project}/src/index.js:17"
    technology = {"framework": "nextjs", "library": "left-pad"}
    files = ["src/index.js", "src/a.tsx"]
    new = gekb.submit(project, message, type="ModuleError", technology=technology, affectedFiles=files)
    gekb.drain()
    pattern = gekb.ask("GET", f"/v1/patterns/{new['patternMatches'][0]['patternId']}").data["pattern"]
    assert pattern["name"].startswith("ModuleError: Cannot find module")
    assert pattern["grouping"]["version"] == "masks-1"
    assert len(pattern["grouping"]["fingerprint"]) == 32
    assert {"name", "score", "details"} <= pattern["grouping"]["factors"][0].keys()
    criteria = pattern["matchingCriteria"]
    assert criteria["technology"] == technology
    assert criteria["files"] == {"patterns": ["**/*.js", "**/*.tsx"]}
    assert any("Cannot find module" in piece for piece in criteria["errorMessage"]["contains"])
    assert pattern["statistics"]["occurrences"] == 1
    assert pattern["statistics"]["projectsAffected"] == [project]
    assert pattern["statistics"]["firstSeen"] == pattern["statistics"]["lastSeen"]
    assert pattern["evolution"]["versions"][0]["version"] == "masks-1"


def test_an_errors_own_decision_is_stored_with_its_version_and_factors(gekb: Gekb) -> None:
    error_id = gekb.submit(unique("stored"), "decision to be kept")["errorId"]
    with psycopg.connect(gekb.database_url) as connection:
        row = connection.execute(
            "SELECT pattern_matches FROM errors WHERE error_id = %s", [error_id]
        ).fetchone()
    assert row is not None
    assert row[0]["version"] == "masks-1" and row[0]["factors"][0]["name"]


def test_the_fix_that_worked_best_is_told_with_the_next_error(gekb: Gekb) -> None:
    project = unique("fixes")
    message = f"the {project} engine stalled"
    errors = [gekb.submit(project, message)["errorId"] for _ in range(4)]
    assert resolve(gekb, errors[0], "guess", success=True, seconds=10)["statistics"] == {
        "attempts": 1,
        "successes": 1,
        "successRate": 1.0,
    }
    resolve(gekb, errors[1], "guess", success=False)
    for error in errors[1:]:
        resolve(gekb, error, "clean the filter", success=True, seconds=20)
    told = gekb.submit(project, message)
    assert told["resolution"]["strategy"] == "clean the filter"
    assert told["resolution"]["steps"] == [{"action": "clean the filter", "command": None, "result": None}]
    assert told["resolution"]["attempts"] == 3 and told["resolution"]["automated"] is False
    assert told["prevention"] == {"preventable": True, "methods": ["clean the filter"]}
    gekb.drain()
    pattern = gekb.ask("GET", f"/v1/patterns/{told['patternMatches'][0]['patternId']}").data["pattern"]
    assert pattern["statistics"]["successRate"] == 0.8
    assert pattern["statistics"]["averageResolutionTime"] == 17.5
    overview = gekb.overview(project)
    assert overview["summary"]["resolvedErrors"] == 4
    assert overview["summary"]["resolutionRate"] == 0.8
    assert overview["summary"]["averageResolutionTime"] == 17.5
    assert overview["topCategories"] == [
        {"category": "uncategorized", "count": 5, "percentage": 100.0, "resolutionRate": 0.8}
    ]
    (top,) = overview["topPatterns"]
    assert (top["occurrences"], top["successRate"]) == (5, 0.8)


def test_a_step_may_be_text_alone(gekb: Gekb) -> None:
    project = unique("steps")
    error_id = gekb.submit(project, f"plain steps of {project}")["errorId"]
    body = {"strategy": "s", "success": True, "steps": ["look", {"command": "act"}]}
    assert gekb.ask("POST", f"/v1/errors/{error_id}/resolution", body).status == 200
    assert gekb.submit(project, f"plain steps of {project}")["resolution"]["steps"] == [
        {"action": "look", "command": None, "result": None},
        {"action": None, "command": "act", "result": None},
    ]


def test_a_later_failure_does_not_undo_a_success(gekb: Gekb) -> None:
    project = unique("undo")
    error_id = gekb.submit(project, "fixed, then tried again")["errorId"]
    resolve(gekb, error_id, "right", success=True)
    resolve(gekb, error_id, "wrong", success=False)
    (error,) = gekb.ask("GET", f"/v1/errors?project={project}").data["errors"]
    assert error["resolution"]["strategy"] == "right"
    assert gekb.overview(project)["summary"]["resolvedErrors"] == 1


def test_patterns_are_found_by_every_filter_and_sorted(gekb: Gekb) -> None:
    project = unique("search")
    for count, word, category, severity, library in (
        (3, "alpha", "network", "low", "Requests"),
        (1, "beta", "network", "high", "aiohttp"),
        (2, "gamma 100%_x", "disk", "high", "os"),
    ):
        for _ in range(count):
            last = gekb.submit(
                project,
                f"{word} {project} failed",
                category=category,
                severity=severity,
                technology={"library": library, "framework": f"{word.split()[0]}-framework"},
            )
    resolve(gekb, last["errorId"], "format", success=True)
    gekb.drain()

    def found(query: str) -> list[str]:
        data = gekb.ask("GET", f"/v1/patterns/search?project={project}&{query}").data
        assert data["pagination"]["total"] >= len(data["patterns"])
        return [pattern["name"].split()[0] for pattern in data["patterns"]]

    assert found("") == ["alpha", "gamma", "beta"]
    assert found("sort_by=occurrences&sort_order=asc") == ["beta", "gamma", "alpha"]
    assert found("sort_by=last_seen") == ["gamma", "beta", "alpha"]
    assert found("sort_by=success_rate")[0] == "gamma"
    assert found("query=BETA") == ["beta"]
    assert found("query=%25_x") == ["gamma"]
    assert found("query=%25-x") == []
    assert found("category=network") == ["alpha", "beta"]
    assert found("severity=high") == ["gamma", "beta"]
    assert found("technology=requests") == ["alpha"]
    assert found("technology=Beta-Framework") == ["beta"]
    assert found("occurrences_min=2") == ["alpha", "gamma"]
    assert found("success_rate_min=0.5") == ["gamma"]
    assert found("limit=1&offset=1") == ["gamma"]


def test_errors_are_listed_by_every_filter_and_page_by_page(gekb: Gekb) -> None:
    project = unique("list")
    ids = [
        gekb.submit(project, f"item {n}", category="even" if n % 2 == 0 else "odd")["errorId"]
        for n in range(25)
    ]
    newest_first = ids[::-1]

    def page(query: str) -> dict[str, Any]:
        return gekb.ask("GET", f"/v1/errors?project={project}&{query}").data

    def listed(query: str) -> list[str]:
        return [error["errorId"] for error in page(query)["errors"]]

    assert listed("limit=100") == newest_first
    assert listed("limit=10&offset=20") == newest_first[20:]
    assert listed("category=even&limit=100") == [i for i in newest_first if ids.index(i) % 2 == 0]
    assert listed("severity=high") == []
    walked: list[str] = []
    cursor = ""
    for _ in range(4):
        data = page(f"limit=7&cursor={cursor}")
        walked += [error["errorId"] for error in data["errors"]]
        assert data["pagination"]["total"] == 25
        cursor = data["pagination"]["nextCursor"]
    assert walked == newest_first and cursor is None
    middle = page("limit=1&offset=12")["errors"][0]["timestamp"]
    later = listed(f"limit=100&since={middle}")
    assert 12 <= len(later) <= 14 and later == newest_first[: len(later)]
    pattern = page("limit=1")["errors"][0]["patternId"]
    assert len(listed(f"limit=100&pattern={pattern}")) == 25


def test_every_range_of_the_overview_is_exact_to_the_moment(postgres: Postgres, valkey: Valkey) -> None:
    with running(postgres.create_database(unique("ranges")), valkey.url) as gekb:
        gekb.worker.kill()
        gekb.submit("p", "spread over time")
        now = dt.datetime.now(dt.UTC)
        with psycopg.connect(gekb.database_url) as connection:
            for number, hours in enumerate(HOURS):
                at = now - dt.timedelta(hours=hours)
                connection.execute(
                    "INSERT INTO errors (error_id, timestamp, project_id, pattern_id, category, severity,"
                    " message, context_data, pattern_matches) SELECT error_id || %s, %s, project_id,"
                    " pattern_id, category, severity, message, context_data, pattern_matches FROM errors"
                    " LIMIT 1",
                    [f"-{number}", at],
                )
                connection.execute(
                    "INSERT INTO pending_errors (timestamp, project_id, pattern_id, category)"
                    " SELECT %s, project_id, pattern_id, category FROM errors LIMIT 1",
                    [at],
                )

        def ensure_exact() -> None:
            for name, days in {"1d": 1, "7d": 7, "30d": 30, "90d": 90, "1y": 365}.items():
                volume = gekb.overview(time_range=name)["trends"]["errorVolume"]
                current = 1 + sum(hours < 24 * days for hours in HOURS)
                previous = sum(24 * days <= hours < 48 * days for hours in HOURS)
                assert (name, volume["current"], volume["previous"]) == (name, current, previous)
            assert gekb.overview()["summary"]["totalErrors"] == len(HOURS) + 1

        ensure_exact()  # while all of them wait
        gekb.worker.start()
        gekb.drain()
        ensure_exact()  # and after all of them were counted


def test_the_metrics_of_dashboards_and_alerts_are_there_from_the_start(
    postgres: Postgres, valkey: Valkey
) -> None:
    counters = (
        "gekb_errors_processed_total",
        "gekb_pattern_matches_total",
        "gekb_resolutions_attempted_total",
        "gekb_resolutions_successful_total",
        "gekb_database_connections_failed_total",
        "gekb_pattern_matching_failures_total",
        "gekb_sync_failures_total",
        'gekb_error_processing_duration_seconds{quantile="0.95"}',
        "gekb_error_processing_duration_seconds_count",
    )
    with running(postgres.create_database(unique("metrics")), valkey.url) as gekb:
        assert {name: gekb.api.metric(name) for name in counters} == dict.fromkeys(counters, 0.0)
        assert gekb.worker.metric("gekb_errors_pending") == 0
        first = gekb.submit("p", "seen once")
        gekb.submit("p", "seen once")
        resolve(gekb, first["errorId"], "s", success=True)
        resolve(gekb, first["errorId"], "s", success=False)
        values = {name: gekb.api.metric(name) for name in counters}
        assert values["gekb_errors_processed_total"] == 2
        assert values["gekb_pattern_matches_total"] == 1
        assert values["gekb_resolutions_attempted_total"] == 2
        assert values["gekb_resolutions_successful_total"] == 1
        assert 0 < values['gekb_error_processing_duration_seconds{quantile="0.95"}'] < 5
        assert values["gekb_error_processing_duration_seconds_count"] == 2
