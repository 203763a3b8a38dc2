"""Placeholders: each is known where it stands, and none shows a secret where others can read it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from seatrial import kinds
from seatrial.kinds import exposures
from seatrial.spec import pages, scopes
from seatrial.spec.checks.complaints import Complaint, Known, runnables
from seatrial.spec.documents import Path
from seatrial.values import names, references

_BROKEN = "found '${' without a name and '}' behind it; write $${ for a plain one"


def complaints(page: pages.Page, _known: Known) -> Iterator[Complaint]:
    """All of them."""
    for section, name, item in runnables(page):
        yield from _placeholders(page, (section, name), item)
    yield from _plain_texts(page)
    yield from _settings(page)
    yield from _notes(page)


def _placeholders(page: pages.Page, path: Path, item: scopes.Runnable) -> Iterator[Complaint]:
    known = scopes.known_names(page, str(path[-1]), item)
    for at, text in _texts(path, item):
        for name in references.placeholders(text):
            if name not in known:
                yield at, unknown_placeholder(name, known), False
                continue
            meant = tuple(known[name].references())
            if "expose" in at and meant:
                yield (
                    at,
                    f"${{{name}}} is not known before it runs; a host is made of env. and metadata.",
                    False,
                )
            elif "env" not in at and any(isinstance(one, references.SecretOf) for one in meant):
                yield at, f"${{{name}}} would show in the list of processes; hand it over in env", False
        if references.has_broken_placeholder(text):
            yield at, _BROKEN, False


def _texts(path: Path, item: scopes.Runnable) -> Iterator[tuple[Path, str]]:
    """Every text of a service or job that may hold a placeholder, and where it stands."""
    yield from (((*path, "command", index), word) for index, word in enumerate(item.command))
    yield from (((*path, "env", variable), value) for variable, value in item.env.items())
    if not isinstance(item, kinds.service.Spec):
        return
    if item.health:
        for sort, words in item.health.commands().items():
            yield from (((*path, "health", sort, "command", i), word) for i, word in enumerate(words))
    alone = isinstance(item.expose, exposures.Expose)
    for name, one in exposures.by_name(str(path[-1]), item.expose).items():
        at: Path = (*path, "expose") if alone else (*path, "expose", name)
        yield (*at, "host"), one.host
        yield from (((*at, "origins", index), origin) for index, origin in enumerate(one.origins))


def _plain_texts(page: pages.Page) -> Iterator[Complaint]:
    """Shared settings know the environment alone."""
    texts: list[tuple[Path, str]] = [(("env", name), value) for name, value in page.env.items()]
    for environment, spec in page.environments.items():
        texts += [(("environments", environment, "env", name), value) for name, value in spec.env.items()]
    known = scopes.static_names(page)
    for at, text in texts:
        for placeholder in references.placeholders(text):
            if placeholder not in known:
                yield at, unknown_placeholder(placeholder, known), False
        if references.has_broken_placeholder(text):
            yield at, _BROKEN, False


def _settings(page: pages.Page) -> Iterator[Complaint]:
    """A store's settings are its server's own words."""
    for name, store in page.stores.items():
        for setting, text in store.settings.items():
            if references.placeholders(text):
                yield (
                    ("stores", name, "settings", setting),
                    "a server's setting cannot hold a placeholder",
                    False,
                )


def _notes(page: pages.Page) -> Iterator[Complaint]:
    known = scopes.names_in_notes(page)
    for name in references.placeholders(page.notes or ""):
        if name not in known:
            yield ("notes",), unknown_placeholder(name, known), False
    if references.has_broken_placeholder(page.notes or ""):
        yield ("notes",), _BROKEN, False


def unknown_placeholder(name: str, known: Collection[str]) -> str:
    hint = " (only a service with expose has a URL)" if name.startswith("urls.") else ""
    escape = f"; $${{{name}}} writes it as it is"
    return f"unknown placeholder ${{{name}}}{hint}; {names.suggestion(name, known)}{escape}"
