"""What no single field can see: references between items, ports, cycles, placeholders, environments."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.spec import pages
from seatrial.spec.checks import environments, operations, services, texts, using
from seatrial.spec.checks.complaints import SECTIONS, Complaint, Known

__all__ = ["SECTIONS", "Complaint", "Known", "page_complaints"]


def page_complaints(page: pages.Page, known: Known) -> Iterator[Complaint]:
    """All that is wrong between the items of a page."""
    for found in (using, texts, services, operations, environments):
        yield from found.complaints(page, known)
