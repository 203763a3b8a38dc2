"""Answers in files: kept from a provider, and given in its place, so that tests and demonstrations need none.

A recording is found by what was asked, byte for byte of its canonical JSON. No header is kept, and an answer
or a request in which a key of the gateway stands is not kept at all.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.gateway.refusals import Refusal
from seatrial.gateway.requests import Call

_FORMAT = 1
_RECORD_BYTES_MAX = 8 * 2**20
_CANDIDATES_MAX = 200
_COMPARED_CHARACTERS = 2000
_BESIDE = frozenset({"user", "metadata", "safety_identifier", "prompt_cache_key"})
"""Fields that say who asks, not what."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """One answer: the body of a plain one, or the data of each event of a streamed one."""

    streamed: bool
    pieces: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Library:
    """A folder of recordings."""

    folder: Path
    bytes_max: int
    secrets: Sequence[str]

    def find(self, call: Call) -> Recording:
        """Raises Refusal with the nearest recording, where there is none."""
        path = self._path(call)
        try:
            told = json.loads(path.read_bytes())
            return Recording(streamed=told["streamed"], pieces=tuple(told["pieces"]))
        except FileNotFoundError as error:
            message = f"no answer is recorded for this request ({path.name})"
            raise Refusal(404, "not_recorded", message + self._nearest(call)) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"recording {path.name} cannot be read: {type(error).__name__}; record it anew"
            raise Refusal(500, "recording_broken", message) from error

    def keep(self, call: Call, recording: Recording) -> str:
        """Why it was not kept; empty where it was."""
        told = {
            "format": _FORMAT,
            "path": call.path,
            "request": _asked(call),
            "streamed": recording.streamed,
            "pieces": recording.pieces,
        }
        text = json.dumps(told, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if len(text) > _RECORD_BYTES_MAX:
            return "too_long"
        try:
            said = "\n".join((*_joined([_asked(call)]), *_joined(map(json.loads, recording.pieces))))
        except RecursionError:
            return "too_deep"
        if any(secret in said for secret in self.secrets):
            return "secret"
        path = self._path(call)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            size_bytes = sum(one.stat().st_size for one in self.folder.glob("*.json"))
            if size_bytes + len(text) > self.bytes_max:
                return "full"
            _write_whole(path, text)
        except OSError:
            return "unwritable"
        return ""

    def _path(self, call: Call) -> Path:
        return self.folder / f"{hashlib.sha256(_canonical(call)).hexdigest()[:32]}.json"

    def _nearest(self, call: Call) -> str:
        """The recording whose request is most like this one, and where they part."""
        asked = _asked(call)
        wanted = list(_leaves(asked))
        likeness: list[tuple[float, str, str]] = []
        for path in itertools.islice(sorted(self.folder.glob("*.json")), _CANDIDATES_MAX):
            try:
                known = json.loads(path.read_bytes())["request"]
            except (OSError, ValueError, KeyError, TypeError):
                continue
            have = dict(_leaves(known))
            differing = [where for where, text in wanted if have.get(where) != text]
            differing += [where for where in have if where not in dict(wanted)]
            matcher = difflib.SequenceMatcher(None, _short(asked), _short(known))
            likeness.append((matcher.quick_ratio(), path.name, differing[0] if differing else "its form"))
        if not likeness:
            return f"; {self.folder} holds none"
        _, name, where = max(likeness)
        return f"; the nearest is {name}, which differs first in {where}"


def _asked(call: Call) -> dict[str, Any]:
    return {name: value for name, value in call.body.items() if name not in _BESIDE}


def _canonical(call: Call) -> bytes:
    told = [call.path, _asked(call) | {"stream": call.streams}]
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def _short(asked: object) -> str:
    return json.dumps(asked, sort_keys=True)[-_COMPARED_CHARACTERS:]


def _leaves(value: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Each value with its place, such as `messages[1].content`."""
    match value:
        case dict():
            for name in value:
                yield from _leaves(value[name], f"{where}.{name}".lstrip("."))
        case list():
            for index, one in enumerate(value):
                yield from _leaves(one, f"{where}[{index}]")
        case _:
            yield where, repr(value)


def _joined(values: Iterable[object]) -> Iterator[str]:
    """Every text in them. What stands at the same place of several is one text, as in a stream."""
    texts: dict[str, list[str]] = {}
    for value in values:
        for where, text in _texts(value):
            texts.setdefault(where, []).append(text)
    for where, pieces in texts.items():
        yield where  # names of fields are text too
        yield "".join(pieces)


def _texts(value: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Each text with its place. A piece of a stream says itself which one of a list it belongs to."""
    match value:
        case dict():
            for name in value:
                yield f"{where}.{name}", ""
                yield from _texts(value[name], f"{where}.{name}")
        case list():
            for index, one in enumerate(value):
                place = one.get("index", index) if isinstance(one, dict) else index
                yield from _texts(one, f"{where}[{place}]")
        case str():
            yield where, value


def _write_whole(path: Path, text: bytes) -> None:
    """Readers see the old file or the new one, also when two write at once."""
    handle, name = tempfile.mkstemp(prefix=f"{path.stem}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
