"""The whole page stays whole: every key of every block stands on it."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from seatrial.spec import loading, trees
from seatrial.spec import pages as page_models
from seatrial.spec.schemas import Schema
from seatrial.values import fields
from tests.unit.spec import pages

TREE = trees.page_tree()


def test_the_whole_page_loads() -> None:
    loading.parse_page(pages.WHOLE.read_bytes(), "whole.yaml")


def test_the_whole_page_uses_every_key_of_every_block() -> None:
    used: set[str] = set()
    for path in pages.GOLDEN:
        _walk(TREE.page, pages.read(path.read_text(encoding="utf-8")), used)
    missing = sorted({key for name in (trees.PAGE, *TREE.blocks) for key in _said(SPECS[name])} - used)
    assert missing == [], f"say these on {pages.WHOLE.name} as well"


def test_the_golden_pages_have_a_store_of_every_kind() -> None:
    golden = [pages.read(path.read_text(encoding="utf-8")) for path in pages.GOLDEN]
    kinds = {
        block.tags[0] for block in TREE.blocks.values() if block.name.startswith("kinds.") and block.tags
    }
    assert {store["kind"] for page in golden for store in page["stores"].values()} == kinds


def _specs(base: type[fields.Spec]) -> Iterator[type[fields.Spec]]:
    for spec in base.__subclasses__():
        yield spec
        yield from _specs(spec)


def _name(spec: type[fields.Spec]) -> str:
    """Of its definition in the schema."""
    if spec is page_models.Page:
        return trees.PAGE
    return spec.__module__.removeprefix("seatrial.") if spec.__name__ == "Spec" else spec.__name__


def _said(spec: type[fields.Spec]) -> dict[str, str]:
    """Class and key where each field is declared last → the key; what is inherited is used once somewhere."""
    found: dict[str, str] = {}
    for name, info in spec.model_fields.items():
        owner = next(one for one in spec.__mro__ if name in inspect.get_annotations(one))
        key = info.alias or name
        found[f"{owner.__module__}.{owner.__name__}.{key}"] = key
    return found


SPECS = {_name(spec): spec for spec in _specs(fields.Spec)}


def _walk(block: trees.Block, data: Mapping[str, Any], used: set[str]) -> None:
    owners = {key: place for place, key in _said(SPECS[block.name]).items()}
    for key, value in data.items():
        used.add(owners[key])
        _into(block.keys[key].value, value, used)


def _into(value: Schema, data: object, used: set[str]) -> None:
    blocks = TREE.blocks_at(value)
    if isinstance(data, list):
        for item in TREE.items(value):
            for one in data:
                _into(item, one, used)
        return
    if not isinstance(data, Mapping):
        return
    said = {data.get("kind"), *data}
    fitting = [one for one in blocks if said & set(one.tags)] or blocks
    fitting = [one for one in fitting if set(data) <= one.keys.keys()]
    if fitting:
        _walk(fitting[0], data, used)
        return
    for entry in TREE.entries(value):
        for one in data.values():
            _into(entry, one, used)
