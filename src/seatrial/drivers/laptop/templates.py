"""A `.env` with everything that an operator may say of a system: what it is, its default, who is given it.

What must be said stands open and empty; what has a default is a comment, so that the file changes nothing
until somebody does.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from seatrial import parts
from seatrial.drivers.laptop import dotenvs, secrets, sites
from seatrial.drivers.laptop.engines import gateways
from seatrial.plan import Plan, users
from seatrial.spec import pages, scopes

COLUMNS = 80
_PLAIN = re.compile(r"[A-Za-z0-9_.,:/@%+=~-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One setting of an operator."""

    section: str
    variable: str
    default: str
    """What holds where nothing is said; empty where nothing does."""
    required: bool
    secret: bool
    meaning: str
    """One sentence: what it is, and what happens without it."""
    used_by: tuple[str, ...]


def entries(plan: Plan, page: pages.Page) -> tuple[Entry, ...]:
    """All settings, by section and name; what must be said first. The plan is made from the page."""
    return (*_secrets(plan), *_plain(plan, page), *_externals(plan), *_models(plan))


def template(plan: Plan, page: pages.Page) -> Iterator[str]:
    """The lines of the file; the same for the same page and environment."""
    yield f"# What an operator may say of {plan.system} in {plan.environment}: `.env` beside its page."
    yield "# Remove the '#' before a setting to change it. Variables of the caller win."
    section = ""
    for entry in entries(plan, page):
        if entry.section != section:
            section = entry.section
            yield ""
            yield f"# {section}"
        yield ""
        given = f" For {', '.join(entry.used_by)}." if entry.used_by else ""
        yield from textwrap.wrap(
            entry.meaning + given,
            COLUMNS,
            initial_indent="# ",
            subsequent_indent="# ",
            break_on_hyphens=False,
        )
        yield f"{'' if entry.required else '# '}{entry.variable}={quoted(entry.default)}"


def quoted(text: str) -> str:
    """A value as the reader of the file gives it back."""
    if _PLAIN.fullmatch(text):
        return text
    if "'" not in text and "\n" not in text and "\r" not in text:
        return f"'{text}'"
    for plain, written in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(plain, written)
    return f'"{text}"'


def _secrets(plan: Plan) -> Iterator[Entry]:
    """Those that the operator hands in; without a required one nothing starts."""
    used = users.of_secrets(plan)
    required = {secret.name for secret in sites.wanted_secrets(plan)}
    operators = [secret for secret in plan.of(parts.Secret) if secret.source == "operator"]
    for secret in sorted(operators, key=lambda one: (one.name not in required, one.name)):
        must = secret.name in required
        why = "required" if must else "the system starts without it"
        yield Entry(
            section="Secrets that are handed in",
            variable=secrets.variable(secret.name),
            default="",
            required=must,
            secret=True,
            meaning=f"The secret {secret.name}: {why}.",
            used_by=used[secret.name],
        )


def _plain(plan: Plan, page: pages.Page) -> Iterator[Entry]:
    """One variable replaces the setting in every part that has it; what `uses` gives is left as it is."""
    runnables: list[scopes.Runnable] = [*page.services.values(), *page.jobs.values()]
    own = [item.env for item in runnables]
    environment = page.environments.get(plan.environment)
    written = {name for env in (page.env, environment.env if environment else {}, *own) for name in env}
    for name in sorted(written & dotenvs.plain_settings(plan)):
        defaults = _defaults(plan, name)
        texts = list(dict.fromkeys(defaults.values()))
        several = "; ".join(f"{text!r} for {part}" for part, text in defaults.items())
        yield Entry(
            section="Plain settings of the page",
            variable=dotenvs.setting_variable(name),
            default=texts[0] if texts else "",
            required=False,
            secret=False,
            meaning=f"The setting {name}" + (f", which is {several}." if len(texts) > 1 else "."),
            used_by=tuple(defaults),
        )


def _defaults(plan: Plan, name: str) -> dict[str, str]:
    """Part → the text that it is given; its own wins over that of the page."""
    shared = {config.name: dict(config.values) for config in plan.of(parts.Config)}
    running: tuple[parts.Workload | parts.Job, ...] = (*plan.of(parts.Workload), *plan.of(parts.Job))
    found: dict[str, str] = {}
    for part in running:
        own = dict(part.env)
        given = [shared[config][name] for config in part.configs if name in shared[config]]
        if name in own and not any(own[name].references()):
            found[part.name] = str(own[name])
        elif given and name not in own:
            found[part.name] = given[-1]
    return dict(sorted(found.items()))


def _externals(plan: Plan) -> Iterator[Entry]:
    used = users.of_externals(plan)
    for external in dotenvs.replaceable_externals(plan):
        needed = ", which it can do without" if external.optional else ""
        yield Entry(
            section="Addresses outside",
            variable=dotenvs.external_variable(external.name),
            default=external.url,
            required=False,
            secret=False,
            meaning=f"Where {external.name} is{needed}.",
            used_by=used[external.name],
        )


def _models(plan: Plan) -> Iterator[Entry]:
    """Where the page names no provider the operator does, for all such models or for one."""
    models = plan.of(parts.Model)
    if models:
        every = tuple(model.name for model in models)
        yield _model(gateways.RECORDINGS, "record keeps answers, replay needs no provider.", every, "off")
    open_models = [model for model in models if model.provider is None]
    if open_models:
        whose = tuple(model.name for model in open_models)
        yield _model(gateways.URL, "Base URL of a provider that speaks OpenAI's protocol.", whose)
        yield _model(gateways.KEY, "Key of that provider.", whose, secret=True)
        yield _model(gateways.PRICE, "Its price of a million tokens, as 0.15 USD / 0.60 USD.", whose)
    for purpose, variable in gateways.IDS.items():
        unnamed = tuple(one.name for one in models if one.model is None and one.purpose == purpose)
        if unnamed:
            yield _model(variable, f"What the provider calls its model for {purpose}.", unnamed)
    for model in models:
        own = (model.name,)
        for piece, meaning in _PIECES.items():
            variable = gateways.own_variable(model.name, piece)
            default = {"url": model.provider, "id": model.model, "price": _price(model)}.get(piece) or ""
            yield _model(variable, f"{meaning}, for this model alone.", own, default, secret=piece == "key")


def _price(model: parts.Model) -> str:
    price = model.price
    return f"{price.input:f} {price.currency} / {price.output:f} {price.currency}" if price else ""


_PIECES = {
    "url": "Base URL of the provider",
    "key": "Key of the provider",
    "id": "What the provider calls it",
    "price": "Price of a million tokens",
}


def _model(
    variable: str, meaning: str, models: tuple[str, ...], default: str = "", *, secret: bool = False
) -> Entry:
    return Entry(
        section="Models",
        variable=variable,
        default=default,
        required=False,
        secret=secret,
        meaning=meaning,
        used_by=models,
    )
