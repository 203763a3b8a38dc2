"""What client programs of a store read from their environment, so that `exec` and `env` work for stores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from seatrial import errors, parts
from seatrial.drivers.laptop.engines import wheels
from seatrial.drivers.laptop.sites import Site
from seatrial.values.references import HostOf, PortOf, SecretOf, Template

Settings = dict[str, Template]


def settings(site: Site) -> Settings:
    """Variable → value, as the owner of the store; nothing for a product that has no such variables."""
    program = site.part.program
    if not isinstance(program, parts.Server) or program.password is None or not site.endpoints:
        return {}
    known = _SETTINGS.get(program.product)
    return known(program, site.endpoints[0].name, program.password) if known else {}


def folders(site: Site) -> tuple[Path, ...]:
    """Where the client programs lie that came with the engine."""
    program = site.part.program
    if not isinstance(program, parts.Server) or program.product != "postgres":
        return ()
    try:
        return (wheels.find_postgres().program("psql").parent,)
    except errors.MissingError:  # `up` says it
        return ()


def _postgres(server: parts.Server, endpoint: str, password: str) -> Settings:
    """The PostgreSQL manual, 32.15, environment variables of libpq."""
    account = server.account or ""
    return {
        "PGHOST": Template((HostOf(endpoint=endpoint),)),
        "PGPORT": Template((PortOf(endpoint=endpoint),)),
        "PGUSER": Template((account,)),
        "PGDATABASE": Template((account,)),
        "PGPASSWORD": Template((SecretOf(name=password),)),
    }


def _redis(_: parts.Server, endpoint: str, password: str) -> Settings:
    """The client reads the password alone; host and port are for its `-h` and `-p`."""
    return {
        "REDISCLI_AUTH": Template((SecretOf(name=password),)),
        "REDIS_HOST": Template((HostOf(endpoint=endpoint),)),
        "REDIS_PORT": Template((PortOf(endpoint=endpoint),)),
    }


_SETTINGS: Mapping[str, Callable[[parts.Server, str, str], Settings]] = {
    "postgres": _postgres,
    "redis": _redis,
}
