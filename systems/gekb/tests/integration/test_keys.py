"""Who may see and do what."""

import re

import pytest

from kit.tests.engines import Postgres, Valkey
from systems.gekb.tests.processes import ADMIN_KEY, Gekb, running, send, unique


def status(gekb: Gekb, key: str, method: str, path: str, body: object = None, **headers: str) -> int:
    return gekb.ask(method, path, body, key=key, **headers).status


ERROR = {"error": {"message": "who may see this"}}


@pytest.mark.parametrize(
    "key", ["", "x", "gekb_" + "b" * 43, "gekb_" + "a" * 42, "other_" + "a" * 43, "gekb_ä"]
)
def test_a_wrong_key_is_a_401(gekb: Gekb, key: str) -> None:
    answer = gekb.ask("POST", "/v1/errors", ERROR, key=key.encode().decode("latin-1"), X_Project_ID="p")
    assert (answer.status, answer.error["code"]) == (401, "UNAUTHORIZED")
    assert gekb.ask("GET", "/v1/analytics/overview", key=key.encode().decode("latin-1")).status == 401


def test_a_key_is_taken_from_either_header(gekb: Gekb) -> None:
    for headers in ({"Authorization": f"Bearer {ADMIN_KEY}"}, {"X-API-Key": ADMIN_KEY}):
        assert send(gekb.api.port, "GET", "/v1/errors", None, headers).status == 200


def test_a_project_key_is_refused_for_other_projects(gekb: Gekb) -> None:
    own, foreign = unique("own"), unique("foreign")
    gekb.submit(foreign, "in a foreign project")
    key = gekb.new_key(own)["key"]
    assert status(gekb, key, "POST", "/v1/errors", ERROR, X_Project_ID=own) == 200
    for other in (foreign, unique("never-made")):  # it learns nothing about what exists
        assert status(gekb, key, "POST", "/v1/errors", ERROR, X_Project_ID=other) == 403
        assert status(gekb, key, "GET", "/v1/errors", X_Project_ID=other) == 403
        assert status(gekb, key, "GET", f"/v1/errors?project={other}") == 403
        assert status(gekb, key, "GET", f"/v1/patterns/search?project={other}") == 403
        assert status(gekb, key, "GET", f"/v1/analytics/overview?projects={own},{other}") == 403
        assert status(gekb, key, "GET", "/v1/analytics/overview", X_Project_ID=other) == 403


def test_what_a_key_may_not_see_is_not_there(gekb: Gekb) -> None:
    own, foreign = unique("own"), unique("foreign")
    hidden = gekb.submit(foreign, f"a secret of {foreign}")
    key = gekb.new_key(own)["key"]
    pattern = hidden["patternMatches"][0]["patternId"]
    assert status(gekb, key, "GET", f"/v1/patterns/{pattern}") == 404
    outcome = {"strategy": "s", "success": True}
    assert status(gekb, key, "POST", f"/v1/errors/{hidden['errorId']}/resolution", outcome) == 404
    assert gekb.ask("GET", f"/v1/errors?pattern={pattern}", key=key).data["errors"] == []
    assert gekb.ask("GET", f"/v1/patterns/search?query={foreign}", key=key).data["patterns"] == []


def test_a_shared_pattern_is_shown_with_the_numbers_of_the_keys_own_projects(gekb: Gekb) -> None:
    own, foreign = unique("own"), unique("foreign")
    message = f"the flux capacitor of {unique('batch')} overheated"
    known = [gekb.submit(foreign, message, category="flux") for _ in range(5)]
    fix = {"strategy": "foreign fix", "success": True, "seconds": 9}
    gekb.ask("POST", f"/v1/errors/{known[0]['errorId']}/resolution", fix)
    key = gekb.new_key(own)["key"]
    mine = gekb.submit(own, message, key=key, category="flux")
    assert mine["newPattern"] is True
    assert mine["patternMatches"][0]["occurrences"] == 1
    assert mine["resolution"] is None
    gekb.drain()
    pattern = mine["patternMatches"][0]["patternId"]
    seen = gekb.ask("GET", f"/v1/patterns/{pattern}", key=key).data["pattern"]
    assert seen["statistics"]["occurrences"] == 1
    assert seen["statistics"]["projectsAffected"] == [own]
    assert seen["statistics"]["successRate"] is None and seen["resolution"] is None
    whole = gekb.ask("GET", f"/v1/patterns/{pattern}").data["pattern"]
    assert whole["statistics"]["occurrences"] == 6
    assert whole["statistics"]["projectsAffected"] == sorted([own, foreign])
    assert whole["resolution"]["strategy"] == "foreign fix"
    overview = gekb.ask("GET", "/v1/analytics/overview?time_range=all", key=key).data
    assert overview["summary"]["totalErrors"] == 1
    assert [each["projectId"] for each in overview["projectMetrics"]] == [own]


