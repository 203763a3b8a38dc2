import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from seatrial_kit import migrations
from seatrial_kit.migrations import runs

from kit.tests.engines import Postgres, free_port, postgres_engine, wait_for

REVISION = '''
from seatrial_kit import migrations

{runs}
revision = "{number}"
down_revision = {before}


def upgrade():
    migrations.run_sql("""{up}""")


def downgrade():
    migrations.run_sql("""{down}""")
'''
RUNS = 'RUNS = "before the new code"'


def make_package(folder: Path, name: str, *revisions: str) -> None:
    versions = folder / name / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / name / "__init__.py").touch()
    (folder / name / "migrations" / "__init__.py").touch()
    for number, text in enumerate(revisions, 1):
        (versions / f"r{number:04}_step.py").write_text(text)


def revision(number: int, up: str, down: str, stated: str = RUNS) -> str:
    before = f'"{number - 1:04}"' if number > 1 else "None"
    return REVISION.format(number=f"{number:04}", before=before, up=up, down=down, runs=stated)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with two revisions, whose SQL holds what templates and drivers like to interpret."""
    name = f"sample_{abs(hash(tmp_path)):x}"
    first = revision(
        1, "CREATE TABLE notes (text text DEFAULT '100% :word %s {}'); SELECT 1;", "DROP TABLE notes"
    )
    second = revision(2, "ALTER TABLE notes ADD n int", "ALTER TABLE notes DROP n")
    make_package(tmp_path, name, first, second)
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


def schema(url: str) -> list[tuple[str, str]]:
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    with psycopg.connect(url) as connection:
        return sorted(connection.execute(query).fetchall())


def functions(url: str) -> int:
    query = (
        "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'public'"
    )
    with psycopg.connect(url) as connection:
        return int(connection.execute(query).fetchall()[0][0])


def test_up_down_and_up_again_end_in_the_same_schema(database_url: str, package: str) -> None:
    migrations.upgrade(database_url, package)
    full = schema(database_url)
    assert ("notes", "n") in full and ("api_keys", "digest") in full and ("procrastinate_jobs", "id") in full
    migrations.downgrade(database_url, package, "0001")
    assert ("notes", "n") not in schema(database_url) and ("notes", "text") in schema(database_url)
    migrations.downgrade(database_url, package)
    migrations.downgrade(database_url, migrations.KIT)
    left = {table for table, _ in schema(database_url)}
    assert left == {"seatrial_kit_version", f"{package}_version"}
    assert functions(database_url) == 0
    migrations.upgrade(database_url, package)
    assert schema(database_url) == full


def test_sql_is_plain_neither_percent_nor_colon_means_anything(database_url: str, package: str) -> None:
    migrations.upgrade(database_url, package)
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO notes DEFAULT VALUES")
        assert connection.execute("SELECT text FROM notes").fetchone() == ("100% :word %s {}",)


def test_two_at_once_apply_each_revision_once(database_url: str, package: str, tmp_path: Path) -> None:
    code = f"from seatrial_kit import migrations; migrations.upgrade({database_url!r}, {package!r})"
    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE) for _ in range(3)
    ]
    for process in started:
        _, complaint = process.communicate(timeout=60)
        assert process.returncode == 0, complaint.decode()
    assert ("notes", "n") in schema(database_url)


def test_the_quick_look_sees_what_the_real_run_would_do(database_url: str, package: str) -> None:
    for each in (package, migrations.KIT):
        assert migrations.newest(each) == runs.revisions(each)[0].revision
    migrations.upgrade(database_url, package)
    with psycopg.connect(database_url) as connection:  # a run with nothing to do must not take the lock
        connection.execute("SELECT pg_advisory_lock(%s)", (runs.LOCK,))
        migrations.upgrade(database_url, package, wait_seconds_max=1)
        connection.execute(f"UPDATE {package}_version SET version_num = '0001'")
        connection.execute("ALTER TABLE notes DROP n")
        connection.commit()
        with pytest.raises(migrations.MigrationError, match="lock"):
            migrations.upgrade(database_url, package, wait_seconds_max=1)
    migrations.upgrade(database_url, package)
    assert ("notes", "n") in schema(database_url)


def test_it_waits_for_a_database_that_is_not_there_yet(package: str) -> None:
    with postgres_engine() as engine:
        url = engine.create_database("late")
        engine.kill()
        late = threading.Timer(1.0, engine.start)
        late.start()
        migrations.upgrade(url, package, wait_seconds_max=30)
        late.join()
        assert ("notes", "n") in schema(url)


def test_it_gives_up_on_a_database_that_never_comes(package: str) -> None:
    url = f"postgresql://nobody:x@127.0.0.1:{free_port()}/none"
    with pytest.raises(migrations.MigrationError, match="gave up waiting"):
        migrations.upgrade(url, package, wait_seconds_max=0.5)


def test_a_step_that_fails_leaves_the_schema_at_the_step_before(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = revision(1, "CREATE TABLE whole (n int)", "DROP TABLE whole")
    bad = revision(2, "CREATE TABLE half (n int); SELECT 1/0;", "DROP TABLE half")
    make_package(tmp_path, "failing_sample", good, bad)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Exception, match="division by zero"):
        migrations.upgrade(database_url, "failing_sample")
    tables = {table for table, _ in schema(database_url)}
    assert "whole" in tables and "half" not in tables


def test_a_revision_must_say_when_it_runs(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_package(tmp_path, "silent_sample", revision(1, "SELECT 1", "SELECT 1", stated=""))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(migrations.MigrationError, match="must say RUNS"):
        migrations.upgrade(database_url, "silent_sample")


def test_the_kits_own_revisions_are_complete(postgres: Postgres) -> None:
    wait_for(postgres.answers, 10, "PostgreSQL")
    runs.ensure_complete(migrations.KIT)
