"""What lowering a kind needs to know of the rest of the page, and what two kinds lower in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seatrial import parts
from seatrial.values import names
from seatrial.values.references import HostOf, PortOf, Reference, SchemeOf, SecretOf, Template

Variables = tuple[tuple[str, Template], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """How something is used: the name that its variables begin with, and the role of the account."""

    alias: str
    role: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the page as a whole gives to one of its services or jobs; no `${…}` is left in it."""

    words: tuple[Template, ...]
    """The command."""
    env: Variables
    """Own settings and the addresses of all it uses."""
    needs: tuple[str, ...]
    configs: tuple[str, ...]
    build: parts.Build
    asked: Mapping[str, tuple[Template, ...]] = field(default_factory=dict)
    """Words of the probes that are commands, by `live` and `ready`."""


def endpoint_name(part: str, port: str) -> str:
    return f"{part}.{port}"


def address_variables(name: str, pieces: dict[str, Template]) -> Variables:
    """`DB_URL` and its pieces `DB_HOST`, `DB_PORT`, …: the same names everywhere."""
    return tuple((names.variable_name(name, piece), template) for piece, template in pieces.items())


def text(reference: Reference) -> Template:
    """One reference alone."""
    return Template((reference,))


def url(endpoint: str, scheme: str, *, account: str, path: str, password: str) -> Template:
    """`scheme://account:password@host:port/path`."""
    return Template(
        (
            SchemeOf(endpoint=endpoint, scheme=scheme),
            f"://{account}:",
            SecretOf(name=password),
            "@",
            HostOf(endpoint=endpoint),
            ":",
            PortOf(endpoint=endpoint),
            *((f"/{path}",) if path else ()),
        )
    )


def store_address(name: str, scheme: str, use: Use, *, account: str, path: str, password: str) -> Variables:
    """Address of a store whose port is named `main`: its URL, and the pieces of it."""
    endpoint = endpoint_name(name, "main")
    pieces = {
        "url": url(endpoint, scheme, account=account, path=path, password=password),
        "host": text(HostOf(endpoint=endpoint)),
        "port": text(PortOf(endpoint=endpoint)),
        "password": text(SecretOf(name=password)),
    }
    if account:
        pieces["user"] = Template((account,))
    if account and path:
        pieces["name"] = Template((path,))
    return address_variables(use.alias, pieces)


def command(around: Surroundings) -> parts.Command:
    return parts.Command(words=around.words, build=around.build)
