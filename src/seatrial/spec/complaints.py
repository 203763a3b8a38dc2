"""Pydantic's errors in our words: what was found, what to do, the nearest right word, at the right place."""

from __future__ import annotations

import typing
from types import UnionType
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from seatrial import errors, kinds, promises
from seatrial.spec import pages
from seatrial.spec.documents import Document, Path
from seatrial.values import names

_SYNONYMS = {
    "schedule": "when",
    "cron": "when",
    "replicas": "scale",
    "environment": "env",
    "depends_on": "uses",
}
"""What others call a key of ours, where no likeness leads to it."""
_EXPECTED = {
    "string_type": "text (put it in quotes)",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "list_type": "a list, such as [a, b]",
}


def page_problem(error: ErrorDetails, document: Document) -> errors.Problem:
    """One problem for one of pydantic's errors."""
    path = _path_in_text(error, document.data)
    sort = error["type"]
    if sort == "missing":
        return document.problem(path[:-1], f"{path[-1]!r} is missing here", at_key=True)
    if sort == "extra_forbidden":
        allowed = _allowed_keys(path[:-1], document.data)
        meant = _SYNONYMS.get(str(path[-1]), "")
        word = meant if meant in allowed else str(path[-1])
        message = f"unknown key {str(path[-1])!r}; {names.suggestion(word, allowed)}"
        return document.problem(path, message, at_key=True)
    return document.problem(path, _message(error), at_key=error["loc"][-1] == "[key]")


def _message(error: ErrorDetails) -> str:
    found, sort, context = error["input"], error["type"], error.get("ctx", {})
    if sort == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    if sort == "literal_error":
        allowed = [word.strip(" '") for word in str(context["expected"]).replace(" or ", ",").split(",")]
        return f"found {_shown(found)}; {names.suggestion(str(found), allowed)}"
    if sort == "union_tag_invalid" and "discriminator" in context:
        known = [module.KIND for module in kinds.STORES]
        return f"unknown kind {context.get('tag')!r}; {names.suggestion(str(context.get('tag')), known)}"
    if sort == "union_tag_not_found" and context.get("discriminator") == "'kind'":
        return f"'kind' is missing here; known here: {', '.join(m.KIND for m in kinds.STORES)}"
    if sort == "union_tag_not_found":
        known = [key for module in promises.PROMISES for key in module.KEYS]
        return f"promises nothing that is known; say one of {', '.join(known)}"
    if sort == "too_short":
        return "is empty; say at least one"
    if sort in _EXPECTED:
        return f"found {_shown(found)}, expected {_EXPECTED[sort]}"
    return f"found {_shown(found)}: {error['msg'].replace('Input should', 'it should')}"


def _shown(found: object) -> str:
    if found is None:
        return "nothing"
    text = repr(found)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004  # one line of a terminal


def _path_in_text(error: ErrorDetails, data: Any) -> Path:  # noqa: ANN401  # YAML
    """Pydantic's location without the names of union members, which do not stand in the text."""
    path: list[str | int] = []
    here = data
    location = [step for step in error["loc"] if step != "[key]"]
    for index, step in enumerate(location):
        inside = (isinstance(here, dict) and step in here) or (
            isinstance(here, list) and isinstance(step, int) and step < len(here)
        )
        if inside:
            here = here[step]
        if inside or (index == len(location) - 1 and error["type"] == "missing"):
            path.append(step)
    return tuple(path)


def _allowed_keys(path: Path, data: Any) -> list[str]:  # noqa: ANN401  # YAML
    """The keys that the model at a path knows, by walking the annotations from the page down."""
    candidates: list[Any] = [pages.Page]
    here = data
    for step in path:
        here = here[step]
        candidates = [inner for candidate in candidates for inner in _step_into(candidate, step)]
    models = [model for candidate in candidates for model in _models(candidate)]
    kind = here.get("kind") if isinstance(here, dict) else None
    fitting = [m for m in models if _has_kind(m, kind)] or models
    best = max(fitting, key=lambda m: len(_keys(m) & set(here)), default=None)
    return sorted(_keys(best)) if best else []


def _keys(model: type[BaseModel]) -> set[str]:
    return {info.alias or name for name, info in model.model_fields.items()}


def _has_kind(model: type[BaseModel], kind: object) -> bool:
    info = model.model_fields.get("kind")
    return info is not None and kind in typing.get_args(info.annotation)


def _step_into(annotation: Any, step: str | int) -> list[Any]:  # noqa: ANN401  # a type of any form
    """The annotations of what stands at one key or index inside a value of this annotation."""
    found: list[Any] = []
    for candidate in _alternatives(annotation):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            found += [
                info.annotation
                for name, info in candidate.model_fields.items()
                if (info.alias or name) == step
            ]
        elif typing.get_origin(candidate) in {dict, list}:
            found.append(typing.get_args(candidate)[-1])
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401  # a type of any form
    return [
        candidate
        for candidate in _alternatives(annotation)
        if isinstance(candidate, type) and issubclass(candidate, BaseModel)
    ]


def _alternatives(annotation: Any) -> list[Any]:  # noqa: ANN401  # a type of any form
    """The members of a union, and what stands inside Annotated."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _alternatives(typing.get_args(annotation)[0])
    if origin in {typing.Union, UnionType}:
        return [inner for member in typing.get_args(annotation) for inner in _alternatives(member)]
    return [annotation]
