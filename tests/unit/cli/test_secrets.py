"""Secrets are looked after from the command line, and stand neither on it nor in what it prints."""

import io
import json
import sys
from pathlib import Path

import pytest

from seatrial import errors
from seatrial.cli import secrets

PAGE = """apiVersion: seatrial/v1alpha1
kind: System
metadata: {name: one}
secrets: {token: {generate: 32 bytes, rotate: 90d}, slack: {from: operator}}
services: {web: {command: [serve], uses: [secrets.token, secrets.slack]}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "seatrial.yaml").write_text(PAGE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def say(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))


def test_a_text_is_read_from_standard_input_and_never_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say(monkeypatch, b"very secret\n")
    secrets.write(["slack"])
    assert (folder / ".seatrial/secrets/slack").read_text() == "very secret"
    secrets.show()
    secrets.show(as_json=True)
    printed = capsys.readouterr().out
    assert "very secret" not in printed
    assert "slack is set\nweb take it at the next start\n" in printed


def test_a_look_leaves_nothing_behind(folder: Path) -> None:
    secrets.show()
    assert [path.name for path in folder.iterdir()] == ["seatrial.yaml"]


def test_the_list_says_what_is_missing_and_who_uses_it(capsys: pytest.CaptureFixture[str]) -> None:
    secrets.show(as_json=True)
    told = {one["name"]: one for one in json.loads(capsys.readouterr().out)["secrets"]}
    assert told["slack"]["state"] == "missing"
    assert told["slack"]["used_by"] == ["web"]
    assert told["token"]["rotate_seconds"] == 90 * 86400


def test_a_text_on_the_command_line_is_refused() -> None:
    with pytest.raises(errors.CallError, match="name one secret"):
        secrets.write(["slack", "text"])


def test_what_is_no_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, b"\xff\xfe")
    with pytest.raises(errors.CallError, match="not UTF-8"):
        secrets.write(["slack"])


def test_a_rotation_makes_another_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secrets.rotate(["token"])
    first = (folder / ".seatrial/secrets/token").read_text()
    secrets.rotate(["token"], as_json=True)
    second = (folder / ".seatrial/secrets/token").read_text()
    assert first != second
    printed = capsys.readouterr().out
    assert first not in printed
    assert second not in printed
    assert json.loads(printed.splitlines()[-1]) == {
        "secret": "token",
        "did": "rotated",
        "used_by": ["web"],
        "running": False,
        "restarted": False,
    }
