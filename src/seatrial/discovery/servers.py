"""How the servers of Python applications are told what to serve and where to listen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seatrial.discovery import commands

Words = tuple[str, ...]
_HOST_AND_PORT = ("--host", commands.LISTEN, "--port", commands.PORT)
_DAPHNE = ("-b", commands.LISTEN, "-p", commands.PORT)
_WHERE: Mapping[str, Words] = {
    "uvicorn": _HOST_AND_PORT,
    "granian": _HOST_AND_PORT,
    "flask": _HOST_AND_PORT,
    "fastapi": _HOST_AND_PORT,
    "gunicorn": ("--bind", commands.BIND),
    "hypercorn": ("--bind", commands.BIND),
    "daphne": _DAPHNE,
    "waitress-serve": (f"--listen={commands.BIND}",),
    "streamlit": ("--server.port", commands.PORT),
}
"""What makes a server listen where the page says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """`module:name` of an application, or of a function that makes it."""

    name: str
    factory: bool = False
    source: str = ""
    """Folder that Python has to look in."""


def serve_asgi(target: Target, libraries: frozenset[str]) -> Words | None:
    """With the first server that the libraries hold; None where they hold none."""
    made = ("--factory",) if target.factory else ()
    if "uvicorn" in libraries:
        where = ("--app-dir", target.source) if target.source else ()
        return ("uvicorn", *where, *made, target.name, *_HOST_AND_PORT)
    if "hypercorn" in libraries:
        return ("hypercorn", "--bind", commands.BIND, _called(target))
    if "granian" in libraries:
        return ("granian", "--interface", "asgi", *made, *_HOST_AND_PORT, target.name)
    if "daphne" in libraries and not target.factory:
        return ("daphne", *_DAPHNE, target.name)
    return None


def serve_wsgi(target: Target, libraries: frozenset[str]) -> Words | None:
    """With the first server that the libraries hold; None where they hold none."""
    if "gunicorn" in libraries:
        where = ("--pythonpath", target.source) if target.source else ()
        return ("gunicorn", *where, "--bind", commands.BIND, _called(target))
    if "granian" in libraries:
        made = ("--factory",) if target.factory else ()
        return ("granian", "--interface", "wsgi", *made, *_HOST_AND_PORT, target.name)
    if "waitress" in libraries:
        called = ("--call",) if target.factory else ()
        return ("waitress-serve", f"--listen={commands.BIND}", *called, target.name)
    return None


def listening(words: Words) -> Words:
    """A command of a known server that names no port, listening where the page says; any other as it is."""
    program = words[0].rpartition("/")[2]
    if words[1:2] == ("-m",) and len(words) > 2:  # noqa: PLR2004  # python -m uvicorn
        program = words[2]
    if "runserver" in words:
        return (*words, commands.BIND)
    if program in {"flask", "fastapi"} and not {"run", "dev"} & set(words):
        return words
    options = _WHERE.get(program, ())
    if "--host" in options and any(word.partition("=")[0] == "--host" for word in words):
        options = ("--port", commands.PORT)
    return (*words, *options)


def is_server(words: Words) -> bool:
    """Whether a command is one of a server, which listens."""
    return bool(words) and (words[0] in _WHERE or "runserver" in words)


def _called(target: Target) -> str:
    return f"{target.name}()" if target.factory else target.name
