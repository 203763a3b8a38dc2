"""The lowered system: a sorted tuple of parts, the same for the same page whatever the order of its keys."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from seatrial.parts import Part
from seatrial.values.money import Money
from seatrial.values.references import Template


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What one page means in one environment; what targets render and drivers run."""

    system: str
    environment: str
    directory: Path
    """Folder of the page; paths in parts are relative to it."""
    parts: tuple[Part, ...]
    notes: Template

    def of[P: Part](self, kind: type[P]) -> tuple[P, ...]:
        """All parts of one class, by name."""
        return tuple(part for part in self.parts if isinstance(part, kind))

    def to_json(self) -> dict[str, Any]:
        """Plain data, references as `${sort:name}`; without the folder, so that machines can be compared."""
        return {
            "system": self.system,
            "environment": self.environment,
            "parts": [{"part": type(part).__name__.lower()} | _plain(part) for part in self.parts],
            "notes": str(self.notes),
        }

    @property
    def fingerprint(self) -> str:
        """Two plans with the same fingerprint start the same system."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:  # noqa: ANN401  # any value inside a part
    if isinstance(value, Template | Money | Decimal):
        return str(value)
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
