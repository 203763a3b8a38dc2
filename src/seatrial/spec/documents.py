"""YAML text as plain data, with the position of every key and value. Never crashes, whatever the text is.

Aliases are followed, within bounds; tags, merge keys and timestamps have no meaning in a page. Keys that
begin with `x-` belong to the reader of the page and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from seatrial import errors
from seatrial.values import fields

SIZE_BYTES_MAX = 1_000_000
DEPTH_MAX = 40
NODES_MAX = 50_000
_STEPS_MAX = 8
_TAG = "tag:yaml.org,2002:"

Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A page as data, and where each of its values stands (line and column from 1)."""

    file: str
    data: Any
    positions: dict[Path, tuple[int, int]]
    key_positions: dict[Path, tuple[int, int]]
    problems: tuple[errors.Problem, ...] = ()
    """What is wrong with the form; the rest of the text was read all the same."""

    def problem(self, path: Path, message: str, *, at_key: bool = False) -> errors.Problem:
        """A problem at a path, or at the nearest place above it that is in the text."""
        known = self.key_positions if at_key else self.positions
        line, column = next(
            (known.get(path[:end]) or self.positions[path[:end]])
            for end in range(len(path), -1, -1)
            if path[:end] in known or path[:end] in self.positions
        )
        return errors.Problem(file=self.file, line=line, column=column, path=dotted(path), message=message)


def dotted(path: Path) -> str:
    """`("services", "api", "uses", 0)` → `services.api.uses[0]`."""
    text = ""
    if len(path) > _STEPS_MAX:
        return f"{dotted(path[:_STEPS_MAX])}…"
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


@dataclass(kw_only=True, slots=True)
class _Reading:
    """One pass over the nodes of a document."""

    file: str
    positions: dict[Path, tuple[int, int]] = field(default_factory=dict)
    key_positions: dict[Path, tuple[int, int]] = field(default_factory=dict)
    problems: list[errors.Problem] = field(default_factory=list)
    nodes: int = 0

    def complain(self, node: Node, path: Path, message: str) -> None:
        line, column = _position(node)
        self.problems.append(
            errors.Problem(file=self.file, line=line, column=column, path=dotted(path), message=message)
        )

    def value(self, node: Node, path: Path) -> Any:  # noqa: ANN401  # a page is any YAML until it is checked
        self.nodes += 1
        self.positions[path] = _position(node)
        if len(path) > DEPTH_MAX or self.nodes > NODES_MAX:
            if self.nodes <= NODES_MAX + 1:
                self.complain(node, path, f"is deeper than {DEPTH_MAX} or has more than {NODES_MAX} values")
            self.nodes = max(self.nodes, NODES_MAX + 1)
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _joined(key_node.value) if isinstance(key_node, ScalarNode) else None
            if not isinstance(key, str):
                self.complain(key_node, path, "found something else than a word as a key")
            elif key in mapping:
                self.complain(key_node, (*path, key), "stands here a second time; keep one of the two")
            elif not key.startswith("x-"):
                self.key_positions[*path, key] = _position(key_node)
                mapping[key] = self.value(value_node, (*path, key))
        return mapping

    def _scalar(self, node: Node, path: Path) -> object:
        text, tag = _joined(str(node.value)), str(node.tag).removeprefix(_TAG)
        if text is None:
            self.complain(node, path, "holds a zero byte or half of a character, which no setting can hold")
            return None
        try:
            match tag:
                case "null":
                    return None
                case "bool":
                    return text.lower() == "true"
                case "int":
                    return _sourced_int(text)
                case "float":
                    return _sourced_float(text)
                case "str" | "timestamp":
                    return text
        except ValueError:
            return text
        self.complain(node, path, f"found the tag {str(node.tag)[:60]!r}; tags have no meaning in a page")
        return None


def _joined(text: str) -> str | None:
    """With the halves of characters beyond 16 bits joined, as JSON writes them; None where one is alone.

    None as well for a text with a zero byte: it would end there for every program that is given it.
    """
    if "\0" in text:
        return None
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return None


def _sourced_int(text: str) -> fields.SourcedInt:
    digits = text.replace("_", "").lower()
    value = fields.SourcedInt(digits, 0 if digits.lstrip("+-")[:2] in {"0x", "0o", "0b"} else 10)
    value.source = text
    return value


def _sourced_float(text: str) -> fields.SourcedFloat:
    value = fields.SourcedFloat(text.lower().replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
    value.source = text
    return value


def _position(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def read_document(raw: bytes, file: str) -> Document:
    """The text as data with positions. Raises PageError where it is no YAML at all."""
    if len(raw) > SIZE_BYTES_MAX:
        raise _failure(file, 1, 1, f"is larger than {SIZE_BYTES_MAX} bytes; that is not a page")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        line = raw.count(b"\n", 0, cause.start) + 1
        raise _failure(file, line, 1, f"byte {cause.start} is not UTF-8; save the page as UTF-8") from cause
    node = _compose(text, file)
    if node is None:
        raise _failure(file, 1, 1, "is empty; a page begins with apiVersion: seatrial/v1alpha1")
    reading = _Reading(file=file)
    data = reading.value(node, ())
    return Document(
        file=file,
        data=data,
        positions=reading.positions,
        key_positions=reading.key_positions,
        problems=tuple(reading.problems),
    )


def _compose(text: str, file: str) -> Node | None:
    try:
        composed: Node | None = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as cause:
        mark = cause.problem_mark or cause.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = " ".join(str(cause.problem or cause.context or "is not YAML").split())
        raise _failure(file, line, column, f"is not YAML: {message}") from cause
    except YAMLError as cause:  # the reader's: a character that YAML forbids
        at = getattr(cause, "position", 0) or 0
        line = text.count("\n", 0, at) + 1
        raise _failure(file, line, 1, "holds a control character that YAML forbids; remove it") from cause
    except RecursionError as cause:
        raise _failure(file, 1, 1, f"is nested deeper than {DEPTH_MAX}; that is not a page") from cause
    except (ValueError, AttributeError, IndexError, TypeError) as cause:
        # The scanner's own slips on odd input (escapes, directives); the text is at fault all the same.
        raise _failure(file, 1, 1, f"is not YAML: {' '.join(str(cause).split())[:200]}") from cause
    return composed


def _failure(file: str, line: int, column: int, message: str) -> errors.PageError:
    return errors.PageError((errors.Problem(file=file, line=line, column=column, path="", message=message),))
