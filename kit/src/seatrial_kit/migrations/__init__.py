"""Schema changes: Alembic revisions that hold plain SQL, applied once even when two processes try at once.

Every package keeps its revisions in `<package>/migrations/versions`, in a version table of its own. A revision says
in `RUNS` whether it belongs before or after the new code. The kit's own tables come first.
"""

import contextlib
import importlib
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import sqlalchemy
from alembic import command, op
from alembic.config import Config
from alembic.script import ScriptDirectory

KIT = "seatrial_kit"
LOCK = 0x5EA_721A1  # one number for all: two systems in one database take turns too
WAIT_SECONDS_MAX = 60.0
PAUSE_SECONDS = 0.25


class MigrationError(Exception):
    """The schema could not be brought to the wanted state."""


def upgrade(database_url: str, package: str, *, wait_seconds_max: float = WAIT_SECONDS_MAX) -> None:
    """Brings the kit's tables and then the package's to the newest revision; waits for the database."""
    with _locked(database_url, wait_seconds_max) as connection:
        for each in dict.fromkeys((KIT, package)):
            command.upgrade(_config_on(connection, each), "head")


def downgrade(
    database_url: str, package: str, revision: str = "base", *, wait_seconds_max: float = WAIT_SECONDS_MAX
) -> None:
    """Takes the package's tables back to `revision`; the kit's are a package of their own."""
    with _locked(database_url, wait_seconds_max) as connection:
        command.downgrade(_config_on(connection, package), revision)


def run_sql(sql: str) -> None:
    """For revisions: plain SQL, several statements, in which neither % nor : means anything to us."""
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(sql)


def revisions(package: str) -> list[ModuleType]:
    """The revisions of a package, newest first; each says when it runs."""
    scripts = ScriptDirectory.from_config(_config(package))
    modules = [script.module for script in scripts.walk_revisions()]
    for module in modules:
        if getattr(module, "RUNS", None) not in {"before the new code", "after the new code"}:
            raise MigrationError(f"{module.__name__} must say RUNS: before or after the new code")
    return modules


def _config_on(connection: sqlalchemy.Connection, package: str) -> Config:
    revisions(package)
    config = _config(package)
    config.attributes["connection"] = connection
    return config


def _config(package: str) -> Config:
    """Alembic's settings without a file: the kit's environment, the package's revisions."""
    home = importlib.import_module(f"{package}.migrations").__file__
    if home is None:
        raise MigrationError(f"{package}.migrations has no file to stand beside")
    config = Config(attributes={"version_table": f"{package}_version"})
    options = {
        "script_location": str(Path(__file__).parent),
        "version_locations": str(Path(home).parent / "versions"),
        "path_separator": "newline",
    }
    for name, value in options.items():
        config.set_main_option(name, value.replace("%", "%%"))
    return config


@contextlib.contextmanager
def _locked(database_url: str, wait_seconds_max: float) -> Iterator[sqlalchemy.Connection]:
    """A connection that alone may change the schema.

    The lock is polled for, not waited for: a waiting statement would hold a snapshot, for which CREATE INDEX
    CONCURRENTLY in the other process would wait in turn.
    """
    deadline = time.monotonic() + wait_seconds_max
    engine = sqlalchemy.create_engine(
        sqlalchemy.make_url(database_url).set(drivername="postgresql+psycopg"),
        poolclass=sqlalchemy.NullPool,
        connect_args={"connect_timeout": 5, "application_name": "migrations"},
    )
    with _connected(engine, deadline) as guard, _connected(engine, deadline) as connection:
        while not guard.scalar(sqlalchemy.text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
            guard.rollback()
            _pause(deadline, "another migration holds the lock")
        guard.commit()
        yield connection


def _connected(engine: sqlalchemy.Engine, deadline: float) -> sqlalchemy.Connection:
    while True:
        try:
            return engine.connect()
        except sqlalchemy.exc.OperationalError as error:
            _pause(deadline, str(error.orig).strip().splitlines()[0])


def _pause(deadline: float, reason: str) -> None:
    if time.monotonic() + PAUSE_SECONDS > deadline:
        raise MigrationError(f"gave up waiting: {reason}")
    time.sleep(PAUSE_SECONDS)
