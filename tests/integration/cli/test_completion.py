"""What the shells' own completion offers, asked through a real bash; the other shells by their scripts."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAMS = Path(sys.executable).parent
SECONDS_MAX = 60
PAGE = """
apiVersion: seatrial/v1alpha1
kind: System
metadata: {name: shop}
services: {web: {command: [serve]}, worker: {command: [work]}}
jobs:
  migrate: {command: [migrate]}
stores: {db: {kind: postgres}}
environments: {staging: {domain: example.com}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    page = tmp_path / "systems" / "shop" / "seatrial.yaml"
    page.parent.mkdir(parents=True)
    page.write_text(PAGE)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "seatrial.yaml").write_text("services: [")
    return tmp_path


def environment() -> dict[str, str]:
    return {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "HOME": "/nonexistent", "TERM": "dumb", "PS1": "$ "}


def offered(folder: Path, *words: str) -> list[str]:
    """What bash holds after Tab behind these words; whatever is said beside that counts as a failure."""
    script = (
        'eval "$(seatrial --show-completion bash)"\n'
        f"COMP_WORDS=({' '.join(repr(word) for word in words)})\nCOMP_CWORD={len(words) - 1}\n"
        "_seatrial_completion seatrial\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_commands_systems_parts_jobs_and_environments_are_offered(shop: Path) -> None:
    assert {"up", "restart", "exec"} <= set(offered(shop, "seatrial", ""))
    assert offered(shop, "seatrial", "up", "") == ["shop"]
    assert offered(shop, "seatrial", "restart", "shop", "w") == ["web", "worker"]
    assert offered(shop, "seatrial", "run", "shop", "") == ["migrate"]
    inside = shop / "systems" / "shop"
    assert offered(inside, "seatrial", "logs", "") == ["web", "worker", "db", "migrate", "shop"]
    assert offered(inside, "seatrial", "restart", "web", "w") == ["worker"]
    assert offered(inside, "seatrial", "plan", "--env", "") == ["laptop", "staging"]


@pytest.mark.parametrize("folder", ["empty", "broken"])
def test_where_nothing_can_be_offered_nothing_is_said(shop: Path, folder: str) -> None:
    assert offered(shop / folder, "seatrial", "run", "") in ([], ["shop"])
    assert offered(shop / folder, "seatrial", "run", "nothing", "x") == []


def test_a_tab_in_a_terminal_completes_the_word(shop: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(shop)
        os.execvpe("bash", ["bash", "--norc", "-i"], environment())
    told = b""
    try:
        os.write(terminal, b'eval "$(seatrial --show-completion bash)"; echo rea""dy\n')
        told = read_until(terminal, b"ready")
        os.write(terminal, b"echo seatrial restart shop wor\x01\x04\x04\x04\x04\x04\x05\t\n")
        told = read_until(terminal, b"worker")
        assert b"restart shop worker" in told
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)


def read_until(terminal: int, wanted: bytes) -> bytes:
    told = b""
    deadline = time.monotonic() + SECONDS_MAX
    while wanted not in told:
        assert time.monotonic() < deadline, told
        if select.select([terminal], [], [], 1.0)[0]:
            told += os.read(terminal, 4096)
    return told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str) -> None:
    done = subprocess.run(
        [str(PROGRAMS / "seatrial")],
        env=environment() | {"_SEATRIAL_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=True,
    )
    assert f"complete_{shell}" in done.stdout
