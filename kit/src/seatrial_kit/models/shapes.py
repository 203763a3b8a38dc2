"""Answers of a given shape: the schema that is asked for, what is made of an answer, and how to ask again."""

import re
from typing import Any

import msgspec

ANSWER_CHARACTERS_MAX = 20_000  # of a wrong answer that is shown to the model again
_FENCE = re.compile(r"^\s*```[a-z]*\n(.*?)\n?```\s*$", re.DOTALL)


def schema(kind: type[Any]) -> dict[str, Any]:
    """The JSON schema of `kind` with the structure itself at the root, where some endpoints demand it."""
    made: dict[str, Any] = msgspec.json.schema(kind)
    root = made.pop("$ref", None)
    if root is None:
        return made
    return {**made["$defs"][root.rpartition("/")[2]], **made}


def response_format(kind: type[Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Not `strict`: that refuses schemas with optional fields, and the answer is checked here anyway."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", kind.__name__)[:64]
    return {"type": "json_schema", "json_schema": {"name": name, "schema": wanted, "strict": False}}


def parse[T](text: str, kind: type[T]) -> T:
    """Raises msgspec's errors. Models put a fence around JSON whatever they are told; that is taken off."""
    fenced = _FENCE.match(text)
    try:
        return msgspec.json.decode(fenced[1] if fenced else text, type=kind)
    except RecursionError as error:
        raise msgspec.DecodeError("the JSON is nested too deeply") from error


def repair(answer: str, error: Exception, wanted: dict[str, Any]) -> list[dict[str, str]]:
    """The turns that ask for the same once more, with the schema: some endpoints drop the one they got."""
    schema_text = msgspec.json.encode(wanted).decode()
    told = (
        f"That is not what was asked for: {error}."
        f" Answer with one JSON value and nothing else, by this schema: {schema_text}"
    )
    return [
        {"role": "assistant", "content": answer[:ANSWER_CHARACTERS_MAX]},
        {"role": "user", "content": told},
    ]
