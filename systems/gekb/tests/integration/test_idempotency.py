"""The same Idempotency-Key: done once, answered alike, even when the API is killed in between."""

import asyncio
import uuid

import aiohttp

from systems.gekb.tests.processes import ADMIN_KEY, Gekb, unique

ERRORS = 400
CALLERS = 20
KILLS = 3


def submit(
    gekb: Gekb, project: str, key: str, message: str = "once only"
) -> tuple[int, dict[str, str], object]:
    answer = gekb.ask(
        "POST", "/v1/errors", {"error": {"message": message}}, X_Project_ID=project, Idempotency_Key=key
    )
    return answer.status, answer.headers, answer.body["data"] or answer.error


def test_a_repeated_request_is_answered_as_before_and_stored_once(gekb: Gekb) -> None:
    project, key = unique("again"), unique("key")
    first = submit(gekb, project, key)
    second = submit(gekb, project, key)
    assert first[0] == second[0] == 200
    assert first[2] == second[2]
    assert "idempotency-replayed" not in first[1]
    assert second[1]["idempotency-replayed"] == "true"
    assert gekb.overview(project)["summary"]["totalErrors"] == 1


def test_another_body_or_project_under_the_same_key_is_a_conflict(gekb: Gekb) -> None:
    project, key = unique("other"), unique("key")
    submit(gekb, project, key)
    status, _, error = submit(gekb, project, key, "something else entirely")
    assert status == 409
    assert isinstance(error, dict) and error["field"] == "Idempotency-Key"
    assert submit(gekb, unique("elsewhere"), key)[0] == 409
    assert gekb.overview(project)["summary"]["totalErrors"] == 1
    names = [each["name"] for each in gekb.ask("GET", "/v1/patterns/search?query=entirely").data["patterns"]]
    assert names == []  # a refused request leaves nothing behind


def test_keys_of_different_callers_do_not_meet(gekb: Gekb) -> None:
    project, key = unique("mine"), unique("key")
    other = gekb.new_key(project)["key"]
    body = {"error": {"message": "of two callers"}}
    one = gekb.ask("POST", "/v1/errors", body, X_Project_ID=project, Idempotency_Key=key)
    two = gekb.ask("POST", "/v1/errors", body, key=other, X_Project_ID=project, Idempotency_Key=key)
    assert one.data["errorId"] != two.data["errorId"]


async def test_requests_at_once_under_one_key_wait_for_the_first(gekb: Gekb) -> None:
    project, key = unique("race"), unique("key")
    answers = await asyncio.gather(*(asyncio.to_thread(submit, gekb, project, key) for _ in range(12)))
    assert {status for status, _, _ in answers} == {200}
    assert len({str(data) for _, _, data in answers}) == 1
    assert sum("idempotency-replayed" in headers for _, headers, _ in answers) == 11
    assert gekb.overview(project)["summary"]["totalErrors"] == 1


def test_a_resolution_is_reported_once_too(gekb: Gekb) -> None:
    error_id = gekb.submit(unique("fix"), "needs a fix")["errorId"]
    path, key = f"/v1/errors/{error_id}/resolution", unique("key")
    body = {"strategy": "restart", "success": True}
    first = gekb.ask("POST", path, body, Idempotency_Key=key)
    second = gekb.ask("POST", path, body, Idempotency_Key=key)
    assert first.data == second.data
    assert second.headers["idempotency-replayed"] == "true"
    assert first.data["statistics"]["attempts"] == 1


async def submit_until_answered(session: aiohttp.ClientSession, gekb: Gekb, project: str, number: int) -> str:
    headers = {
        "Authorization": f"Bearer {ADMIN_KEY}",
        "X-Project-ID": project,
        "Idempotency-Key": str(uuid.uuid4()),
    }
    address = f"http://127.0.0.1:{gekb.api.port}/v1/errors"
    body = {"error": {"message": f"mid-flight {number}"}}
    for _ in range(600):
        try:
            async with session.post(address, json=body, headers=headers) as answer:
                if answer.status == 200:
                    return str((await answer.json())["data"]["errorId"])
                assert answer.status == 503, await answer.text()
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.05)
    raise AssertionError(f"error {number} was never answered")


async def test_killing_the_api_mid_flight_loses_and_doubles_nothing(gekb: Gekb) -> None:
    project = unique("kill")
    gate = asyncio.Semaphore(CALLERS)
    async with aiohttp.ClientSession() as session:

        async def one(number: int) -> str:
            async with gate:
                await asyncio.sleep(0.02)
                return await submit_until_answered(session, gekb, project, number)

        submitting = asyncio.gather(*(one(number) for number in range(ERRORS)))
        for _ in range(KILLS):
            await asyncio.sleep(0.12)
            gekb.api.kill()
            await asyncio.to_thread(gekb.api.start)
        answered = await submitting
    gekb.drain()
    assert len(set(answered)) == ERRORS
    assert gekb.overview(project)["summary"]["totalErrors"] == ERRORS
    stored: set[str] = set()
    for offset in range(0, ERRORS, 100):
        page = gekb.ask("GET", f"/v1/errors?project={project}&limit=100&offset={offset}").data["errors"]
        stored |= {each["errorId"] for each in page}
    assert stored == set(answered)
    (pattern,) = gekb.ask("GET", f"/v1/patterns/search?project={project}").data["patterns"]
    assert pattern["occurrences"] == ERRORS
