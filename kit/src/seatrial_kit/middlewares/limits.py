"""Bounds of one request: how much it may send, and how long it may take."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatrial_kit import errors


class BodyLimit:
    """Refuses by the declared length before a byte is read, and by the real length while reading."""

    def __init__(self, app: ASGIApp, size_bytes_max: int) -> None:
        self._app = app
        self._size_bytes_max = size_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _declared_bytes(scope) > self._size_bytes_max:
            raise self._too_large()
        seen_bytes = 0

        async def receive_counted() -> Message:
            nonlocal seen_bytes
            message = await receive()
            seen_bytes += len(message.get("body", b""))
            if seen_bytes > self._size_bytes_max:
                raise self._too_large()
            return message

        await self._app(scope, receive_counted, send)

    def _too_large(self) -> errors.ContentTooLarge:
        return errors.ContentTooLarge(f"a body may have {self._size_bytes_max} bytes at most")


class TimeLimit:
    """Ends what takes too long, be it the work or the caller's sending."""

    def __init__(self, app: ASGIApp, seconds_max: float) -> None:
        self._app = app
        self._seconds_max = seconds_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asleep, whole = False, False  # waiting for the caller; all of the body is there

        async def receive_watched() -> Message:
            nonlocal asleep, whole
            asleep = True
            message = await receive()
            asleep, whole = False, not message.get("more_body", False)
            return message

        try:
            async with asyncio.timeout(self._seconds_max) as limit:
                await self._app(scope, receive_watched, send)
        except TimeoutError as error:
            if not limit.expired():
                raise
            if asleep and not whole:
                raise errors.RequestTimeout(
                    f"the body was not sent within {self._seconds_max:g} s"
                ) from error
            raise errors.Unavailable(f"the request took longer than {self._seconds_max:g} s") from error


class SingleHeaders:
    """Refuses a request that says twice what can be said once: which of the two is meant is a guess."""

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        self._app = app
        self._names = {name.lower().encode(): name for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen: set[bytes] = set()
        for name, _value in scope.get("headers", ()):
            if name in self._names:
                if name in seen:
                    raise errors.InvalidRequest("the header came twice", field=self._names[name])
                seen.add(name)
        await self._app(scope, receive, send)


def _declared_bytes(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
