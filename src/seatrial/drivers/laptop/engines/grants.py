"""What the accounts beside the owner of a PostgreSQL may do, as statements for its superuser.

`write` may change rows: SELECT, INSERT, UPDATE, DELETE, and the next numbers of sequences. It may not
TRUNCATE, which takes a lock like a change of the table and passes by rules for rows. `read` may SELECT.
Neither may make, change or drop a schema, table, function or large object. Functions can be called by all,
and each account may set its own password and defaults, as PostgreSQL has it.

Rights hold for what the owner has made and, by default privileges, for what it makes later in any schema. All
of it is done anew at each start, in one transaction, so a right that the page takes away is gone. An account
that the page no longer has is kept, since rows of others may name it, and may not log in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

_MARK = "an account of the page"
"""Comment on our accounts, by which those are found that the page no longer has."""
_RELATIONS: Mapping[str, str] = {"write": "SELECT, INSERT, UPDATE, DELETE", "read": "SELECT"}
_SEQUENCES: Mapping[str, str] = {"write": "USAGE, SELECT", "read": "SELECT"}

_ACCOUNT_SQL = r"""
SELECT format('CREATE ROLE %I', :'account')
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'account') \gexec
SELECT format(
        'ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %L', :'account', :'password'
    ) \gexec
"""
# Of a schema, the owner of the database owns what migrations made, and `public` belongs to whoever owns the
# database. Objects of extensions belong to the superuser and stay as they are.
_RIGHTS_SQL = r"""
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), :'account') \gexec
SELECT format('REVOKE ALL ON %s FROM %I', oid::regclass, :'account') FROM pg_class
    WHERE relowner = :'owner'::regrole AND relkind IN ('r', 'p', 'v', 'm', 'f') \gexec
SELECT format('REVOKE ALL ON SEQUENCE %s FROM %I', oid::regclass, :'account') FROM pg_class
    WHERE relowner = :'owner'::regrole AND relkind = 'S' \gexec
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', nspname, :'account') FROM pg_namespace
    WHERE nspowner = :'owner'::regrole OR nspname = 'public' \gexec
SELECT format('GRANT %s ON %s TO %I', :'relations', oid::regclass, :'account') FROM pg_class
    WHERE relowner = :'owner'::regrole AND relkind IN ('r', 'p', 'v', 'm', 'f') \gexec
SELECT format('GRANT %s ON SEQUENCE %s TO %I', :'sequences', oid::regclass, :'account') FROM pg_class
    WHERE relowner = :'owner'::regrole AND relkind = 'S' \gexec
SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE ALL ON %s FROM %I', :'owner', sort, :'account')
    FROM unnest(ARRAY['TABLES', 'SEQUENCES']) AS sort \gexec
SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT %s TO %I', :'owner', granted, :'account')
    FROM unnest(ARRAY['USAGE ON SCHEMAS', :'relations' || ' ON TABLES', :'sequences' || ' ON SEQUENCES'])
        AS granted \gexec
SELECT format('COMMENT ON ROLE %I IS %L', :'account', :'mark') \gexec
"""
# Whoever may call these makes large objects, which are no rows of a table.
_LARGE_OBJECTS_SQL = r"""
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', oid::regprocedure) AS revoked,
    format('GRANT EXECUTE ON FUNCTION %s TO %I', oid::regprocedure, :'owner') AS granted
    FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
    AND proname IN ('lo_creat', 'lo_create', 'lo_from_bytea') \gexec
"""
_REMOVED_SQL = r"""
SELECT format('ALTER ROLE %I NOLOGIN', rolname) FROM pg_roles
    WHERE shobj_description(oid, 'pg_authid') = :'mark'
    AND rolname <> ALL (string_to_array(:'kept', ',')) \gexec
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Grantee:
    """An account beside the owner, with its password."""

    account: str
    password: str
    rights: Literal["write", "read"]


def statements(owner: str, grantees: Iterable[Grantee]) -> tuple[str, dict[str, str]]:
    r"""What psql is told in the owner's database, and the variables that hold the passwords (`\getenv`)."""
    sql = f"BEGIN;\n\\set owner {owner}\n\\set mark '{_MARK}'\n{_LARGE_OBJECTS_SQL}"
    variables: dict[str, str] = {}
    named: list[str] = []
    for number, one in enumerate(grantees):
        variable = f"SEATRIAL_ACCOUNT_PASSWORD_{number}"
        variables[variable] = one.password
        named.append(one.account)
        sql += f"\\set account {one.account}\n\\getenv password {variable}\n"
        sql += f"\\set relations '{_RELATIONS[one.rights]}'\n\\set sequences '{_SEQUENCES[one.rights]}'\n"
        sql += _ACCOUNT_SQL + _RIGHTS_SQL
    return f"{sql}\\set kept '{','.join(named)}'\n{_REMOVED_SQL}COMMIT;\n", variables
