"""Whatever a caller sends: a clear error, and never a 500."""

import socket
from typing import Any

import pytest

from systems.gekb.tests.processes import Gekb, send, unique

FINE = b'{"error": {"message": "x"}}'
DEEP = b'{"error": {"message": "x"}, "context": {"previousErrors": ' + b"[" * 50_000 + b"]" * 50_000 + b"}}"
BODIES: list[tuple[str, bytes, str | None]] = [
    ("empty", b"", None),
    ("cut", b'{"error": {"message": "x"', None),
    ("trailing comma", b'{"error": {"message": "x"},}', None),
    ("not UTF-8", b'{"error": {"message": "\xff"}}', None),
    ("a list", b"[]", None),
    ("no error", b"{}", "error"),
    ("no message", b'{"error": {}}', "error.message"),
    ("an empty message", b'{"error": {"message": ""}}', "error.message"),
    ("a number for text", b'{"error": {"message": 7}}', "error.message"),
    ("text for a list", b'{"error": {"message": "x", "stackTrace": "line"}}', "error.stackTrace"),
    ("a number in a list", b'{"error": {"message": "x", "stackTrace": ["a", 1]}}', "error.stackTrace[1]"),
    ("an odd severity", b'{"error": {"message": "x", "severity": "odd"}}', "error.severity"),
    (
        "too long a category",
        b'{"error": {"message": "x", "category": "%s"}}' % (b"c" * 101),
        "error.category",
    ),
    ("NUL", b'{"error": {"message": "a\\u0000b"}}', "error.message"),
    ("NUL deep inside", b'{"error": {"message": "x"}, "x": {"y": ["\\u0000"]}}', "x.y[0]"),
    ("NUL in a name", b'{"error": {"message": "x"}, "a\\u0000": 1}', None),
    ("half a pair", b'{"error": {"message": "\\ud800"}}', "error.message"),
    ("infinity", b'{"error": {"message": "x"}, "n": 1e999}', None),
    ("a huge number", b'{"error": {"message": "x"}, "n": ' + b"9" * 5000 + b"}", None),
    ("deep nesting", DEEP, None),
    ("endless nesting", b"[" * 1_000_000, None),
]

EVERY_FIELD: dict[str, dict[str, Any]] = {
    "error": {
        "message": "m",
        "type": "t",
        "category": "outside the taxonomy",
        "subcategory": "s",
        "severity": "critical",
        "stackTrace": ["a"],
        "affectedFiles": ["f.py"],
        "technology": {"framework": "f", "library": "l", "component": "c", "version": "1"},
    },
    "context": {
        "userAction": "u",
        "featureBeingWorked": "f",
        "sessionId": "s",
        "previousErrors": ["p", {"q": 1}],
        "relatedFiles": ["r"],
    },
    "agent": {"type": "t", "version": "1", "persona": "p", "sessionId": "s"},
    "environment": {"type": "t", "nodeVersion": "1", "packageManager": "p", "framework": "f", "os": "o"},
    "project": {"name": "n", "repository": "r", "branch": "b", "commit": "c", "version": "1"},
    "resolution": {
        "strategy": "s",
        "steps": [{"action": "a", "command": "c", "result": "r"}],
        "resolutionTime": 1.5,
        "automated": True,
        "success": True,
        "pattern_used": "p",
        "confidence": 0.5,
    },
    "patterns": {
        "matchedPatterns": [
            {
                "patternId": "p",
                "confidence": 1,
                "occurrences": 2,
                "lastSeen": "l",
                "matchType": "m",
                "resolutionSuccess": True,
            }
        ],
        "newPattern": False,
        "totalPatternsSearched": 3,
    },
    "prevention": {"preventable": True, "methods": ["m"], "futureStrategy": "f"},
    "impact": {"scope": "s", "usersAffected": 1, "featuresAffected": ["f"], "businessImpact": "b"},
    "learnings": {"agentInsights": ["a"], "processImprovements": ["p"]},
    "classification": {
        "category": "c",
        "subcategory": "s",
        "confidence": 0.9,
        "automated_classification": True,
        "reasoning": ["r"],
    },
}


