"""The commands that a deployment runs: `gekb migrate`, `gekb serve`, `gekb work`."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from seatrial_kit import settings as settings_kit

from gekb import settings

PROGRAM = "gekb"
PORT_MAX = 65535


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _parser().parse_args(arguments)
    try:
        read = settings.read(os.environ, serving=chosen.command == "serve")
    except settings_kit.SettingError as error:
        settings_kit.leave(PROGRAM, error)
    commands: dict[str, Callable[[], None]] = {
        "migrate": lambda: _migrate(read),
        "serve": lambda: _run(read, "api", chosen.host, chosen.port),
        "work": lambda: _run(read, "worker", chosen.host, chosen.port),
    }
    commands[chosen.command]()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description="An error knowledge base for coding agents.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the database schema up to date")
    for name, text in (("serve", "answer HTTP requests"), ("work", "do what the API leaves for later")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--host", default="127.0.0.1", help="where to listen (default: %(default)s)")
        command.add_argument("--port", type=_port, required=True, help="the port to listen on")
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= PORT_MAX:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to {PORT_MAX}")
    return int(text)


# Each command imports what it needs: Alembic alone would double the start of the API.


def _migrate(read: settings.Settings) -> None:
    from seatrial_kit import migrations  # noqa: PLC0415 -- see above

    try:
        migrations.upgrade(read.database_url, "gekb")
    except migrations.MigrationError as error:
        sys.stderr.write(f"{PROGRAM}: {error}\n")
        raise SystemExit(1) from error


def _run(read: settings.Settings, name: str, host: str, port: int) -> None:
    import importlib  # noqa: PLC0415 -- see above

    from seatrial_kit import logs, probes, servers  # noqa: PLC0415 -- see above

    logs.configure(f"{PROGRAM}-{name}", read.log_level)
    stopping = probes.Stopping()
    app = importlib.import_module(f"{PROGRAM}.{name}").build(read, stopping)
    servers.run(app, servers.Address(host=host, port=port), stopping)
