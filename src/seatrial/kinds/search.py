"""Full-text search that speaks OpenSearch's protocol; a laptop keeps a PostgreSQL in its place."""

from __future__ import annotations

from typing import Annotated, Literal

from seatrial import parts
from seatrial.kinds import lowering, stores
from seatrial.values import fields

KIND = "search"
PORT = 9200
ACCOUNT = "admin"


class Spec(stores.ServerSpec):
    """`{kind: search, version: "3.3", size: 10Gi}`: full-text search."""

    kind: Literal["search"]
    version: Annotated[
        str,
        *fields.matching("version of OpenSearch", r"^[23](\.\d{1,2})?$", 'a version in quotes such as "3.3"'),
    ] = "3.3"
    """Version of OpenSearch."""
    size: fields.Bytes = 10 * 2**30


def address(name: str, _spec: Spec, use: lowering.Use) -> lowering.Variables:
    """`SEARCH_URL`, `SEARCH_HOST`, `SEARCH_PORT`, `SEARCH_USER`, `SEARCH_PASSWORD`."""
    return lowering.store_address(
        name, "http", use, account=ACCOUNT, path="", password=stores.password_name(name)
    )


def lower(name: str, spec: Spec) -> tuple[parts.Part, ...]:
    """A server with its endpoint, volume and password, and a backup where one is asked for."""
    server = parts.Server(
        product=KIND,
        version=spec.version,
        settings=tuple(sorted(spec.settings.items())),
        account=ACCOUNT,
        password=stores.password_name(name),
    )
    return stores.lower_server(name, spec, server, PORT)
