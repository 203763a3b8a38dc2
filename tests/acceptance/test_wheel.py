"""Seatrial from its wheel, in an environment that holds nothing else, far from this repository."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.clones import ROOT
from tests.acceptance.strangers import SECONDS_MAX, Browser, Stranger, copied, find_uv, until


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the one program that `uv tool install` of the wheel put there."""
    folder = tmp_path_factory.mktemp("tool")
    uv = find_uv()
    subprocess.run(
        [uv, "build", "--quiet", "--wheel", "--package", "seatrial", "--out-dir", str(folder / "wheels")],
        cwd=ROOT,
        timeout=SECONDS_MAX,
        check=True,
    )
    (wheel,) = (folder / "wheels").glob("seatrial-*.whl")
    own = {
        "UV_TOOL_DIR": str(folder / "tools"),
        "UV_TOOL_BIN_DIR": str(folder / "bin"),
        "UV_CACHE_DIR": str(folder / "cache"),
    }
    subprocess.run(
        [uv, "tool", "install", "--quiet", "--python", sys.executable, str(wheel)],
        cwd=folder,
        env={**os.environ, **own},
        timeout=SECONDS_MAX * 2,
        check=True,
    )
    return folder / "bin"


@pytest.fixture
def stranger(installed: Path, tmp_path: Path) -> Iterator[Stranger]:
    home = tmp_path / "home"
    home.mkdir()
    clean = {"PATH": os.pathsep.join([str(installed), str(Path(sys.executable).parent), "/usr/bin", "/bin"])}
    folder = copied("plain_python", tmp_path)
    one = Stranger(
        folder=folder, command=(str(installed / "seatrial"),), environment=clean | {"HOME": str(home)}
    )
    yield one
    one.run("down", str(folder), check=False)


def test_the_installed_wheel_takes_an_application_from_init_to_up_and_down(stranger: Stranger) -> None:
    folder = str(stranger.folder)
    said = stranger.run("init", folder).stdout
    assert "next: `seatrial check plain_python`, then `seatrial up plain_python`" in said
    assert "is sound" in stranger.run("check", folder).stdout
    welcome = stranger.run("up", folder, "--detach").stdout
    assert "`seatrial down" in welcome
    assert "./run" not in welcome
    browser = Browser(stranger.url())
    browser.post("/", b"from a wheel")
    assert browser.get("/") == '["from a wheel"]'
    until(lambda: "from a wheel" in stranger.run("logs", folder, "web").stdout)
    assert "stopped web" in stranger.run("down", folder).stdout


def test_an_engine_of_the_wheel_starts_too(stranger: Stranger) -> None:
    """PostgreSQL comes with the wheel's dependencies; a job of the page asks it."""
    page = stranger.folder / "seatrial.yaml"
    page.write_text(
        "apiVersion: seatrial/v1alpha1\nkind: System\nmetadata: {name: engines}\n"
        "services: {idle: {command: [sleep, '600'], uses: [db, cache]}}\n"
        "stores: {db: {kind: postgres}, cache: {kind: redis}}\n"
    )
    folder = str(stranger.folder)
    said = stranger.run("up", folder, "--detach").stdout
    assert "db           ready" in said
    assert "cache        ready" in said
