"""Output that may go away: a pipe's reader ends, a terminal is closed. What runs must not die of that."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO


class Output:
    """A standard stream; after the first failed write everything goes to nowhere, and `gone` says so."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self.gone = False

    @property
    def drawable(self) -> bool:
        """A terminal whose cursor can be moved."""
        return self._stream.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            return self._lose(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._lose("")

    def say(self, line: str) -> None:
        self.write(f"{line}\n")
        self.flush()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever else a stream has
        return getattr(self._stream, name)

    def _lose(self, text: str) -> int:
        """The descriptor itself is turned, so that the flush at the interpreter's end succeeds too."""
        self.gone = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
        return len(text)
