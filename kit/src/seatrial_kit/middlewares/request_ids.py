"""Every request has an id: the caller's if it is a sane one, else ours; the answer repeats it."""

import re
import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatrial_kit import answers

_VALID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class RequestIds:
    """Leaves the id in the scope for logs and answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given(scope) or f"req_{secrets.token_hex(12)}"
        scope[answers.REQUEST_ID] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        await self._app(scope, receive, send_with_id)


def _given(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return value.decode("ascii") if _VALID.fullmatch(value) else None
    return None
