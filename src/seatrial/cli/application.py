"""All commands in one application, and what becomes of an error: one line, and the exit code of its class."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from seatrial import errors
from seatrial.cli import pages, running, telemetry

application = typer.Typer(
    name="seatrial",
    help="Describe an AI system once, in seatrial.yaml, and run it on this machine.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich would cost every call 100 ms
    pretty_exceptions_enable=False,
)
for _command in (
    running.up,
    running.down,
    running.run,
    running.status,
    telemetry.logs,
    pages.check,
    pages.plan,
):
    application.command()(_command)


@application.callback(invoke_without_command=True)
def options(
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.", is_eager=True)] = False,
) -> None:
    """Describe an AI system once, in seatrial.yaml, and run it on this machine."""
    if version:
        from importlib import metadata  # noqa: PLC0415  # late: it would cost every call 15 ms

        typer.echo(f"seatrial {metadata.version('seatrial')}")
        raise typer.Exit
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
    except OSError as error:
        _leave(f"seatrial: {error}", error)
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
