"""What the deployment guide's own scripts send, and what they read from the answers."""

import asyncio
import re
from typing import Any

import aiohttp

from systems.gekb.tests.processes import ADMIN_KEY, Gekb, unique

SMOKE = {
    "error": {
        "message": "Test error for deployment validation",
        "type": "TestError",
        "category": "test",
        "severity": "low",
    },
    "context": {"userAction": "deployment_test", "featureBeingWorked": "validation"},
    "agent": {"type": "test-agent", "version": "1.0.0", "persona": "Deployment Validator"},
    "environment": {"type": "production", "framework": "test"},
    "project": {
        "name": "deployment-test",
        "repository": "test/deployment",
        "branch": "main",
        "commit": "abc123",
    },
}
REQUESTS = 1000
AT_ONCE = 50


def load_body(index: int) -> dict[str, Any]:
    name = f"component{index}"
    file = f"src/test/{name}.tsx"
    return {
        "error": {
            "message": f"Load test error #{index}: Cannot resolve module '@/components/test/{name}'",
            "type": "ModuleNotFoundError",
            "category": "dependency_missing",
            "severity": "medium",
            "stackTrace": [
                f"at Object.<anonymous> (webpack://./{file}:12:5)",
                "at resolve (resolve.js:201:3)",
            ],
            "affectedFiles": [file],
            "technology": {"framework": "nextjs", "library": "test-lib", "component": name},
        },
        "context": {"userAction": "load_test", "previousErrors": [], "relatedFiles": [file]},
        "agent": {"type": "load-test-agent", "version": "1.0.0", "sessionId": f"agent_session_{index}"},
        "environment": {"type": "development", "nodeVersion": "18.17.0", "os": "linux"},
        "project": {"name": "load-test-project", "commit": f"commit{index:06d}", "version": "1.0.0"},
    }


def test_the_smoke_calls_are_answered_as_the_guide_reads_them(gekb: Gekb) -> None:
    submitted = gekb.ask("POST", "/v1/errors", SMOKE, X_Project_ID="test-project")
    assert re.fullmatch(r"gekb-\d{4}-\d{4}-\d{4}-[0-9a-f]{16}", submitted.data["errorId"])
    assert submitted.data["status"] == "processed"
    assert submitted.body["metadata"].keys() == {"timestamp", "version", "request_id"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", submitted.body["metadata"]["timestamp"])
    assert not any(name.startswith("x-ratelimit") for name in submitted.headers)
    gekb.drain()
    found = gekb.ask("GET", "/v1/patterns/search?category=test&limit=5").data["patterns"]
    assert [pattern["name"] for pattern in found] == ["TestError: Test error for deployment validation"]
    assert gekb.overview(time_range="1d")["summary"]["totalErrors"] >= 1
    (project,) = [each for each in gekb.overview()["projectMetrics"] if each["projectId"] == "test-project"]
    assert project["projectName"] == "deployment-test"


async def load(gekb: Gekb, project: str) -> list[tuple[int, str]]:
    gate = asyncio.Semaphore(AT_ONCE)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}", "X-Project-ID": project}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=2 * AT_ONCE)) as session:

        async def one(index: int) -> tuple[int, str]:
            address = f"http://127.0.0.1:{gekb.api.port}/v1/errors"
            async with gate, session.post(address, json=load_body(index), headers=headers) as answer:
                return answer.status, (await answer.json())["data"]["errorId"]

        return await asyncio.gather(*(one(index) for index in range(REQUESTS)))


async def test_a_thousand_requests_are_one_pattern_and_counted_exactly(gekb: Gekb) -> None:
    project = unique("load")
    before = gekb.overview()["summary"]["totalErrors"]
    answers = await load(gekb, project)
    assert {status for status, _ in answers} == {200}
    assert len({error_id for _, error_id in answers}) == REQUESTS
    gekb.drain()
    assert gekb.overview()["summary"]["totalErrors"] - before == REQUESTS
    own = gekb.overview(project)
    assert (own["summary"]["totalErrors"], own["summary"]["uniquePatterns"]) == (REQUESTS, 1)
    (pattern,) = gekb.ask("GET", f"/v1/patterns/search?project={project}").data["patterns"]
    assert pattern["occurrences"] == REQUESTS
    assert gekb.worker.metric("gekb_errors_counted_total") >= REQUESTS


def test_totals_are_exact_while_errors_still_wait_to_be_counted(gekb: Gekb) -> None:
    project = unique("ahead")
    for number in range(30):
        gekb.submit(project, f"widget {number} is missing")
        assert gekb.overview(project)["summary"]["totalErrors"] == number + 1
