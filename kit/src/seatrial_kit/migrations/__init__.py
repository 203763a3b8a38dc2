"""Schema changes: Alembic revisions that hold plain SQL, applied once even when two processes try at once.

Every package keeps its revisions in `<package>/migrations/versions`, in a version table of its own. A
revision says in `RUNS` whether it belongs before or after the new code. The kit's own tables come first.
"""

import asyncio
import importlib
from pathlib import Path

import asyncpg

KIT = "seatrial_kit"
WAIT_SECONDS_MAX = 60.0
LOOK_SECONDS_MAX = 5.0


class MigrationError(Exception):
    """The schema could not be brought to the wanted state."""


def upgrade(database_url: str, package: str, *, wait_seconds_max: float = WAIT_SECONDS_MAX) -> None:
    """Brings the kit's tables and then the package's to the newest revision; waits for the database.

    Most starts find nothing to do, and a look at the version tables takes a tenth of importing Alembic.
    """
    packages = tuple(dict.fromkeys((KIT, package)))
    if asyncio.run(_is_current(database_url, packages)):
        return
    from seatrial_kit.migrations import runs  # noqa: PLC0415 -- see above

    runs.upgrade(database_url, packages, wait_seconds_max)


def downgrade(
    database_url: str, package: str, revision: str = "base", *, wait_seconds_max: float = WAIT_SECONDS_MAX
) -> None:
    """Takes the package's tables back to `revision`; the kit's are a package of their own."""
    from seatrial_kit.migrations import runs  # noqa: PLC0415 -- as above

    runs.downgrade(database_url, package, revision, wait_seconds_max)


def run_sql(sql: str) -> None:
    """For revisions: plain SQL, several statements, in which neither % nor : means anything to us."""
    from alembic import op  # noqa: PLC0415 -- as above

    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(sql)


def folder(package: str) -> Path:
    """Where the package keeps its revisions."""
    home = importlib.import_module(f"{package}.migrations").__file__
    if home is None:
        raise MigrationError(f"{package}.migrations has no file to stand beside")
    return Path(home).parent / "versions"


def newest(package: str) -> str:
    """The newest revision by the names of the files: `r0002_functions.py` is revision 0002."""
    return max(path.name[1:].partition("_")[0] for path in folder(package).glob("r*_*.py"))


def version_table(package: str) -> str:
    return f"{package}_version"


async def _is_current(database_url: str, packages: tuple[str, ...]) -> bool:
    """False, too, when the database cannot be asked: waiting for it is part of the real run."""
    try:
        async with asyncio.timeout(LOOK_SECONDS_MAX):
            connection = await asyncpg.connect(database_url)
            try:
                for package in packages:
                    query = f'SELECT version_num FROM "{version_table(package)}"'  # noqa: S608 -- our own name
                    if await connection.fetchval(query) != newest(package):
                        return False
                return True
            finally:
                await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
