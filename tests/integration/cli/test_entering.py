"""Into a part: its environment is shown without secrets, and a command in its place is that command."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Terminal

PROGRAM = str(Path(sys.executable).parent / "seatrial")
PAGE = """
secrets: {key: {generate: 32 bytes}}
services:
  api:
    command: [sleep, '600']
    uses: [secrets.key]
    env: {URL: "https://me:${secrets.key}@host/it's $HOME", PLAIN: "two words"}
"""


@pytest.fixture
def shop(terminal: Terminal) -> Terminal:
    terminal.page(PAGE)
    assert terminal.type("up", "--detach").code == 0
    return terminal


def secret(shop: Terminal) -> str:
    return (shop.folder / ".seatrial" / "secrets" / "key").read_text()


def test_what_a_part_is_given_hides_secrets_until_they_are_asked_for(shop: Terminal) -> None:
    hidden = shop.type("env", "api")
    assert secret(shop) not in hidden.out
    assert "URL=https://me:********@host/it's $HOME\n" in hidden.out
    assert "PLAIN=two words\n" in hidden.out
    assert "PATH=" not in hidden.out
    assert "SEATRIAL_" not in hidden.out
    assert f"KEY={secret(shop)}\n" in shop.type("env", "api", "--reveal").out
    assert shop.type("env", "api", "--json").document["env"]["KEY"] == "********"
    assert shop.type("env", "api", "--json", "--reveal").document["env"]["KEY"] == secret(shop)


def test_the_lines_for_a_shell_give_it_the_very_values_and_show_no_secret(shop: Terminal) -> None:
    lines = shop.type("env", "api", "--export").out
    assert secret(shop) not in lines
    told = subprocess.run(
        ["sh", "-c", f'{lines}\nprintf "%s\\n" "$URL" "$PLAIN" "$KEY"'],
        env={"PATH": os.environ["PATH"], "HOME": "/root"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines() == [
        f"https://me:{secret(shop)}@host/it's $HOME",
        "two words",
        secret(shop),
    ]


def test_a_command_gets_folder_variables_and_streams_and_its_code_is_ours(shop: Terminal) -> None:
    done = subprocess.run(
        [PROGRAM, "exec", "api", "--", "sh", "-c", 'cat; pwd; echo "$KEY"; env >&2; exit 7'],
        cwd=shop.folder,
        input="what was typed\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7
    assert done.stdout.splitlines() == ["what was typed", str(shop.folder), secret(shop)]
    assert "SEATRIAL_RUN" not in done.stderr, "a supervisor would take it for its own and end it"


def test_a_signal_reaches_the_command_and_a_broken_pipe_ends_it_quietly(shop: Terminal) -> None:
    script = "trap 'exit 42' INT; echo on; while :; do sleep 0.05; done"
    with subprocess.Popen(
        [PROGRAM, "exec", "api", "--", "sh", "-c", script], cwd=shop.folder, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == b"on\n"
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=30) == 42
    piped = subprocess.run(
        ["sh", "-c", f"{PROGRAM} exec api -- yes | head -1"],
        cwd=shop.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (piped.stdout, piped.stderr) == ("y\n", "")


def test_a_command_has_the_callers_terminal(shop: Terminal) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(shop.folder)
        os.execve(
            PROGRAM,
            [PROGRAM, "exec", "api", "--", "sh", "-c", "tty; test -t 0 && echo is $TERM"],
            {"PATH": os.environ["PATH"], "TERM": "vt100"},
        )
    told = b""
    deadline = time.monotonic() + 60
    while b"is vt100" not in told:
        assert time.monotonic() < deadline, told
        told += os.read(terminal, 4096)
    os.close(terminal)
    os.waitpid(pid, 0)
    assert b"/dev/" in told


def test_an_address_is_printed_and_nothing_is_opened_where_there_is_no_screen(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    serve = "{command: [python3, -m, http.server, '${port.http}', --bind, 127.0.0.1], ports: {http: 8000},"
    terminal.page(
        f"services:\n  a: {serve} expose: {{host: a.local}}}}\n  b: {serve} expose: {{host: b.local}}}}\n"
    )
    assert terminal.type("up", "--detach").code == 0
    opened = terminal.type("open", "a", "--json")
    assert (opened.code, opened.document["name"], opened.document["opened"]) == (0, "a", False)
    assert terminal.type("open", "a", "--print").out == opened.document["url"] + "\n"
    several = terminal.type("open")
    assert (several.code, "reached at 2 addresses; name one" in several.err) == (2, True)
    terminal.type("down")
    assert terminal.type("open", "a").code == 3


def test_what_the_page_does_not_expose_has_an_address_inside(terminal: Terminal) -> None:
    serve = "command: [python3, -m, http.server, '${port.http}', --bind, 127.0.0.1]"
    terminal.page(f"services: {{api: {{{serve}, ports: {{http: 8000}}}}}}\n")
    assert terminal.type("open", "api").code == 3
    up = terminal.type("up", "--detach")
    url = terminal.type("open", "api", "--print").out.strip()
    assert url.startswith("http://127.0.0.1:")
    for told in (up, terminal.type("status")):
        assert f"{url}  inside only" in told.out
    assert terminal.type("open", "--print").out == f"{url}\n"
    assert terminal.type("status", "--json").document["inner_urls"] == {"api.http": url}
    terminal.type("down")
    assert f"{url}  kept for the next `up`" in terminal.type("status").out


def test_a_system_without_addresses_says_what_would_give_it_one(terminal: Terminal) -> None:
    terminal.page("services: {api: {command: [sleep, '600']}}\n")
    assert "\n\n\n" not in terminal.type("up", "--detach").out
    opened = terminal.type("open", "api")
    assert (opened.code, "no service of shop has an address: add a port and `expose" in opened.err) == (
        2,
        True,
    )


def test_a_store_is_entered_by_its_own_client_as_its_owner(terminal: Terminal) -> None:
    terminal.page("stores: {db: {kind: postgres}, cache: {kind: redis}}\n")
    assert terminal.type("up", "--detach").code == 0
    done = subprocess.run(
        [PROGRAM, "exec", "db", "--", "psql", "-Atc", "select current_user, current_database()"],
        cwd=terminal.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "db|db\n"
    hidden, shown = terminal.type("env", "db").out, terminal.type("env", "db", "--reveal").out
    assert "PGPASSWORD=********\n" in hidden
    assert {"PGHOST", "PGPORT", "PGUSER", "PGDATABASE"} <= {
        line.split("=")[0] for line in hidden.splitlines()
    }
    assert "********" not in shown
    assert "REDISCLI_AUTH=********\n" in terminal.type("env", "cache").out
