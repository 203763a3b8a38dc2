"""What people are told once a system is up: addresses, secrets they need, notes, and what comes next."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from seatrial.cli import systems, wordings
from seatrial.drivers import laptop

if TYPE_CHECKING:
    from seatrial.drivers import Arrival
    from seatrial.drivers.laptop import Laptop
    from seatrial.plan import Plan


def welcome(
    driver: Laptop, plan: Plan, arrival: Arrival, again: str | None, *, detach: bool
) -> Iterator[str]:
    """The lines to print; `again` is how the caller named the system."""
    yield ""
    yield (
        f"{plan.system} was running already"
        if arrival.already
        else f"{plan.system} is up after {arrival.elapsed_seconds:.1f} s"
    )
    reached = [*driver.urls(plan), *driver.inner_urls(plan), *driver.where_secrets(plan)]
    yield from [""] if reached else []
    for name, url in driver.urls(plan).items():
        yield f"  {name:<12} {url}"
    for name, url in driver.inner_urls(plan).items():
        yield f"  {name:<12} {url}  inside only: the page does not expose it"
    for secret in driver.show_secrets(plan):
        if secret.text:
            yield f"  {secret.name:<12} {secret.text}"
        yield f"  {'' if secret.text else secret.name:<12} kept in {systems.shown(secret.path)}"
    if notes := driver.notes(plan).rstrip():
        yield ""
        yield from (f"  {line}".rstrip() for line in notes.splitlines())
    yield ""
    if limits := laptop.limits(plan):
        many, naming = wordings.counted(len(limits), "thing"), systems.hint("check", again)
        yield from _fitted(f"a laptop leaves {many} of the page out; `{naming}` names what")
    ending = f"`{systems.hint('down', again)}` stops it" if detach or arrival.already else "Ctrl-C stops it"
    yield from _fitted(f"{ending}; `{systems.hint('logs', again, '-f')}` follows its logs")


def _fitted(text: str) -> list[str]:
    return wordings.fitted(text, "  ", sys.stdout, first="  ")


def as_object(driver: Laptop, plan: Plan, arrival: Arrival) -> dict[str, object]:
    """The same for programs: addresses, and the files that hold secrets which people need."""
    return {
        "phase": "up",
        "elapsed_seconds": arrival.elapsed_seconds,
        "already": arrival.already,
        "urls": driver.urls(plan),
        "inner_urls": driver.inner_urls(plan),
        "secrets": {secret.name: str(secret.path) for secret in driver.where_secrets(plan)},
    }
