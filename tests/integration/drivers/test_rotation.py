"""A rotated password is the one that a store takes from its next start on, and the old one is refused."""

import json
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from seatrial import parts
from seatrial.drivers.laptop import folders, secrets
from seatrial.drivers.laptop.engines import clusters
from tests.integration.drivers.benches import Bench


async def log_in(bench: Bench, password: str, user: str = "db") -> None:
    address = bench.laptop.reach("db.main")
    connection = await asyncpg.connect(
        host=address.host, port=address.port, user=user, database="db", password=password
    )
    await connection.close()


async def test_a_postgres_takes_its_rotated_password_at_the_next_start(bench: Bench) -> None:
    bench.add_postgres()
    file = folders.open_folder(bench.folder).secrets / "db-password"
    async with bench.up():
        before = secrets.read_text(file)
        assert before is not None
        await log_in(bench, before)
    bench.laptop.rotate_secret(bench.plan, "db-password")
    after = secrets.read_text(file)
    assert after is not None
    assert after != before
    async with bench.up():
        await log_in(bench, after)
        with pytest.raises(asyncpg.InvalidPasswordError):
            await log_in(bench, before)


async def test_no_secret_of_the_page_is_the_superusers_whatever_it_is_called(bench: Bench) -> None:
    bench.add_postgres()
    bench.made.append(parts.Secret(name="db-superuser", source="generated", shown=True))
    async with bench.up():
        page, own = bench.secret("db-superuser"), bench.secret("db.superuser")
        assert page != own
        with pytest.raises(asyncpg.InvalidPasswordError):
            await log_in(bench, page, clusters.SUPERUSER)
    bench.laptop.rotate_secret(bench.plan, "db-superuser")
    async with bench.up():
        await log_in(bench, own, clusters.SUPERUSER)


async def test_data_of_an_earlier_version_keeps_its_superuser(bench: Bench) -> None:
    bench.add_postgres()
    folder = folders.open_folder(bench.folder).secrets
    async with bench.up():
        before = bench.secret("db.superuser")
    (folder / "db.superuser").rename(folder / "db-superuser")
    async with bench.up():
        assert bench.secret("db.superuser") == before
        await log_in(bench, before, clusters.SUPERUSER)


PAGE = """apiVersion: seatrial/v1alpha1
kind: System
metadata: {name: small}
stores: {cache: {kind: redis}}
"""


def seatrial(folder: Path, *words: str) -> str:
    """What the command prints."""
    told = [sys.executable, "-c", "from seatrial.cli import main; main()", *words]
    done = subprocess.run(told, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_running_system_starts_again_with_the_rotated_password_where_that_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "seatrial.yaml").write_text(PAGE, encoding="utf-8")
    kept = tmp_path / ".seatrial" / "secrets" / "cache-password"
    try:
        seatrial(tmp_path, "up", "--detach")
        first, before = kept.read_text(), json.loads(seatrial(tmp_path, "status", "--json"))
        printed = seatrial(tmp_path, "secrets", "rotate", "cache-password")
        assert "still with the old text: cache" in printed
        second = kept.read_text()
        printed += seatrial(tmp_path, "secrets", "rotate", "cache-password", "--restart")
        third, after = kept.read_text(), json.loads(seatrial(tmp_path, "status", "--json"))
        assert len({first, second, third}) == 3
        assert not any(text in printed for text in (first, second, third))
        assert before["supervisor_pid"] != after["supervisor_pid"]
        assert after["phase"] == "up"
    finally:
        seatrial(tmp_path, "down")
