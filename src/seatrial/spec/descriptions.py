"""What each key of the page means: the strings below the fields of the specs, read from their source.

Only when somebody asks. Pydantic can do it while it builds its models, which every command would pay for.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
from collections.abc import Mapping

from pydantic import BaseModel

_EXAMPLE = re.compile(r"`(\{[^`]*\})`")
_LEADING = re.compile(r"^(`\{[^`]*\}`(, )?)+: ")


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """Field → its sentence, those of the bases included; a field without one is left out."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            found |= _of_module(base.__module__).get(base.__qualname__, {})
    return {name: text for name, text in found.items() if name in model.model_fields}


def examples(description: str) -> list[str]:
    """The examples in YAML that a description of a block begins with: `{a: 1}`, `{b: 2}`: prose."""
    leading = _LEADING.match(description)
    return _EXAMPLE.findall(leading[0]) if leading else []


def prose(description: str) -> str:
    """The same description without the examples that it begins with, as a sentence."""
    text = _LEADING.sub("", description)
    return text[:1].upper() + text[1:]


@functools.cache
def _of_module(module: str) -> Mapping[str, Mapping[str, str]]:
    """Class → field → the string below it."""
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef))
    return {node.name: _of_class(node) for node in classes}


def _of_class(node: ast.ClassDef) -> dict[str, str]:
    found: dict[str, str] = {}
    for field, below in zip(node.body, node.body[1:], strict=False):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = " ".join(text.split())
    return found
