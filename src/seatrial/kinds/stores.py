"""What every kind of store says, beside its own words."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seatrial import parts
from seatrial.kinds import backups, sizes
from seatrial.values import fields

Version = Annotated[
    str,
    *fields.matching("version", r"^\d{1,3}(\.\d{1,3}){0,2}$", "a version such as 5 or 5.26"),
]


class Spec(fields.Spec):
    """A store of the page."""

    kind: str
    """What it is: it decides which other keys there are."""
    size: fields.Bytes = 2**30
    """How much it keeps on disk."""
    settings: dict[fields.SettingName, fields.Setting] = {}
    """Settings in the server's own words."""
    backup: backups.Backup | None = None
    """How copies of its data are made, and for how long they are kept."""
    resources: sizes.Size = sizes.Size()
    """Cores and memory of its server."""
    place: sizes.Place = sizes.Place()
    """Which machines its server may run on."""
    protect: bool = False
    """Its data is kept when the system is deleted."""

    def role_names(self) -> frozenset[str]:
        """What `uses` may name as a role, beside the owner."""
        return frozenset()

    @classmethod
    def is_reserved(cls, _name: str) -> bool:
        """Whether the server keeps the account or database of that name for itself."""
        return False

    @classmethod
    def refusal_of_role(cls, _name: str, _role: str) -> str | None:
        """Why its server cannot have an account for that role; None where it can."""
        return None


class ServerSpec(Spec):
    """A store with a server of its own."""

    copies: Annotated[int, Field(ge=1, le=99)] = 1
    """Servers that hold the same data."""

    def scale(self) -> parts.Scale:
        return parts.Scale(copies_min=self.copies, copies_max=self.copies)


def password_name(name: str) -> str:
    """The secret that holds the password of a store's owner."""
    return f"{name}-password"


def lower_server(
    name: str, spec: ServerSpec, server: parts.Server, port: int, size: parts.Size | None = None
) -> tuple[parts.Part, ...]:
    """A server with its endpoint, volume and password, and a backup where one is asked for."""
    lowered: tuple[parts.Part, ...] = (
        parts.Workload(
            name=name,
            program=server,
            scale=spec.scale(),
            size=size or spec.resources.lower(),
            place=spec.place.lower(),
            volumes=(name,),
        ),
        parts.Endpoint(name=f"{name}.main", of=name, port=port),
        parts.Volume(name=name, of=name, size_bytes=spec.size, protected=spec.protect),
        parts.Secret(name=password_name(name), source="generated"),
    )
    return lowered + ((spec.backup.lower(name),) if spec.backup else ())
