"""Parts are killed while errors are submitted: every answered error is there, and none is there twice."""

import asyncio
import os
import signal
import time
import uuid

import aiohttp

from tests.acceptance.clones import Clone, RunningGekb

ERRORS = 5000
CALLERS = 20
ROUNDS = 2
VICTIMS = ("api", "worker", "cache", "db")


async def submit(session: aiohttp.ClientSession, gekb: RunningGekb, index: int) -> str:
    """Sends one error until it is answered, always with the same idempotency key. Gives its errorId."""
    headers = {
        "Authorization": f"Bearer {gekb.key}",
        "X-Project-ID": "chaos",
        "Idempotency-Key": str(uuid.uuid4()),
    }
    body = {
        "error": {"message": f"Chaos error {index}: connection reset by peer", "type": "ChaosError"},
        "context": {"sessionId": f"chaos-{index}"},
    }
    for _ in range(600):
        try:
            async with session.post(f"{gekb.url}/v1/errors", json=body, headers=headers) as answer:
                if answer.status == 200:
                    return str((await answer.json())["data"]["errorId"])
                assert answer.status in {503, 504}, await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError):
            pass
        await asyncio.sleep(0.1)
    raise AssertionError(f"error {index} was never answered")


async def submit_all(gekb: RunningGekb) -> list[str]:
    gate = asyncio.Semaphore(CALLERS)
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(timeout=timeout) as session:

        async def one(index: int) -> str:
            async with gate:
                return await submit(session, gekb, index)

        return await asyncio.gather(*(one(index) for index in range(ERRORS)))


def component(clone: Clone, name: str) -> dict[str, object]:
    found: dict[str, object] = next(c for c in clone.status()["components"] if c["name"] == name)
    return found


def kill_in_turn(clone: Clone) -> int:
    """Kills each victim with no warning, and waits until it is ready again. Gives the number of kills."""
    killed = 0
    for victim in VICTIMS * ROUNDS:
        before = component(clone, victim)
        os.kill(int(str(before["pid"])), signal.SIGKILL)
        killed += 1
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            now = component(clone, victim)
            if now["state"] == "ready" and now["pid"] != before["pid"]:
                break
            time.sleep(0.1)
        else:
            raise AssertionError(f"{victim} did not come back: {now}")
        time.sleep(0.5)
    return killed


def all_errors(gekb: RunningGekb) -> list[dict[str, object]]:
    errors: list[dict[str, object]] = []
    while page := gekb.get(f"/v1/errors?project=chaos&limit=100&offset={len(errors)}")["errors"]:
        errors += page
    return errors


async def test_no_answered_error_is_lost_or_doubled_while_every_part_is_killed(gekb: RunningGekb) -> None:
    before = gekb.summary()["totalErrors"]
    submitting = asyncio.create_task(submit_all(gekb))
    killed = await asyncio.to_thread(kill_in_turn, gekb.clone)
    answered = await submitting
    assert killed == len(VICTIMS) * ROUNDS
    assert len(set(answered)) == ERRORS

    summary = await asyncio.to_thread(gekb.drained)
    assert summary["totalErrors"] - before == ERRORS

    stored = [str(error["errorId"]) for error in all_errors(gekb)]
    assert len(stored) == ERRORS
    assert set(stored) == set(answered)
    patterns = gekb.get("/v1/patterns/search?query=chaos&limit=10")["patterns"]
    assert [pattern["occurrences"] for pattern in patterns] == [ERRORS]
