"""Accounts and database of the application in a PostgreSQL: made by the superuser, tried as the owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from seatrial import errors
from seatrial.drivers.laptop import probes, processes
from seatrial.drivers.laptop.engines import clusters, grants, wheels
from seatrial.drivers.laptop.ports import HOST
from seatrial.drivers.laptop.processes import Launch

_PSQL_SECONDS_MAX = 30.0
_NO_CONNECTION = 2
"""What psql ends with when the server cannot be reached or refuses the login (its manual, Exit Status)."""
# Statements that hold the password must not reach the server's log, whatever the page sets.
_SILENT_SQL = """
SET log_statement = 'none'; SET log_min_error_statement = 'panic'; SET log_min_duration_statement = -1;
"""
_SERVER_SQL = r"""
\getenv password SEATRIAL_ACCOUNT_PASSWORD
SELECT format('CREATE ROLE %I', :'account')
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'account') \gexec
SELECT format('ALTER ROLE %I LOGIN NOSUPERUSER PASSWORD %L', :'account', :'password') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'account', :'account')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'account') \gexec
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accounts:
    """A running server seen through its own psql."""

    install: wheels.Install
    environment: dict[str, str]
    folder: Path
    port: int
    superuser_password: str
    account: str
    password: str
    extensions: tuple[str, ...]
    grantees: tuple[grants.Grantee, ...] = ()

    async def set_up(self) -> probes.Answer:
        """Roles, database, extensions and rights, as often as one likes. Raises PartFailedError."""
        superuser = (clusters.SUPERUSER, self.superuser_password)
        first = await self._psql(superuser, "postgres", _SILENT_SQL + _SERVER_SQL)
        if not first.passed:
            return first
        extensions = "".join(f'CREATE EXTENSION IF NOT EXISTS "{name}";\n' for name in self.extensions)
        rights, passwords = grants.statements(self.account, self.grantees)
        return await self._psql(superuser, self.account, _SILENT_SQL + extensions + rights, passwords)

    async def log_in(self) -> probes.Answer:
        """A real connection of the application's account."""
        return await self._psql((self.account, self.password), self.account, "SELECT 1;")

    async def _psql(
        self,
        login: tuple[str, str],
        database: str,
        sql: str,
        passwords: Mapping[str, str] = MappingProxyType({}),
    ) -> probes.Answer:
        """`passwords` are variables for `sql`, which itself must hold none."""
        user, password = login
        words = (
            str(self.install.program("psql")),
            "--no-psqlrc",
            "--quiet",
            "--no-password",
            "--set=ON_ERROR_STOP=1",
            f"--set=account={self.account}",
            "--output=/dev/null",
        )
        environment = self.environment | {
            "PGHOST": HOST,
            "PGPORT": str(self.port),
            "PGUSER": user,
            "PGDATABASE": database,
            "PGPASSWORD": password,
            "PGCONNECT_TIMEOUT": "5",
            "SEATRIAL_ACCOUNT_PASSWORD": self.password,
            **passwords,
        }
        launch = Launch(words=words, cwd=self.folder, env=environment, stdin=sql)
        outcome = await processes.run_to_end(launch, seconds_max=_PSQL_SECONDS_MAX)
        if outcome.code not in (0, _NO_CONNECTION):
            raise errors.PartFailedError(f"setting up {database} as {user}: {outcome.last_line}")
        return probes.Answer(passed=outcome.code == 0, text=outcome.last_line or "accepts logins")
