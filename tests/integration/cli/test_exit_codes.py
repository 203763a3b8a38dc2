"""What every command ends with, for every sort of error that it can meet."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.cli import application
from tests.integration.cli.conftest import Done, Terminal

PROGRAM = str(Path(sys.executable).parent / "seatrial")
COMMANDS = sorted(
    info.name or info.callback.__name__
    for info in application.application.registered_commands
    if info.callback
)
NEEDS_NO_SYSTEM = {"init", "explain", "schema"}
LATE = "services: {api: {command: [sleep, '600'], ports: {http: 8000}, health: {ready: /, deadline: 1s}}}\n"
SOUND = "services: {api: {command: [sleep, '600']}}\njobs: {tidy: {command: [sh, -c, 'exit 7']}}\n"
PAST_THE_SYSTEM = {"exec": ("api", "--", "true"), "env": ("api",), "restart": ("api",), "run": ("tidy",)}
"""What a command needs beside the system."""


def told(done: Done) -> int:
    """The code, which the object for programs says too."""
    assert done.lines[-1]["error"]["exit"] == done.code
    assert done.err
    return done.code


def test_every_command_is_looked_at() -> None:
    assert {"up", "down", "run", "restart", "exec", "env", "open", "status", "logs"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_json_and_help(command: str, terminal: Terminal) -> None:
    assert "--json" in terminal.type(command, "--help").out


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_call_is_2_with_every_command(command: str, terminal: Terminal) -> None:
    assert told(terminal.type(command, "--json", "--bogus")) == 2
    if command not in NEEDS_NO_SYSTEM:
        more = PAST_THE_SYSTEM.get(command, ())
        assert told(terminal.type(command, "--json", "./nowhere", *more)) == 2
        assert told(terminal.type(command, "--json", *more)) == 2


@pytest.mark.parametrize("command", ["up", "check", "plan", "run", "env", "exec", "open"])
def test_a_wrong_page_is_2_with_every_command_that_reads_it(command: str, terminal: Terminal) -> None:
    terminal.page("services: {api: {comand: [sleep]}}\n")
    done = terminal.type(command, "--json", *PAST_THE_SYSTEM.get(command, ()))
    assert told(done) == 2
    problem = done.lines[-1]["error"]["problems"][0]
    assert (problem["file"], problem["line"], problem["path"]) == ("seatrial.yaml", 4, "services.api")


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ("services: {api: {command: [sh, -c, 'exit 1']}}\n", 1),
        ("jobs: {first: {command: [sh, -c, 'exit 3'], when: before-deploy}}\n", 1),
        ("services: {api: {command: [no-such-program]}}\n", 3),
        ("services: {api: {command: [sleep, '600']}}\nbuild: {context: nowhere}\n", 3),
        ("secrets: {k: {from: operator}}\nservices: {api: {command: [sleep], uses: [secrets.k]}}\n", 3),
        (LATE, 4),
        ("jobs: {first: {command: [sleep, '600'], when: before-deploy, deadline: 1s}}\n", 4),
    ],
    ids=lambda value: str(value).split("{", 1)[-1][:40],
)
@pytest.mark.parametrize("how", [(), ("--detach",)], ids=["foreground", "detached"])
def test_up_ends_with_whose_fault_it_was(
    page: str, code: int, how: tuple[str, ...], terminal: Terminal
) -> None:
    terminal.page(page)
    assert told(terminal.type("up", "--json", *how)) == code


def test_a_port_that_is_taken_is_3(terminal: Terminal) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        terminal.page(
            "services: {api: {command: [sleep, '600'], ports: {http: 8000},"
            ' expose: {host: "a.${env.domain}"}}}\n'
        )
        state = terminal.folder / ".seatrial"
        state.mkdir()
        (state / "ports.json").write_text(f'{{"api.http": {port}}}')
        assert told(terminal.type("up", "--json")) == 3


def test_data_is_removed_only_by_somebody_who_says_so_twice(terminal: Terminal) -> None:
    terminal.page("stores: {cache: {kind: redis}}\n")
    assert terminal.type("up", "--detach").code == 0
    state = terminal.folder / ".seatrial"
    secret = next((state / "secrets").iterdir()).read_text()
    assert told(terminal.type("down", "--data", "--json")) == 2
    assert terminal.type("status").code == 0
    done = terminal.type("down", "--data", "--yes", "--json")
    assert done.document == {"parts": ["cache"], "leftovers": 0, "removed": ["cache"]}
    assert list((state / "data").iterdir()) == []
    assert terminal.type("up", "--detach").code == 0
    assert next((state / "secrets").iterdir()).read_text() == secret


def test_what_does_not_run_or_is_not_known_is_told_apart(terminal: Terminal) -> None:
    terminal.page(SOUND)
    assert terminal.type("status").code == 1
    assert terminal.type("down").code == 0
    assert told(terminal.type("logs", "--json")) == 1
    assert told(terminal.type("restart", "api", "--json")) == 3
    assert told(terminal.type("open", "--json")) == 2
    for command in ("env", "exec", "restart", "run", "logs"):
        assert terminal.type(command, "--json", "nothing", "--", "true").code in {2, 3}
    assert terminal.type("check").code == 0
    assert terminal.type("plan", "--env", "nowhere").code == 2


def test_what_runs_is_0_and_a_job_and_a_restart_that_fail_say_whose_fault_it_was(terminal: Terminal) -> None:
    terminal.page(
        "services: {api: {command: [sh, -c, 'test ! -e broken && exec sleep 600']}}\n"
        "jobs: {tidy: {command: [sh, -c, 'echo $0; exit 7']}, ok: {command: [sh, -c, 'echo $0']},"
        " late: {command: [sleep, '600'], deadline: 1s}, missing: {command: [no-such-program]}}\n"
    )
    up = terminal.type("up", "--detach", "--json")
    assert up.code == 0
    assert [line["state"] for line in up.lines[:-1] if line["part"] == "api"][-1] == "ready"
    assert up.lines[-1]["phase"] == "up"
    assert terminal.type("status", "--json").document["phase"] == "up"
    assert terminal.type("status").code == 0
    ok = terminal.type("run", "ok", "--json", "--", "added")
    assert (ok.code, ok.lines[0], ok.lines[1]["job"]) == (0, {"stream": "out", "text": "added"}, "ok")
    assert told(terminal.type("run", "tidy", "--json")) == 1
    assert told(terminal.type("run", "missing", "--json")) == 3
    assert told(terminal.type("run", "late", "--json")) == 4
    restarted = terminal.type("restart", "api", "--json")
    assert (restarted.code, restarted.document["restarted"][0]["part"]) == (0, "api")
    assert told(terminal.type("restart", "apo", "--json")) == 2
    (terminal.folder / "broken").touch()
    assert told(terminal.type("restart", "api", "--json")) == 1
    assert terminal.type("status").code == 1
    assert told(terminal.type("exec", "api", "--json", "--", "no-such-program")) == 3
    assert terminal.type("down", "--json").document == {"parts": ["api"], "leftovers": 0}


def test_a_wrong_dotenv_is_not_called_sound(terminal: Terminal) -> None:
    terminal.page(SOUND)
    (terminal.folder / ".env").write_text("no assignment\n")
    for words in (("check",), ("check", "--json")):
        done = terminal.type(*words)
        assert (done.code, "sound" in done.out) == (2, False)


@pytest.mark.parametrize("words", [("plan",), ("schema",), ("check", "--json"), ("explain",), ("--help",)])
def test_a_reader_that_goes_is_no_failed_check(words: tuple[str, ...], terminal: Terminal) -> None:
    terminal.page("services:\n" + "".join(f"  api{n}: {{command: [sleep, '600']}}\n" for n in range(50)))
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [PROGRAM, *words], cwd=terminal.folder, stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_page_on_standard_output_is_not_promised_as_json(terminal: Terminal) -> None:
    (terminal.folder / "Procfile").write_text("web: sleep 600\n")
    assert told(terminal.type("init", "--json", "--print")) == 2


def test_a_program_that_listens_elsewhere_is_told_where_at_its_deadline(terminal: Terminal) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = f"import socket, time; kept = socket.create_server(('127.0.0.1', {port})); time.sleep(600)"
    terminal.page(
        f'services: {{api: {{command: [python3, -c, "{script}"], ports: {{http: 8000}},'
        " health: {ready: /, deadline: 5s}}}\n"
    )
    done = terminal.type("up", "--detach")
    assert (done.code, f"it listens on port {port}, not on " in done.err) == (4, True)
