"""The one envelope of every answer: success, data, metadata, errors."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Scope

from seatrial_kit import errors

VERSION = "1.0"
REQUEST_ID = "seatrial.request_id"  # where the middleware leaves the id in the ASGI scope

encode = msgspec.json.Encoder(decimal_format="number").encode


def request_id(scope: Scope) -> str:
    return str(scope.get(REQUEST_ID, ""))


def timestamp(moment: dt.datetime | None = None) -> str:
    """ISO 8601 in UTC with milliseconds and Z."""
    moment = moment or dt.datetime.now(dt.UTC)
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def envelope(scope: Scope, data: object, items: Sequence[object], warnings: Sequence[str]) -> bytes:
    metadata: dict[str, Any] = {"timestamp": timestamp(), "version": VERSION, "request_id": request_id(scope)}
    if warnings:
        metadata["warnings"] = list(warnings)
    return encode({"success": not items, "data": data, "metadata": metadata, "errors": items})


def success(
    scope: Scope,
    data: object,
    *,
    headers: Mapping[str, str] | None = None,
    warnings: Sequence[str] = (),
) -> Response:
    """200 with `data`; `data` is anything msgspec can encode."""
    content = envelope(scope, data, (), warnings)
    return Response(content, headers=headers, media_type="application/json")


def failure(scope: Scope, problem: errors.Problem) -> Response:
    content = envelope(scope, None, [problem.body()], ())
    return Response(content, problem.status, problem.headers, "application/json")
