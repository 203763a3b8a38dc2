"""The fields of a parsed JSON document: where they are, and which of them nobody knows."""

import difflib
import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

WARNINGS_MAX = 20
NAME_CHARACTERS_MAX = 100

type Tree = Mapping[str, Tree | None]


def walk(document: Any) -> Iterator[tuple[str, int, str | None]]:  # noqa: ANN401 -- parsed JSON
    """Every node with its path, its depth, and its text if it is one (keys count as text of their object)."""
    pending: list[tuple[str, int, Any]] = [("", 0, document)]
    while pending:
        path, depth, node = pending.pop()
        if isinstance(node, str):
            yield path, depth, node
        elif isinstance(node, dict):
            yield path, depth + 1, None
            for name, value in node.items():
                inner = f"{path}.{name}" if path else name
                yield inner, depth + 1, name
                pending.append((inner, depth + 1, value))
        elif isinstance(node, list):
            yield path, depth + 1, None
            pending.extend((f"{path}[{index}]", depth + 1, value) for index, value in enumerate(node))


def warnings(sent: Any, kind: Any) -> tuple[str, ...]:  # noqa: ANN401 -- parsed JSON, a type form
    """One sentence for each field that `kind` does not know, with the nearest word; bounded."""
    found = list(_unknown(sent, tree(kind), ""))
    said = tuple(_say(path, known) for path, known in found[:WARNINGS_MAX])
    rest = len(found) - len(said)
    return (*said, f"{rest} more unknown fields") if rest else said


@functools.cache
def tree(kind: Any) -> Tree | None:  # noqa: ANN401 -- a type form
    """The names that `kind` knows, by level; None where anything goes."""
    return _tree(msgspec.inspect.type_info(kind))


def allowed(kind: Any, path: str) -> str:  # noqa: ANN401 -- a type form
    """What may stand at `path`, for the end of a message; empty where it is not one of a few words."""
    info: msgspec.inspect.Type | None = msgspec.inspect.type_info(kind)
    for name in re.sub(r"\[[^]]*\]", "", path).split("."):
        info = _member(info, name)
    words = next((each.values for each in _parts(info) if isinstance(each, msgspec.inspect.LiteralType)), ())
    return f"; allowed are {', '.join(map(str, words))}" if words else ""


def _member(info: msgspec.inspect.Type | None, name: str) -> msgspec.inspect.Type | None:
    for part in _parts(info):
        if isinstance(part, msgspec.inspect.StructType):
            return next((field.type for field in part.fields if field.encode_name == name), None)
    return None


def _parts(info: msgspec.inspect.Type | None) -> Iterator[msgspec.inspect.Type]:
    if isinstance(info, msgspec.inspect.UnionType):
        for part in info.types:
            yield from _parts(part)
    elif isinstance(info, msgspec.inspect.ListType):
        yield from _parts(info.item_type)
    elif info is not None:
        yield info


def _tree(info: msgspec.inspect.Type) -> Tree | None:
    if isinstance(info, msgspec.inspect.StructType):
        return {field.encode_name: _tree(field.type) for field in info.fields}
    if isinstance(info, msgspec.inspect.UnionType):
        return next((found for found in map(_tree, info.types) if found is not None), None)
    if isinstance(info, msgspec.inspect.ListType):
        return _tree(info.item_type)
    return None


def _unknown(sent: Any, known: Tree | None, path: str) -> Iterator[tuple[str, Tree]]:  # noqa: ANN401
    # Recursion is bounded by the depth of the types, not by what was sent.
    if known is None:
        return
    if isinstance(sent, list):
        for index, item in enumerate(sent):
            yield from _unknown(item, known, f"{path}[{index}]")
    elif isinstance(sent, dict):
        for name, value in sent.items():
            inner = f"{path}.{name}" if path else name
            if name not in known:
                yield inner, known
            else:
                yield from _unknown(value, known[name], inner)


def _say(path: str, known: Tree) -> str:
    name = path.rpartition(".")[2]
    shown = path if len(path) <= NAME_CHARACTERS_MAX else path[:NAME_CHARACTERS_MAX] + "…"
    near = difflib.get_close_matches(name[:NAME_CHARACTERS_MAX], known, n=1, cutoff=0.5)
    return f"unknown field {shown}" + (f"; did you mean {near[0]}?" if near else "")
