"""What a Dockerfile says of the process in its image, by a small reader of our own.

The libraries for it read an image's layers or need Docker's own parser; five instructions need neither.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace

from seatrial.discovery.findings import Place, Setting

_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)
_FROM = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+[Aa][Ss]\s+(\S+))?")
_HEREDOC = re.compile(r"<<-?[\"']?(\w+)[\"']?")
_URL_PATH = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::[^/\s\"']+)?(/[^\s\"'?#)]*)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """The last stage, or the one that is asked for."""

    base: str = ""
    entrypoint: str | tuple[str, ...] = ()
    command: str | tuple[str, ...] = ()
    command_line: int = 1
    port: int | None = None
    health: str | None = None
    health_line: int = 1
    workdir: str = ""
    settings: tuple[Setting, ...] = ()


@dataclass(kw_only=True, slots=True)
class _Stages:
    path: str
    done: dict[str, Image] = field(default_factory=dict)
    current: Image = field(default_factory=Image)
    name: str = ""

    def take(self, word: str, rest: str, line: int) -> None:
        match word:
            case "FROM":
                self._begin(rest)
            case "CMD":
                self.current = replace(self.current, command=_form(rest), command_line=line)
            case "ENTRYPOINT":
                self.current = replace(self.current, entrypoint=_form(rest), command=(), command_line=line)
            case "EXPOSE":
                port = re.match(r"(\d{1,5})", rest)
                if port and self.current.port is None and 0 < int(port[1]) < 65536:  # noqa: PLR2004
                    self.current = replace(self.current, port=int(port[1]))
            case "WORKDIR":
                self.current = replace(self.current, workdir=rest.strip().strip("\"'"))
            case "ENV":
                settings = {
                    one.name: one for one in (*self.current.settings, *_settings(rest, self.path, line))
                }
                self.current = replace(self.current, settings=tuple(settings.values()))
            case "HEALTHCHECK":
                self.current = replace(self.current, health=url_path(rest), health_line=line)

    def _begin(self, rest: str) -> None:
        match = _FROM.match(rest)
        base, name = (match[1], match[2] or "") if match else ("", "")
        known = self.done.get(base.lower(), Image())
        self.current = replace(known, base=known.base or base)
        self.name = name.lower()

    def end(self) -> None:
        self.done[self.name] = self.current


def read_image(text: str, path: str, target: str = "") -> Image:
    """The image of a Dockerfile's last stage, or of the stage `target`."""
    stages = _Stages(path=path)
    for line, instruction in _instructions(text):
        match = _INSTRUCTION.match(instruction)
        if match is None:
            continue
        if match[1].upper() == "FROM":
            stages.end()
        stages.take(match[1].upper(), match[2].strip(), line)
        stages.done[stages.name] = stages.current
    return stages.done.get(target.lower(), stages.current) if target else stages.current


def url_path(text: str) -> str | None:
    """The path of the local address in a health check such as `curl -f http://localhost:8000/health`."""
    match = _URL_PATH.search(text)
    return match[1] if match else None


def _instructions(text: str) -> list[tuple[int, str]]:
    """Line number and whole text of each instruction: continued lines are joined, comments left out."""
    found: list[tuple[int, str]] = []
    parts: list[str] = []
    began, until = 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        if until:
            until = "" if line.strip() == until else until
            continue
        if line.lstrip().startswith("#") or (not parts and not line.strip()):
            continue
        began = began if parts else number
        heredoc = _HEREDOC.search(line)
        until = heredoc[1] if heredoc else ""
        if line.rstrip().endswith("\\"):
            parts.append(line.rstrip()[:-1])
            continue
        found.append((began, " ".join([*parts, line])))
        parts = []
    return [*found, *([(began, " ".join(parts))] if parts else [])]


def _form(rest: str) -> str | tuple[str, ...]:
    """A list of words in JSON, or a line for a shell."""
    if rest.startswith("["):
        try:
            words = json.loads(rest)
        except (ValueError, RecursionError):
            return rest
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            return tuple(words)
    return rest


def _settings(rest: str, path: str, line: int) -> list[Setting]:
    """`ENV A=1 B="two words"`, and the old `ENV A one value`."""
    pairs = re.findall(r"([A-Za-z_]\w*)=(\"[^\"]*\"|'[^']*'|\S*)", rest)
    if not pairs and (old := re.match(r"([A-Za-z_]\w*)\s+(.*)", rest)):
        pairs = [(old[1], old[2])]
    place = Place(file=path, line=line)
    return [Setting(name=name, value=value.strip("\"'"), place=place) for name, value in pairs]
