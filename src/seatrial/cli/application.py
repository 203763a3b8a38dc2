"""All commands in one application, and what becomes of an error: one line, and the exit code of its class."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from seatrial import errors
from seatrial.cli import pages, running

application = typer.Typer(
    name="seatrial",
    help="Describe an AI system once, run it here, ship it, and prove that it keeps its promises.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich would cost every call 100 ms
    pretty_exceptions_enable=False,
)
for _command in (running.up, running.down, running.status, running.logs, pages.check, pages.plan):
    application.command()(_command)


@application.callback()
def options(
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the traceback of an error.")] = False,
) -> None:
    """Describe an AI system once, run it here, ship it, and prove that it keeps its promises."""
    del verbose  # `main` looks for it: an error can come before the options are parsed


def main() -> None:
    """The console command."""
    try:
        application()
    except errors.PageError as error:
        _leave(str(error), error)
    except errors.SeatrialError as error:
        _leave("\n".join(f"seatrial: {line}" for line in str(error).splitlines()), error)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has gone; the interpreter must not complain about it
        sys.exit(0)
    except Exception as error:  # noqa: BLE001  # the edge: people get one line, and how to see more
        _leave(
            f"seatrial: a fault of Seatrial's own ({type(error).__name__}: {error}); --verbose shows where",
            error,
        )


def _leave(message: str, error: Exception) -> NoReturn:
    if "--verbose" in sys.argv:
        raise error
    typer.echo(message, err=True)
    sys.exit(getattr(error, "exit_code", 1))
