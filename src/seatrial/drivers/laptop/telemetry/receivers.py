"""OTLP over HTTP, as the specification has it: three addresses, protobuf or JSON, plain or gzip; all bounded.

Source: opentelemetry.io/docs/specs/otlp, "OTLP/HTTP". Errors are plain text, which every exporter shows.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from seatrial.drivers.laptop.telemetry import otlp
from seatrial.drivers.laptop.telemetry.inboxes import Inbox

BODY_BYTES_MAX = 8 * 2**20
"""Of a body, as sent and unpacked."""
BODIES_AT_ONCE_MAX = 2
_BODY_SECONDS_MAX = 10.0
_RETRY_SECONDS = "2"
_JSON = "application/json"
_PROTOBUF = "application/x-protobuf"

Take = Callable[[bytes, bool], None]


class _Refused(Exception):  # noqa: N818  # an answer, not a failure
    """The request is answered with this."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def make_application(inbox: Inbox) -> Starlette:
    """Receives into the inbox; 429 asks the sender to try again later, 503 the same while it is stopped."""
    gate = asyncio.Semaphore(BODIES_AT_ONCE_MAX)

    def take_spans(body: bytes, as_json: bool) -> None:
        inbox.add_spans(otlp.read_spans(body, as_json=as_json))

    def take_lines(body: bytes, as_json: bool) -> None:
        inbox.add_lines(otlp.read_lines(body, as_json=as_json, now=time.time()))

    def take_scrapes(body: bytes, as_json: bool) -> None:
        inbox.add_scrapes(otlp.read_scrapes(body, as_json=as_json, now=time.time()))

    taking = {"traces": take_spans, "logs": take_lines, "metrics": take_scrapes}
    routes = [
        Route(f"/v1/{signal}", _endpoint(inbox, gate, take), methods=["POST"])
        for signal, take in taking.items()
    ]
    return Starlette(routes=routes)


def _endpoint(inbox: Inbox, gate: asyncio.Semaphore, take: Take) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        try:
            as_json = _is_json(request)
            async with gate:  # the whole body is read before any answer: who is cut off does not hear it
                body = await _body(request)
                if inbox.is_full:
                    headers = {"Retry-After": _RETRY_SECONDS}
                    return PlainTextResponse("more came than can be written now", 429, headers)
                take(body, as_json)
        except _Refused as refused:
            return PlainTextResponse(str(refused), refused.status)
        except otlp.MalformedError as error:
            return PlainTextResponse(str(error), 400)
        except ClientDisconnect:
            return Response(status_code=400)
        return Response(b"{}" if as_json else b"", media_type=_JSON if as_json else _PROTOBUF)

    return endpoint


def _is_json(request: Request) -> bool:
    sort = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sort not in (_JSON, _PROTOBUF):
        raise _Refused(415, f"found the content type {sort!r}, expected {_PROTOBUF} or {_JSON}")
    return sort == _JSON


async def _body(request: Request) -> bytes:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise _Refused(415, f"found the content encoding {encoding!r}, expected gzip or none")
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS_MAX):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_BYTES_MAX:
                    raise _too_big()
    except TimeoutError as error:
        raise _Refused(408, f"the body did not come within {_BODY_SECONDS_MAX:g}s") from error
    return _unpack(bytes(body)) if encoding == "gzip" else bytes(body)


def _unpack(body: bytes) -> bytes:
    unpacking = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacking.decompress(body, BODY_BYTES_MAX + 1)
    except zlib.error as error:
        raise _Refused(400, f"the body is no gzip: {error}") from error
    if len(unpacked) > BODY_BYTES_MAX:
        raise _too_big()
    if not unpacking.eof:
        raise _Refused(400, "the body is no gzip: it ends too early")
    return unpacked


def _too_big() -> _Refused:
    return _Refused(413, f"a body holds up to {BODY_BYTES_MAX} bytes: send smaller batches")
