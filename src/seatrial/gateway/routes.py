"""What the gateway answers over HTTP: keys are asked for below `/v1`, errors come in OpenAI's form."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from seatrial.gateway import metrics, requests
from seatrial.gateway.budgets import Standing, Threshold
from seatrial.gateway.calls import Calls
from seatrial.gateway.prices import format_amount
from seatrial.gateway.refusals import Refusal
from seatrial.gateway.replies import Reply
from seatrial.gateway.settings import Limits
from seatrial.gateway.slots import Room


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """Who may come in."""

    keys: Sequence[str]

    def check(self, request: Request) -> None:
        """Raises Refusal. Every key is compared, in constant time."""
        scheme, _, borne = request.headers.get("authorization", "").partition(" ")
        given = borne.strip().encode()
        known = [hmac.compare_digest(given, key.encode()) for key in self.keys]
        if scheme.lower() != "bearer" or not any(known):
            raise Refusal(401, "invalid_api_key", "bear a key of this gateway: Authorization: Bearer KEY")


@dataclass(frozen=True, kw_only=True, slots=True)
class CallEndpoint:
    """An ASGI application for one path: it must know when its caller leaves."""

    path: requests.Path
    door: Door
    calls: Calls
    limits: Limits
    room: Room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = Reply(send)
        try:
            with self.room:
                call = await self._read(Request(scope, receive))
                await self._answer_while_there(call, reply, receive)
        except Refusal as refusal:
            await self._refuse(reply, refusal, "")
        except ClientDisconnect:
            return

    async def _answer_while_there(self, call: requests.Call, reply: Reply, receive: Receive) -> None:
        """Until all is said, or the caller has left: then the provider is left too."""
        async with asyncio.TaskGroup() as group:
            work = group.create_task(self._answer(call, reply))
            leaving = group.create_task(_wait_until_left(receive))
            leaving.add_done_callback(lambda _: reply.ended or work.cancel())
            work.add_done_callback(lambda _: leaving.cancel())

    async def _read(self, request: Request) -> requests.Call:
        self.door.check(request)
        try:
            async with asyncio.timeout(self.limits.request_seconds):
                text = await requests.read_body(request, self.limits.request_bytes_max)
        except TimeoutError as error:
            raise Refusal(408, "request_too_slow", "the request did not arrive in time") from error
        return requests.parse_call(self.path, text)

    async def _answer(self, call: requests.Call, reply: Reply) -> None:
        try:
            await self.calls.answer(call, reply)
        except Refusal as refusal:
            await self._refuse(reply, refusal, call.model if call.model in self.calls.routes else "")

    async def _refuse(self, reply: Reply, refusal: Refusal, model: str) -> None:
        self.calls.metrics.count("refused_total", model=model, code=refusal.code)
        await reply.refuse(refusal)


async def _wait_until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def make_app(
    calls: Calls, keys: Sequence[str], limits: Limits, close: Callable[[], Awaitable[None]]
) -> Starlette:
    door, room = Door(keys=keys), Room(limits, len({id(route.slots) for route in calls.routes.values()}))

    async def models(request: Request) -> Response:
        door.check(request)
        listed = [
            {"id": name, "object": "model", "created": 0, "owned_by": route.model.provider}
            for name, route in sorted(calls.routes.items())
        ]
        return JSONResponse({"object": "list", "data": listed})

    async def budgets(request: Request) -> Response:
        door.check(request)
        return JSONResponse({"budgets": [_told(one) for one in await calls.accounts.standings()]})

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        await calls.accounts.standings()
        return JSONResponse({"status": "ready"})

    async def counts(_: Request) -> Response:
        text = calls.metrics.text(await calls.accounts.standings())
        return PlainTextResponse(text, headers={"Content-Type": metrics.CONTENT_TYPE})

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await close()

    paths: tuple[requests.Path, ...] = ("chat/completions", "embeddings")
    return Starlette(
        lifespan=lifespan,
        routes=[
            *(
                Route(
                    f"/v1/{path}",
                    CallEndpoint(path=path, door=door, calls=calls, limits=limits, room=room),
                    methods=["POST"],
                )
                for path in paths
            ),
            Route("/v1/models", models),
            Route("/v1/budgets", budgets),
            Route("/health", health),
            Route("/ready", ready),
            Route("/metrics", counts),
        ],
        exception_handlers={Refusal: _tell_refusal, HTTPException: _tell_http, Exception: _tell_defect},
    )


def _told(standing: Standing) -> dict[str, object]:
    budget = standing.budget
    return {
        "name": budget.name,
        "per": budget.span,
        "window": standing.window,
        "models": None if budget.models is None else list(budget.models),
        "currency": budget.currency,
        "limit": format_amount(budget.limit_nanos),
        "spent": format_amount(standing.spent_nanos),
        "unconfirmed": format_amount(standing.bound_nanos),
        "reserved": format_amount(standing.reserved_nanos),
        "remaining": format_amount(standing.remaining_nanos),
        "thresholds": [_action(one) for one in budget.thresholds],
        "actions": [_action(one) for one in standing.crossed],
    }


def _action(threshold: Threshold) -> dict[str, object]:
    told: dict[str, object] = {"at": threshold.share, "do": threshold.do, "who": list(threshold.who)}
    if threshold.by is not None:
        told["by"] = threshold.by
    return told | {"severity": threshold.severity}


def _respond(refusal: Refusal) -> Response:
    return Response(refusal.body, refusal.status, refusal.headers, "application/json")


async def _tell_refusal(_: Request, error: Exception) -> Response:
    return _respond(error if isinstance(error, Refusal) else _defect())


async def _tell_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = f"{request.method} {request.url.path[:200]} is not answered here"
    return _respond(Refusal(status, "unknown_url", message))


async def _tell_defect(_: Request, __: Exception) -> Response:
    return _respond(_defect())


def _defect() -> Refusal:
    return Refusal(500, "internal_error", "the gateway failed; its log says why")
