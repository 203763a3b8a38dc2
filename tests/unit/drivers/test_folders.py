"""Which state folder is which, over moves, copies and new starts of the machine."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from seatrial.drivers.laptop import folders, records


def rewrite(folder: folders.Folder, **changes: Any) -> None:
    path = folder.root / "id.json"
    kept = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({name: value for name, value in kept.items() if value is not None}))


def test_a_folder_that_is_moved_stays_itself_and_a_copy_is_another(tmp_path: Path) -> None:
    first = folders.open_folder(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "copy")
    (tmp_path / "a").rename(tmp_path / "b")
    assert folders.open_folder(tmp_path / "b").run == first.run
    assert folders.open_folder(tmp_path / "copy").run != first.run


def test_a_copy_has_neither_the_record_nor_the_ports_of_an_original_that_is_still_there(
    tmp_path: Path,
) -> None:
    first = folders.open_folder(tmp_path / "a")
    records.write_record(first, records.Record(phase="up", system="s", environment="laptop", fingerprint="f"))
    first.ports.write_text("{}")
    shutil.copytree(tmp_path / "a", tmp_path / "copy")
    copy = folders.open_folder(tmp_path / "copy")
    assert (records.read_record(copy), copy.ports.exists()) == (None, False)
    assert (records.read_record(first) is None, first.ports.exists()) == (False, True)
    shutil.copytree(tmp_path / "a", tmp_path / "heir")
    shutil.rmtree(tmp_path / "a")
    assert folders.open_folder(tmp_path / "heir").ports.exists()


def test_a_device_with_another_number_after_a_start_of_the_machine_changes_nothing(tmp_path: Path) -> None:
    first = folders.open_folder(tmp_path)
    number = first.root.stat().st_ino
    rewrite(first, place=[-1, number])
    assert folders.open_folder(tmp_path).run == first.run
    rewrite(first, place=[-1, number], path="/elsewhere")
    assert folders.open_folder(tmp_path).run != first.run


def test_what_an_earlier_version_wrote_is_taken_over(tmp_path: Path) -> None:
    first = folders.open_folder(tmp_path)
    rewrite(first, path=None)
    assert folders.open_folder(tmp_path).run == first.run
    assert json.loads((first.root / "id.json").read_text())["path"] == str(first.root)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"run": "x"}', '{"run": "x", "place": []}', '{"place": 1}']
)
def test_an_id_that_cannot_be_read_is_made_anew(text: str, tmp_path: Path) -> None:
    first = folders.open_folder(tmp_path)
    (first.root / "id.json").write_text(text)
    again = folders.open_folder(tmp_path)
    assert again.run not in ("x", first.run)
    assert folders.is_kept(again)
