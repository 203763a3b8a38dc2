"""Events are read in whatever pieces they come, and what is no stream is named."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.gateway import streams
from seatrial.gateway.refusals import ProviderRefusal

STREAM = (
    b': hello\r\n\r\nevent: x\ndata: {"a": 1}\n\ndata:{"b":2}\r\n\r\n'
    b"data: one\ndata: two\n\nretry: 5\n\ndata: [DONE]\n\ndata: cut"
)


def read(pieces: Iterable[bytes]) -> list[bytes]:
    async def chunks() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def collect() -> list[bytes]:
        return [data async for data in streams.read_events(chunks())]

    return asyncio.run(collect())


@given(st.lists(st.integers(0, len(STREAM)), max_size=10))
def test_events_are_the_same_wherever_the_pieces_part(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in itertools.pairwise(edges)]
    assert read(pieces) == [b'{"a": 1}', b'{"b":2}', b"one\ntwo", b"[DONE]"]


@given(st.binary(max_size=300))
def test_any_bytes_are_events_or_no_stream(text: bytes) -> None:
    with contextlib.suppress(ProviderRefusal):
        assert all(isinstance(event, bytes) for event in read([text]))


@pytest.mark.parametrize("text", [b"<html>", b'{"error": 1}\n', b"x" * (5 * 2**20)])
def test_what_is_no_stream_is_named(text: bytes) -> None:
    with pytest.raises(ProviderRefusal, match="does not speak the protocol: its stream has a line"):
        read([text])
