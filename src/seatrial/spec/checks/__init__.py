"""What no single field can see: references between items, ports, cycles, placeholders, environments."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.spec import documents, pages
from seatrial.spec import environments as overlaying
from seatrial.spec.checks import environments, operations, services, texts, using
from seatrial.spec.checks.complaints import SECTIONS, Complaint, Known

__all__ = ["SECTIONS", "Complaint", "Known", "page_complaints"]


def page_complaints(page: pages.Page, known: Known) -> Iterator[Complaint]:
    """All that is wrong between the items of a page."""
    said = [*_complaints(page, known), *environments.complaints(page, known)]
    yield from said
    places = {path for path, _, _ in said}
    for name in page.environments:
        for path, message, at_key in _complaints(overlaying.overlay(page, name), known):
            laid_at = _laid_at(name, path)
            if (path, message, at_key) not in said and laid_at not in places:
                yield laid_at, f"here, {documents.dotted(path)}: {message}", at_key


def _complaints(page: pages.Page, known: Known) -> Iterator[Complaint]:
    for found in (using, texts, services, operations):
        yield from found.complaints(page, known)


def _laid_at(environment: str, path: documents.Path) -> documents.Path:
    """Where an environment says what is laid over a place; `scale` and `size` stand by service there."""
    if path[0] == "services" and len(path) > 2 and path[2] in ("scale", "size"):  # noqa: PLR2004
        return ("environments", environment, path[2], path[1], *path[3:])
    return ("environments", environment, *path)
