"""Settings from the environment, read once; what is missing or wrong is said in one line each."""

import re
import sys
from collections.abc import Callable, Mapping
from typing import NoReturn
from urllib.parse import urlsplit

LEVELS = ("debug", "info", "warning", "error")


class SettingError(ValueError):
    """A variable of the environment is missing or wrong."""


class Reader:
    """Reads variables and collects what is wrong, so that all of it can be said at once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._complaints: list[str] = []

    def url(self, name: str, schemes: tuple[str, ...]) -> str:
        wanted = f"an address that starts with {' or '.join(s + '://' for s in schemes)}"
        return self._read(name, wanted, lambda text: urlsplit(text).scheme in schemes and bool(_host(text)))

    def level(self, name: str, default: str) -> str:
        text = self._environment.get(name, default).lower()
        return self._checked(name, text, f"one of {', '.join(LEVELS)}", lambda level: level in LEVELS)

    def secret(self, name: str, pattern: str) -> str:
        """Never shows the value: it is a secret even when it is wrong."""
        text = self._environment.get(name, "")
        if not re.fullmatch(pattern, text):
            found = "set to something else" if text else "not set"
            self._complaints.append(f"{name} is {found}; it must match {pattern}")
        return text

    def finish(self) -> None:
        if self._complaints:
            raise SettingError("; ".join(self._complaints))

    def _read(self, name: str, wanted: str, accept: Callable[[str], bool]) -> str:
        text = self._environment.get(name, "")
        if not text:
            self._complaints.append(f"{name} is not set; it must be {wanted}")
            return ""
        return self._checked(name, text, wanted, accept, show=False)

    def _checked(
        self, name: str, text: str, wanted: str, accept: Callable[[str], bool], *, show: bool = True
    ) -> str:
        if not accept(text):  # an address holds a password, so it is not shown
            found = f" {text!r}" if show else " something else"
            self._complaints.append(f"{name} is{found}; it must be {wanted}")
        return text


def _host(text: str) -> str | None:
    try:
        return urlsplit(text).hostname
    except ValueError:
        return None


def leave(program: str, complaint: object) -> NoReturn:
    """One clear line on standard error, and the exit code of wrong usage."""
    sys.stderr.write(f"{program}: {complaint}\n")
    raise SystemExit(2)
