"""Alembic at work: settings without files, one run at a time, patient with a database not there yet."""

import contextlib
import time
from collections.abc import Iterable, Iterator
from types import ModuleType

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from seatrial_kit.migrations import KIT, MigrationError, folder, version_table

LOCK = 0x5EA_721A1  # one number for all: two systems in one database take turns too
PAUSE_SECONDS = 0.25


def upgrade(database_url: str, packages: Iterable[str], wait_seconds_max: float) -> None:
    """Brings each package's tables to its newest revision."""
    with _locked(database_url, wait_seconds_max) as connection:
        for package in packages:
            command.upgrade(_config_on(connection, package), "head")
            # Where nothing is to be done Alembic only reads, and leaves that transaction open: the steps of
            # the next package would join it instead of committing each for itself, and be lost.
            connection.commit()


def downgrade(database_url: str, package: str, revision: str, wait_seconds_max: float) -> None:
    """Takes the package's tables back to `revision`."""
    with _locked(database_url, wait_seconds_max) as connection:
        command.downgrade(_config_on(connection, package), revision)


def revisions(package: str) -> list[ModuleType]:
    """The revisions of a package, newest first."""
    scripts = ScriptDirectory.from_config(_config(package))
    return [script.module for script in scripts.walk_revisions()]


def ensure_complete(package: str) -> None:
    """Each revision says when it runs, and its file is named after it: the quick look relies on that."""
    for module in revisions(package):
        if getattr(module, "RUNS", None) not in {"before the new code", "after the new code"}:
            raise MigrationError(f"{module.__file__} must say RUNS: before or after the new code")
        if not str(module.__file__).rpartition("/")[2].startswith(f"r{module.revision}_"):
            raise MigrationError(f"{module.__file__} must begin with r{module.revision}_")


def _config_on(connection: sqlalchemy.Connection, package: str) -> Config:
    ensure_complete(package)
    config = _config(package)
    config.attributes["connection"] = connection
    return config


def _config(package: str) -> Config:
    """Alembic's settings without a file: the kit's environment, the package's revisions."""
    config = Config(attributes={"version_table": version_table(package)})
    options = {
        "script_location": str(folder(KIT).parent),
        "version_locations": str(folder(package)),
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
