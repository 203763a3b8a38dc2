"""Names: none twice, each that is used there, one meaning for each variable, no circle."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial import kinds
from seatrial.kinds import model, stores, usages
from seatrial.spec import pages, scopes
from seatrial.spec.checks.complaints import Complaint, Known, runnables
from seatrial.spec.documents import Path
from seatrial.values import names

_NAMED = ("services", "jobs", "stores", "models", "externals")
"""Sections whose items become parts of one name space."""


def complaints(page: pages.Page, known: Known) -> Iterator[Complaint]:
    """All of them."""
    yield from _doubled_names(page)
    for section, name, item in runnables(page):
        yield from _uses(page, (section, name), item, known)
        yield from _variables(page, (section, name), item)
    yield from _stores(page)
    yield from _models(page, known)
    yield from _cycles(page)


def _doubled_names(page: pages.Page) -> Iterator[Complaint]:
    taken: dict[str, str] = {}
    for section in _NAMED:
        for name in getattr(page, section):
            if name in taken:
                yield (section, name), f"{name!r} is already the name of one of the {taken[name]}", True
            taken.setdefault(name, section)
    for name, model_spec in page.models.items():
        made = model.provider_name(name)
        if model_spec.provider is not None and made in taken:
            message = f"its address becomes {made!r}, which is already the name of one of the {taken[made]}"
            yield ("models", name, "provider"), message, False
    owners: dict[str, str] = {}
    for service, spec in page.services.items():
        for volume in spec.volumes:
            name = f"{service}-{volume}"
            if name in taken or name in owners:
                other = taken.get(name) or f"volumes, of {owners[name]!r}"
                yield (
                    ("services", service, "volumes", volume),
                    f"becomes {name!r}, which is already the name of one of the {other}",
                    True,
                )
            owners.setdefault(name, service)
    exposures: dict[str, str] = {}
    for service, spec in page.services.items():
        for name in kinds.exposures.by_name(service, spec.expose):
            if name in exposures:
                message = f"{name!r} is already the name of an exposure of {exposures[name]!r}"
                yield ("services", service, "expose"), message, True
            exposures.setdefault(name, service)


def _uses(page: pages.Page, path: Path, item: scopes.Runnable, known: Known) -> Iterator[Complaint]:
    seen: set[tuple[str, str, str | None]] = set()
    for index, use in enumerate(usages.normal(item.uses)):
        at: Path = (*path, "uses", index)
        at = at if isinstance(item.uses[index], str) else (*at, "use")
        message = _wrong_use(page, str(path[-1]), use.use, known)
        if message:
            yield at, message, False
        if use.role is not None:
            yield from _role(page, (*path, "uses", index, "role"), use, known)
        same = (use.use, use.alias, use.role)
        if same in seen:
            yield at, f"{use.use!r} is used already", False
        seen.add(same)


def _wrong_use(page: pages.Page, own: str, used: str, known: Known) -> str | None:
    if used == own:
        return "uses itself"
    if used.startswith("secrets."):
        if used.removeprefix("secrets.") in known["secrets"]:
            return None
        return (
            f"unknown secret {used!r}; {names.suggestion(used, [f'secrets.{name}' for name in page.secrets])}"
        )
    if used in page.jobs:
        return f"{used!r} is a job and gives no address; jobs before a deploy run first anyhow"
    if used in page.services and not page.services[used].ports:
        return f"{used!r} has no ports, so it gives no address"
    if not any(used in known[section] for section in ("services", "stores", "models", "externals")):
        return f"unknown name {used!r}; {names.suggestion(used, scopes.usable(page))}"
    return None


def _role(page: pages.Page, at: Path, use: usages.Use, known: Known) -> Iterator[Complaint]:
    store = page.stores.get(use.use)
    if store is None and use.use in known["stores"]:
        return
    roles: frozenset[str] = store.role_names() if store else frozenset()
    if use.role not in roles:
        yield at, f"{use.use!r} has no role {use.role!r}; {names.suggestion(str(use.role), roles)}", False


def _variables(page: pages.Page, path: Path, item: scopes.Runnable) -> Iterator[Complaint]:
    """An environment variable has one meaning."""
    given: dict[str, str] = {}
    seen: set[usages.Use] = set()
    for index, use in enumerate(usages.normal(item.uses)):
        variables = [variable for variable, _ in scopes.given_variables(page, use)]
        twice = next((variable for variable in variables if variable in given), None)
        if twice is not None and use not in seen:
            message = f"gives {twice}, as {given[twice]!r} does; give one of them another name by 'as'"
            yield (*path, "uses", index), message, False
        seen.add(use)
        given |= {variable: use.use for variable in variables if variable not in given}
    for variable in sorted(given.keys() & item.env.keys()):
        message = f"{variable} is already given by uses: {given[variable]}; choose another name"
        yield (*path, "env", variable), message, True
    for variable in sorted(given.keys() & page.env.keys()):
        yield ("env", variable), f"{path[-1]!r} is given {variable} by uses: {given[variable]}", True


def _stores(page: pages.Page) -> Iterator[Complaint]:
    """Names that a store takes for itself, and accounts that its server keeps for its own use."""
    made: dict[str, str] = {}
    for name, store in page.stores.items():
        for owner in (name, *(f"{name}-{role}" for role in sorted(store.role_names()))):
            secret = stores.password_name(owner)
            if secret in page.secrets:
                yield ("secrets", secret), f"is the name of the password that {name!r} makes itself", True
            if secret in made:
                message = (
                    f"its password {secret!r} has the name of one that {made[secret]!r} makes; rename one"
                )
                yield ("stores", name), message, True
            made.setdefault(secret, name)
        for role in sorted(store.role_names()):
            if refusal := store.refusal_of_role(name, role):
                yield ("stores", name, "roles", role), refusal, True
        if store.is_reserved(name):
            yield ("stores", name), f"{name!r} is a name that {store.kind} keeps for its own accounts", True


def _models(page: pages.Page, known: Known) -> Iterator[Complaint]:
    if page.models:
        for section in _NAMED:
            if model.GATEWAY in getattr(page, section):
                yield (
                    (section, model.GATEWAY),
                    f"{model.GATEWAY!r} is the name of the gateway before all models",
                    True,
                )
        if model.KEY in page.secrets:
            yield ("secrets", model.KEY), "is the name of the key that the gateway makes itself", True
    for name, spec in page.models.items():
        if spec.key is not None and spec.key not in known["secrets"]:
            message = f"unknown secret {spec.key!r}; {names.suggestion(spec.key, page.secrets)}"
            yield ("models", name, "key"), message, False
        for index, other in enumerate(spec.fallback):
            at = ("models", name, "fallback", index)
            if other == name:
                yield at, "falls back to itself", False
            elif other not in known["models"]:
                yield at, f"unknown model {other!r}; {names.suggestion(other, page.models)}", False
            elif other in page.models and page.models[other].purpose != spec.purpose:
                yield at, f"{other!r} is for {page.models[other].purpose}, not for {spec.purpose}", False


def _cycles(page: pages.Page) -> Iterator[Complaint]:
    """Whatever needs another starts after it; a circle would never start."""
    needs = {name: sorted(scopes.needs(page, item)) for _, name, item in runnables(page)}
    reported: set[frozenset[str]] = set()
    for section, name, item in runnables(page):
        circle = _circle(name, needs)
        if circle and frozenset(circle) not in reported:
            reported.add(frozenset(circle))
            at: Path = (section, name)
            used = [use.use for use in usages.normal(item.uses)]
            if circle[1] in used:
                at = (*at, "uses", used.index(circle[1]))
            yield at, f"starts after itself: {' → '.join(circle)}", False


def _circle(start: str, needs: dict[str, list[str]]) -> list[str]:
    """A way from a name along `needs` back to it, or nothing. Breadth first, so the shortest."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for used in needs.get(way[-1], []):
            if used == start and len(way) > 1:
                return [*way, used]
            if used not in seen and used != start:
                seen.add(used)
                ways.append([*way, used])
    return []
