"""What is held of each secret of a system on this machine, for people who look after them; never its text."""

from __future__ import annotations

import secrets as chance
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from seatrial import errors, parts
from seatrial.drivers.laptop import dotenvs, folders, secrets
from seatrial.plan import Plan, users
from seatrial.values import names

TEXT_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """One secret."""

    name: str
    source: Literal["generated", "operator"]
    used_by: tuple[str, ...]
    state: Literal["set", "missing", "not made yet"]
    kept: Literal["", "file", "variable"]
    """Where the text comes from that a start would take: its own file, or what the operator sets."""
    age_seconds: float | None
    """Since its file was written; a variable tells nothing of its age."""
    rotate_seconds: float | None
    """Age at which the page wants a new one."""

    @property
    def due(self) -> bool:
        return bool(
            self.rotate_seconds is not None
            and self.age_seconds is not None
            and self.age_seconds >= self.rotate_seconds
        )


def holdings(folder: folders.Folder, plan: Plan) -> tuple[Holding, ...]:
    """All secrets of the plan, by name."""
    used = users.of_secrets(plan)
    said = dotenvs.read_said(plan)
    return tuple(_holding(folder, secret, used[secret.name], said) for secret in plan.of(parts.Secret))


def set_text(folder: folders.Folder, plan: Plan, name: str, text: str) -> parts.Secret:
    """Keeps the text of an operator's secret. Raises CallError."""
    secret = find(plan, name)
    if secret.source != "operator":
        raise errors.CallError(f"{name} is generated, and nobody hands it in: rotate it for a new one")
    if not text or "\0" in text:
        raise errors.CallError(f"the text of {name} is empty or holds a zero byte")
    if len(text.encode()) > TEXT_BYTES_MAX:
        raise errors.CallError(f"the text of {name} is longer than {TEXT_BYTES_MAX} bytes")
    folders.write_atomically(folder.secrets / name, text)
    if secrets.find_secret(folder, secret, dotenvs.read_said(plan)) != text:
        raise errors.CallError(
            f"{name} is kept, but {secrets.variable(name)} is set and wins over it: remove that as well"
        )
    return secret


def rotate(folder: folders.Folder, plan: Plan, name: str) -> parts.Secret:
    """A new text for a generated secret; people are shown it once again. Raises CallError."""
    secret = find(plan, name)
    if secret.source == "operator":
        raise errors.CallError(f"{name} is handed in by the operator: write the new text with `secrets set`")
    text = secret.prefix + chance.token_urlsafe(secret.size_bytes)
    folders.write_atomically(folder.secrets / name, text)
    (folder.secrets / f"{name}.shown").unlink(missing_ok=True)
    return secret


def find(plan: Plan, name: str) -> parts.Secret:
    """Raises CallError with the nearest name."""
    known = {secret.name: secret for secret in plan.of(parts.Secret)}
    if name not in known:
        raise errors.CallError(f"no secret {name!r}; {names.suggestion(name, known)}")
    return known[name]


def _holding(
    folder: folders.Folder, secret: parts.Secret, used: tuple[str, ...], said: Mapping[str, str]
) -> Holding:
    path = folder.secrets / secret.name
    found = secrets.find_secret(folder, secret, said)
    from_file = found is not None and path.is_file() and secrets.read_text(path) == found
    missing: Literal["missing", "not made yet"] = "missing" if secret.source == "operator" else "not made yet"
    return Holding(
        name=secret.name,
        source=secret.source,
        used_by=used,
        state="set" if found else missing,
        kept="" if not found else "file" if from_file else "variable",
        age_seconds=max(0.0, time.time() - path.stat().st_mtime) if from_file else None,
        rotate_seconds=secret.rotate_seconds,
    )
