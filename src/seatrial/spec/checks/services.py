"""Ports, groups and what scales a service: each names something that is there."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial import kinds
from seatrial.kinds import exposures, kafka, redis, usages
from seatrial.spec import pages, scopes
from seatrial.spec.checks.complaints import Complaint, Known, runnables
from seatrial.spec.documents import Path
from seatrial.values import names


def complaints(page: pages.Page, known: Known) -> Iterator[Complaint]:
    """All of them."""
    for name, service in page.services.items():
        yield from _ports(("services", name), service)
        yield from _scale(page, ("services", name, "scale"), service, known)
    yield from _addresses(page)
    yield from _groups(page, known)


def _addresses(page: pages.Page) -> Iterator[Complaint]:
    """What users ask for leads to one place."""
    taken: dict[tuple[str, str], str] = {}
    for name, (service, one) in scopes.exposed(page).items():
        where = (one.host, one.path)
        if where in taken:
            message = f"{one.host}{one.path} already leads to {taken[where]!r}"
            yield ("services", service, "expose"), message, False
        taken.setdefault(where, name)


def _ports(path: Path, service: kinds.service.Spec) -> Iterator[Complaint]:
    """A probe, scrape or exposure needs a port of the service: a wrong probe is an error of the page."""
    for at, port in _asked_ports(path, service):
        if not service.ports:
            yield at, "needs a port to go to; say ports: {http: 8000}", False
        elif port is not None and port not in service.ports:
            message = f"unknown port {port!r}; {names.suggestion(port, service.ports)}"
            yield (*at, "port"), message, False
    numbers: dict[int, str] = {}
    for port, number in kinds.service.numbers(service).items():
        if number in numbers:
            yield (*path, "ports", port), f"{number} is already the number of {numbers[number]!r}", False
        numbers.setdefault(number, port)
    folders: dict[str, str] = {}
    for volume, spec in service.volumes.items():
        if spec.path in folders:
            message = f"{spec.path} is already the folder of {folders[spec.path]!r}"
            yield (*path, "volumes", volume, "path"), message, False
        folders.setdefault(spec.path, volume)
    if service.volumes and (service.scale.max or service.scale.min) > 1:
        message = "has a volume, which one copy alone can write: say scale: {min: 1}, or use a bucket"
        yield (*path, "volumes"), message, True


def _asked_ports(path: Path, service: kinds.service.Spec) -> Iterator[tuple[Path, str | None]]:
    health = service.health
    if health is not None and health.needs_port():
        yield (*path, "health"), health.port
    for sort in ("live", "ready"):
        asked = getattr(health, sort, None)
        if isinstance(asked, kinds.probes.Probe) and asked.port is not None:
            yield (*path, "health", sort), asked.port
    if service.metrics is not None:
        yield (*path, "metrics"), service.metrics.port
    alone = isinstance(service.expose, exposures.Expose)
    for name, one in exposures.by_name("", service.expose).items():
        yield (*path, "expose") if alone else (*path, "expose", name), one.port


def _scale(page: pages.Page, path: Path, service: kinds.service.Spec, known: Known) -> Iterator[Complaint]:
    scale = service.scale
    if scale.max is not None and scale.max < scale.min:
        yield (*path, "max"), f"is below min, which is {scale.min}", False
    for index, load in enumerate(scale.topics):
        yield from topic_complaints(page, (*path, "topics", index), load.of, load.topic, known)
    queue = scale.queue
    if queue is not None and queue.of is not None:
        store = page.stores.get(queue.of)
        if store is None and queue.of not in known["stores"]:
            message = f"unknown store {queue.of!r}; {names.suggestion(queue.of, page.stores)}"
            yield (*path, "queue", "of"), message, False
        elif store is not None and store.kind != redis.KIND:
            yield (*path, "queue", "of"), f"{queue.of!r} is no redis, so it has no list", False


def topic_complaints(page: pages.Page, path: Path, of: str, topic: str, known: Known) -> Iterator[Complaint]:
    """A topic stands in the page, in a store that has topics."""
    store = page.stores.get(of)
    if store is None:
        if of not in known["stores"]:
            yield (*path, "of"), f"unknown store {of!r}; {names.suggestion(of, page.stores)}", False
    elif not isinstance(store, kafka.Spec):
        yield (*path, "of"), f"{of!r} is no kafka, so it has no topics", False
    elif topic not in store.topics:
        yield (*path, "topic"), f"unknown topic {topic!r}; {names.suggestion(topic, store.topics)}", False


def _groups(page: pages.Page, known: Known) -> Iterator[Complaint]:
    for section, name, item in runnables(page):
        if item.group is not None and item.group not in known["groups"]:
            message = f"unknown group {item.group!r}; {names.suggestion(item.group, page.groups)}"
            yield (section, name, "group"), message, False
        yield from _reaching(page, (section, name), item.group, usages.normal(item.uses))
    for name, group in page.groups.items():
        for index, other in enumerate(group.reaches):
            if other not in known["groups"]:
                message = f"unknown group {other!r}; {names.suggestion(other, page.groups)}"
                yield ("groups", name, "reaches", index), message, False


def _reaching(page: pages.Page, path: Path, own: str | None, used: list[usages.Use]) -> Iterator[Complaint]:
    """Groups are kept apart, so a use across groups must be allowed by the group."""
    if own is None or own not in page.groups:
        return
    for index, use in enumerate(used):
        other = page.services[use.use].group if use.use in page.services else None
        if other is not None and other != own and other not in page.groups[own].reaches:
            message = f"{use.use!r} is in the group {other!r}, which {own!r} does not reach"
            yield (*path, "uses", index), message, False
