"""What becomes of an error: one line for people, one object for programs, and the exit code of its class."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import NoReturn

import typer

from seatrial import errors
from seatrial.cli import wordings
from seatrial.cli.calls import Call


def leave(error: Exception, call: Call) -> NoReturn:
    """Ends the program; with `--verbose` by the error itself, so that its traceback is seen."""
    code = exit_code(error)
    if call.as_json:
        typer.echo(json.dumps({"error": as_object(error)}, ensure_ascii=False))
    if call.verbose and not isinstance(error, typer.TyperException):
        sys.excepthook(type(error), error, error.__traceback__)
    else:
        for line in as_text(error).splitlines():
            for told in wordings.fitted(line, "  ", sys.stderr):
                typer.echo(told, err=True)
    sys.exit(code)


def exit_code(error: Exception) -> int:
    """What the system says of a file, a folder or a port is something that is missing here."""
    match error:
        case errors.SeatrialError() | typer.TyperException():
            return error.exit_code
        case OSError():
            return errors.MissingError.exit_code
        case _:
            return errors.OWN_FAULT


def as_text(error: Exception) -> str:
    """Problems of a page begin with their position, as editors and terminals expect; others with our name."""
    if isinstance(error, errors.PageError):
        return str(error)
    return "\n".join(f"seatrial: {line}" for line in _message(error).splitlines())


def as_object(error: Exception) -> dict[str, object]:
    """`class`, `exit`, `message`; of a page `problems`, each with file, line, column, path and message."""
    told: dict[str, object] = {
        "class": _class(error),
        "exit": exit_code(error),
        "message": _message(error),
    }
    if isinstance(error, errors.PageError):
        told["problems"] = [dataclasses.asdict(problem) for problem in error.problems]
    return told


def _class(error: Exception) -> str:
    """Words that the parser of the command line does not know are a wrong call, as those we refuse."""
    match error:
        case typer.TyperException():
            return errors.CallError.__name__
        case OSError():
            return errors.MissingError.__name__
        case _:
            return type(error).__name__


def _message(error: Exception) -> str:
    match error:
        case errors.SeatrialError() | OSError():
            return str(error)
        case typer.TyperException():
            return f"{error.format_message().rstrip('.')}; --help shows what can be written"
        case _:
            return f"a fault of Seatrial's own ({type(error).__name__}: {error}); --verbose shows where"