@pytest.mark.parametrize(("body", "field"), [case[1:] for case in BODIES], ids=[case[0] for case in BODIES])
def test_a_bad_body_is_a_400_that_names_the_field(gekb: Gekb, body: bytes, field: str | None) -> None:
    answer = gekb.ask("POST", "/v1/errors", body, X_Project_ID="bad-input")
    assert answer.status == 400, answer.text
    assert answer.error["code"] == "INVALID_ERROR_DATA"
    assert len(answer.error["message"]) > 10
    if field is not None:
        assert answer.error["field"] == field


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"]
)
def test_another_content_type_is_a_415(gekb: Gekb, kind: str) -> None:
    answer = gekb.ask("POST", "/v1/errors", FINE, X_Project_ID="bad-input", Content_Type=kind)
    assert (answer.status, answer.error["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "in chunks"])
def test_eleven_megabytes_are_a_413(gekb: Gekb, declared: bool) -> None:
    body = b'{"error": {"message": "' + b"x" * (11 * 1024 * 1024) + b'"}}'
    if declared:
        answer = gekb.ask("POST", "/v1/errors", body, X_Project_ID="bad-input")
        assert (answer.status, answer.error["code"]) == (413, "CONTENT_TOO_LARGE")
    else:
        assert b" 413 " in send_chunked(gekb.api.port, body).splitlines()[0]
    assert gekb.api.probe("/ready") == 200


def send_chunked(port: int, body: bytes) -> bytes:
    """Sends as far as the server lets us, then reads what it says."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(
            b"POST /v1/errors HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            b"X-Project-ID: bad-input\r\n"
            b"Authorization: Bearer gekb_%s\r\nContent-Type: application/json\r\n\r\n" % (b"a" * 43)
        )
        for begin in range(0, len(body), 65536):
            piece = body[begin : begin + 65536]
            line.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        line.sendall(b"0\r\n\r\n")
        return line.recv(4096)


def test_ten_megabytes_are_taken_as_long_as_each_field_is_within_its_limit(gekb: Gekb) -> None:
    lines = ["x" * 90_000] * 110
    body = {"error": {"message": "big", "stackTrace": lines}}
    assert gekb.ask("POST", "/v1/errors", body, X_Project_ID="bad-input").status == 200


@pytest.mark.parametrize("slug", ["", " ", "a b", "a\\b", "x" * 101, "-a", "a;b", "ä", "a\x01b"])
def test_a_bad_project_id_is_a_400_or_as_good_as_none(gekb: Gekb, slug: str) -> None:
    headers = {"Content-Type": "application/json", "Authorization": "Bearer gekb_" + "a" * 43}
    answer = send(gekb.api.port, "POST", "/v1/errors", FINE, headers | {"X-Project-ID": slug})
    assert answer.status == 400
    if "metadata" in answer.text:  # httptools itself refuses control characters, in its own words
        assert answer.error["field"] == "X-Project-ID"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/errors?limit=0",
        "/v1/errors?limit=101",
        "/v1/errors?limit=x",
        "/v1/errors?offset=-1",
        "/v1/errors?offset=99999999999999999999",
        "/v1/errors?cursor=x",
        "/v1/errors?cursor=AAAA",
        "/v1/errors?since=yesterday",
        "/v1/errors?until=0001-01-01T00:00:00%2B14:00",
        "/v1/errors?severity=odd",
        "/v1/errors?category=a%00b",
        "/v1/errors?project=a%00b",
        "/v1/errors?time_range=2d",
        "/v1/patterns/search?query=%00",
        "/v1/patterns/search?success_rate_min=nan",
        "/v1/patterns/search?occurrences_min=99999999999999999999",
        "/v1/patterns/search?sort_by=name",
        "/v1/patterns/search?sort_order=up",
        "/v1/analytics/overview?time_range=forever",
        "/v1/analytics/overview?categories=a%00b",
        "/v1/analytics/overview?projects=" + "a," * 201,
    ],
)
def test_a_bad_parameter_is_a_400_that_names_it(gekb: Gekb, path: str) -> None:
    answer = gekb.ask("GET", path)
    assert answer.status == 400, answer.text
    assert answer.error["code"] == "INVALID_REQUEST"
    assert answer.error["field"] == path.partition("?")[2].partition("=")[0]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/", 405),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/errors/", 404),
        ("GET", "/v1/patterns/pat-0", 404),
        ("GET", "/v1/patterns/pat-" + "0" * 32, 404),
        ("GET", "/v1/patterns/%00", 404),
        ("GET", "/v1/patterns/search/", 404),
        ("POST", "/v1/errors/%00/resolution", 404),
        ("POST", "/v1/errors/gekb-1/resolution", 404),
        ("DELETE", "/v1/keys/%00", 404),
        ("DELETE", "/v1/keys/01999999-0000-7000-8000-000000000000", 404),
        ("PUT", "/v1/errors", 405),
        ("DELETE", "/v1/patterns/search", 405),
        ("GET", "/v1/keys", 405),
        ("PATCH", "/health", 405),
        ("BREW", "/v1/errors", 400),
    ],
)
def test_wrong_addresses_and_methods_are_said_to_be_so(
    gekb: Gekb, method: str, path: str, status: int
) -> None:
    body: Any = {"strategy": "s", "success": True} if method == "POST" else None
    answer = gekb.ask(method, path, body)
    assert answer.status == status, answer.text
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "strategy"),
        ({"strategy": "s"}, "success"),
        ({"strategy": "", "success": True}, "strategy"),
        ({"strategy": "s", "success": "yes"}, "success"),
        ({"strategy": "s", "success": True, "seconds": -1}, "seconds"),
        ({"strategy": "s", "success": True, "seconds": 1e300}, "seconds"),
        ({"strategy": "s", "success": True, "steps": [1]}, "steps[0]"),
        ({"strategy": "s", "success": True, "steps": ["x"] * 51}, "steps"),
        ({"strategy": "s", "success": True, "steps": ["x" * 4097]}, "steps[0]"),
        ({"strategy": "s", "success": True, "steps": ["x" * 4096] * 8}, "steps"),
        ({"strategy": "s\x00", "success": True}, "strategy"),
    ],
)
def test_a_bad_resolution_is_a_400_that_names_the_field(gekb: Gekb, body: object, field: str) -> None:
    error_id = gekb.submit("bad-input", "to be resolved")["errorId"]
    answer = gekb.ask("POST", f"/v1/errors/{error_id}/resolution", body)
    assert (answer.status, answer.error["code"], answer.error["field"]) == (400, "INVALID_REQUEST", field)


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a b"])
def test_a_bad_idempotency_key_is_a_400(gekb: Gekb, key: str) -> None:
    answer = gekb.ask("POST", "/v1/errors", FINE, X_Project_ID="bad-input", Idempotency_Key=key)
    assert (answer.status, answer.error["field"]) == (400, "Idempotency-Key")


def test_unknown_fields_and_parameters_are_taken_and_named(gekb: Gekb) -> None:
    project = unique("odd")
    body = {"error": {"message": "x", "sevrity": "low"}, "enviroment": {"type": "t"}}
    answer = gekb.ask("POST", "/v1/errors", body, X_Project_ID=project)
    assert answer.status == 200
    assert answer.body["metadata"]["warnings"] == [
        "unknown field error.sevrity; did you mean severity?",
        "unknown field enviroment; did you mean environment?",
    ]
    listed = gekb.ask("GET", "/v1/patterns/search?categry=test&include_predictions=true")
    assert listed.body["metadata"]["warnings"][0] == "unknown parameter categry; did you mean category?"


def test_every_field_of_the_event_model_is_taken_without_a_warning(gekb: Gekb) -> None:
    answer = gekb.ask("POST", "/v1/errors", EVERY_FIELD, X_Project_ID="bad-input")
    assert answer.status == 200, answer.text
    assert "warnings" not in answer.body["metadata"]
    nulls = {group: dict.fromkeys(fields) for group, fields in EVERY_FIELD.items() if group != "error"}
    nothing = {"error": dict.fromkeys(EVERY_FIELD["error"]) | {"message": "m"}, **nulls}
    assert gekb.ask("POST", "/v1/errors", nothing, X_Project_ID="bad-input").status == 200
