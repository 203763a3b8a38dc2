"""What the operator says on this machine: variables of the caller, and under them `.env` beside the page.

`NAME=value` lines, with or without `export`; in single quotes as it stands, in double quotes with the usual
escapes, both over several lines; `#` begins a comment. Nothing is computed: a `$` is a `$`. Names that are
not ours are left to the programs whose file it is too, and reach no process from here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from seatrial import errors, parts
from seatrial.drivers.laptop import secrets, sites
from seatrial.drivers.laptop.engines import gateways
from seatrial.plan import Plan
from seatrial.values import names

NAME = ".env"
_BYTES_MAX = 2**20
_OURS = ("SEATRIAL_SECRET_", "SEATRIAL_EXTERNAL_", "SEATRIAL_MODEL_", sites.SETTING)
_SECRET = re.compile(r"SEATRIAL_SECRET_.*|SEATRIAL_MODEL_.*_KEY|OPENAI_API_KEY")
_PORTS = {"http": 80, "https": 443}
_ASSIGNMENT = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*")
_QUOTED = re.compile(r"""'(?P<plain>[^']*)'|"(?P<escaped>(?:[^"\\]|\\.)*)\"""", re.DOTALL)
_IDLE = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_COMMENT = re.compile(r"(?:^|[ \t])#")
_ESCAPE = re.compile(r"\\([nrt\"$\\])")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One line of the file."""

    line: int
    name: str
    text: str


def external_variable(name: str) -> str:
    """The variable that replaces the address of an external."""
    return names.variable_name("seatrial", "external", name, "url")


def setting_variable(name: str) -> str:
    """The variable that replaces a plain setting of the page, in every part that has it."""
    return f"{sites.SETTING}{name}"


def plain_settings(plan: Plan) -> frozenset[str]:
    """Names of settings whose text stands in the page as it is."""
    shared = {name for config in plan.of(parts.Config) for name, _ in config.values}
    running: tuple[parts.Workload | parts.Job, ...] = (*plan.of(parts.Workload), *plan.of(parts.Job))
    own = {name for part in running for name, text in part.env if not any(text.references())}
    return frozenset(shared | own)


def replaceable_externals(plan: Plan) -> tuple[parts.External, ...]:
    """Without those that only the gateway of models reaches, which has words of its own for them."""
    servers = {one.name for one in plan.of(parts.Workload) if isinstance(one.program, parts.Server)}
    reached = {access.to: access.by for access in plan.of(parts.Access)}
    return tuple(one for one in plan.of(parts.External) if reached.get(one.name) not in servers)


def read_said(plan: Plan) -> dict[str, str]:
    """Variable → text, of ours only; the caller wins. Raises PageError for the file, CallError for him."""
    caller = {name: text for name, text in os.environ.items() if _is_ours(name)}
    for name, text in caller.items():
        if why := _wrong_address(plan, name, text):
            raise errors.CallError(f"{name}: {why}")
    return {one.name: one.text for one in read_file(plan) if _is_ours(one.name)} | caller


def fingerprint(plan: Plan, said: Mapping[str, str]) -> str:
    """Of what is said that this page has a meaning for; no text can be read from it."""
    meant = _known(plan) | (gateways.SHARED if plan.of(parts.Model) else frozenset())
    told = sorted((name, text) for name, text in said.items() if name in meant)
    return hashlib.sha256(json.dumps([str(plan.directory), told]).encode()).hexdigest()[:16]


def read_file(plan: Plan) -> tuple[Setting, ...]:
    """All lines of `.env`; none where there is no such file. Raises PageError with every problem in it."""
    path = plan.directory / NAME
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise errors.PageError((_problem(path, 1, "is no regular file: write the settings to one"),))
            raw = file.read(_BYTES_MAX + 1)
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError) as error:
        raise errors.PageError((_problem(path, 1, f"cannot be read: {error}"),)) from error
    if len(raw) > _BYTES_MAX:
        raise errors.PageError((_problem(path, 1, "is larger than 1 MiB"),))
    settings, problems = _parse(text)
    found = [_problem(path, line, why) for line, why in problems]
    known = _known(plan)
    found += [
        _problem(path, one.line, why, one.name)
        for one in settings
        if (why := _wrong_name(known, one.name) or _wrong_address(plan, one.name, one.text))
    ]
    if found:
        raise errors.PageError(tuple(sorted(found, key=lambda problem: problem.line)))
    return tuple(settings)


def replaced_externals(plan: Plan, said: Mapping[str, str]) -> dict[str, parts.External]:
    """External → the same at the address that the operator said."""
    replaced: dict[str, parts.External] = {}
    for external in replaceable_externals(plan):
        if text := said.get(external_variable(external.name)):
            split = urlsplit(text)
            port = split.port or _PORTS[split.scheme]
            replaced[external.name] = dataclasses.replace(
                external, url=text.rstrip("/"), host=split.hostname or "", port=port
            )
    return replaced


def exposing(plan: Plan) -> str | None:
    """A sentence where the file holds secrets and others may read it."""
    path = plan.directory / NAME
    names_of_secrets = [one.name for one in read_file(plan) if _SECRET.fullmatch(one.name)]
    if not names_of_secrets or not stat.S_IMODE(path.stat().st_mode) & 0o044:
        return None
    return f"{NAME} holds secrets ({', '.join(names_of_secrets)}), and others can read it: chmod 600 {NAME}"


def _open_at_once(path: str, flags: int) -> int:
    """Without waiting for somebody to write, as a named pipe would."""
    return os.open(path, flags | os.O_NONBLOCK)


def _is_ours(name: str) -> bool:
    return name.startswith(_OURS) or gateways.is_operators(name)


def _parse(text: str) -> tuple[list[Setting], list[tuple[int, str]]]:
    """Settings, and what is wrong by line. It goes on in the line after a wrong one."""
    settings: list[Setting] = []
    problems: list[tuple[int, str]] = []
    at = 0
    while at < len(text):
        line = text.count("\n", 0, at) + 1
        if idle := _IDLE.match(text, at):
            at = idle.end() or len(text)
            continue
        assignment = _ASSIGNMENT.match(text, at)
        if assignment is None:
            problems.append((line, "expected NAME=value, a comment that begins with '#', or nothing"))
            at = _next_line(text, at)
            continue
        value, at = _value(text, assignment.end())
        if value is None:
            problems.append((line, f"{assignment[1]}: its quote is not closed, or more follows behind it"))
        else:
            settings.append(Setting(line=line, name=assignment[1], text=value))
    return settings, problems


def _value(text: str, at: int) -> tuple[str | None, int]:
    """The value that begins there, and where the next line begins."""
    if text[at : at + 1] not in {"'", '"'}:
        end = _next_line(text, at)
        return _COMMENT.split(text[at:end], maxsplit=1)[0].strip(), end
    quoted = _QUOTED.match(text, at)
    rest = _IDLE.match(text, quoted.end()) if quoted else None
    if quoted is None or rest is None:
        return None, _next_line(text, at)
    plain = quoted["plain"]
    if plain is None:
        plain = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), quoted["escaped"])
    return plain, rest.end()


def _next_line(text: str, at: int) -> int:
    return text.find("\n", at) + 1 or len(text)


def _known(plan: Plan) -> frozenset[str]:
    """The names of ours that mean something to this page."""
    operators = {secrets.variable(one.name) for one in plan.of(parts.Secret) if one.source == "operator"}
    outside = {external_variable(one.name) for one in replaceable_externals(plan)}
    models = {
        gateways.own_variable(model.name, piece)
        for model in plan.of(parts.Model)
        for piece in gateways.PIECES
    }
    return frozenset(operators | outside | models | {setting_variable(name) for name in plain_settings(plan)})


def _wrong_name(known: frozenset[str], name: str) -> str | None:
    if name in known or not name.startswith(_OURS):
        return None
    return f"nothing on this page is called so; {names.suggestion(name, known)}"


def _wrong_address(plan: Plan, name: str, text: str) -> str | None:
    if name not in {external_variable(one.name) for one in replaceable_externals(plan)}:
        return None
    try:
        split = urlsplit(text)
        right = split.scheme in _PORTS and split.hostname and split.port != 0
    except ValueError:
        right = None
    return None if right else "is no address such as http://127.0.0.1:8080"


def _problem(path: Path, line: int, why: str, name: str = "") -> errors.Problem:
    return errors.Problem(file=str(path), line=line, column=1, path=name, message=why)
