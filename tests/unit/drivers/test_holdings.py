"""People look after secrets without ever seeing one."""

import dataclasses
import os
import stat
import time
from pathlib import Path

import pytest

from seatrial import errors, parts
from seatrial.drivers.laptop import folders, holdings, secrets
from seatrial.plan import Plan
from seatrial.values.references import Template

TOKEN = parts.Secret(name="token", source="generated", prefix="t_", shown=True, rotate_seconds=3600)
SLACK = parts.Secret(name="slack", source="operator")
PLAN = Plan(
    system="s", environment="laptop", directory=Path("/nowhere"), parts=(SLACK, TOKEN), notes=Template(())
)


def held(folder: folders.Folder) -> dict[str, holdings.Holding]:
    return {one.name: one for one in holdings.holdings(folder, PLAN)}


def test_what_is_not_there_is_missing_or_not_made_yet(tmp_path: Path) -> None:
    found = held(folders.open_folder(tmp_path))
    assert (found["slack"].state, found["token"].state) == ("missing", "not made yet")
    assert found["token"].age_seconds is None
    assert not found["token"].due


def test_a_kept_secret_has_an_age_and_is_due_after_its_time(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    secrets.ensure_secret(folder, TOKEN)
    assert not held(folder)["token"].due
    old = time.time() - 7200
    os.utime(folder.secrets / "token", (old, old))
    found = held(folder)["token"]
    assert found.due
    assert found.age_seconds is not None
    assert found.age_seconds >= 7200


def test_no_text_is_in_what_people_are_told(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    text = secrets.ensure_secret(folder, TOKEN)
    assert text not in str([dataclasses.asdict(one) for one in holdings.holdings(folder, PLAN)])


def test_a_rotated_secret_is_another_one_of_the_same_form_for_its_owner_only(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    before = secrets.ensure_secret(folder, TOKEN)
    assert [shown.text for shown in secrets.show_secrets(folder, [TOKEN])] == [before]
    holdings.rotate(folder, PLAN, "token")
    after = secrets.ensure_secret(folder, TOKEN)
    assert after != before
    assert after.startswith("t_")
    assert len(after) == len(before)
    assert stat.S_IMODE((folder.secrets / "token").stat().st_mode) == 0o600
    assert [shown.text for shown in secrets.show_secrets(folder, [TOKEN])] == [after]


def test_an_operators_secret_is_set_and_not_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folders.open_folder(tmp_path)
    holdings.set_text(folder, PLAN, "slack", "several\nlines")
    assert secrets.find_secret(folder, SLACK, {}) == "several\nlines"
    assert held(folder)["slack"].kept == "file"
    with pytest.raises(errors.CallError, match="handed in by the operator"):
        holdings.rotate(folder, PLAN, "slack")
    monkeypatch.setenv("SEATRIAL_SECRET_SLACK", "another")
    assert held(folder)["slack"].kept == "variable"
    with pytest.raises(errors.CallError, match="SEATRIAL_SECRET_SLACK is set and wins"):
        holdings.set_text(folder, PLAN, "slack", "third")


@pytest.mark.parametrize("text", ["", "a\0b", "x" * (holdings.TEXT_BYTES_MAX + 1)])
def test_what_can_be_no_secret_is_refused(text: str, tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    with pytest.raises(errors.CallError):
        holdings.set_text(folder, PLAN, "slack", text)
    assert secrets.find_secret(folder, SLACK, {}) is None


def test_a_generated_secret_is_not_handed_in_and_an_unknown_one_is_told_the_nearest(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    with pytest.raises(errors.CallError, match="token is generated"):
        holdings.set_text(folder, PLAN, "token", "x")
    with pytest.raises(errors.CallError, match="did you mean 'token'"):
        holdings.rotate(folder, PLAN, "tokn")
