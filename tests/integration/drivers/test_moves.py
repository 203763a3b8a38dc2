"""A move of data that is killed at any moment loses nothing of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from seatrial.drivers.laptop.engines import moves

# Moves, and kills itself just before its n-th effect on the folder.
MOVER = """
import os, pathlib, sys
from seatrial.drivers.laptop.engines import moves
folder, left = pathlib.Path(sys.argv[1]), int(sys.argv[2])
EFFECTS = {"os.mkdir", "os.rmdir", "os.remove", "os.rename", "os.symlink", "os.chown", "os.chmod"}
def count(event, words):
    global left
    if event in EFFECTS or (event == "open" and words[2] & os.O_WRONLY):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), 9)
sys.addaudithook(count)
moves.move(folder / "data" / "db", folder / "elsewhere" / "db", os.getuid())
"""
KEPT = {"PG_VERSION": "18", "base/1/1259": "rows", "pg_wal/000": "changes"}
MOMENTS_MAX = 200


def write_data(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "elsewhere").mkdir(parents=True)
    for name, text in KEPT.items():
        file = folder / "data" / "db" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder / "data" / "db"


def read_data(data: Path) -> dict[str, str]:
    files = (path for path in data.rglob("*") if path.is_file())
    return {str(path.relative_to(data)): path.read_text() for path in files}


def killed(folder: Path, moment: int) -> bool:
    done = subprocess.run([sys.executable, "-c", MOVER, str(folder), str(moment)], check=False, timeout=30)
    assert done.returncode in (0, -9)
    return done.returncode == -9


def test_a_move_that_is_killed_at_any_moment_keeps_the_data_and_can_be_done_again(tmp_path: Path) -> None:
    places = set()
    for moment in range(MOMENTS_MAX):
        data = write_data(tmp_path)
        was_killed = killed(tmp_path, moment)
        places.add((data.is_symlink(), data.exists(), data.with_name("db.old").exists()))
        moves.restore(data)
        assert read_data(data.resolve()) == KEPT
        moves.move(data, tmp_path / "elsewhere" / "db", os.getuid())
        assert read_data(data.resolve()) == KEPT
        assert data.readlink() == tmp_path / "elsewhere" / "db"
        assert sorted(path.name for path in tmp_path.glob("*/*")) == ["db", "db"]
        if not was_killed:
            break
    assert moment > 20
    assert (False, False, True) in places  # set aside, and not linked yet
    assert {(False, True, False), (True, True, True), (True, True, False)} < places
    assert not was_killed


def test_a_move_that_is_killed_twice_keeps_the_data(tmp_path: Path) -> None:
    for moment in range(0, 40, 5):
        data = write_data(tmp_path)
        assert killed(tmp_path, 15)
        again = killed(tmp_path, moment)
        moves.restore(data)
        assert read_data(data.resolve()) == KEPT, (moment, again)


def test_a_copy_is_not_removed_while_nothing_else_is_there(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    target = tmp_path / "elsewhere" / "db"
    data.rename(target)
    moves.move(data, target, os.getuid())
    assert read_data(data.resolve()) == KEPT
