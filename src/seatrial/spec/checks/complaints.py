"""What a check says, and what it knows beside the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seatrial.spec import pages, scopes
from seatrial.spec.documents import Path
from seatrial.values import names

SECTIONS = tuple(
    name for name, info in pages.Page.model_fields.items() if str(info.annotation).startswith("dict[")
)
"""The sections that hold items by name."""
Complaint = tuple[Path, str, bool]
"""Path in the page, message, and whether it is the key itself that is wrong."""
Known = Mapping[str, frozenset[str]]
"""Section to names of all its items, sound or not: a reference to an unsound item is no second problem."""


def runnables(page: pages.Page) -> Iterator[tuple[str, str, scopes.Runnable]]:
    """Section, name and spec of all services and jobs."""
    yield from (("services", name, service) for name, service in page.services.items())
    yield from (("jobs", name, job) for name, job in page.jobs.items())


def unknown_names(
    path: Path, found: list[str], known: frozenset[str] | set[str], what: str
) -> Iterator[Complaint]:
    """One complaint for each name in a list that is not known."""
    for index, name in enumerate(found):
        if name not in known:
            yield (*path, index), f"unknown {what} {name!r}; {names.suggestion(name, known)}", False