def test_without_a_project_a_read_covers_the_keys_projects_and_a_write_needs_one(gekb: Gekb) -> None:
    first, second = unique("first"), unique("second")
    one, both = gekb.new_key(first)["key"], gekb.new_key(first, second)["key"]
    assert status(gekb, one, "POST", "/v1/errors", ERROR) == 200
    assert status(gekb, both, "POST", "/v1/errors", ERROR) == 400
    assert status(gekb, ADMIN_KEY, "POST", "/v1/errors", ERROR) == 400
    assert status(gekb, both, "POST", "/v1/errors", ERROR, X_Project_ID=second) == 200
    listed = gekb.ask("GET", "/v1/errors", key=both).data["errors"]
    assert {each["project"] for each in listed} == {first, second}
    narrowed = gekb.ask("GET", "/v1/errors", key=both, X_Project_ID=second).data["errors"]
    assert {each["project"] for each in narrowed} == {second}
    assert status(gekb, both, "GET", f"/v1/errors?project={first}", X_Project_ID=second) == 400


def test_unknown_projects_are_made_by_admin_keys_only_and_only_by_writing(gekb: Gekb) -> None:
    project = unique("new")
    assert status(gekb, ADMIN_KEY, "GET", "/v1/errors", X_Project_ID=project) == 404
    bad = gekb.ask("POST", "/v1/errors", {"error": {}}, X_Project_ID=project)
    assert bad.status == 400
    assert status(gekb, ADMIN_KEY, "GET", "/v1/errors", X_Project_ID=project) == 404
    assert status(gekb, ADMIN_KEY, "POST", "/v1/errors", ERROR, X_Project_ID=project) == 200
    assert status(gekb, ADMIN_KEY, "GET", "/v1/errors", X_Project_ID=project) == 200


def test_only_admins_make_and_revoke_keys(gekb: Gekb) -> None:
    made = gekb.new_key(unique("own"))
    assert re.fullmatch(r"gekb_[A-Za-z0-9_-]{43}", made["key"])
    new = {"name": "n", "projects": ["p"]}
    assert status(gekb, made["key"], "POST", "/v1/keys", new) == 403
    assert status(gekb, made["key"], "DELETE", f"/v1/keys/{made['id']}") == 403
    assert status(gekb, ADMIN_KEY, "DELETE", f"/v1/keys/{made['id']}") == 200
    assert status(gekb, made["key"], "GET", "/v1/errors") == 401
    assert status(gekb, ADMIN_KEY, "POST", "/v1/keys", new, Idempotency_Key="k") == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "n"},
        {"name": "n", "projects": []},
        {"name": "", "projects": ["p"]},
        {"name": "n", "projects": ["a b"]},
        {"name": "n", "projects": ["p"] * 101},
        {"name": "n", "projects": "p"},
    ],
)
def test_a_bad_key_request_is_a_400(gekb: Gekb, body: object) -> None:
    assert status(gekb, ADMIN_KEY, "POST", "/v1/keys", body) == 400


def test_a_project_key_has_limits_and_is_told_how_it_stands(gekb: Gekb) -> None:
    project = unique("limits")
    key = gekb.new_key(project)["key"]
    first = gekb.ask("POST", "/v1/errors", ERROR, key=key)
    assert first.headers["x-ratelimit-limit"] == "100"
    assert int(first.headers["x-ratelimit-remaining"]) == 99
    last = first
    for _ in range(201):  # the minute may turn once in between
        last = gekb.ask("POST", "/v1/errors", ERROR, key=key)
        if last.status != 200:
            break
    assert (last.status, last.error["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert 1 <= last.error["retryAfter"] <= 60
    assert last.headers["retry-after"] == str(last.error["retryAfter"])
    assert last.headers["x-ratelimit-remaining"] == "0"
    assert gekb.ask("GET", "/v1/errors", key=key).headers["x-ratelimit-limit"] == "500"
    assert gekb.ask("GET", "/v1/analytics/overview", key=key).headers["x-ratelimit-limit"] == "200"


def test_a_changed_admin_key_takes_the_place_of_the_former_one(postgres: Postgres, valkey: Valkey) -> None:
    other = "gekb_" + "c" * 43
    with running(postgres.create_database(unique("rotate")), valkey.url) as gekb:
        assert status(gekb, ADMIN_KEY, "GET", "/v1/errors") == 200
        assert gekb.api.stop() == 0
        gekb.api.environment["ADMIN_KEY"] = other
        gekb.api.start()
        assert status(gekb, other, "GET", "/v1/errors") == 200
        assert status(gekb, ADMIN_KEY, "GET", "/v1/errors") == 401
