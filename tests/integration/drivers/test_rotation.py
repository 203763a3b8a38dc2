"""A rotated password is the one that a store takes from its next start on, and the old one is refused."""

import asyncpg
import pytest

from seatrial.drivers.laptop import folders, secrets
from tests.integration.drivers.benches import Bench


async def log_in(bench: Bench, password: str) -> None:
    address = bench.laptop.reach("db.main")
    connection = await asyncpg.connect(
        host=address.host, port=address.port, user="db", database="db", password=password
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
