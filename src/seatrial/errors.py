"""Every error that Seatrial raises, and what the commands end with.

SeatrialError                 exit
├── PageError                  2   the page is wrong; holds every problem with its position
├── CallError                  2   the command line is wrong
├── MissingError               3   something is missing on this machine
├── RefusedError               3   this driver or target cannot do that, and says why
├── PartFailedError            1   a part of the running system failed, by its own fault
└── OutOfTimeError             4   a deadline passed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OWN_FAULT = 70
"""EX_SOFTWARE of sysexits.h."""
INTERRUPTED = 130
"""What a shell expects of a command that Ctrl-C ended."""
EXIT_CODES: Mapping[int, str] = {
    0: "done, and all is well",
    1: "a check failed, or a part of the system failed by its own fault",
    2: "the page or the call is wrong",
    3: "something is missing here: a program, an engine, a file, a secret, a port, the network",
    4: "out of time: the deadline of a part or of the command passed",
    OWN_FAULT: "a fault of Seatrial's own",
    INTERRUPTED: "ended by Ctrl-C, or asked to end by a signal",
}
"""What every command ends with; scripts rely on it, so a number keeps its meaning."""


class SeatrialError(Exception):
    """Seatrial failed."""

    exit_code = 1

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong with a page: where, what was found, what to do."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: "
        return where + (f"{self.path}: {self.message}" if self.path else self.message)


class PageError(SeatrialError):
    """The page is wrong."""

    exit_code = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class CallError(SeatrialError):
    """The command line is wrong."""

    exit_code = 2


class MissingError(SeatrialError):
    """Something is missing on this machine."""

    exit_code = 3


class RefusedError(SeatrialError):
    """The driver or target cannot do that."""

    exit_code = 3


class PartFailedError(SeatrialError):
    """A part of the running system failed."""


class OutOfTimeError(SeatrialError):
    """A deadline passed."""

    exit_code = 4


def named(name: str) -> type[SeatrialError]:
    """The class of an error that another process wrote down; of one that is not known here, the plainest."""
    kinds = (CallError, MissingError, RefusedError, PartFailedError, OutOfTimeError)
    return next((kind for kind in kinds if kind.__name__ == name), PartFailedError)
