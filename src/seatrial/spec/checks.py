"""What no single field can see: references between items, ports, cycles, placeholders."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from seatrial import kinds, promises
from seatrial.spec import environments, pages, scopes
from seatrial.spec.documents import Path
from seatrial.values import names, references

SECTIONS = ("services", "jobs", "stores", "secrets", "promises", "watch", "environments", "env")
Complaint = tuple[Path, str, bool]
"""Path in the page, message, and whether it is the key itself that is wrong."""
Known = Mapping[str, frozenset[str]]
"""Section to names of all its items, sound or not: a reference to an unsound item is no second problem."""


def page_complaints(page: pages.Page, known: Known) -> Iterator[Complaint]:
    """All that is wrong between the items of a page."""
    yield from _doubled_names(page)
    for section, name, item in runnables(page):
        yield from _uses(page, (section, name), item, known)
        yield from _variables(page, (section, name), item)
        yield from _placeholders(page, (section, name), item)
    yield from _stores(page)
    yield from _plain_texts(page)
    for name, service in page.services.items():
        yield from _ports(("services", name), service)
    yield from _cycles(page)
    yield from _promises(page, known)
    yield from _environments(page, known)
    yield from _notes(page)


def runnables(page: pages.Page) -> Iterator[tuple[str, str, scopes.Runnable]]:
    """Section, name and spec of all services and jobs."""
    yield from (("services", name, service) for name, service in page.services.items())
    yield from (("jobs", name, job) for name, job in page.jobs.items())


def _doubled_names(page: pages.Page) -> Iterator[Complaint]:
    taken: dict[str, str] = {}
    for section in ("services", "jobs", "stores"):
        for name in getattr(page, section):
            if name in taken:
                yield (section, name), f"{name!r} is already the name of one of the {taken[name]}", True
            taken.setdefault(name, section)


def _uses(page: pages.Page, path: Path, item: scopes.Runnable, known: Known) -> Iterator[Complaint]:
    for index, used in enumerate(item.uses):
        at = (*path, "uses", index)
        if used == path[-1]:
            yield at, "uses itself", False
        elif used.startswith("secrets."):
            if used.removeprefix("secrets.") not in known["secrets"]:
                secrets = [f"secrets.{name}" for name in page.secrets]
                yield at, f"unknown secret {used!r}; {names.suggestion(used, secrets)}", False
        elif used in page.jobs:
            yield (
                at,
                f"{used!r} is a job and gives no address; jobs before a deploy run first anyhow",
                False,
            )
        elif used in page.services and not page.services[used].ports:
            yield at, f"{used!r} has no ports, so it gives no address", False
        elif used not in known["services"] | known["stores"]:
            yield at, f"unknown name {used!r}; {names.suggestion(used, scopes.usable(page))}", False
        if used in item.uses[:index]:
            yield at, f"{used!r} is used already", False


def _variables(page: pages.Page, path: Path, item: scopes.Runnable) -> Iterator[Complaint]:
    """An environment variable has one meaning."""
    given: dict[str, str] = {}
    for index, used in enumerate(item.uses):
        for variable, _ in scopes.used_variables(page, item.model_copy(update={"uses": [used]})):
            if given.setdefault(variable, used) != used:
                yield (
                    (*path, "uses", index),
                    f"gives {variable}, as {given[variable]!r} does; rename one",
                    False,
                )
    for variable in sorted(given.keys() & item.env.keys()):
        message = f"{variable} is already given by uses: {given[variable]}; choose another name"
        yield (*path, "env", variable), message, True
    for variable in sorted(given.keys() & page.env.keys()):
        yield ("env", variable), f"{path[-1]!r} is given {variable} by uses: {given[variable]}", True


def _ports(path: Path, service: kinds.service.Spec) -> Iterator[Complaint]:
    """A probe, scrape or exposure needs a port of the service: a wrong probe is an error of the page."""
    for block in ("health", "metrics", "expose"):
        spec = getattr(service, block)
        if spec is None:
            continue
        if not service.ports:
            yield (*path, block), "needs a port to go to; say ports: {http: 8000}", False
        elif spec.port is not None and spec.port not in service.ports:
            message = f"unknown port {spec.port!r}; {names.suggestion(spec.port, service.ports)}"
            yield (*path, block, "port"), message, False
    numbers: dict[int, str] = {}
    for port, number in service.ports.items():
        if number in numbers:
            yield (*path, "ports", port), f"{number} is already the number of {numbers[number]!r}", False
        numbers.setdefault(number, port)
    if service.scale.max is not None and service.scale.max < service.scale.min:
        yield (*path, "scale", "max"), f"is below min, which is {service.scale.min}", False


def _stores(page: pages.Page) -> Iterator[Complaint]:
    """Names that a store takes for itself, and accounts that its server keeps for its own use."""
    modules = {module.KIND: module for module in kinds.STORES}
    for name, store in page.stores.items():
        if f"{name}-password" in page.secrets:
            yield (
                ("secrets", f"{name}-password"),
                f"is the name of the password that {name!r} makes itself",
                True,
            )
        if modules[store.kind].is_reserved(name):
            yield ("stores", name), f"{name!r} is a name that {store.kind} keeps for its own accounts", True


def _plain_texts(page: pages.Page) -> Iterator[Complaint]:
    """Shared settings know the environment alone; a store's settings are its server's own words."""
    texts: list[tuple[Path, str]] = [(("env", name), value) for name, value in page.env.items()]
    for environment, spec in page.environments.items():
        texts += [(("environments", environment, "env", name), value) for name, value in spec.env.items()]
    known: Collection[str] = scopes.static_names(page)
    for at, text in texts:
        for placeholder in references.placeholders(text):
            if placeholder not in known:
                yield at, _unknown_placeholder(placeholder, known), False
    for name, store in page.stores.items():
        for setting, text in store.settings.items():
            if references.placeholders(text):
                yield (
                    ("stores", name, "settings", setting),
                    "a server's setting cannot hold a placeholder",
                    False,
                )


def _cycles(page: pages.Page) -> Iterator[Complaint]:
    """Whatever needs another starts after it; a circle would never start."""
    needs = {name: sorted(scopes.needs(page, item)) for _, name, item in runnables(page)}
    reported: set[frozenset[str]] = set()
    for section, name, item in runnables(page):
        circle = _circle(name, needs)
        if circle and frozenset(circle) not in reported:
            reported.add(frozenset(circle))
            at: Path = (section, name)
            if circle[1] in item.uses:
                at = (*at, "uses", item.uses.index(circle[1]))
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


def _placeholders(page: pages.Page, path: Path, item: scopes.Runnable) -> Iterator[Complaint]:
    known = scopes.known_names(page, str(path[-1]), item)
    texts: list[tuple[Path, str]] = [((*path, "command", i), word) for i, word in enumerate(item.command)]
    texts += [((*path, "env", variable), value) for variable, value in item.env.items()]
    if isinstance(item, kinds.service.Spec) and item.expose:
        texts.append(((*path, "expose", "host"), item.expose.host))
    for at, text in texts:
        for name in references.placeholders(text):
            if name not in known:
                yield at, _unknown_placeholder(name, known), False
                continue
            meant = tuple(known[name].references())
            if "host" in at and meant:
                yield (
                    at,
                    f"${{{name}}} is not known before it runs; a host is made of env. and metadata.",
                    False,
                )
            elif "env" not in at and any(isinstance(one, references.SecretOf) for one in meant):
                yield at, f"${{{name}}} would show in the list of processes; hand it over in env", False
        if references.has_broken_placeholder(text):
            yield at, "found '${' without a name and '}' behind it; write $${ for a plain one", False


def _unknown_placeholder(name: str, known: Collection[str]) -> str:
    hint = " (only a service with expose has a URL)" if name.startswith("urls.") else ""
    escape = f"; $${{{name}}} writes it as it is"
    return f"unknown placeholder ${{{name}}}{hint}; {names.suggestion(name, known)}{escape}"


def _promises(page: pages.Page, known: Known) -> Iterator[Complaint]:
    owners = {*page.services, *page.stores}
    for name, promise in page.promises.items():
        at = ("promises", name, "of")
        if promise.of not in owners:
            if promise.of not in known["services"] | known["stores"]:
                yield at, f"unknown name {promise.of!r}; {names.suggestion(promise.of, owners)}", False
        elif isinstance(promise, promises.recovery.Spec):
            if getattr(page.stores.get(promise.of), "backup", None) is None:
                yield at, f"{promise.of!r} has no backup, so nothing of it could be recovered", False
        elif promise.of not in page.services or not page.services[promise.of].ports:
            yield at, f"{promise.of!r} answers no requests; name a service with ports", False
        route = promise.route if isinstance(promise, promises.latency.Spec) else None
        if route is not None and not scopes.is_route(route):
            message = f"found {route!r}, expected a method and a path such as POST /v1/errors"
            yield ("promises", name, "route"), message, False


def _environments(page: pages.Page, known: Known) -> Iterator[Complaint]:
    for name, environment in page.environments.items():
        for block in ("scale", "size"):
            for target in getattr(environment, block):
                if target != "*" and target not in known["services"]:
                    message = (
                        f"unknown service {target!r}; {names.suggestion(target, {'*', *known['services']})}"
                    )
                    yield ("environments", name, block, target), message, True
        for service, spec in environments.overlay(page, name).services.items():
            if spec.scale.max is not None and spec.scale.max < spec.scale.min:
                message = f"gives {service!r} at least {spec.scale.min} and at most {spec.scale.max} copies"
                yield ("environments", name, "scale"), message, False
        for missing in sorted(scopes.environment_names(page) - scopes.environment_values(page, name).keys()):
            message = f"has no {missing.removeprefix('env.')}, which ${{{missing}}} refers to"
            yield ("environments", name), message, False


def _notes(page: pages.Page) -> Iterator[Complaint]:
    known = scopes.names_in_notes(page)
    for name in references.placeholders(page.notes or ""):
        if name not in known:
            yield ("notes",), _unknown_placeholder(name, known), False
