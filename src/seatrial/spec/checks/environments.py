"""Environments: each lays itself over something that is there, and the result is sound."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.kinds import usages
from seatrial.spec import environments, pages, scopes
from seatrial.spec.checks.complaints import Complaint, Known, runnables
from seatrial.spec.overlays import Environment
from seatrial.values import names


def complaints(page: pages.Page, known: Known) -> Iterator[Complaint]:
    """All of them."""
    for name, environment in page.environments.items():
        yield from _unknown(name, environment, known)
        yield from _laid(page, name, environment)
        yield from _left_out(page, name, environment)
        for missing in sorted(scopes.environment_names(page) - scopes.environment_values(page, name).keys()):
            message = f"has no {missing.removeprefix('env.')}, which ${{{missing}}} refers to"
            yield ("environments", name), message, False


def _unknown(name: str, environment: Environment, known: Known) -> Iterator[Complaint]:
    sorts = {
        "scale": ("service", {"*", *known["services"]}),
        "size": ("service", {"*", *known["services"]}),
        "stores": ("store", known["stores"]),
        "budgets": ("budget", known["budgets"]),
        "externals": ("external", known["externals"]),
    }
    for block, (what, allowed) in sorts.items():
        for target in getattr(environment, block):
            if target not in allowed:
                message = f"unknown {what} {target!r}; {names.suggestion(target, allowed)}"
                yield ("environments", name, block, target), message, True
    runnable = known["services"] | known["jobs"]
    for index, target in enumerate(environment.without):
        if target not in runnable:
            message = f"unknown service or job {target!r}; {names.suggestion(target, runnable)}"
            yield ("environments", name, "without", index), message, False


def _laid(page: pages.Page, name: str, environment: Environment) -> Iterator[Complaint]:
    laid = environments.overlay(page, name)
    for service, spec in laid.services.items():
        if lacking := spec.size.lacking():
            yield ("environments", name, "size"), f"{lacking} of {service!r} here", False
    for store, laid_store in laid.stores.items():
        if lacking := laid_store.resources.lacking():
            yield ("environments", name, "stores", store), f"{lacking} of {store!r} here", False
    for store, over in environment.stores.items():
        if store not in page.stores:
            continue
        for key in sorted(over.model_fields_set):
            if key not in type(page.stores[store]).model_fields:
                message = f"a {page.stores[store].kind} has no {type(over).model_fields[key].alias or key}"
                yield ("environments", name, "stores", store), message, False
    for pool, nodes in environment.nodes.items():
        if nodes.max < nodes.min:
            yield ("environments", name, "nodes", pool, "max"), f"is below min, which is {nodes.min}", False
    if environment.nodes:
        yield from _pools(laid, name, environment)


def _pools(laid: pages.Page, name: str, environment: Environment) -> Iterator[Complaint]:
    """Where machines are listed, each that something runs on is among them."""
    placed = [(key, item.place.pool) for _, key, item in runnables(laid)]
    placed += [(key, store.place.pool) for key, store in laid.stores.items()]
    for key, pool in placed:
        if pool is not None and pool not in environment.nodes:
            near = names.suggestion(pool, environment.nodes)
            yield (
                ("environments", name, "nodes"),
                f"has no pool {pool!r}, on which {key!r} runs; {near}",
                True,
            )


def _left_out(page: pages.Page, name: str, environment: Environment) -> Iterator[Complaint]:
    """What is left out is missed by whoever uses it."""
    for index, target in enumerate(environment.without):
        for _, other, item in runnables(page):
            if other not in environment.without and target in {use.use for use in usages.normal(item.uses)}:
                message = f"{other!r} uses {target!r}, which would not run here"
                yield ("environments", name, "without", index), message, False
