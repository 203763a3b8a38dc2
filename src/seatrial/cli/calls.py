"""The command line before it is parsed: what holds for every command, and the words that are somebody else's.

`--verbose` is taken anywhere, `--json` also says how an error is written, and what follows the first `--` is
for the program that `run` or `exec` starts.
"""

from __future__ import annotations

from dataclasses import dataclass

import typer

VERBOSE = "--verbose"
AS_JSON = "--json"
END = "--"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """The words of a command line."""

    own: tuple[str, ...]
    """For Seatrial."""
    passed_on: tuple[str, ...]
    """After the first `--`."""
    ended: bool
    """There is a `--`."""

    @property
    def verbose(self) -> bool:
        return VERBOSE in self.own

    @property
    def as_json(self) -> bool:
        return AS_JSON in self.own

    @property
    def arguments(self) -> list[str]:
        """For the parser, which knows `--verbose` in one place only."""
        return [
            *(word for word in self.own if word != VERBOSE),
            *([END] if self.ended else []),
            *self.passed_on,
        ]


def read_call(words: list[str]) -> Call:
    """The call that the words after the program's name make."""
    at = words.index(END) if END in words else len(words)
    return Call(own=tuple(words[:at]), passed_on=tuple(words[at + 1 :]), ended=END in words)


def own(words: list[str] | None, added: tuple[str, ...]) -> list[str]:
    """Of the words that the parser gave a command, those before `--`."""
    return (words or [])[: len(words or []) - len(added)]


def passed_on(context: typer.Context) -> tuple[str, ...]:
    """The words after `--` of the call that is being carried out."""
    call = context.find_object(Call)
    return call.passed_on if call else ()
