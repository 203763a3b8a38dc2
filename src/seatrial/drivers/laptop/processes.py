"""Processes: started in a group of their own, their output read line by line, and ended with a bound."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from seatrial import errors
from seatrial.drivers.laptop.identities import Identity, identity_of

LINE_BYTES_MAX = 65536
_EOF_SECONDS_MAX = 1.0
_KILL_SECONDS_MAX = 10.0
_POLL_SECONDS = 0.02
_CHUNK_BYTES = 65536
_OUTPUT_LINES_MAX = 1000
_COMPLAINT_LINES_MAX = 5

Sink = Callable[[str, list[str]], None]
"""Takes a stream's name (out, err) and lines."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """How a process is to be started."""

    words: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    user: int | None = None
    """User and group id to run as, when not the caller's."""
    stdin: str = ""
    note: str = ""
    """What people should know of it although it is well."""
    descriptors: tuple[int, ...] = ()
    """Open files that it inherits under their numbers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a process that ends by itself ended, and what it wrote."""

    code: int
    output: str
    complaint: str = ""
    """The last lines that it wrote to its standard error, as one."""

    @property
    def last_line(self) -> str:
        return next((line.strip() for line in reversed(self.output.splitlines()) if line.strip()), "")


class Process:
    """A started process; its output goes to the sink line by line. Lives inside a running event loop."""

    def __init__(self, launch: Launch, sink: Sink, on_death: Callable[[], None] = lambda: None) -> None:
        """`on_death` ends what the process left elsewhere, before its output is waited for.

        Raises MissingError where the system cannot start it now.
        """
        self._loop = asyncio.get_running_loop()
        self._popen = _open(launch)
        self._on_death = on_death
        self.pid = self._popen.pid
        self.identity = identity_of(self.pid) or Identity(pid=self.pid, birth="ended at once")
        self.ended: asyncio.Future[int] = self._loop.create_future()
        self._dead = asyncio.Event()
        self._readers = [
            asyncio.ensure_future(_read(stream, name, sink, self._dead))
            for stream, name in ((self._popen.stdout, "out"), (self._popen.stderr, "err"))
            if stream is not None
        ]
        self._reaper = asyncio.ensure_future(self._reap())

    async def stop(self, number: signal.Signals, grace_seconds: float) -> None:
        """Asks it to end, waits, then kills its group."""
        if not self.ended.done():
            os.kill(self.pid, number)  # until it is reaped, the number is its own
            await asyncio.wait([self.ended], timeout=grace_seconds)
        await self.kill()

    async def kill(self) -> None:
        """SIGKILL to its whole group; returns when it is reaped."""
        if not self.ended.done():
            self._kill_group()
        await asyncio.wait([self.ended], timeout=_KILL_SECONDS_MAX)

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    async def _reap(self) -> None:
        """Its number stays taken until it is reaped, so until then its group can be killed without harm."""
        threading.Thread(target=self._watch, name=f"wait-{self.pid}", daemon=True).start()
        while not self._dead.is_set():
            with contextlib.suppress(asyncio.CancelledError):  # a loop that closes cancels this too
                await self._dead.wait()
        self._kill_group()
        try:
            self._on_death()
            await asyncio.wait(self._readers, timeout=_EOF_SECONDS_MAX)
            for reader in self._readers:
                reader.cancel()
            await asyncio.gather(*self._readers, return_exceptions=True)
        finally:
            self.ended.set_result(self._popen.wait())

    def _watch(self) -> None:
        if hasattr(os, "waitid"):
            with contextlib.suppress(ChildProcessError):  # another part of this program has reaped it
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        while self.identity.alive():  # where waitid is missing (macOS before Python 3.13)
            time.sleep(_POLL_SECONDS)
        with contextlib.suppress(RuntimeError):  # the loop was closed while we waited
            self._loop.call_soon_threadsafe(self._dead.set)


async def run_to_end(launch: Launch, *, seconds_max: float, sink: Sink | None = None) -> Outcome:
    """Runs a command that ends by itself. Raises OutOfTimeError; nothing of it lives on afterwards."""
    kept: deque[str] = deque(maxlen=_OUTPUT_LINES_MAX)

    complaints: deque[str] = deque(maxlen=_COMPLAINT_LINES_MAX)

    def take(stream: str, lines: list[str]) -> None:
        kept.extend(lines)
        if stream == "err":
            complaints.extend(line.strip() for line in lines if line.strip())
        if sink:
            sink(stream, lines)

    process = Process(launch, take)
    try:
        async with asyncio.timeout(seconds_max):
            code = await asyncio.shield(process.ended)
    except TimeoutError as error:
        raise errors.OutOfTimeError(f"{launch.words[0]} did not end within {seconds_max:g}s") from error
    finally:
        await process.kill()
    return Outcome(code=code, output="\n".join(kept), complaint=" ".join(complaints))


def describe_code(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with code {code}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"


def _open(launch: Launch) -> subprocess.Popen[bytes]:
    _ensure_ends_are_told()
    with tempfile.TemporaryFile() as source:
        source.write(launch.stdin.encode())
        source.seek(0)
        try:
            return subprocess.Popen(
                launch.words,
                cwd=launch.cwd,
                env=dict(launch.env),
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                user=launch.user,
                group=launch.user,
                extra_groups=None if launch.user is None else (),
                pass_fds=launch.descriptors,
            )
        except OSError as error:
            raise errors.MissingError(f"cannot start {launch.words[0]}: {error.strerror or error}") from error


def _ensure_ends_are_told() -> None:
    """A caller may have left SIGCHLD ignored: every process would then seem to end with code 0."""
    if signal.getsignal(signal.SIGCHLD) is not signal.SIG_IGN:
        return
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    except ValueError as error:
        raise errors.RefusedError(
            "SIGCHLD is ignored, and only the main thread can change that: set it to its default there"
        ) from error


async def _read(pipe: IO[bytes], name: str, sink: Sink, dead: asyncio.Event) -> None:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    rest = b""
    try:
        while chunk := await _chunk(reader, dead):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LINE_BYTES_MAX:
                lines, rest = [*lines, rest], b""
            if lines:
                sink(name, [line.decode(errors="replace").rstrip("\r") for line in lines])
    finally:
        if rest:
            sink(name, [rest.decode(errors="replace")])
        transport.close()


async def _chunk(reader: asyncio.StreamReader, dead: asyncio.Event) -> bytes:
    """A loop that closes cancels this too; the process would lose its last words, or stumble over them."""
    while True:
        try:
            return await reader.read(_CHUNK_BYTES)
        except asyncio.CancelledError:
            if dead.is_set():
                raise
