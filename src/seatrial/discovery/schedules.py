"""Entries of a Celery beat schedule, as the crontab lines that a page says them in."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.discovery import variables
from seatrial.discovery.findings import Place
from seatrial.values import schedules

_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = {"seconds": 1, "minutes": _MINUTE, "hours": _HOUR, "days": _DAY, "weeks": 7 * _DAY}


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One entry; `task` or `when` is None where a page cannot say it."""

    name: str
    task: str | None
    when: str | None
    """Minute, hour, day of month, month, day of week."""
    options: tuple[str, ...]
    place: Place


def read_entries(node: ast.expr, path: str) -> Iterator[Entry]:
    """The entries of a dictionary; none for anything else."""
    if not isinstance(node, ast.Dict):
        return
    for key, value in zip(node.keys, node.values, strict=True):
        name = variables.literal(key)
        place = Place(file=path, line=value.lineno)
        entry = _pairs(value)
        task = variables.literal(entry.get("task"))
        options = _options(entry)
        known = isinstance(task, str) and isinstance(name, str) and options is not None
        yield Entry(
            name=str(name),
            task=str(task) if known else None,
            when=_crontab(entry.get("schedule")),
            options=options or (),
            place=place,
        )


def _pairs(node: ast.expr) -> dict[str, ast.expr]:
    if not isinstance(node, ast.Dict):
        return {}
    return {
        str(variables.literal(key)): value for key, value in zip(node.keys, node.values, strict=True) if key
    }


def _options(entry: dict[str, ast.expr]) -> tuple[str, ...] | None:
    """`--args` and `--kwargs` in JSON; None where they are computed, or there are further options."""
    options: tuple[str, ...] = ()
    for key in ("args", "kwargs"):
        if key in entry:
            try:
                options += (f"--{key}", json.dumps(ast.literal_eval(entry[key])))
            except (ValueError, TypeError, RecursionError, MemoryError):
                return None
    return None if entry.keys() - {"task", "schedule", "args", "kwargs"} else options


def _crontab(node: ast.expr | None) -> str | None:
    """Of `crontab(…)`, of seconds, or of a timedelta that a crontab line can say."""
    if isinstance(node, ast.Call):
        name = variables.dotted(node.func).rpartition(".")[2]
        given = {one.arg: variables.literal(one.value) for one in node.keywords}
        if name == "crontab" and len(node.args) == 0 and None not in given.values():
            return _known(" ".join(str(given.get(field, "*")).replace(" ", "") for field in _FIELDS))
        whole = all(isinstance(value, int) for value in given.values())
        if name == "timedelta" and not node.args and whole and given.keys() <= _UNITS.keys():
            return _every(sum(_UNITS[str(unit)] * int(str(value)) for unit, value in given.items()))
        return None
    seconds = variables.literal(node)
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds == seconds // 1:
        return _every(int(seconds))
    return None


def _known(line: str) -> str | None:
    try:
        return schedules.ensure_schedule(line)
    except ValueError:
        return None


def _every(seconds: int) -> str | None:
    """The line that comes due at the same distance, where one does."""
    if seconds == _DAY:
        return "0 0 * * *"
    if seconds >= _HOUR and seconds % _HOUR == 0 and _DAY % seconds == 0:
        return f"0 */{seconds // _HOUR} * * *" if seconds > _HOUR else "0 * * * *"
    if seconds >= _MINUTE and seconds % _MINUTE == 0 and _HOUR % seconds == 0:
        return f"*/{seconds // _MINUTE} * * * *" if seconds > _MINUTE else "* * * * *"
    return None
