"""From a file to a page: form, fields and references are checked, and every problem is reported at once."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from seatrial import errors
from seatrial.spec import checks, complaints, documents, pages

FILE_NAME = "seatrial.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadedPage:
    """A page without a problem, and the folder that its paths are relative to."""

    page: pages.Page
    directory: Path


def load_page(path: Path, *, shown_as: str | None = None) -> LoadedPage:
    """The page in a file. Raises PageError with all problems, MissingError when the file cannot be read."""
    try:
        raw = path.read_bytes()
    except OSError as cause:
        raise errors.MissingError(f"cannot read {path}: {cause.strerror}") from cause
    return LoadedPage(page=parse_page(raw, shown_as or str(path)), directory=path.parent.resolve())


def parse_page(raw: bytes, file: str) -> pages.Page:
    """The page in a text. Raises PageError with all problems, each with file, line, column and path."""
    document = documents.read_document(raw, file)
    if not isinstance(document.data, dict):
        no_keys = document.problem((), "found no keys, expected apiVersion, kind, metadata")
        raise errors.PageError((*document.problems, no_keys))
    page, invalid = _validate(document)
    problems = [*document.problems, *invalid]
    if page is not None:
        known = {section: _names(document.data, section) for section in checks.SECTIONS}
        problems += [
            document.problem(path, message, at_key=at_key)
            for path, message, at_key in checks.page_complaints(page, known)
        ]
    if problems or page is None:
        problems.sort(key=lambda problem: (problem.line, problem.column))
        raise errors.PageError(tuple(dict.fromkeys(problems)))
    return page


def _names(data: dict[str, Any], section: str) -> frozenset[str]:
    names = data.get(section)
    return frozenset(names if isinstance(names, dict) else ())


def _validate(document: documents.Document) -> tuple[pages.Page | None, list[errors.Problem]]:
    """The page, and what is wrong with it.

    Items with problems are left out of the page, so that the references between all others can still be
    checked; None when nothing can be checked without them.
    """
    try:
        return pages.Page.model_validate(document.data), []
    except ValidationError as invalid:
        details = invalid.errors(include_url=False)
    problems = [complaints.page_problem(error, document) for error in details]
    pruned = copy.deepcopy(document.data)
    for error in details:
        section, item = (*error["loc"], None, None)[:2]
        if isinstance(pruned.get(section), dict) and section in checks.SECTIONS:
            pruned[section].pop(item, None)
        else:
            pruned.pop(section, None)
    pruned |= {"apiVersion": "seatrial/v1alpha1", "kind": "System"}
    pruned.setdefault("metadata", {"name": "unnamed"})
    try:
        return pages.Page.model_validate(pruned), problems
    except ValidationError:
        return None, problems
