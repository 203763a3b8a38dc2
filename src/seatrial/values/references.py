"""References instead of strings: a template holds them until a target or driver resolves each one.

A secret becomes text last, and only where a process needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class HostOf:
    """The host name under which other parts reach an endpoint."""

    endpoint: str

    def __str__(self) -> str:
        return f"${{host:{self.endpoint}}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class PortOf:
    """The port number under which other parts reach an endpoint."""

    endpoint: str

    def __str__(self) -> str:
        return f"${{port:{self.endpoint}}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ListenOn:
    """The port number on which the part itself listens; differs from PortOf where ports are mapped."""

    endpoint: str

    def __str__(self) -> str:
        return f"${{listen:{self.endpoint}}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemeOf:
    """The scheme of the URL under which an endpoint is spoken to.

    `scheme` is what the product itself speaks; a driver that runs another in its place says what that speaks.
    """

    endpoint: str
    scheme: str

    def __str__(self) -> str:
        return f"${{scheme:{self.endpoint}:{self.scheme}}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class BucketOf:
    """The URL of a bucket, such as `s3://name` or `file:///…`, without a trailing slash."""

    bucket: str

    def __str__(self) -> str:
        return f"${{bucket:{self.bucket}}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderOf:
    """The folder at which a volume is mounted, without a trailing slash."""

    volume: str

    def __str__(self) -> str:
        return f"${{folder:{self.volume}}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExternalOf:
    """The address of an external, as the page has it or as the operator replaced it."""

    external: str
    piece: Literal["url", "host", "port"]

    def __str__(self) -> str:
        return f"${{external:{self.external}:{self.piece}}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretOf:
    """The text of a secret. In notes for people: a shell expression that reads it."""

    name: str

    def __str__(self) -> str:
        return f"${{secret:{self.name}}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicUrlOf:
    """The address at which users reach an exposure, without a trailing slash."""

    exposure: str

    def __str__(self) -> str:
        return f"${{url:{self.exposure}}}"


Reference = HostOf | PortOf | SchemeOf | ListenOn | BucketOf | FolderOf | ExternalOf | SecretOf | PublicUrlOf


@dataclass(frozen=True, slots=True)
class Template:
    """Text with references in it."""

    pieces: tuple[str | Reference, ...]

    def resolve(self, resolver: Callable[[Reference], str]) -> str:
        return "".join(piece if isinstance(piece, str) else resolver(piece) for piece in self.pieces)

    def references(self) -> Iterator[Reference]:
        return (piece for piece in self.pieces if not isinstance(piece, str))

    def __str__(self) -> str:
        return "".join(str(piece) for piece in self.pieces)


_PLACEHOLDER = re.compile(r"(?<!\$)\$\{([^{}$\s]{1,100})\}")
_ESCAPED = "$${"
"""Stands for a `${` that is meant for a shell or the program itself."""


def placeholders(text: str) -> list[str]:
    """The names inside `${…}` in their order: `["port.http", "env.domain"]`."""
    return _PLACEHOLDER.findall(text)


def has_broken_placeholder(text: str) -> bool:
    """Whether a `${` stands there that begins no placeholder and is not escaped."""
    return "${" in _PLACEHOLDER.sub("", text).replace(_ESCAPED, "")


def parse_template(text: str, known: Callable[[str], Template | None]) -> Template:
    """Replaces each `${…}` by what `known` gives for its name, computing nothing; `$${` is a plain `${`.

    Raises KeyError with the name of a placeholder that is not known.
    """
    pieces: list[str | Reference] = []
    for index, piece in enumerate(_PLACEHOLDER.split(text)):
        if index % 2 == 0:
            pieces += [piece.replace(_ESCAPED, "${")] if piece else []
            continue
        meant = known(piece)
        if meant is None:
            raise KeyError(piece)
        pieces += meant.pieces
    return Template(tuple(pieces))
