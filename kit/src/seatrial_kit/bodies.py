"""JSON bodies as typed values: what a caller may send ends in a value or in a clear 4xx, never in a 500."""

import asyncio
import concurrent.futures
import dataclasses
import functools
import json
import re
from typing import Any, NoReturn

import msgspec
from starlette.requests import Request

from seatrial_kit import errors, fields

DEPTH_MAX = 32
VALUES_MAX = 100_000  # counted as commas and opening brackets: each becomes an object in memory
NAME_CHARACTERS_MAX = 4000
THREAD_BYTES = 256 * 1024  # what is larger would hold up all other callers while it is parsed
_DEEP = f"the body is nested deeper than {DEPTH_MAX} levels"
_THREADS = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="bodies")
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
    _ensure_plain(request.headers.get("content-encoding", ""))
    raw = await request.body()
    if len(raw) <= THREAD_BYTES:
        return parse(raw, kind, code=code)
    work = functools.partial(parse, raw, kind, code=code)
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)


def parse[T](raw: bytes, kind: type[T], *, code: str = errors.InvalidRequest.code) -> Body[T]:
    if _values(raw) > VALUES_MAX:
        raise errors.InvalidRequest(f"the body holds too many values, more than {VALUES_MAX}", code=code)
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


def _ensure_plain(encoding: str) -> None:
    if encoding.strip().lower() not in ("", "identity"):
        raise errors.UnsupportedMedia(f"the body must be sent as it is, not as {encoding[:100]!r}")


def _ensure_clean(raw: bytes, sent: Any, code: str) -> None:  # noqa: ANN401 -- parsed JSON
    # Counting brackets is quick and enough for nearly every small body; only the rest is walked.
    small = len(raw) <= NAME_CHARACTERS_MAX
    if small and raw.count(b"{") + raw.count(b"[") <= DEPTH_MAX and b"\\u0000" not in raw:
        return
    for place, depth, text in fields.walk(sent):
        reason = _DEEP if depth > DEPTH_MAX else _unclean(place, text)
        if reason:
            raise errors.InvalidRequest(reason, field=fields.path(place), code=code)


def _unclean(place: fields.Place, text: str | None) -> str:
    if text is None:
        return ""
    if "\x00" in text:
        return "the text holds a NUL character"
    if len(text) > NAME_CHARACTERS_MAX and text is place[-1]:
        return f"the name of a field is longer than {NAME_CHARACTERS_MAX} characters"
    return ""


def _values(raw: bytes) -> int:
    """How many values the document has, roughly; texts are left out only where that can matter."""
    values = _separators(raw)
    if values <= VALUES_MAX:
        return values
    bare = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    quotes = bare.count(b'"')
    if quotes > 4 * VALUES_MAX:  # a name and a text for each value
        return quotes // 4
    return _separators(b"".join(bare.split(b'"')[::2]))


def _separators(raw: bytes) -> int:
    return raw.count(b",") + raw.count(b"{") + raw.count(b"[")


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
        for place, _depth, text in fields.walk(sent):
            if text is not None and not _is_encodable(text):
                raise errors.InvalidRequest(
                    "the text holds half of a surrogate pair", field=fields.path(place), code=code
                )
    raise errors.InvalidRequest(f"the body is not valid JSON: {reason}", code=code)


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
