"""What was found in an application's folder, each with the place that it was found at. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Place:
    """A line of a file."""

    file: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependency:
    """A library that a project asks for; its name in lower case with `-`."""

    name: str
    folder: str
    language: Literal["python", "node"]
    place: Place
    extras: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """What a value is for: a piece of a store's address, a port, host names, a secret."""

    sort: Literal["store", "port", "hosts", "secret", "operator", "text"]
    kind: str = ""
    """Of a store."""
    piece: str = ""
    """Of a store's address: url, host, port, user, password, name, number (of a Redis database), pair. Of a
    secret: shown, where people need it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """An environment variable that a program reads."""

    name: str
    folder: str
    place: Place
    required: bool = False
    """Whether the program ends without it, as far as can be seen."""
    default: str | None = None
    role: Role | None = None
    """Known from where the program uses it; else its name must tell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """A variable with a value that a file gives it; no value where the file gives none that may be copied."""

    name: str
    value: str | None
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """A server that keeps data; `kind` is a kind of the page, or a product that has none there."""

    kind: str
    place: Place
    name: str = ""
    version: int | None = None
    extensions: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """A program of the application that runs, as a service or a job."""

    name: str
    words: tuple[str, ...]
    place: Place
    folder: str = ""
    dockerfile: str = ""
    """That its image is made by, relative to the folder."""
    job: str = ""
    """Empty for a service; else when the job runs, as the page says it."""
    port: int | None = None
    web: bool = False
    """Whether users reach it."""
    health: str | None = None
    health_place: Place | None = None
    settings: tuple[Setting, ...] = ()
    uses: frozenset[str] | None = None
    """Names of the stores and services that it is said to use; None where nothing says so."""
    port_variable: bool = False
    """Whether it is told its port by PORT."""
    listed: bool = False
    """Its settings are all that it is given; of what its code reads beside them, others may be meant."""
    copies: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """Everything that readers found; joined by `+`."""

    processes: tuple[Process, ...] = ()
    stores: tuple[Store, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    variables: tuple[Variable, ...] = ()
    doubts: tuple[str, ...] = ()
    """Sentences on what could not be known."""
    steps: tuple[str, ...] = ()
    """What the owner has to do before it runs, such as installing."""
