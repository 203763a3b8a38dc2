"""Answers that come in pieces: server-sent events, read strictly and within bounds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from seatrial.gateway.refusals import ProviderRefusal

DONE = b"[DONE]"
_LINE_BYTES_MAX = 4 * 2**20
_SHOWN_BYTES_MAX = 64 * 2**10


async def read_events(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The data of each event. Comments and other fields are dropped, as is an event that was cut off.

    Raises ProviderRefusal for what is no such stream.
    """
    data: list[bytes] = []
    async for line in _read_lines(chunks):
        name, _, value = line.partition(b":")
        if not line and data:
            yield b"\n".join(data)
            data = []
        elif name == b"data":
            data.append(value.removeprefix(b" "))
        elif line and name not in {b"", b"event", b"id", b"retry"}:
            raise malformed(f"its stream has a line {_shown(line)}")


async def _read_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines that end in LF or CR LF, and what stands behind the last of them."""
    rest = bytearray()
    async for chunk in chunks:
        rest += chunk
        *lines, last = bytes(rest).split(b"\n") if b"\n" in chunk else (bytes(rest),)
        for line in lines:
            yield line.removesuffix(b"\r")
        if lines:
            rest = bytearray(last)
        if len(rest) > _LINE_BYTES_MAX:
            raise malformed(f"its stream has a line of more than {_LINE_BYTES_MAX} bytes")
    if rest:
        yield bytes(rest)


def parse_object(text: bytes) -> dict[str, Any]:
    """Raises ProviderRefusal for anything else."""
    try:
        value = json.loads(text.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise malformed(f"it answered no JSON: {_shown(text)}") from error
    if not isinstance(value, dict):
        raise malformed(f"it answered no object: {_shown(text)}")
    return value


def malformed(what: str) -> ProviderRefusal:
    return ProviderRefusal(502, "provider_malformed", f"the provider does not speak the protocol: {what}")


def _shown(text: bytes) -> str:
    """Long enough to find a key in; whoever hands it on takes that out and cuts the rest."""
    return " ".join(text[:_SHOWN_BYTES_MAX].decode(errors="replace").split())


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
