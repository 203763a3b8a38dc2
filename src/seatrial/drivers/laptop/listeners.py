"""Who listens on a port: a part is ready only when it answers itself, not another program in its place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import psutil

from seatrial.drivers.laptop import leftovers

_HERE = frozenset({"127.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1"})  # noqa: S104  # compared, not bound
"""Addresses of a socket that takes connections to the loopback address of this driver."""


def holder(port: int) -> str:
    """Who listens there, as far as this user may know."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.pid
            if listens and connection.laddr and connection.laddr.port == port:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "another process"


def listens(pid: int, mark: leftovers.Mark, port: int) -> bool:
    """The process, one of its descent or one with its mark listens there; true where nobody may know."""
    try:
        return _any_listens(_descent(pid), port) or _any_listens(_marked(mark), port)
    except (psutil.AccessDenied, NotImplementedError):
        return True


def ports_of(pid: int, mark: leftovers.Mark) -> list[int]:
    """Where the process, its descent and those with its mark really listen, as far as this user may know."""
    found: set[int] = set()
    for process in (*_descent(pid), *_marked(mark)):
        with contextlib.suppress(psutil.Error, NotImplementedError):
            listening = (one for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN)
            found |= {one.laddr.port for one in listening if one.laddr}
    return sorted(found)


def _any_listens(processes: Iterable[psutil.Process], port: int) -> bool:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            for connection in process.net_connections("tcp"):
                here = connection.laddr and connection.laddr.port == port and connection.laddr.ip in _HERE
                if here and connection.status == psutil.CONN_LISTEN:
                    return True
    return False


def _descent(pid: int) -> Iterator[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        yield process
        yield from process.children(recursive=True)


def _marked(mark: leftovers.Mark) -> Iterator[psutil.Process]:
    """Those that left their parent, as a server does that goes into the background."""
    for identity in leftovers.find_marked(mark):
        with contextlib.suppress(psutil.NoSuchProcess):
            yield psutil.Process(identity.pid)
