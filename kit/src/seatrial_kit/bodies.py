"""JSON bodies as typed values: what a caller may send ends in a value or in a clear 4xx, never in a 500."""

import dataclasses
import functools
import json
import re
from typing import Any, NoReturn

import msgspec
from starlette.requests import Request

from seatrial_kit import errors, fields

DEPTH_MAX = 32
_DEEP = f"the body is nested deeper than {DEPTH_MAX} levels"
_PLACE = re.compile(r" - at `\$\.?([^`]*)`$")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Body[T]:
    """One body: the typed value, what was sent (parsed, and as bytes), and the fields nobody knows."""

    value: T
    sent: Any
    raw: bytes
    warnings: tuple[str, ...]


@functools.cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401 -- a type form such as `Struct | None`
    return msgspec.json.Decoder(kind)


async def read[T](request: Request, kind: type[T], *, code: str = errors.InvalidRequest.code) -> Body[T]:
    """The body as `kind`; raises `InvalidRequest` with `code` and the field, or `UnsupportedMedia`."""
    _ensure_json(request.headers.get("content-type", ""))
    return parse(await request.body(), kind, code=code)


def parse[T](raw: bytes, kind: type[T], *, code: str = errors.InvalidRequest.code) -> Body[T]:
    try:
        sent = msgspec.json.decode(raw)
        _ensure_clean(raw, sent, code)
        value = _decoder(kind).decode(raw)  # type: ignore[arg-type] # a class is hashable
    except RecursionError:
        raise errors.InvalidRequest(_DEEP, code=code) from None
    except msgspec.ValidationError as error:
        message, field = _explain_type(str(error))
        message += fields.allowed(kind, field or "")
        raise errors.InvalidRequest(message, field=field, code=code) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _refuse_malformed(raw, str(error), code)
    return Body(value=value, sent=sent, raw=raw, warnings=fields.warnings(sent, kind))


def _ensure_json(content_type: str) -> None:
    media = content_type.partition(";")[0].strip().lower()
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        found = f"not as {media[:100]!r}" if media else "and nothing says what it is"
        raise errors.UnsupportedMedia(f"the body must be sent as application/json, {found}")


def _ensure_clean(raw: bytes, sent: Any, code: str) -> None:  # noqa: ANN401 -- parsed JSON
    # Counting brackets is quick and enough for nearly every body; only the rest is walked.
    if raw.count(b"{") + raw.count(b"[") <= DEPTH_MAX and b"\\u0000" not in raw:
        return
    for path, depth, text in fields.walk(sent):
        if depth > DEPTH_MAX:
            raise errors.InvalidRequest(_DEEP, field=path[:200], code=code)
        if text is not None and "\x00" in text:
            raise errors.InvalidRequest("the text holds a NUL character", field=path[:200], code=code)


def _explain_type(message: str) -> tuple[str, str | None]:
    place = _PLACE.search(message)
    message = message[: place.start()] if place else message
    field = (place.group(1) or None) if place else None
    missing = re.fullmatch(r"Object missing required field `(.+)`", message)
    if missing:
        field = f"{field}.{missing.group(1)}" if field else missing.group(1)
    return message[:1].lower() + message[1:], field if field != "[...]" else None


def _refuse_malformed(raw: bytes, reason: str, code: str) -> NoReturn:
    """The decoder is fast but often does not say where; the slow one does, and takes lone surrogates."""
    try:
        sent = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        reason = f"not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at line {error.lineno}, column {error.colno} (character {error.pos})"
    except RecursionError:
        raise errors.InvalidRequest(_DEEP, code=code) from None
    except ValueError:
        reason = "a number is out of range"
    else:
        for path, _depth, text in fields.walk(sent):
            if text is not None and not _is_encodable(text):
                raise errors.InvalidRequest(
                    "the text holds half of a surrogate pair", field=path[:200], code=code
                )
    raise errors.InvalidRequest(f"the body is not valid JSON: {reason}", code=code)


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
