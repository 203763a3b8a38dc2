"""What callers ask: a body of bounded size and depth, and the model that it names.

The body that was read is the one that is sent on, written anew: what is counted is what the provider reads.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request

from seatrial.gateway.refusals import Refusal

Path = Literal["chat/completions", "embeddings"]
Body = dict[str, Any]
_DEPTH_MAX = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request."""

    path: Path
    model: str
    body: Body

    @property
    def streams(self) -> bool:
        return self.body.get("stream") is True


async def read_body(request: Request, bytes_max: int) -> bytes:
    """Raises Refusal for one that is too long; it is not read any further."""
    message = f"the request is longer than {bytes_max} bytes"
    declared = request.headers.get("content-length", "0")
    if len(declared) > 18 or not declared.isdigit() or int(declared) > bytes_max:  # noqa: PLR2004  # 64 bits
        raise Refusal(413, "request_too_large", message)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise Refusal(413, "request_too_large", message)
    return bytes(body)


def parse_call(path: Path, text: bytes) -> Call:
    """Raises Refusal."""
    try:
        body = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "invalid_json", f"the request is no JSON: {str(error)[:200]}") from error
    if not isinstance(body, dict) or not isinstance(model := body.get("model"), str):
        raise Refusal(400, "invalid_request", 'the request must be an object with "model" as text')
    if _is_deep(body):
        raise Refusal(400, "invalid_request", f"the request is nested deeper than {_DEPTH_MAX}")
    if not isinstance(body.get("stream"), bool | None):
        raise Refusal(400, "invalid_request", '"stream" must be true or false')
    return Call(path=path, model=model, body=body)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:40]} is too large a number")
    return number


def _is_deep(body: Body) -> bool:
    level: list[Any] = [body]
    for _ in range(_DEPTH_MAX):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
