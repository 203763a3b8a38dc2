"""Who needs what of a plan: which parts are given a secret, a setting or the address of an external. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial import parts
from seatrial.plan.plans import Plan
from seatrial.values.references import ExternalOf, Reference, SecretOf

Users = dict[str, tuple[str, ...]]


def of_secrets(plan: Plan) -> Users:
    """Secret → the parts that are given it; one that nobody is given is there too, with none."""
    found: dict[str, set[str]] = {secret.name: set() for secret in plan.of(parts.Secret)}
    for name, secret in _needed(plan):
        found.setdefault(secret, set()).add(name)
    return {secret: tuple(sorted(names)) for secret, names in sorted(found.items())}


def of_externals(plan: Plan) -> Users:
    """External → the parts that may reach it."""
    known = {one.name for one in plan.of(parts.External)}
    found: dict[str, set[str]] = {name: set() for name in known}
    for access in plan.of(parts.Access):
        if access.to in known:
            found[access.to].add(access.by)
    for part in _running(plan):
        for reference in _references(part):
            if isinstance(reference, ExternalOf):
                found[reference.external].add(part.name)
    return {name: tuple(sorted(users)) for name, users in sorted(found.items())}


def of_config(plan: Plan, config: str) -> tuple[str, ...]:
    """The parts that are given the settings of a config."""
    return tuple(sorted(part.name for part in _running(plan) if config in part.configs))


def _needed(plan: Plan) -> Iterator[tuple[str, str]]:
    """Part and secret: what it is told, what its server asks for, what it sends to others."""
    for part in _running(plan):
        for reference in _references(part):
            if isinstance(reference, SecretOf):
                yield part.name, reference.name
        if isinstance(part.program, parts.Server):
            asked = (part.program.password, *(one.password for one in part.program.accounts))
            yield from ((part.name, secret) for secret in asked if secret)
    yield from ((model.of, model.key) for model in plan.of(parts.Model) if model.key)
    for contact in plan.of(parts.Contact):
        yield from ((contact.name, secret) for way, secret in contact.ways if way == "pager")


def _running(plan: Plan) -> tuple[parts.Workload | parts.Job, ...]:
    return (*plan.of(parts.Workload), *plan.of(parts.Job))


def _references(part: parts.Workload | parts.Job) -> Iterator[Reference]:
    templates = [template for _, template in part.env]
    if isinstance(part.program, parts.Command):
        templates += part.program.words
    if isinstance(part, parts.Workload):
        for probe in (part.probes.live, part.probes.ready):
            templates += probe.words if isinstance(probe, parts.CommandProbe) else ()
    return (reference for template in templates for reference in template.references())
