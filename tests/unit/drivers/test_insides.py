"""What people are told of a part: lines for a shell read each secret from where it came."""

import os
import subprocess
from pathlib import Path

import pytest

from seatrial import parts
from seatrial.drivers.laptop import folders, insides, secrets
from seatrial.plan import Plan
from seatrial.values.references import SecretOf, Template

VARIABLE = secrets.variable("slack")


def expression_in(folder: Path, source: str = "operator") -> str:
    program = parts.Command(words=(Template(("true",)),), build=parts.Build())
    api = parts.Workload(name="api", program=program, env=(("KEY", Template((SecretOf(name="slack"),))),))
    items = (api, parts.Secret(name="slack", source="generated" if source == "generated" else "operator"))
    plan = Plan(system="s", environment="laptop", directory=folder, parts=items, notes=Template(()))
    return insides.look_inside(folders.open_folder(folder), plan, api).expressions["KEY"]


def read_by_shell(expression: str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = ["sh", "-c", f'export KEY={expression}\nprintf %s "$KEY"']
    given = {"PATH": os.environ["PATH"]} | environment
    return subprocess.run(words, env=given, capture_output=True, text=True, check=False)


def test_a_secret_of_the_operators_file_is_taken_from_the_shell_or_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"{VARIABLE}='it''s'\n".replace("''", " "))
    expression = expression_in(tmp_path)
    told = read_by_shell(expression)
    assert told.returncode != 0
    assert (
        f"{VARIABLE}: stands in .env, which a shell reads otherwise: set it in this shell too" in told.stderr
    )
    assert read_by_shell(expression, **{VARIABLE: "it s"}).stdout == "it s"


def test_a_secret_of_the_caller_or_of_a_file_of_its_own_is_read_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folders.open_folder(tmp_path).secrets / "slack").write_text("kept")
    assert read_by_shell(expression_in(tmp_path)).stdout == "kept"
    monkeypatch.setenv(VARIABLE, "the caller's")
    assert read_by_shell(expression_in(tmp_path), **{VARIABLE: "the caller's"}).stdout == "the caller's"
    assert read_by_shell(expression_in(tmp_path, "generated"), **{VARIABLE: "no"}).stdout == "kept"
