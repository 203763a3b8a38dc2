"""What stands at a path of the page: found by its keys, or by the names that a page gives its own items."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial import errors
from seatrial.spec import descriptions, trees
from seatrial.spec.schemas import Schema
from seatrial.spec.trees import Block, Tree
from seatrial.values import names

Data = Mapping[str, Any]
WORDS_MAX = 40
_ANY_NAME = frozenset({"*", "NAME"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One key, entry or kind below a place."""

    name: str
    meaning: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Everything that is to be said of one place of the page."""

    path: str
    meaning: str
    form: str
    """What may be written there, in words."""
    expected: tuple[str, ...]
    """The same with examples, of forms that have a name."""
    allowed: tuple[str, ...]
    """The words of which one must be chosen."""
    default: str | None
    required: bool
    examples: tuple[str, ...]
    below: tuple[Row, ...]
    related: tuple[str, ...]
    """Other paths that its words name, or where the same keys stand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """A value of the page, and how one came to it."""

    path: tuple[str, ...] = ()
    value: Schema | None = None
    """None for the page itself."""
    key: trees.Key | None = None
    blocks: tuple[Block, ...] = ()
    """The blocks that may stand here; fewer than the value allows where it is known which one is meant."""
    around: Block | None = None
    data: Any = None


def explain(path: str, page: Data | None = None) -> Explanation:
    """What stands at `services.scale.up`; items may be left out, or named as the page at hand names them.

    Raises CallError with the nearest right word.
    """
    tree = trees.page_tree()
    words = [word for word in re.split(r"\.(?![^\[]*\])|\[\d*\]\.?", path.removeprefix(trees.PAGE)) if word]
    start = _Place(blocks=(tree.page,), data=page or {})
    if len(words) > WORDS_MAX:
        raise errors.CallError(f"found a path of {len(words)} words; a page is not deeper than {WORDS_MAX}")
    found = next(_walk(tree, start, tuple(words)), None)
    if found is None:
        raise errors.CallError(_unknown(tree, start, tuple(words)))
    return _explained(tree, found)


def _walk(tree: Tree, place: _Place, words: tuple[str, ...]) -> Iterator[_Place]:
    """The places that the words lead to, the likeliest first. A name may hold dots, as those of topics do."""
    if not words:
        yield place
        return
    for count in range(1, len(words) + 1):
        for inner in _step(tree, place, ".".join(words[:count])):
            yield from _walk(tree, inner, words[count:])


def _step(tree: Tree, place: _Place, word: str) -> Iterator[_Place]:
    """First an item that the page has, then a key, a kind, a key of the items, and any name at all."""
    entries = [_inside(tree, place, inner, word) for inner in _entries(tree, place)]
    here = place.data if isinstance(place.data, Mapping) else {}
    if word in here:
        yield from entries
    for block in place.blocks:
        if word in block.keys:
            yield _at_key(tree, place, block, word)
    for entry in entries:
        chosen = [block for block in entry.blocks if word in block.tags]
        if chosen and len(entry.blocks) > 1:
            yield _replaced(entry, chosen)
        yield from _step(tree, _unnamed(place, entry), word)
    if word in _ANY_NAME:
        yield from entries
    for item in tree.items(place.value or {}):
        yield from _step(tree, _Place(path=place.path, value=item, blocks=_blocks(tree, item)), word)


def _at_key(tree: Tree, place: _Place, block: Block, word: str) -> _Place:
    key = block.keys[word]
    here = place.data if isinstance(place.data, Mapping) else {}
    return _Place(
        path=(*place.path, word),
        value=key.value,
        key=key,
        blocks=_blocks(tree, key.value),
        around=block,
        data=here.get(word),
    )


def _inside(tree: Tree, place: _Place, value: Schema, word: str) -> _Place:
    """An entry of a mapping; of several blocks the one that the page's own entry is."""
    data = place.data.get(word) if isinstance(place.data, Mapping) else None
    return _Place(
        path=(*place.path, word), value=value, blocks=_fitting(_blocks(tree, value), data), data=data
    )


def _unnamed(place: _Place, entry: _Place) -> _Place:
    """The entry, its name left out of the path; it has no further entries, so that a walk ends."""
    return _Place(path=place.path, value=None, blocks=entry.blocks)


def _replaced(entry: _Place, blocks: list[Block]) -> _Place:
    return _Place(path=entry.path, value=entry.value, blocks=tuple(blocks), data=entry.data)


def _fitting(blocks: tuple[Block, ...], data: Any) -> tuple[Block, ...]:  # noqa: ANN401  # YAML
    if not isinstance(data, Mapping):
        return blocks
    said = {data.get("kind"), *data}
    return tuple(block for block in blocks if said & set(block.tags)) or blocks


