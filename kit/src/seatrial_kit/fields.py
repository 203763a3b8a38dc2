"""The fields of a parsed JSON document: where they are, and which of them nobody knows."""

import difflib
import functools
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

WARNINGS_MAX = 20
NAME_CHARACTERS_MAX = 100
PATH_CHARACTERS_MAX = 200

type Tree = Mapping[str, Tree | None]
type Place = list[str | int]  # names and indexes from the root, which has the first item


def walk(document: Any) -> Iterator[tuple[Place, int, str | None]]:  # noqa: ANN401 -- parsed JSON
    """Every node with its place, its depth, and its text if it is one (keys count as text of their object).

    The place is one list that changes on the way: a path for each node would cost more than the document.
    """
    place: Place = []
    pending: list[Iterator[tuple[str | int, Any]]] = [iter([("", document)])]
    while pending:
        step = next(pending[-1], None)
        if step is None:
            pending.pop()
            continue
        depth = len(pending) - 1
        place[depth:] = [step[0]]
        for text in step:  # the name and the value
            if isinstance(text, str):
                yield place, depth, text
        if isinstance(step[1], dict | list):
            yield place, depth + 1, None
            pending.append(iter(step[1].items()) if isinstance(step[1], dict) else enumerate(step[1]))


def path(place: Place) -> str:
    """Such as `stack[3].file`, cut to what a message can carry."""
    parts = (f"[{name}]" if isinstance(name, int) else "." + name[:PATH_CHARACTERS_MAX] for name in place[1:])
    return "".join(parts).removeprefix(".")[:PATH_CHARACTERS_MAX]


def warnings(sent: Any, kind: Any) -> tuple[str, ...]:  # noqa: ANN401 -- parsed JSON, a type form
    """One sentence for each field that `kind` does not know, with the nearest word; bounded."""
    found = _unknown(sent, tree(kind), "")
    said = tuple(_say(path, known) for path, known in itertools.islice(found, WARNINGS_MAX))
    rest = sum(1 for _ in found)
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
