import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import structlog
from seatrial_kit import answers, applications, bodies, errors, metrics, probes
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from kit.tests.asgi import call

JSON = {"Content-Type": "application/json"}


@contextlib.asynccontextmanager
async def nothing(_app: object) -> AsyncIterator[None]:
    yield


async def echo(request: Request) -> Response:
    return answers.success(request.scope, (await bodies.read(request, dict)).value)


async def fail(_request: Request) -> Response:
    raise ZeroDivisionError("the secret of the house")


async def sleep(_request: Request) -> Response:
    await asyncio.sleep(60)
    raise AssertionError("the time limit did not come")


async def locked(_request: Request) -> Response:
    raise errors.Unauthorized


async def fine() -> None:
    pass


async def broken() -> None:
    raise errors.Unavailable("the cellar is flooded")


async def stuck() -> None:
    await asyncio.sleep(60)


def make(
    *,
    required: dict[str, Callable[[], Awaitable[None]]] | None = None,
    optional: dict[str, Callable[[], Awaitable[None]]] | None = None,
    stopping: probes.Stopping | None = None,
    request_seconds_max: float = 5,
) -> ASGIApp:
    return applications.build(
        applications.Service(
            routes=[
                applications.route("/echo", POST=echo),
                applications.route("/fail", GET=fail),
                applications.route("/locked", GET=locked),
                applications.route("/sleep", GET=sleep, DELETE=sleep),
            ],
            readiness=probes.Readiness(required=required or {"db": fine}, optional=optional or {}),
            stopping=stopping or probes.Stopping(),
            registry=metrics.registry(),
            lifespan=nothing,
            body_bytes_max=1000,
            request_seconds_max=request_seconds_max,
        )
    )


def only_error(body: dict[str, Any]) -> dict[str, Any]:
    assert body["success"] is False and body["data"] is None
    assert set(body["metadata"]) == {"timestamp", "version", "request_id"}
    (item,) = body["errors"]
    assert isinstance(item, dict)
    return item


async def test_health_is_well_while_a_store_is_away_and_ready_says_which_and_why() -> None:
    app = make(required={"db": fine, "cellar": broken})
    assert (await call(app, "GET", "/health")).status == 200
    answer = await call(app, "GET", "/ready")
    assert answer.status == 503
    assert answer.json["checks"]["db"]["ok"] is True
    assert answer.json["checks"]["cellar"]["reason"] == "the cellar is flooded"


async def test_a_check_that_hangs_ends_within_a_second() -> None:
    begin = asyncio.get_running_loop().time()
    answer = await call(make(required={"db": stuck}), "GET", "/ready")
    assert answer.status == 503
    assert "no answer within" in answer.json["checks"]["db"]["reason"]
    assert asyncio.get_running_loop().time() - begin < 1


async def test_what_the_service_can_do_without_degrades_it_only() -> None:
    answer = await call(make(optional={"cache": broken}), "GET", "/ready")
    assert (answer.status, answer.json["status"]) == (200, "degraded")


async def test_a_service_that_stops_is_not_ready_but_alive() -> None:
    stopping = probes.Stopping()
    app = make(stopping=stopping)
    assert (await call(app, "GET", "/ready")).status == 200
    stopping.event.set()
    answer = await call(app, "GET", "/ready")
    assert (answer.status, answer.json["status"]) == (503, "stopping")
    assert (await call(app, "GET", "/health")).status == 200


async def test_a_sane_request_id_is_repeated_and_another_replaced() -> None:
    app = make()
    given = await call(app, "POST", "/echo", headers={**JSON, "X-Request-ID": "mine-1"}, chunks=[b"{}"])
    assert given.headers["x-request-id"] == given.json["metadata"]["request_id"] == "mine-1"
    for wrong in ("", "has space", "x" * 101, '"quoted"'):
        other = await call(app, "POST", "/echo", headers={**JSON, "X-Request-ID": wrong}, chunks=[b"{}"])
        assert other.headers["x-request-id"].startswith("req_")


async def test_unknown_addresses_and_methods_have_the_one_error_body() -> None:
    app = make()
    missing = await call(app, "GET", "/nowhere")
    assert missing.status == 404 and only_error(missing.json)["code"] == "NOT_FOUND"
    wrong = await call(app, "PUT", "/sleep")
    assert wrong.status == 405 and only_error(wrong.json)["code"] == "METHOD_NOT_ALLOWED"
    assert {"GET", "DELETE"} <= {word.strip() for word in wrong.headers["allow"].split(",")}


