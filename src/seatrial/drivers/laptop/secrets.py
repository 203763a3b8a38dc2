"""Secrets of a system on this machine: one file each, for its owner only, generated once and kept."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from seatrial import errors, parts
from seatrial.drivers.laptop import folders, owners
from seatrial.values import names


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A secret that people need; its text is given once, later only where it is kept."""

    name: str
    path: Path
    text: str | None


def variable(name: str) -> str:
    """The environment variable from which an operator's secret may come."""
    return names.variable_name("seatrial", "secret", name)


def collect_secrets(
    folder: folders.Folder, wanted: Iterable[parts.Secret], said: Mapping[str, str]
) -> dict[str, str]:
    """Name → text; what can be generated is. Raises MissingError that names every other one.

    `said` is what the operator says by variables.
    """
    texts: dict[str, str] = {}
    missing: list[str] = []
    for secret in wanted:
        text = (
            _from_operator(folder, secret, said)
            if secret.source == "operator"
            else ensure_secret(folder, secret)
        )
        if text is None:
            place = folder.secrets / secret.name
            missing.append(
                f"secret {secret.name}: write it to {place}, or set {variable(secret.name)} here or in .env"
            )
        else:
            texts[secret.name] = text
    if missing:
        raise errors.MissingError("\n".join(missing))
    return texts


def find_secret(folder: folders.Folder, secret: parts.Secret, said: Mapping[str, str]) -> str | None:
    """The text of one that a system can do without."""
    if secret.source == "operator":
        return _from_operator(folder, secret, said)
    return read_text(folder.secrets / secret.name)


def ensure_secret(folder: folders.Folder, secret: parts.Secret) -> str:
    """The kept text, else a new one of letters, digits, - and _, which needs no escape in an address."""
    path = folder.secrets / secret.name
    kept = read_text(path)
    if kept is not None:
        return kept
    text = secret.prefix + secrets.token_urlsafe(secret.size_bytes)
    folders.write_atomically(path, text)
    return text


def ensure_engine_secret(folder: folders.Folder, name: str, former: str | None) -> str:
    """The text of an engine's own account. A dot in `name` keeps it apart from all that a page can name.

    `former` is where an earlier version kept it, among those of the page.
    """
    kept = read_text(folder.secrets / former) if former else None
    path = folder.secrets / name
    if kept is not None and read_text(path) is None:
        folders.write_atomically(path, kept)
    return ensure_secret(folder, parts.Secret(name=name, source="generated"))


def show_secrets(folder: folders.Folder, wanted: Iterable[parts.Secret]) -> tuple[Shown, ...]:
    """Secrets that people need: the first call gives the texts, later ones only where they are kept."""
    shown: list[Shown] = []
    for secret in wanted:
        path = folder.secrets / secret.name
        mark = folder.secrets / f"{secret.name}.shown"
        if secret.shown and path.is_file():
            shown.append(Shown(name=secret.name, path=path, text=None if mark.exists() else read_text(path)))
            mark.touch(mode=0o600)
            owners.keep_owner(mark)
    return tuple(shown)


def where_secrets(folder: folders.Folder, wanted: Iterable[parts.Secret]) -> tuple[Shown, ...]:
    """Where those lie that people need; the next look of a person still shows what was not yet shown."""
    kept = ((secret.name, folder.secrets / secret.name) for secret in wanted if secret.shown)
    return tuple(Shown(name=name, path=path, text=None) for name, path in kept if path.is_file())


def reading_expression(folder: folders.Folder, name: str) -> str:
    """A shell expression that people can paste: it stands for the secret's text."""
    return f"$(cat {shlex.quote(str(folder.secrets / name))})"


def _from_operator(folder: folders.Folder, secret: parts.Secret, said: Mapping[str, str]) -> str | None:
    """The variable wins and is not written down."""
    return said.get(variable(secret.name)) or read_text(folder.secrets / secret.name)


def read_text(path: Path) -> str | None:
    """What is kept, without the line end that editors add. Raises MissingError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n") or None
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise errors.MissingError(f"cannot read the secret {path}: {error}") from error
