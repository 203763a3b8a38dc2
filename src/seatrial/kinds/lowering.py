"""What lowering a kind needs to know of the rest of the page, and what two kinds lower in the same way."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial import parts
from seatrial.values import names
from seatrial.values.references import HostOf, PortOf, SecretOf, Template

Variables = tuple[tuple[str, Template], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the page as a whole gives to one of its services or jobs; no `${…}` is left in it."""

    words: tuple[Template, ...]
    """The command."""
    env: Variables
    """Own settings and the addresses of all it uses."""
    needs: tuple[str, ...]
    configs: tuple[str, ...]
    context: str
    python: str | None


def endpoint_name(part: str, port: str) -> str:
    return f"{part}.{port}"


def address_variables(name: str, pieces: dict[str, Template]) -> Variables:
    """`DB_URL` and its pieces `DB_HOST`, `DB_PORT`, …: the same names everywhere."""
    return tuple((names.variable_name(name, piece), template) for piece, template in pieces.items())


def store_address(name: str, scheme: str, *, account: str, path: str) -> Variables:
    """Address of a store whose port is named `main`: `scheme://account:password@host:port/path`."""
    endpoint = endpoint_name(name, "main")
    host, port, password = (
        HostOf(endpoint=endpoint),
        PortOf(endpoint=endpoint),
        SecretOf(name=f"{name}-password"),
    )
    pieces = {
        "url": Template((f"{scheme}://{account}:", password, "@", host, ":", port, f"/{path}")),
        "host": Template((host,)),
        "port": Template((port,)),
        "password": Template((password,)),
    }
    if account:
        pieces |= {"user": Template((account,)), "name": Template((path,))}
    return address_variables(name, pieces)


def command(around: Surroundings) -> parts.Command:
    return parts.Command(words=around.words, context=around.context, python=around.python)
