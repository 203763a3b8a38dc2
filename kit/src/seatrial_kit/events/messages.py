"""What goes over the bus: topics as the page names them, typed values as JSON, and headers as text."""

import dataclasses
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from seatrial_kit import bodies, errors

BODY_BYTES_MAX = 960 * 1024  # with the headers below 1 MiB, which both brokers take without being told
KEY_BYTES_MAX = 1024
HEADERS_MAX = 32
HEADER_BYTES_MAX = 8 * 1024  # all names and values together
ID = "message-id"
CONTENT_TYPE = "content-type"
OWN_HEADERS = frozenset({ID, CONTENT_TYPE, "correlation_id", "traceparent", "tracestate"})
_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?")
_HEADER = re.compile(r"[A-Za-z0-9_-]{1,100}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
_TEXT = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?|")  # what both brokers give back unchanged


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Topic[T]:
    """A topic of the page, the type of its values, and what of a value is the key that order is kept for.

    Of the type `bytes` a value is the message's body as it is; of every other one it is that type's JSON.
    """

    name: str
    kind: type[T]
    key: Callable[[T], str] | None = None

    def __post_init__(self) -> None:
        ensure_name(self.name, "a topic")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Event[T]:
    """One message as a handler gets it; `at` is when it was published, in seconds of the Unix clock."""

    id: str
    topic: str
    key: str | None
    value: T
    headers: Mapping[str, str]
    at: float
    partition: int
    offset: int
    tries: int  # 1 for the first


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """One message on its way to a broker."""

    topic: str
    key: bytes | None
    body: bytes
    headers: Mapping[str, str]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One message as a broker gave it, whoever wrote it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    body: bytes
    headers: Mapping[str, str]
    at: float

    @property
    def id(self) -> str:
        """The one it was published with; of a message from elsewhere its place, which is as unique."""
        return self.headers.get(ID) or f"{self.topic}/{self.partition}/{self.offset}"


def outgoing(topic: str, value: Any, *, key: str | None, headers: Mapping[str, str]) -> Outgoing:  # noqa: ANN401
    """The message for `value`; raises `ContentTooLarge`, or `ValueError` for a header that cannot be sent."""
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    raw_key = None if key is None else key.encode()
    if len(body) > BODY_BYTES_MAX:
        raise errors.ContentTooLarge(
            f"the message for {topic} has {len(body)} bytes, more than {BODY_BYTES_MAX}; "
            "keep what is large in a bucket and publish its name"
        )
    if raw_key is not None and len(raw_key) > KEY_BYTES_MAX:
        raise errors.ContentTooLarge(
            f"the key for {topic} has {len(raw_key)} bytes, more than {KEY_BYTES_MAX}"
        )
    media = "application/octet-stream" if isinstance(value, bytes) else "application/json"
    own = {CONTENT_TYPE: media, ID: uuid.uuid4().hex}
    all_headers = own | dict(headers)
    ensure_headers(all_headers)
    return Outgoing(topic=topic, key=raw_key, body=body, headers=all_headers)


def event[T](record: Record, kind: type[T], *, tries: int) -> Event[T]:
    """The typed message; raises `InvalidRequest` when it is not what the topic holds."""
    return Event(
        id=record.id,
        topic=record.topic,
        key=None if record.key is None else record.key.decode("utf-8", "replace"),
        value=_value(record.body, kind),
        headers={name: value for name, value in record.headers.items() if name not in OWN_HEADERS},
        at=record.at,
        partition=record.partition,
        offset=record.offset,
        tries=tries,
    )


def _value[T](body: bytes, kind: type[T]) -> T:
    return body if kind is bytes else bodies.parse(body, kind).value  # type: ignore[return-value] # T is bytes


def ensure_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{what} is named {name[:200]!r}; use up to 200 letters, digits, dots, dashes, underscores"
        )


def ensure_id(given: str) -> None:
    if not _ID.fullmatch(given):
        raise ValueError(f"a message's id is {given[:100]!r}; use up to 100 letters, digits and . _ : -")


def fitting(headers: Mapping[str, str]) -> dict[str, str]:
    """Those of a message from anywhere that can be sent on; a few places and bytes are left for our own."""
    kept: dict[str, str] = {}
    size_bytes = 0
    for name, value in headers.items():
        size_bytes += len(name) + len(value)
        fits = len(kept) < HEADERS_MAX - 8 and size_bytes <= HEADER_BYTES_MAX // 2
        if fits and _HEADER.fullmatch(name) and _TEXT.fullmatch(value):
            kept[name] = value
    return kept


def sane(text: str) -> str:
    """`text` as the value of a header: printable ASCII, cut."""
    return re.sub(r"[^\x20-\x7e]+", " ", text).strip()[:500]


def ensure_headers(headers: Mapping[str, str]) -> None:
    if len(headers) > HEADERS_MAX:
        raise ValueError(
            f"{len(headers)} headers are more than {HEADERS_MAX}; put what belongs in the value there"
        )
    for name, value in headers.items():
        if not _HEADER.fullmatch(name):
            raise ValueError(f"a header is named {name[:100]!r}; use letters, digits, dashes, underscores")
        if not _TEXT.fullmatch(value):
            raise ValueError(f"the header {name} holds what is not printable ASCII; encode it")
    size_bytes = sum(len(name) + len(value) for name, value in headers.items())
    if size_bytes > HEADER_BYTES_MAX:
        raise ValueError(f"the headers have {size_bytes} bytes, more than {HEADER_BYTES_MAX}")
