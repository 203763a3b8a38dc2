import os
from pathlib import Path

import pytest

from seatrial import discovery, errors
from seatrial.discovery import folders


def test_packages_links_and_other_peoples_folders_are_not_read(tmp_path: Path) -> None:
    for path in ("a.py", "node_modules/x/index.js", ".venv/lib/b.py", ".git/c.py", "tests/d.py", "deep/e.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x = 1\n")
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    (tmp_path / "round").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(tmp_path / "pipe.py")
    read = folders.read_folder(tmp_path)
    assert set(read.texts) == {"a.py", "deep/e.py"}
    assert read.made == {".venv", "node_modules"}


def test_files_that_cannot_be_read_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "large.py").write_text("#" * (folders.FILE_BYTES_MAX + 1))
    (tmp_path / "latin.py").write_bytes(b"name = '\xe9'")
    (tmp_path / "broken.py").write_text("def (:\n")
    (tmp_path / "pyproject.toml").write_text("[project\n")
    (tmp_path / "package.json").write_text("{")
    (tmp_path / "compose.yaml").write_text("services: [}\n")
    (tmp_path / "Procfile").write_text("web: python a.py\n")
    draft = discovery.describe(tmp_path)
    doubts = "\n".join(draft.doubts)
    for name in ("large.py", "latin.py", "broken.py", "pyproject.toml", "package.json", "compose.yaml"):
        assert name in doubts
    assert [program.name for program in draft.programs] == ["web"]


def test_a_folder_with_too_many_files_is_read_as_far_as_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "FILES_MAX", 3)
    for number in range(6):
        (tmp_path / f"m{number}.py").write_text("x = 1\n")
    read = folders.read_folder(tmp_path)
    assert len(read.texts) == 3
    assert any("the rest was not read" in problem for problem in read.problems)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.CallError, match="is no folder"):
        discovery.describe(tmp_path / "missing")
