"""The JSON Schema of the page (draft 2020-12): for editors, and what `explain` and the reference are made of.

It says the form of each key, and where a block needs one of several. Only loading says what else holds
between keys, the exact bounds of a span of time, which times and zones there are, how many digits a number
may have, and that 80.0 is no port: JSON Schema takes it for a whole number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, override

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from seatrial.spec import descriptions, pages
from seatrial.values import durations, fields, quantities

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
READERS_KEY = "^x-"
"""Keys that belong to the reader of the page."""
_MEANING = "x-meaning"
_DEFINITIONS = "#/$defs/"
_WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "duration": durations.format_duration,
    "interval": durations.format_duration,
    "bytes": quantities.format_bytes,
    "percentage": quantities.format_percentage,
}
"""How a default is written on a page, by its form."""


def page_schema() -> Schema:
    """The schema of a page; forms such as durations are definitions named `forms.…`, written once."""
    schema: Schema = pages.Page.model_json_schema(schema_generator=_Generator)
    blocks = {_block_name(name): block for name, block in schema.pop("$defs").items()}
    forms: dict[str, Schema] = {}
    page, *others = (_with_readers_keys(_with_forms(block, forms)) for block in (schema, *blocks.values()))
    definitions = dict(zip(blocks, others, strict=True)) | forms
    whole = {"$schema": DIALECT, "title": "seatrial.yaml", **page, "$defs": dict(sorted(definitions.items()))}
    named: Schema = _with_block_names(whole)
    return named


class _Generator(GenerateJsonSchema):
    """Meanings in place of titles that repeat the key."""

    @override
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    @override
    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        made = super().model_schema(schema)
        made.pop("title", None)
        model: type[BaseModel] = schema["cls"]
        told = descriptions.meanings(model)
        for name, info in model.model_fields.items():
            made["properties"][info.alias or name][_MEANING] = told.get(name, "")
        return made


def _block_name(name: str) -> str:
    """`seatrial__kinds__redis__Spec` → `kinds.redis`; a block with a name of its own keeps it."""
    match = re.fullmatch(r"seatrial__(kinds|promises)__(\w+)__Spec", name)
    return f"{match[1]}.{match[2]}" if match else name


def _with_block_names(value: Any) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(value, dict):
        value.pop("discriminator", None)  # OpenAPI's, and no word of JSON Schema
        return {
            key: _DEFINITIONS + _block_name(inner.removeprefix(_DEFINITIONS))
            if key == "$ref"
            else _with_block_names(inner)
            for key, inner in value.items()
        }
    return [_with_block_names(inner) for inner in value] if isinstance(value, list) else value


def _with_forms(block: Schema, forms: dict[str, Schema]) -> Schema:
    """The block with a reference in place of each form, and what its keys mean beside that."""
    properties = {}
    for key, value in block.get("properties", {}).items():
        meaning, default = value.pop(_MEANING, ""), value.pop("default", None)
        shaped = _with_form(value, forms)
        written = _default(default, {form["title"] for form in _forms_in(shaped, forms)})
        properties[key] = shaped | ({"description": meaning} if meaning else {}) | written
    return block | {"properties": properties}


def _with_form(value: Any, forms: dict[str, Schema]) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(value, list):
        return [_with_form(inner, forms) for inner in value]
    if not isinstance(value, dict):
        return value
    if fields.FORM in value:
        form = {key: inner for key, inner in value.items() if key not in (fields.FORM, "minimum", "maximum")}
        form = {"title": value[fields.FORM], **form}
        return {"$ref": _DEFINITIONS + _known_form(form, forms)}
    return {
        key: inner if key == "propertyNames" else _with_form(inner, forms) for key, inner in value.items()
    }


def _known_form(form: Schema, forms: dict[str, Schema]) -> str:
    """The name under which it is defined; two forms of one title are numbered."""
    base = name = f"forms.{form['title'].replace(' ', '-')}"
    number = 1
    while forms.setdefault(name, form) != form:
        number += 1
        name = f"{base}-{number}"
    return name


def _forms_in(value: Any, forms: Mapping[str, Schema]) -> Iterator[Schema]:  # noqa: ANN401  # any JSON
    if isinstance(value, dict):
        found = forms.get(str(value.get("$ref", "")).removeprefix(_DEFINITIONS))
        if found:
            yield found
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _forms_in(inner, forms)


def _default(value: Any, titles: set[str]) -> Schema:  # noqa: ANN401  # any JSON
    """As one would write it on a page; nothing, an empty block and a block of defaults are not written."""
    if value in (None, "") or isinstance(value, dict | list):
        return {}
    write = next((_WRITTEN[title] for title in titles if title in _WRITTEN), None)
    return {"default": write(value) if write and not isinstance(value, str) else value}


def _with_readers_keys(value: Any) -> Any:  # noqa: ANN401  # any JSON
    """Each mapping takes keys that begin with `x-`, and refuses others that it does not know."""
    if isinstance(value, list):
        return [_with_readers_keys(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if "properties" in value:
        inner = {key: _with_readers_keys(one) for key, one in value["properties"].items()}
        return value | {"properties": inner, "patternProperties": {READERS_KEY: {}}}
    plain = {key: _with_readers_keys(inner) for key, inner in value.items()}
    if "patternProperties" in plain:
        plain.pop("propertyNames", None)
        names = {f"^(?!x-){p.removeprefix('^')}": inner for p, inner in plain["patternProperties"].items()}
        return plain | {"patternProperties": {READERS_KEY: {}, **names}, "additionalProperties": False}
    if plain.get("type") == "object" and isinstance(plain.get("additionalProperties"), dict):
        return plain | {"patternProperties": {READERS_KEY: {}}}
    return plain


def as_text() -> str:
    """The schema as the file that editors read."""
    return json.dumps(page_schema(), indent=1, ensure_ascii=False) + "\n"
