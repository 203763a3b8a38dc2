"""Folders of a service that outlive its process."""

from __future__ import annotations

from seatrial import parts
from seatrial.kinds import backups
from seatrial.values import fields


class Volume(fields.Spec):
    """`{path: /data/media, size: 10Gi}`: a folder that lasts, which `${volumes.NAME}` stands for."""

    path: fields.FolderPath
    """Folder at which the program finds it."""
    size: fields.Bytes = 2**30
    """How much fits into it."""
    backup: backups.Backup | None = None
    """How copies of it are made."""
    protect: bool = False
    """It is kept when the service is deleted."""


def volume_name(service: str, volume: str) -> str:
    return f"{service}-{volume}"


def lower(service: str, volumes: dict[str, Volume]) -> tuple[parts.Part, ...]:
    """A volume each, and a backup where one is asked for."""
    lowered: list[parts.Part] = []
    for key, spec in volumes.items():
        name = volume_name(service, key)
        lowered.append(
            parts.Volume(name=name, of=service, size_bytes=spec.size, path=spec.path, protected=spec.protect)
        )
        lowered += [spec.backup.lower(name)] if spec.backup else []
    return tuple(lowered)
