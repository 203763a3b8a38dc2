"""The commands: what they need, what they say, and the schema up and down."""

import subprocess

import psycopg
import pytest
from seatrial_kit import migrations
from seatrial_kit.migrations import runs

from systems.gekb.tests.processes import ADMIN_KEY, COMMAND, environment

FINE = environment("postgresql://u:hidden@127.0.0.1:1/db", "redis://127.0.0.1:1/0")


def run(words: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *words], env=variables, capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.parametrize(
    ("words", "change", "named"),
    [
        (["migrate"], {"DB_URL": ""}, ["DB_URL"]),
        (["work", "--port", "9"], {"DB_URL": "mysql://u:hidden@h/d"}, ["DB_URL"]),
        (["serve", "--port", "9"], {"CACHE_URL": "", "ADMIN_KEY": ""}, ["CACHE_URL", "ADMIN_KEY"]),
        (["serve", "--port", "9"], {"ADMIN_KEY": "gekb_hidden"}, ["ADMIN_KEY"]),
        (["serve", "--port", "9"], {"LOG_LEVEL": "loud"}, ["LOG_LEVEL"]),
    ],
)
def test_a_wrong_environment_is_one_clear_line_and_exit_2(
    words: list[str], change: dict[str, str], named: list[str]
) -> None:
    done = run(words, FINE | change)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and done.stdout == ""
    assert all(name in done.stderr for name in named)
    assert "hidden" not in done.stderr


@pytest.mark.parametrize(
    "words", [[], ["serve"], ["serve", "--port", "0"], ["serve", "--port", "x"], ["dance"]]
)
def test_wrong_usage_is_exit_2(words: list[str]) -> None:
    assert run(words, FINE).returncode == 2


def test_the_worker_and_the_migration_need_no_admin_key_and_no_cache() -> None:
    lean = {name: value for name, value in FINE.items() if name not in {"ADMIN_KEY", "CACHE_URL"}}
    done = run(["work", "--port", "x"], lean)
    assert "port" in done.stderr and ADMIN_KEY not in done.stderr


def columns(url: str) -> list[tuple[str, str, str]]:
    names = "table_name, column_name, data_type"
    query = f"SELECT {names} FROM information_schema.columns WHERE table_schema = 'public'"
    with psycopg.connect(url) as connection:
        return sorted(connection.execute(query).fetchall())


def test_the_schema_goes_up_down_and_up_to_the_same_end(database_url: str) -> None:
    migrations.upgrade(database_url, "gekb")
    full = columns(database_url)
    assert {"errors", "error_patterns", "projects", "resolutions"} <= {table for table, _, _ in full}
    migrations.downgrade(database_url, "gekb", "0001")
    assert columns(database_url) == full  # that step was functions alone
    migrations.downgrade(database_url, "gekb")
    left = {table for table, _, _ in columns(database_url)}
    assert not {"errors", "error_patterns", "projects", "resolutions"} & left
    migrations.upgrade(database_url, "gekb")
    assert columns(database_url) == full
    runs.ensure_complete("gekb")
