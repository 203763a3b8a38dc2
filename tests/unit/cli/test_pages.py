"""A page is checked and planned in the environment that is meant, or in all of them."""

import json
from pathlib import Path

import pytest

from seatrial import errors
from seatrial.cli import pages as commands
from tests.unit.spec import pages


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "seatrial.yaml").write_bytes(pages.WHOLE.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_check_of_all_environments_names_each(capsys: pytest.CaptureFixture[str]) -> None:
    commands.check(every=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines[:3]] == [
        "seatrial.yaml is sound in laptop",
        "seatrial.yaml is sound in production",
        "seatrial.yaml is sound in staging",
    ]
    assert lines[3] == "A laptop leaves out:"


def test_only_a_laptop_leaves_something_out(capsys: pytest.CaptureFixture[str]) -> None:
    commands.check(environment="production", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["limits"] == []
    assert set(told["environments"]) == {"production"}
    commands.check(as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["limits"]
    assert set(told["environments"]) == {"laptop"}


def test_a_plan_is_of_the_environment_that_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    commands.plan(environment="staging", as_json=True)
    assert json.loads(capsys.readouterr().out)["environment"] == "staging"
    commands.plan(environment="production")
    assert capsys.readouterr().out.startswith("whole in production, ")


def test_an_environment_that_the_page_does_not_have_is_refused() -> None:
    for command in (commands.check, commands.plan):
        with pytest.raises(errors.CallError, match="did you mean 'staging'"):
            command(environment="stagin")