async def test_a_body_that_is_too_large_is_refused_by_its_declared_and_by_its_real_length() -> None:
    app = make()
    declared = await call(app, "POST", "/echo", headers={**JSON, "Content-Length": "1001"})
    streamed = await call(app, "POST", "/echo", headers=JSON, chunks=[b'"', b"x" * 600, b"x" * 600, b'"'])
    for answer in (declared, streamed):
        assert answer.status == 413
        assert only_error(answer.json) == {
            "code": "CONTENT_TOO_LARGE",
            "message": "a body may have 1000 bytes at most",
        }
    whole = await call(app, "POST", "/echo", headers=JSON, chunks=[b'{"a":"', b"x" * 900, b'"}'])
    assert whole.status == 200


async def test_what_takes_too_long_is_ended_with_a_word_when_to_try_again() -> None:
    answer = await call(make(request_seconds_max=0.1), "GET", "/sleep")
    assert answer.status == 503
    assert only_error(answer.json)["code"] == "SERVICE_UNAVAILABLE"
    assert answer.headers["retry-after"] == "1"


async def test_a_caller_who_sends_too_slowly_is_told_so() -> None:
    app = make(request_seconds_max=0.1)
    answer = await call(app, "POST", "/echo", headers=JSON, chunks=[b'{"a":'], unfinished=True)
    assert answer.status == 408
    assert only_error(answer.json)["code"] == "REQUEST_TIMEOUT"
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("name", ["Idempotency-Key", "X-Project-ID"])
async def test_a_header_that_may_be_said_once_is_refused_when_it_comes_twice(name: str) -> None:
    answer = await call(
        make(), "POST", "/echo", headers=JSON | {name: "a", name.lower(): "b"}, chunks=[b"{}"]
    )
    assert answer.status == 400
    assert only_error(answer.json)["field"] == name


async def test_a_missing_key_is_answered_with_the_way_to_show_one() -> None:
    assert (await call(make(), "GET", "/locked")).headers["www-authenticate"] == "Bearer"


async def test_an_unexpected_failure_is_logged_whole_and_told_in_one_sentence() -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await call(make(), "GET", "/fail")
    assert answer.status == 500
    assert only_error(answer.json)["code"] == "PROCESSING_ERROR"
    assert "secret" not in answer.body.decode()
    (failure,) = [line for line in logs if line["event"] == "request failed"]
    assert failure["exc_info"] and failure["request_id"] == answer.headers["x-request-id"]


async def test_a_request_is_logged_without_its_query_body_and_key(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with structlog.testing.capture_logs() as logs:
        headers = {**JSON, "Authorization": "Bearer gekb_secretsecret"}
        await call(make(), "POST", "/echo?token=abc", headers=headers, chunks=[b'{"word":"hush"}'])
    (line,) = [line for line in logs if line["event"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/echo", 200)
    said = json.dumps(logs, default=repr) + "".join(capfd.readouterr())
    assert not [word for word in ("secretsecret", "token", "abc", "hush") if word in said]


async def test_a_long_path_is_cut_in_the_log() -> None:
    with structlog.testing.capture_logs() as logs:
        await call(make(), "GET", "/" + "x" * 5000)
    assert [len(line["path"]) for line in logs] == [500]


async def test_every_answer_carries_the_security_headers() -> None:
    app = make()
    for path in ("/health", "/nowhere", "/fail", "/metrics"):
        headers = (await call(app, "GET", path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "strict-transport-security" not in headers


async def test_requests_are_measured_by_route_and_not_by_path() -> None:
    app = make()
    await call(app, "GET", "/nowhere/1")
    await call(app, "POST", "/echo", headers=JSON, chunks=[b"{}"])
    page = (await call(app, "GET", "/metrics")).body.decode()
    assert 'http_request_duration_seconds_count{method="POST",route="/echo",status="200"} 1.0' in page
    assert "/nowhere" not in page


def test_two_routes_at_one_path_are_refused_at_the_start() -> None:
    twice = [applications.route("/a", GET=echo), applications.route("/a", POST=echo)]
    service = applications.Service(
        routes=twice,
        readiness=probes.Readiness(required={}),
        stopping=probes.Stopping(),
        registry=metrics.registry(),
        lifespan=nothing,
    )
    with pytest.raises(ValueError, match="/a"):
        applications.build(service)
