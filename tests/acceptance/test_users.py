"""Whoever types the first command, and wherever the clone lies."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.clones import make_clone, need_programs

NOBODY = 65534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can traverse; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="seatrial-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def interpreter_for_all(folder: Path) -> Path:
    """An interpreter that other users can start: ours where they can, else a copy of it."""
    base = Path(sys.base_prefix)
    real = base / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    seen = subprocess.run(
        ["runuser", "-u", "nobody", "--", str(real), "-c", ""], capture_output=True, check=False
    )
    if seen.returncode == 0:
        return real
    ignore = shutil.ignore_patterns("test", "__pycache__", "*.a", "idlelib", "site-packages")
    shutil.copytree(base, folder / "python", symlinks=True, ignore=ignore)
    return folder / "python" / "bin" / real.name


def test_another_user_without_a_home_brings_it_up_with_an_empty_cache(open_folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; the other tests ran as one already")
    need_programs("runuser")
    clone = make_clone(open_folder / "clone")
    python = interpreter_for_all(open_folder)
    for path in (clone.folder, *clone.folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    kept = {
        key: value
        for key, value in os.environ.items()
        if key.startswith(("SSL_", "HTTP", "NO_", "PIP_", "LANG"))
    }
    env = kept | {"PATH": "/usr/sbin:/usr/bin:/bin", "SEATRIAL_PYTHON": str(python)}
    env["LD_LIBRARY_PATH"] = str(python.parents[1] / "lib")  # a copied interpreter looks in its old place

    def run(*words: str) -> str:
        done = subprocess.run(
            ["runuser", "-u", "nobody", "--", "./run", *words],
            cwd=clone.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        assert "gekb_" in run("up", "gekb", "--detach")
        run("status", "gekb")
        owners = {path.stat().st_uid for path in (clone.folder / "systems/gekb/.seatrial").rglob("*")}
        assert owners == {NOBODY}
    finally:
        run("down", "gekb")


def test_a_look_at_a_checkout_that_is_not_set_up_sets_nothing_up(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "clone")
    for verb in ("status", "down"):
        done = clone.run(verb, "gekb", check=False)
        assert (done.returncode, "it is not set up here" in done.stderr) == (3, True)
    assert not (clone.folder / ".seatrial").exists()
    assert not (clone.folder / ".venv").exists()


def test_somebody_elses_checkout_says_whose_it_is_and_what_to_do(open_folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    need_programs("runuser")
    clone = make_clone(open_folder / "clone")
    for verb in ("up", "status"):
        done = subprocess.run(
            ["runuser", "-u", "nobody", "--", "./run", verb, "gekb"],
            cwd=clone.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr.count("\n")) == (3, 1), done.stderr
        assert "this checkout belongs to root" in done.stderr
        assert "make your own clone" in done.stderr


def test_without_a_network_the_first_run_gives_up_after_one_retry(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "clone")
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    if shutil.which("uv", path=path):
        pytest.skip("uv is installed, so nothing is asked for it")
    nowhere = "http://127.0.0.1:9/simple"
    done = subprocess.run(
        ["./run", "up", "gekb"],
        cwd=clone.folder,
        env={"PATH": path, "HOME": str(tmp_path), "PIP_INDEX_URL": nowhere, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr.count("WARNING: Retrying") == 1, done.stderr
    assert "needs uv, or a Python 3 with pip or venv" in done.stderr.splitlines()[-1]
