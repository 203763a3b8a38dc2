"""A graph database; the laptop keeps graphs in a PostgreSQL in its place, and the address says so."""

from __future__ import annotations

from typing import Annotated, Literal

from seatrial import parts
from seatrial.kinds import lowering, stores
from seatrial.values import fields

KIND = "neo4j"
PORT = 7687
ACCOUNT = "neo4j"


class Spec(stores.ServerSpec):
    """`{kind: neo4j, version: "5.26", size: 20Gi}`: a graph database."""

    kind: Literal["neo4j"]
    version: Annotated[
        str,
        *fields.matching(
            "version of Neo4j", r"^(5(\.\d{1,2})?|20\d\d\.\d{1,2})$", 'a version in quotes such as "5.26"'
        ),
    ] = "5.26"
    """Version of Neo4j."""
    edition: Literal["community", "enterprise"] = "community"
    """More than one copy needs the enterprise edition and its licence."""
    size: fields.Bytes = 10 * 2**30


def address(name: str, _spec: Spec, use: lowering.Use) -> lowering.Variables:
    """`GRAPH_URL`, `GRAPH_HOST`, `GRAPH_PORT`, `GRAPH_USER`, `GRAPH_PASSWORD`, `GRAPH_NAME`."""
    return lowering.store_address(
        name, "bolt", use, account=ACCOUNT, path=ACCOUNT, password=stores.password_name(name)
    )


def lower(name: str, spec: Spec) -> tuple[parts.Part, ...]:
    """A server with its endpoint, volume and password, and a backup where one is asked for."""
    server = parts.Server(
        product=KIND,
        version=spec.version,
        edition=spec.edition,
        settings=tuple(sorted(spec.settings.items())),
        account=ACCOUNT,
        password=stores.password_name(name),
    )
    return stores.lower_server(name, spec, server, PORT)
