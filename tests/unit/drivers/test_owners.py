"""Whose state a folder holds stays as it is, and is said where it stands in the way."""

import os
from pathlib import Path

import pytest

from seatrial import errors, parts
from seatrial.drivers.laptop import Laptop, folders, records
from seatrial.plan import Plan
from seatrial.values.references import Template

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")


def plan_in(folder: Path) -> Plan:
    program = parts.Command(words=(Template(("true",)),), build=parts.Build())
    workload = parts.Workload(name="api", program=program)
    return Plan(system="s", environment="laptop", directory=folder, parts=(workload,), notes=Template(()))


@needs_root
async def test_a_system_is_not_started_in_the_folder_of_another_user(tmp_path: Path) -> None:
    root = folders.open_folder(tmp_path).root
    os.chown(root, NOBODY, NOBODY)
    with pytest.raises(
        errors.MissingError, match=r"belongs to nobody: run this as nobody, or .*chown -R root"
    ):
        await anext(Laptop(tmp_path).supervise(plan_in(tmp_path)))
    with pytest.raises(errors.MissingError, match="belongs to nobody"):
        await anext(Laptop(tmp_path).start(plan_in(tmp_path)))


@needs_root
async def test_root_looks_and_stops_without_taking_anything_over(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    lost = records.Record(phase="up", system="s", environment="laptop", fingerprint="f")
    records.write_record(folder, lost)
    for path in (folder.root, *folder.root.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    (folder.root / ".gitignore").unlink()
    folder.data.rmdir()
    assert Laptop(tmp_path).status().phase == "lost"
    await Laptop(tmp_path).stop()
    assert Laptop(tmp_path).status().phase == "stopped"
    assert {(path.stat().st_uid, path.stat().st_gid) for path in folder.root.rglob("*")} == {(NOBODY, NOBODY)}
