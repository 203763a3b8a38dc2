"""Which names a `${…}` may refer to, and what each of them means, at each place of the page."""

from __future__ import annotations

import re

from seatrial import kinds
from seatrial.kinds import lowering
from seatrial.spec import pages
from seatrial.values import names, references
from seatrial.values.references import ListenOn, PublicUrlOf, SecretOf, Template

Runnable = kinds.service.Spec | kinds.job.Spec
_MODULES = {module.KIND: module for module in kinds.STORES}
DEFAULT_DOMAIN = "localhost"
DEFAULT_REGION = "local"


def usable(page: pages.Page) -> set[str]:
    """What `uses` may name."""
    services = {name for name, service in page.services.items() if service.ports}
    return services | set(page.stores) | {f"secrets.{name}" for name in page.secrets}


def used_variables(page: pages.Page, item: Runnable) -> lowering.Variables:
    """The environment variables that `uses` gives; names that are unknown give none."""
    variables: lowering.Variables = ()
    for used in item.uses:
        secret = used.removeprefix("secrets.")
        if used in page.stores:
            spec = page.stores[used]
            variables += _MODULES[spec.kind].address(used, spec)
        elif used in page.services:
            variables += kinds.service.address(used, page.services[used])
        elif secret != used and secret in page.secrets:
            variables += ((names.variable_name(secret), Template((SecretOf(name=secret),))),)
    return variables


def static_names(page: pages.Page, environment: str | None = None) -> dict[str, Template]:
    """What is plain text once the environment is known; without one, the names alone."""
    known = {f"env.{key}": Template(("",)) for key in ("name", "domain", "region")}
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
    for used in item.uses:
        if used.startswith("secrets.") and used.removeprefix("secrets.") in page.secrets:
            known[used] = Template((SecretOf(name=used.removeprefix("secrets.")),))
    prefixes = {names.variable_name(used): used for used in item.uses}
    for variable, template in used_variables(page, item):
        prefix, _, piece = variable.rpartition("_")
        if prefix in prefixes:
            known[f"{prefixes[prefix]}.{piece.lower()}"] = template
    return known | _public_urls(page)


def names_in_notes(page: pages.Page) -> dict[str, Template]:
    """In notes: public URLs, secrets (as a shell expression that reads them) and the system's name."""
    secrets = {f"secrets.{name}": Template((SecretOf(name=name),)) for name in page.secrets}
    return {"metadata.name": Template((page.metadata.name,))} | secrets | _public_urls(page)


def _public_urls(page: pages.Page) -> dict[str, Template]:
    exposed = (name for name, service in page.services.items() if service.expose)
    return {f"urls.{name}": Template((PublicUrlOf(exposure=name),)) for name in exposed}


def environment_values(page: pages.Page, environment: str) -> dict[str, str]:
    """`env.name`, and `env.domain` and `env.region` as far as they are said; a laptop has both anyhow."""
    spec = page.environments.get(environment, pages.Environment())
    here = environment == "laptop"
    domain = spec.domain or (DEFAULT_DOMAIN if here else None)
    region = spec.region or (DEFAULT_REGION if here else None)
    values = {"env.name": environment, "env.domain": domain, "env.region": region}
    return {key: value for key, value in values.items() if value is not None}


def environment_names(page: pages.Page) -> set[str]:
    """The `env.…` names that the page refers to anywhere."""
    items: list[Runnable] = [*page.services.values(), *page.jobs.values()]
    texts = [text for item in items for text in (*item.command, *item.env.values())]
    texts += [service.expose.host for service in page.services.values() if service.expose]
    texts += page.env.values()
    texts += [value for environment in page.environments.values() for value in environment.env.values()]
    found = {name for text in texts for name in references.placeholders(text)}
    return found & {"env.domain", "env.region"}


def needs(page: pages.Page, item: Runnable) -> set[str]:
    """What must be ready before it starts: what it uses and, for a service, the jobs before a deploy."""
    used = {used for used in item.uses if used in page.stores or used in page.services}
    jobs = {name for name, job in page.jobs.items() if job.when == "before-deploy"}
    return used | (jobs if isinstance(item, kinds.service.Spec) else set())


def is_route(route: str) -> bool:
    """Method and path, as in `POST /v1/errors` or `GET /v1/patterns/{id}`."""
    return re.fullmatch(r"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /\S{0,300}", route) is not None