def _blocks(tree: Tree, value: Schema) -> tuple[Block, ...]:
    return tuple(tree.blocks_at(value))


def _entries(tree: Tree, place: _Place) -> list[Schema]:
    return tree.entries(place.value) if place.value else []


def _unknown(tree: Tree, start: _Place, words: tuple[str, ...]) -> str:
    """How far the words lead, and what could stand there instead."""
    for end in range(len(words) - 1, -1, -1):
        place = next(_walk(tree, start, words[:end]), None)
        if place is not None:
            where = ".".join(words[:end]) or "the page"
            unread = _entries(tree, place) and not place.data
            if not end and (near := _deeper(tree, start, words[end])):
                return f"the page has no {words[end]!r}; did you mean {near!r}?"
            own = "; a name of your own is known where its page is at hand" if unread else ""
            return f"{where} has no {words[end]!r}; {names.suggestion(words[end], _known(tree, place))}{own}"
    return f"nothing is known of {'.'.join(words)}"


def _deeper(tree: Tree, start: _Place, word: str) -> str | None:
    """The path of the nearest key in a section, where none of the page itself is near."""
    if names.nearest_word(word, _known(tree, start)):
        return None
    paths: dict[str, str] = {}
    for section in tree.page.keys:
        for key in sorted(_known(tree, _at_key(tree, start, tree.page, section))):
            paths.setdefault(key, f"{section}.{key}")
    near = names.nearest_word(word, paths)
    return paths[near] if near else None


def _known(tree: Tree, place: _Place) -> set[str]:
    inner = [block for entry in _entries(tree, place) for block in _blocks(tree, entry)]
    listed = [block for item in tree.items(place.value or {}) for block in _blocks(tree, item)]
    keys = {key for block in (*place.blocks, *inner, *listed) for key in block.keys}
    tags = {tag for block in inner for tag in block.tags if len(inner) > 1}
    own = set(place.data) if isinstance(place.data, Mapping) and inner else set()
    return keys | tags | own


def _explained(tree: Tree, place: _Place) -> Explanation:
    value, key = place.value or {}, place.key
    described = [block.description for block in place.blocks] or [
        block.description for block in tree.below(value)
    ]
    only = place.blocks[0] if len(place.blocks) == 1 else None
    prose = descriptions.prose(only.description) if only else ""
    return Explanation(
        path=".".join(place.path) or trees.PAGE,
        meaning=key.meaning if key else prose or "One of several, told apart by what it says.",
        form=tree.form(value) if value else "keys",
        expected=tuple(tree.expected(value)),
        allowed=tuple(tree.allowed(value)),
        default=key.default if key else None,
        required=bool(key and key.required),
        examples=tuple(example for text in described for example in descriptions.examples(text))[:3],
        below=tuple(_below(tree, place)),
        related=tuple(_related(tree, place)),
    )


def _below(tree: Tree, place: _Place) -> Iterator[Row]:
    """The keys of the block; of several blocks, what they are told apart by."""
    blocks = list(place.blocks) or (tree.below(place.value) if place.value else [])
    if len(blocks) == 1:
        yield from (Row(name=key.name, meaning=key.meaning) for key in blocks[0].keys.values())
    else:
        for block in blocks:
            yield Row(name=", ".join(block.tags) or block.name, meaning=descriptions.prose(block.description))


def _related(tree: Tree, place: _Place) -> Iterator[str]:
    """Keys beside it that its sentence names, and places of the same block."""
    if place.key and place.around:
        named = re.findall(r"`([A-Za-z]+)`", place.key.meaning)
        before = ".".join(place.path[:-1])
        yield from (
            f"{before}.{word}".strip(".")
            for word in dict.fromkeys(named)
            if word in place.around.keys and word != place.key.name
        )
        if len(place.blocks) == 1:
            yield from _same_block(tree, place, place.blocks[0])


def _same_block(tree: Tree, place: _Place, wanted: Block) -> Iterator[str]:
    here = _canonical(tree)
    for path, key in here.items():
        if wanted in tree.below(key.value) and path.split(".")[-1] != place.path[-1]:
            yield path


def _canonical(tree: Tree) -> dict[str, trees.Key]:
    """Each key of the page and of the blocks right below it, by its path without names."""
    found = dict(tree.page.keys)
    for section, key in tree.page.keys.items():
        for block in tree.below(key.value):
            found |= {f"{section}.{name}": inner for name, inner in block.keys.items()}
    return found
