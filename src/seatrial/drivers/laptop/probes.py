"""Cheap questions to a part: does it answer a GET, does it accept a connection."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass

from seatrial.drivers.laptop.ports import HOST
from seatrial.drivers.laptop.processes import Launch

_ANSWER_BYTES_MAX = 2048
_SHOWN_CHARACTERS_MAX = 200
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d{1,12})", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a probe was told."""

    passed: bool
    text: str


async def ask_http(port: int, path: str, timeout_seconds: float) -> Answer:
    """A GET that passes when the answer is 2xx."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nUser-Agent: seatrial\r\nConnection: close\r\n\r\n"
    )
    told = await exchange(port, request.encode(), timeout_seconds, _is_whole_answer)
    if isinstance(told, Answer):
        return told
    head, _, body = told.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():  # noqa: PLR2004
        return Answer(passed=False, text=f"not HTTP: {_shown(told)}")
    status = int(words[1])
    return Answer(passed=200 <= status < 300, text=f"{status} {_shown(body)}".strip())  # noqa: PLR2004


async def ask_tcp(port: int, timeout_seconds: float) -> Answer:
    """Passes when a connection is accepted."""
    told = await exchange(port, b"", timeout_seconds)
    return told if isinstance(told, Answer) else Answer(passed=True, text="accepts connections")


async def ask_command(launch: Launch, timeout_seconds: float) -> Answer:
    """Passes when the command ends with 0 in time; it is killed with its children where it does not."""
    try:
        process = await asyncio.create_subprocess_exec(
            *launch.words,
            cwd=launch.cwd,
            env=launch.env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=_ANSWER_BYTES_MAX,
        )
    except OSError as error:
        return Answer(passed=False, text=f"{launch.words[0]}: {error.strerror}")
    told = b""
    try:
        async with asyncio.timeout(timeout_seconds):
            while process.stdout and (piece := await process.stdout.read(_ANSWER_BYTES_MAX)):
                told = (told + piece)[-_ANSWER_BYTES_MAX:]
            code = await process.wait()
    except TimeoutError:
        return Answer(passed=False, text=f"no end in {timeout_seconds:g} s")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return Answer(passed=code == 0, text=f"ended with {code} {_shown(told)}".strip())


async def exchange(
    port: int, request: bytes, timeout_seconds: float, enough: Callable[[bytes], bool] = lambda _: False
) -> bytes | Answer:
    """Sends the request and reads until it is enough, the other side closes, or a bound of bytes.

    An Answer says why it could not. Without a request nothing is read.
    """
    try:
        async with asyncio.timeout(timeout_seconds):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(request)
                await writer.drain()
                return await _read(reader, enough) if request else b""
            finally:
                writer.close()
    except TimeoutError:
        return Answer(passed=False, text=f"no answer within {timeout_seconds:g}s")
    except OSError as error:
        return Answer(passed=False, text=os.strerror(error.errno).lower() if error.errno else str(error))


async def _read(reader: asyncio.StreamReader, enough: Callable[[bytes], bool]) -> bytes:
    told = b""
    while len(told) < _ANSWER_BYTES_MAX and not enough(told):
        chunk = await reader.read(_ANSWER_BYTES_MAX)
        if not chunk:
            break
        told += chunk
    return told


def _is_whole_answer(told: bytes) -> bool:
    """Servers may keep the connection open although they were asked to close it."""
    head, end, body = told.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(end) and length is not None and len(body) >= int(length[1])


def _shown(text: bytes) -> str:
    words = " ".join(text.decode(errors="replace").split())
    return words if len(words) <= _SHOWN_CHARACTERS_MAX else words[:_SHOWN_CHARACTERS_MAX] + "..."
