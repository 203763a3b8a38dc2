"""What people see of the page's forms: in 80 columns, as JSON, as a file for editors."""

import json
from pathlib import Path

import pytest

from seatrial import errors
from seatrial.cli import forms, wordings
from seatrial.spec import explanations, schemas, trees
from tests.unit.spec import pages


@pytest.mark.parametrize(
    "path", ["", *trees.page_tree().page.keys, "services.expose", "stores.kafka", "promises.cost"]
)
def test_an_explanation_fits_into_80_columns(path: str) -> None:
    lines = list(forms._lines(explanations.explain(path)))
    assert [line for line in lines if len(line) > wordings.COLUMNS] == []
    assert lines[0] == path or path == ""


def test_the_names_of_the_page_around_here_may_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "seatrial.yaml").write_bytes(pages.WHOLE.read_bytes())
    monkeypatch.chdir(tmp_path)
    forms.explain(["services.api.health"])
    assert capsys.readouterr().out.startswith("services.api.health\n")
    forms.explain([str(tmp_path), "stores.bus.topics"], as_json=True)
    assert json.loads(capsys.readouterr().out)["path"] == "stores.bus.topics"


def test_a_page_that_is_no_yaml_does_not_hinder_an_explanation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "seatrial.yaml").write_text("{[", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    forms.explain(["services.scale"])
    assert capsys.readouterr().out.startswith("services.scale\n")


def test_two_paths_are_refused() -> None:
    with pytest.raises(errors.CallError):
        forms.explain(["services", "jobs"])


def test_the_schema_is_written_to_a_file(tmp_path: Path) -> None:
    forms.schema(tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == schemas.page_schema()
