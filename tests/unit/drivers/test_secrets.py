"""Secrets are generated once, kept for their owner only, and shown once."""

import stat
import string
from pathlib import Path

import pytest

from seatrial import errors, parts
from seatrial.drivers.laptop import folders, secrets


def test_a_generated_secret_stays_the_same_and_belongs_to_its_owner_only(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    wanted = (parts.Secret(name="admin-key", source="generated", size_bytes=32, prefix="gekb_"),)
    first = secrets.collect_secrets(folder, wanted, {})
    assert secrets.collect_secrets(folder, wanted, {}) == first
    assert first["admin-key"].startswith("gekb_")
    assert len(first["admin-key"]) >= 5 + 43
    assert set(first["admin-key"]) <= set(string.ascii_letters + string.digits + "-_")
    file = folder.secrets / "admin-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.root.stat().st_mode) == 0o700


def test_two_folders_have_different_secrets(tmp_path: Path) -> None:
    secret = parts.Secret(name="key", source="generated")
    one, other = (folders.open_folder(tmp_path / name) for name in ("one", "other"))
    assert secrets.ensure_secret(one, secret) != secrets.ensure_secret(other, secret)


def test_every_missing_secret_of_an_operator_is_named_with_its_file_and_variable(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    wanted = tuple(parts.Secret(name=name, source="operator") for name in ("slack", "pager-duty"))
    with pytest.raises(errors.MissingError) as failure:
        secrets.collect_secrets(folder, wanted, {})
    pager = folder.secrets / "pager-duty"
    assert str(failure.value).splitlines() == [
        f"secret slack: write it to {folder.secrets / 'slack'}, or set SEATRIAL_SECRET_SLACK here or in .env",
        f"secret pager-duty: write it to {pager}, or set SEATRIAL_SECRET_PAGER_DUTY here or in .env",
    ]


def test_a_secret_of_an_operator_comes_from_its_variable_or_its_file(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    wanted = (parts.Secret(name="slack", source="operator"),)
    (folder.secrets / "slack").write_text("from the file\n")
    assert secrets.collect_secrets(folder, wanted, {}) == {"slack": "from the file"}
    said = {"SEATRIAL_SECRET_SLACK": "from the variable"}
    assert secrets.collect_secrets(folder, wanted, said) == {"slack": "from the variable"}
    assert (folder.secrets / "slack").read_text() == "from the file\n"


def test_a_secret_for_people_is_shown_once_and_afterwards_only_where_it_is_kept(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    shown = parts.Secret(name="admin-key", source="generated", shown=True)
    hidden = parts.Secret(name="jwt", source="generated")
    assert secrets.show_secrets(folder, (shown, hidden)) == ()
    texts = secrets.collect_secrets(folder, (shown, hidden), {})
    first = secrets.show_secrets(folder, (shown, hidden))
    assert [(one.name, one.text) for one in first] == [("admin-key", texts["admin-key"])]
    again = secrets.show_secrets(folder, (shown, hidden))
    assert [(one.path, one.text) for one in again] == [(folder.secrets / "admin-key", None)]


def test_a_copy_of_a_folder_is_another_system_and_a_moved_one_the_same(tmp_path: Path) -> None:
    run = folders.open_folder(tmp_path / "one").run
    copied = tmp_path / "two" / folders.NAME
    copied.mkdir(parents=True)
    (copied / "id.json").write_text((tmp_path / "one" / folders.NAME / "id.json").read_text())
    assert folders.open_folder(tmp_path / "two").run != run
    (tmp_path / "one").rename(tmp_path / "three")
    assert folders.open_folder(tmp_path / "three").run == run


def test_a_look_at_a_folder_without_state_leaves_nothing_there(tmp_path: Path) -> None:
    assert folders.find_folder(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / folders.NAME).write_text("in the way")
    with pytest.raises(errors.MissingError, match="cannot keep state in"):
        folders.open_folder(tmp_path)
