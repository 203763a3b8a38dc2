"""Liveness and readiness: `/health` says that the process turns, `/ready` that it can do its work."""

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seatrial_kit import answers, errors

type Check = Callable[[], Awaitable[None]]  # raises a Problem that says why not

TIMEOUT_SECONDS = 0.6  # of one check, and a little to end it; who asks once a second must get an answer


class Stopping:
    """Set once, when the service was told to stop; from then on it is not ready."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    @property
    def begun(self) -> bool:
        return self.event.is_set()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Readiness:
    """What must answer (`required`), and what the service can do without for a while (`optional`)."""

    required: Mapping[str, Check]
    optional: Mapping[str, Check] = dataclasses.field(default_factory=dict)


def routes(readiness: Readiness, stopping: Stopping) -> list[Route]:
    async def health(_request: Request) -> Response:
        return _say(200, {"status": "alive"})

    async def ready(_request: Request) -> Response:
        if stopping.begun:
            return _say(503, {"status": "stopping", "checks": {}})
        required, optional = await asyncio.gather(_ask(readiness.required), _ask(readiness.optional))
        checks = required | optional
        if not all(check["ok"] for check in required.values()):
            return _say(503, {"status": "unavailable", "checks": checks})
        fine = all(check["ok"] for check in optional.values())
        return _say(200, {"status": "ready" if fine else "degraded", "checks": checks})

    return [Route("/health", health), Route("/ready", ready)]


async def _ask(checks: Mapping[str, Check]) -> dict[str, dict[str, Any]]:
    results = await asyncio.gather(*(_run(check) for check in checks.values()))
    return dict(zip(checks, results, strict=True))


async def _run(check: Check) -> dict[str, Any]:
    begin = time.perf_counter()
    reason: str | None = None
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await check()
    except TimeoutError:
        reason = f"no answer within {TIMEOUT_SECONDS:g} s"
    except errors.Problem as error:
        reason = error.message
    result: dict[str, Any] = {"ok": reason is None, "seconds": round(time.perf_counter() - begin, 6)}
    return result if reason is None else result | {"reason": reason}


def _say(status: int, body: dict[str, Any]) -> Response:
    return Response(answers.encode(body), status, media_type="application/json")
