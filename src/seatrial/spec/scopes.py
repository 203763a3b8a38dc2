"""Which names a `${…}` may refer to, and what each of them means, at each place of the page."""

from __future__ import annotations

import re

from seatrial import kinds
from seatrial.kinds import exposures, lowering, mounts, stores, usages
from seatrial.spec import overlays, pages
from seatrial.values import names, references
from seatrial.values.references import FolderOf, ListenOn, PublicUrlOf, SecretOf, Template

Runnable = kinds.service.Spec | kinds.job.Spec
_MODULES = {module.KIND: module for module in kinds.STORES}
DEFAULT_DOMAIN = "localhost"
DEFAULT_REGION = "local"
LOOPBACK = "127.0.0.1"
EVERY_INTERFACE = "0.0.0.0"  # noqa: S104  # inside a container, where neighbours come from outside


def usable(page: pages.Page) -> set[str]:
    """What `uses` may name."""
    services = {name for name, service in page.services.items() if service.ports}
    others = {*page.stores, *page.models, *page.externals}
    return services | others | {f"secrets.{name}" for name in page.secrets}


def given_variables(page: pages.Page, use: usages.Use) -> lowering.Variables:
    """The environment variables that one use gives; a name that is unknown gives none."""
    how = lowering.Use(alias=use.alias, role=use.role)
    name = use.use
    if name in page.stores:
        variables: lowering.Variables = _MODULES[page.stores[name].kind].address(name, page.stores[name], how)
        return variables
    if name in page.services:
        return kinds.service.address(name, page.services[name], how)
    if name in page.models:
        return kinds.model.address(name, page.models[name], how)
    if name in page.externals:
        return kinds.external.address(name, page.externals[name], how)
    secret = name.removeprefix("secrets.")
    if secret != name and secret in page.secrets:
        return ((names.variable_name(use.alias), Template((SecretOf(name=secret),))),)
    return ()


def used_variables(page: pages.Page, item: Runnable) -> lowering.Variables:
    """All that `uses` gives."""
    return tuple(pair for use in usages.normal(item.uses) for pair in given_variables(page, use))


def static_names(page: pages.Page, environment: str | None = None) -> dict[str, Template]:
    """What is plain text once the environment is known; without one, the names alone."""
    known = {f"env.{key}": Template(("",)) for key in ("name", "domain", "region", "listen")}
    if environment is not None:
        known = {key: Template((value,)) for key, value in environment_values(page, environment).items()}
    return known | {"metadata.name": Template((page.metadata.name,))}


def known_names(
    page: pages.Page, name: str, item: Runnable, environment: str | None = None
) -> dict[str, Template]:
    """Everything that `${…}` may refer to inside one service or job."""
    known = static_names(page, environment)
    if isinstance(item, kinds.service.Spec):
        known |= {
            f"port.{port}": Template((ListenOn(endpoint=lowering.endpoint_name(name, port)),))
            for port in item.ports
        }
    if isinstance(item, kinds.service.Spec):
        known |= {
            f"volumes.{key}": Template((FolderOf(volume=mounts.volume_name(name, key)),))
            for key in item.volumes
        }
    for use in usages.normal(item.uses):
        variables = given_variables(page, use)
        if use.use.startswith("secrets."):
            known |= {f"secrets.{use.alias}": template for _, template in variables}
            continue
        prefix = f"{names.variable_name(use.alias)}_"
        for variable, template in variables:
            known[f"{use.alias}.{variable.removeprefix(prefix).lower().replace('_', '-')}"] = template
    return known | _public_urls(page)


def names_in_notes(page: pages.Page) -> dict[str, Template]:
    """In notes: public URLs, secrets (as a shell expression that reads them) and the system's name."""
    secrets = {f"secrets.{name}": Template((SecretOf(name=name),)) for name in page.secrets}
    return {"metadata.name": Template((page.metadata.name,))} | secrets | _public_urls(page)


def exposed(page: pages.Page) -> dict[str, tuple[str, exposures.Expose]]:
    """Exposure → its service, and what is said of it."""
    return {
        key: (name, one)
        for name, service in page.services.items()
        for key, one in exposures.by_name(name, service.expose).items()
    }


def _public_urls(page: pages.Page) -> dict[str, Template]:
    return {f"urls.{name}": Template((PublicUrlOf(exposure=name),)) for name in exposed(page)}


def environment_values(page: pages.Page, environment: str) -> dict[str, str]:
    """`env.name`, `env.listen`, and `env.domain` and `env.region` where they are said; a laptop has both."""
    spec = page.environments.get(environment, overlays.Environment())
    here = environment == "laptop"
    domain = spec.domain or (DEFAULT_DOMAIN if here else None)
    region = spec.region or (DEFAULT_REGION if here else None)
    values = {
        "env.name": environment,
        "env.listen": LOOPBACK if here else EVERY_INTERFACE,
        "env.domain": domain,
        "env.region": region,
    }
    return {key: value for key, value in values.items() if value is not None}


def environment_names(page: pages.Page) -> set[str]:
    """The `env.…` names that the page refers to anywhere."""
    items: list[Runnable] = [*page.services.values(), *page.jobs.values()]
    texts = [text for item in items for text in (*item.command, *item.env.values())]
    for service in page.services.values():
        texts += exposure_texts(service)
        texts += [
            word for words in (service.health.commands() if service.health else {}).values() for word in words
        ]
    texts += page.env.values()
    texts += [value for environment in page.environments.values() for value in environment.env.values()]
    found = {name for text in texts for name in references.placeholders(text)}
    return found & {"env.domain", "env.region"}


def exposure_texts(service: kinds.service.Spec) -> list[str]:
    """Hosts and origins: plain text once the environment is known."""
    return [
        text for one in exposures.by_name("", service.expose).values() for text in (one.host, *one.origins)
    ]


def needs(page: pages.Page, item: Runnable) -> set[str]:
    """What must be ready before it starts: what it uses and, for a service, the jobs before a deploy."""
    used = {use.use for use in usages.normal(item.uses)}
    waited = {name for name in used if name in page.services or _has_server(page, name)}
    waited |= {kinds.model.GATEWAY} if used & page.models.keys() else set()
    jobs = {name for name, job in page.jobs.items() if job.when == "before-deploy"}
    return waited | (jobs if isinstance(item, kinds.service.Spec) else set())


def _has_server(page: pages.Page, name: str) -> bool:
    """A bucket is there or is not; nothing of it starts."""
    return isinstance(page.stores.get(name), stores.ServerSpec)


def is_route(route: str) -> bool:
    """Method and path, as in `POST /v1/errors` or `GET /v1/patterns/{id}`."""
    return re.fullmatch(r"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /\S{0,300}", route) is not None
