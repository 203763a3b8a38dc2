"""The page as a tree of keys, read off its schema: what stands where, in which form, and what is below it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from seatrial import promises
from seatrial.spec import schemas
from seatrial.spec.schemas import Schema

PAGE = "seatrial.yaml"
"""The name of the block that the page itself is."""
_FORMS = "forms."
_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}

Link = Callable[[str], str]
"""What is written for a block of a name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One key of a block."""

    name: str
    meaning: str
    default: str | None
    """As one writes it; none where leaving it out means that there is none."""
    required: bool
    value: Schema


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What has keys of a fixed set."""

    name: str
    """Of its definition: `Scale`, `kinds.redis`."""
    description: str
    keys: Mapping[str, Key]
    tags: tuple[str, ...]
    """By which one of several blocks is told from the others: a kind, or what is promised."""


class Tree:
    """All blocks of the page."""

    def __init__(self, schema: Schema) -> None:
        self._definitions: dict[str, Schema] = schema["$defs"]
        self.page = _block(PAGE, schema)
        self.blocks = {
            name: _block(name, one) for name, one in self._definitions.items() if "properties" in one
        }
        self.forms = {one["title"]: one for name, one in self._definitions.items() if name.startswith(_FORMS)}

    def alternatives(self, value: Schema) -> Iterator[Schema]:
        """What may stand at a place, each by itself; that it may be left empty is not told."""
        several = value.get("anyOf") or value.get("oneOf")
        for one in several or ():
            yield from self.alternatives(one)
        if not several and value.get("type") != "null":
            yield value

    def blocks_at(self, value: Schema) -> list[Block]:
        """The blocks that may stand there themselves."""
        found = (_referred(one) for one in self.alternatives(value))
        return [self.blocks[name] for name in found if name in self.blocks]

    def entries(self, value: Schema) -> list[Schema]:
        """The values of the mappings with names of one's own that may stand there."""
        return [
            inner
            for one in self.alternatives(value)
            if (inner := _entry(one)) is not None and one.get("type") == "object"
        ]

    def items(self, value: Schema) -> list[Schema]:
        """The items of the lists that may stand there."""
        return [one["items"] for one in self.alternatives(value) if one.get("type") == "array"]

    def below(self, value: Schema) -> list[Block]:
        """The blocks that stand there, or in the lists and mappings that stand there."""
        inner = [*self.entries(value), *self.items(value)]
        return self.blocks_at(value) + [block for one in inner for block in self.below(one)]

    def form(self, value: Schema, link: Link = lambda _: "keys") -> str:
        """What may be written there, in words."""
        said = dict.fromkeys(self._form(one, link) for one in self.alternatives(value))
        return " or ".join(said)

    def expected(self, value: Schema) -> list[str]:
        """The forms that may be written there, each in a sentence's words with an example."""
        found = (self._definitions.get(_referred(one), {}) for one in self.alternatives(value))
        return [form["description"] for form in found if "title" in form and "description" in form]

    def allowed(self, value: Schema) -> list[str]:
        """The words of which one must be chosen."""
        return [word for one in self.alternatives(value) for word in _choice(one)]

    def _form(self, value: Schema, link: Link) -> str:
        name = _referred(value)
        if name in self.blocks:
            return link(name)
        if name:
            return str(self._definitions[name].get("title", name))
        if words := _choice(value):
            return " or ".join(f"`{word}`" for word in words)
        if value["type"] == "array":
            return f"list of {self.form(value['items'], link)}"
        if (inner := _entry(value)) is not None:
            return f"name → {self.form(inner, link)}"
        low, high = value.get("minimum"), value.get("maximum")
        bounds = f", {low} to {high}" if low is not None and high is not None else ""
        return _WORDS[value["type"]] + bounds


@functools.cache
def page_tree() -> Tree:
    """The tree of the page; made once, since its schema takes a tenth of a second."""
    return Tree(schemas.page_schema())


def _block(name: str, schema: Schema) -> Block:
    required = schema.get("required", ())
    keys = {
        key: Key(
            name=key,
            meaning=value.get("description", ""),
            default=_written(value["default"]) if "default" in value else None,
            required=key in required,
            value=value,
        )
        for key, value in schema["properties"].items()
    }
    kind = schema["properties"].get("kind", {}).get("const")
    known = {key for module in promises.PROMISES for key in module.KEYS}
    promised = [key for key in required if key in known] if name.startswith("promises.") else []
    tags = (kind,) if kind else tuple(promised)
    return Block(name=name, description=schema.get("description", ""), keys=keys, tags=tags)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _referred(value: Schema) -> str:
    return str(value.get("$ref", "")).rpartition("/")[2]


def _choice(value: Schema) -> list[str]:
    return [str(word) for word in value.get("enum", [value["const"]] if "const" in value else [])]


def _entry(value: Schema) -> Schema | None:
    """What the names of a mapping lead to."""
    inner: Schema | None = next(
        (one for key, one in value.get("patternProperties", {}).items() if key != schemas.READERS_KEY), None
    )
    more = value.get("additionalProperties")
    return inner or (more if isinstance(more, dict) else None)
