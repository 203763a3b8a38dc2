"""Page and environment to plan: each item is lowered by its kind, then all are joined. Pure."""

from __future__ import annotations

from pathlib import Path

from seatrial import kinds, parts, promises
from seatrial.kinds import lowering
from seatrial.plan.plans import Plan
from seatrial.spec import environments, pages, scopes
from seatrial.values.references import HostOf, PortOf, parse_template

SETTINGS = "settings"
"""Name of the config that holds the page's `env`."""
_STORES = {module.KIND: module for module in kinds.STORES}
_PROMISES = {module.Spec: module for module in promises.PROMISES}


def make_plan(page: pages.Page, environment: str, directory: Path) -> Plan:
    """The plan of a page that was loaded without a problem. Raises CallError for an unknown environment."""
    laid = environments.overlay(page, environment)
    lowered: list[parts.Part] = [*_settings(laid, environment), *_secrets(laid), *_signals(laid)]
    for name, store in laid.stores.items():
        lowered += _STORES[store.kind].lower(name, store)
    for name, service in laid.services.items():
        around = _surroundings(laid, name, service, environment)
        shown = service.model_copy(update={"expose": _exposed(laid, name, service, environment)})
        lowered += kinds.service.lower(name, shown, around)
    for name, job in laid.jobs.items():
        lowered += kinds.job.lower(name, job, _surroundings(laid, name, job, environment))
    lowered += _accesses(lowered)
    return Plan(
        system=page.metadata.name,
        environment=environment,
        directory=directory,
        parts=tuple(sorted(lowered, key=_order)),
        notes=parse_template(page.notes or "", scopes.names_in_notes(page).get),
    )


def _order(part: parts.Part) -> tuple[int, str]:
    return parts.PARTS.index(type(part)), part.name


def _settings(page: pages.Page, environment: str) -> tuple[parts.Config, ...]:
    if not page.env:
        return ()
    known = scopes.static_names(page, environment).get
    values = {name: str(parse_template(value, known)) for name, value in page.env.items()}
    return (parts.Config(name=SETTINGS, values=tuple(sorted(values.items()))),)


def _secrets(page: pages.Page) -> list[parts.Secret]:
    return [
        parts.Secret(
            name=name,
            source="operator" if spec.from_ else "generated",
            size_bytes=spec.size_bytes,
            prefix=spec.prefix,
            shown=spec.show,
        )
        for name, spec in page.secrets.items()
    ]


def _signals(page: pages.Page) -> list[parts.Signal]:
    signals: list[parts.Signal] = []
    for name, promise in page.promises.items():
        signals += _PROMISES[type(promise)].lower(name, promise)
    for name, watched in page.watch.items():
        signals += promises.watch.lower(name, watched)
    return signals


def _surroundings(
    page: pages.Page, name: str, item: scopes.Runnable, environment: str
) -> lowering.Surroundings:
    known = scopes.known_names(page, name, item, environment).get
    own = tuple((variable, parse_template(value, known)) for variable, value in item.env.items())
    return lowering.Surroundings(
        words=tuple(parse_template(word, known) for word in item.command),
        env=tuple(sorted(own + scopes.used_variables(page, item), key=lambda pair: pair[0])),
        needs=tuple(sorted(scopes.needs(page, item))),
        configs=(SETTINGS,) if page.env else (),
        context=page.build.context,
        python=page.build.python,
    )


def _exposed(
    page: pages.Page, name: str, service: kinds.service.Spec, environment: str
) -> kinds.service.Expose | None:
    """The exposure with its host resolved: a host holds no secret and no address, so it is plain text."""
    if service.expose is None:
        return None
    host = parse_template(service.expose.host, scopes.known_names(page, name, service, environment).get)
    return service.expose.model_copy(update={"host": str(host)})


def _accesses(lowered: list[parts.Part]) -> list[parts.Access]:
    """One access for each endpoint whose address a workload or job is given."""
    found = {
        (part.name, reference.endpoint)
        for part in lowered
        if isinstance(part, parts.Workload | parts.Job)
        for _, template in part.env
        for reference in template.references()
        if isinstance(reference, HostOf | PortOf)
    }
    return [parts.Access(name=f"{by}→{to}", by=by, to=to) for by, to in sorted(found)]
