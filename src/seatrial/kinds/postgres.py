"""PostgreSQL with extensions, settings, roles and backups; no account of the application is a superuser."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seatrial import parts
from seatrial.kinds import backups, lowering, stores
from seatrial.values import fields
from seatrial.values.references import HostOf, PortOf

KIND = "postgres"
PORT = 5432
_OWN_ACCOUNTS = frozenset({"postgres", "public", "none", "user", "template0", "template1"})
"""Accounts and databases that PostgreSQL keeps for itself."""
_ACCOUNT_CHARACTERS_MAX = 63
"""PostgreSQL cuts longer names off, so that two become one."""


class Spec(stores.ServerSpec):
    """`{kind: postgres, extensions: [vector], size: 100Gi, copies: 3}`: a PostgreSQL."""

    kind: Literal["postgres"]
    version: Annotated[int, Field(ge=14, le=18)] = 18
    """Major version of PostgreSQL."""
    extensions: list[fields.Text] = []
    """Extensions that are created in its database."""
    size: fields.Bytes = 10 * 2**30
    read_copies: Annotated[int, Field(ge=0, le=15)] = 0
    """Copies that only answer reads, with an address of their own: `DB_READ_URL`."""
    roles: dict[fields.Name, Literal["write", "read"]] = {}
    """Accounts beside the owner: `write` changes rows and no tables, `read` reads."""
    encrypted: bool = True
    """On disk; the laptop does not."""
    backup: backups.LoggedBackup | None = None
    """How copies are made; with a log, any moment can be restored."""

    def role_names(self) -> frozenset[str]:
        return frozenset(self.roles)

    @classmethod
    def is_reserved(cls, name: str) -> bool:
        account = _account(name)
        return account.startswith("pg_") or account in _OWN_ACCOUNTS

    @classmethod
    def refusal_of_role(cls, name: str, role: str) -> str | None:
        account = _account(name, role)
        if len(account) > _ACCOUNT_CHARACTERS_MAX:
            return (
                f"its account {account!r} has {len(account)} characters, and PostgreSQL cuts names off after"
                f" {_ACCOUNT_CHARACTERS_MAX}; shorten the name of the role or of the store"
            )
        return (
            f"{account!r} is a name that PostgreSQL keeps for itself" if account.startswith("pg_") else None
        )


def address(name: str, spec: Spec, use: lowering.Use) -> lowering.Variables:
    """`DB_URL`, `DB_HOST`, `DB_PORT`, `DB_USER`, `DB_PASSWORD`, `DB_NAME`.

    `DB_READ_URL`, `DB_READ_HOST`, `DB_READ_PORT` lead to the copies that answer reads, or to the server
    itself where there are none, so that a program is the same in every environment.
    """
    account = _account(name, use.role)
    password = _password(name, use.role)
    found = lowering.store_address(
        name, "postgresql", use, account=account, path=_account(name), password=password
    )
    endpoint = lowering.endpoint_name(name, "read" if spec.read_copies else "main")
    url = lowering.url(endpoint, "postgresql", account=account, path=_account(name), password=password)
    pieces = {
        "read_url": url,
        "read_host": lowering.text(HostOf(endpoint=endpoint)),
        "read_port": lowering.text(PortOf(endpoint=endpoint)),
    }
    return found + lowering.address_variables(use.alias, pieces)


def lower(name: str, spec: Spec) -> tuple[parts.Part, ...]:
    """A server with its endpoints, volume and passwords, and a backup where one is asked for."""
    accounts = tuple(
        parts.Account(name=_account(name, role), rights=rights, password=_password(name, role))
        for role, rights in sorted(spec.roles.items())
    )
    server = parts.Server(
        product=KIND,
        version=str(spec.version),
        settings=tuple(sorted(spec.settings.items())),
        extensions=tuple(sorted(spec.extensions)),
        account=_account(name),
        password=stores.password_name(name),
        accounts=accounts,
        encrypted=spec.encrypted,
        read_copies=spec.read_copies,
    )
    lowered = stores.lower_server(name, spec, server, PORT)
    lowered += tuple(parts.Secret(name=one.password, source="generated") for one in accounts)
    if spec.read_copies:
        lowered += (parts.Endpoint(name=lowering.endpoint_name(name, "read"), of=name, port=PORT),)
    return lowered


def _account(name: str, role: str | None = None) -> str:
    return "_".join(word.replace("-", "_") for word in (name, role) if word)


def _password(name: str, role: str | None) -> str:
    return stores.password_name(f"{name}-{role}" if role else name)
