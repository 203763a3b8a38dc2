"""Texts as trees: Python, YAML, TOML and JSON, each parsed once; a broken text is noted and counts as absent.

Nothing is executed: Python is only ever parsed.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from seatrial import errors
from seatrial.discovery import folders
from seatrial.spec import documents as pages


@dataclass(frozen=True, kw_only=True, slots=True)
class Documents:
    """A folder's texts, and what they parse to."""

    folder: folders.Folder
    broken: dict[str, str] = field(default_factory=dict)
    """Path to what is wrong with its text."""
    _parsed: dict[str, Any] = field(default_factory=dict)

    @property
    def texts(self) -> Mapping[str, str]:
        return self.folder.texts

    def python(self, path: str) -> ast.Module | None:
        tree: ast.Module | None = self._once(path, _parse_python)
        return tree

    def table(self, path: str) -> dict[str, Any]:
        """A TOML or JSON file's outermost table; empty where there is none."""
        parsed = self._once(path, json.loads if path.endswith(".json") else tomllib.loads)
        return parsed if isinstance(parsed, dict) else {}

    def yaml(self, path: str) -> pages.Document | None:
        """With the positions of its keys."""
        document: pages.Document | None = self._once(
            path, lambda text: pages.read_document(text.encode(), path)
        )
        return document

    def line(self, path: str, pattern: str) -> int:
        """Number of the first line on which a pattern matches; 1 where none does."""
        found = re.search(pattern, self.texts.get(path, ""), re.MULTILINE)
        return self.texts[path].count("\n", 0, found.start()) + 1 if found else 1

    def _once(self, path: str, parse: Callable[[str], Any]) -> Any:  # noqa: ANN401  # whatever the text holds
        if path not in self._parsed:
            try:
                self._parsed[path] = parse(self.texts[path]) if path in self.texts else None
            except errors.PageError as error:
                self._break(path, error.problems[0].message)
            except SyntaxError as error:
                self._break(path, f"line {error.lineno}: {error.msg}")
            except (ValueError, RecursionError, MemoryError) as error:
                self._break(path, str(error))
        return self._parsed[path]

    def _break(self, path: str, message: str) -> None:
        self.broken[path] = " ".join(message.split())[:200]
        self._parsed[path] = None


def _parse_python(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in a string of theirs is no concern of ours
        return ast.parse(text)


def keys(raw: object) -> dict[str, Any]:
    """A mapping with text keys, whatever stands there."""
    return {str(key): value for key, value in raw.items()} if isinstance(raw, dict) else {}


def words(raw: object) -> list[str]:
    """A list's texts and numbers, whatever stands there."""
    return [str(item) for item in raw if isinstance(item, str | int | float)] if isinstance(raw, list) else []
