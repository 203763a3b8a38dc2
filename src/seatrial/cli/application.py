"""All commands in one application, and the way into it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from seatrial import errors
from seatrial.cli import (
    acting,
    calls,
    completions,
    entering,
    failures,
    forms,
    init,
    pages,
    running,
    secrets,
    telemetry,
)

application = typer.Typer(
    name="seatrial",
    help="Describe an AI system once, in seatrial.yaml, and run it on this machine.",
    epilog="Exit codes: " + "; ".join(f"{code} {text}" for code, text in errors.EXIT_CODES.items()) + ".",
    rich_markup_mode=None,  # rich would cost every call 100 ms
    pretty_exceptions_enable=False,
)
for _command in (
    init.init,
    running.up,
    running.down,
    running.status,
    telemetry.logs,
    acting.run,
    acting.restart,
    telemetry.metrics,
    telemetry.traces,
    pages.check,
    pages.plan,
    forms.explain,
    forms.schema,
):
    application.command()(_command)
application.add_typer(secrets.application)
application.command("exec")(entering.execute)
application.command("env")(entering.environment)
application.command("open")(entering.open_address)


@application.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.", is_eager=True)] = False,
) -> None:
    """Describe an AI system once, in seatrial.yaml, and run it on this machine."""
    if version:
        from importlib import metadata  # noqa: PLC0415  # late: it would cost every call 15 ms

        typer.echo(f"seatrial {metadata.version('seatrial')}")
        raise typer.Exit
    del verbose  # `main` looks for it: an error can come before the options are parsed
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(errors.CallError.exit_code)


def main() -> None:
    """The console command."""
    call = calls.read_call(sys.argv[1:])
    try:
        sys.exit(application(call.arguments, obj=call, standalone_mode=False))
    except typer.Abort:  # Ctrl-C where something was asked
        sys.exit(errors.INTERRUPTED)
    except SystemExit as ended:
        if isinstance(
            ended.__context__, BrokenPipeError
        ):  # the parser ends with 1, which is for failed checks
            sys.exit(0)
        raise
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has gone; the interpreter must not complain about it
        sys.exit(0)
    except Exception as error:  # noqa: BLE001  # the edge: people get one line, and how to see more
        if completions.is_completing():
            sys.exit(0)
        failures.leave(error, call)
