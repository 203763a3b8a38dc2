"""Query parameters as typed values: a wrong one is a 400 that names it, an unknown one a warning."""

import datetime as dt
import difflib
from collections.abc import Sequence

from starlette.requests import Request

from seatrial_kit import errors

TEXT_CHARACTERS_MAX = 1000
VALUES_MAX = 200
WARNINGS_MAX = 20


class Reader:
    """Reads the parameters of one request; what nobody read is unknown."""

    def __init__(self, request: Request) -> None:
        self._given = request.query_params
        self._read: set[str] = set()

    def text(self, name: str, *, characters_max: int = TEXT_CHARACTERS_MAX) -> str | None:
        """The text of a parameter, None where it is not given or empty."""
        self._read.add(name)
        value = self._given.get(name) or None
        return None if value is None else _ensure_text(name, value, characters_max)

    def texts(self, name: str, *, characters_max: int = 100) -> list[str]:
        """Values of a parameter that may be repeated, carry [] or be separated by commas."""
        self._read |= {name, f"{name}[]"}
        given = [*self._given.getlist(name), *self._given.getlist(f"{name}[]")]
        values = [value.strip() for text in given for value in text.split(",") if value.strip()]
        if len(values) > VALUES_MAX:
            raise errors.InvalidRequest(f"at most {VALUES_MAX} values", field=name)
        return [_ensure_text(name, value, characters_max) for value in values]

    def choice(self, name: str, words: Sequence[str], default: str | None = None) -> str | None:
        value = self.text(name)
        if value is not None and value not in words:
            raise errors.InvalidRequest(f"must be one of {', '.join(words)}", field=name)
        return value or default

    def whole(self, name: str, default: int, *, low: int, high: int) -> int:
        return int(self._number(name, default, low, high, int))

    def decimal(self, name: str, default: float, *, low: float, high: float) -> float:
        return self._number(name, default, low, high, float)

    def moment(self, name: str) -> dt.datetime | None:
        """ISO 8601; without an offset it is UTC."""
        value = self.text(name)
        if value is None:
            return None
        try:
            found = dt.datetime.fromisoformat(value)
            aware = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
            return aware.astimezone(dt.UTC)
        except (ValueError, OverflowError) as error:
            raise errors.InvalidRequest(
                "must be a moment such as 2026-01-31T12:00:00Z", field=name
            ) from error

    def warnings(self) -> tuple[str, ...]:
        """One sentence for each parameter that nobody read."""
        unknown = [name for name in dict.fromkeys(self._given) if name not in self._read]
        return tuple(_say(name, sorted(self._read)) for name in unknown[:WARNINGS_MAX])

    def _number(
        self, name: str, default: float, low: float, high: float, kind: type[int] | type[float]
    ) -> float:
        value = self.text(name, characters_max=30)
        if value is None:
            return default
        wanted = f"must be a {'whole ' if kind is int else ''}number from {low} to {high}"
        try:
            number = kind(value)
        except ValueError as error:
            raise errors.InvalidRequest(wanted, field=name) from error
        if not low <= number <= high:  # false for NaN too
            raise errors.InvalidRequest(wanted, field=name)
        return number


def _ensure_text(name: str, value: str, characters_max: int) -> str:
    if "\x00" in value:
        raise errors.InvalidRequest("the text holds a NUL character", field=name)
    if len(value) > characters_max:
        raise errors.InvalidRequest(f"at most {characters_max} characters", field=name)
    return value


def _say(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name[:100], known, n=1, cutoff=0.5)
    return f"unknown parameter {name[:100]}" + (f"; did you mean {near[0]}?" if near else "")
