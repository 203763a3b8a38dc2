"""One answer to a caller: whole, or as a stream of events that can still end in an error."""

from __future__ import annotations

from starlette.types import Send

from seatrial.gateway.refusals import Refusal


class Reply:
    """Sends; whether it has begun decides how an error can still be told."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False
        self.ended = False
        """All is said: whoever leaves now misses nothing."""

    async def whole(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        await self._start(status, {"content-type": "application/json"} | (headers or {}))
        self.ended = True
        await self._send({"type": "http.response.body", "body": body})

    async def event(self, data: bytes) -> None:
        if not self.begun:
            await self._start(200, {"content-type": "text/event-stream", "cache-control": "no-store"})
        lines = b"".join(b"data: %s\n" % line for line in data.split(b"\n"))
        await self._send({"type": "http.response.body", "body": lines + b"\n", "more_body": True})

    async def end(self) -> None:
        self.ended = True
        await self._send({"type": "http.response.body", "body": b""})

    async def refuse(self, refusal: Refusal) -> None:
        if self.begun:
            await self.event(refusal.body)
            await self.end()
        else:
            await self.whole(refusal.body, refusal.status, refusal.headers)

    async def _start(self, status: int, headers: dict[str, str]) -> None:
        self.begun = True
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": pairs})
