"""Promises, watches, budgets, people: each is about something that is there and can be judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seatrial import promises
from seatrial.kinds import backups, mounts, stores
from seatrial.spec import operators, pages, scopes
from seatrial.spec.checks.complaints import Complaint, Known, unknown_names
from seatrial.spec.checks.services import topic_complaints
from seatrial.spec.documents import Path
from seatrial.values import durations, names

_SURVIVED_BY_COPIES = frozenset({"process", "machine", "zone"})
"""Losses after which the data is still on a disk."""
_MODULES = {module.Spec: module for module in promises.PROMISES}


def complaints(page: pages.Page, known: Known) -> Iterator[Complaint]:
    """All of them."""
    for name, promise in page.promises.items():
        yield from _promise(page, ("promises", name), promise, known)
    severities = known["severities"] | operators.BUILT_IN_SEVERITIES.keys()
    for name, watched in page.watch.items():
        if name in page.promises:
            yield ("watch", name), f"{name!r} is already the name of a promise", True
        yield from _severity(("watch", name, "severity"), watched.severity, severities)
    for name, budget in page.budgets.items():
        yield from _budget(("budgets", name), budget, known)
        for index, action in enumerate(budget.actions):
            at = ("budgets", name, "actions", index, "severity")
            yield from _severity(at, action.severity, severities)
    for name, person in page.people.items():
        if person.pager is not None and person.pager not in known["secrets"]:
            message = f"unknown secret {person.pager!r}; {names.suggestion(person.pager, page.secrets)}"
            yield ("people", name, "pager"), message, False
    for name, severity in page.severities.items():
        yield from unknown_names(("severities", name, "to"), severity.to, known["people"], "person")
        yield from unknown_names(("severities", name, "then"), severity.then, known["people"], "person")


def _severity(at: Path, name: str, known: frozenset[str]) -> Iterator[Complaint]:
    if name not in known:
        yield at, f"unknown severity {name!r}; {names.suggestion(name, known)}", False


def _promise(page: pages.Page, path: Path, promise: Any, known: Known) -> Iterator[Complaint]:  # noqa: ANN401  # the union of all promises
    module = _MODULES[type(promise)]
    of: str | None = getattr(promise, "of", None)
    if of is not None:
        yield from _subject(page, (*path, "of"), promise, known)
    elif "system" in module.OF and hasattr(promise, "availability") and not scopes.exposed(page):
        yield path, "is about every exposed service, and none is exposed; say of", False
    route: str | None = getattr(promise, "route", None)
    if route is not None and not scopes.is_route(route):
        yield (
            (*path, "route"),
            f"found {route!r}, expected a method and a path such as POST /v1/errors",
            False,
        )
    topic: str | None = getattr(promise, "topic", None)
    if topic is not None and of is not None:
        yield from topic_complaints(page, path, of, topic, known)


def _recovery(
    at: Path, promise: promises.recovery.Spec, of: str, kept: stores.Spec | mounts.Volume | None
) -> Iterator[Complaint]:
    """What changed since the last copy is lost with the store, unless its log is kept as well."""
    if kept is None:
        return
    if kept.backup is None:
        yield at, f"{of!r} has no backup, so nothing of it could be recovered", False
        return
    logged = isinstance(kept.backup, backups.LoggedBackup) and kept.backup.log == "continuous"
    spacing = kept.backup.changes or kept.backup.full
    if promise.loss not in _SURVIVED_BY_COPIES and not logged and promise.point < spacing:
        written = durations.format_duration(spacing)
        yield (*at[:-1], "point"), f"{of!r} is copied every {written}, so as much as that can be lost", False


def _subject(
    page: pages.Page,
    at: Path,
    promise: Any,  # noqa: ANN401  # the union of all promises
    known: Known,
) -> Iterator[Complaint]:
    module, of = _MODULES[type(promise)], promise.of
    files = {
        mounts.volume_name(name, volume): one
        for name, service in page.services.items()
        for volume, one in service.volumes.items()
    }
    sorts: dict[str, Mapping[str, Any]] = {
        "service": {name: service for name, service in page.services.items() if service.ports},
        "program": page.services,
        "store": page.stores,
        "job": page.jobs,
        "volume": files,
    }
    owners = {name for sort in module.OF for name in sorts.get(sort, ())}
    if of in owners:
        if isinstance(promise, promises.recovery.Spec):
            yield from _recovery(at, promise, of, page.stores.get(of) or files.get(of))
        return
    elsewhere = next((sort for sort, items in sorts.items() if of in items), None)
    if elsewhere == "program":
        yield at, f"{of!r} answers no requests; name a service with ports", False
    elif elsewhere is not None:
        wanted = " or ".join(sorted(module.OF - {"system"}))
        yield at, f"{of!r} is a {elsewhere}; {module.TAG} is about a {wanted}", False
    elif not any(of in known[section] for section in ("services", "stores", "jobs")):
        yield at, f"unknown name {of!r}; {names.suggestion(of, owners)}", False


def _budget(path: Path, budget: operators.Budget, known: Known) -> Iterator[Complaint]:
    yield from unknown_names((*path, "of"), budget.of, known["models"], "model")
    for index, action in enumerate(budget.actions):
        at = (*path, "actions", index)
        yield from unknown_names((*at, "tell"), action.tell, known["people"], "person")
        yield from unknown_names((*at, "scale"), action.scale, known["services"], "service")
        yield from unknown_names(
            (*at, "stop"), action.stop, known["services"] | known["models"], "service or model"
        )
