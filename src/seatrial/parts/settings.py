"""What parts are told and what they keep: plain settings, secrets, volumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Plain settings that several parts share as environment variables."""

    name: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """A secret: generated once, or handed in by the operator. Its text is never part of a plan."""

    name: str
    source: Literal["generated", "operator"]
    size_bytes: int = 32
    prefix: str = ""
    rotate_seconds: float | None = None
    """After so long it should be a new one."""
    refresh_seconds: float | None = None
    """How often a changed text is fetched from where the operator keeps it."""
    shown: bool = False
    """People need it: the run that generates it shows it once, later ones say where it is kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Volume:
    """Storage that outlives the process of its workload."""

    name: str
    of: str
    size_bytes: int | None = None
    path: str | None = None
    """Where the program finds it; none where the server decides."""
    protected: bool = False
    """It is kept when what uses it is deleted."""
