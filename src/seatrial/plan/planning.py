"""Page and environment to plan: each item is lowered by its kind, then all are joined. Pure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from seatrial import kinds, parts, promises
from seatrial.kinds import exposures, lowering
from seatrial.plan import operations
from seatrial.plan.plans import Plan
from seatrial.spec import environments, pages, scopes
from seatrial.values.references import (
    BucketOf,
    ExternalOf,
    HostOf,
    PortOf,
    Reference,
    Template,
    parse_template,
)

SETTINGS = "settings"
"""Name of the config that holds the page's `env`."""
_STORES = {module.KIND: module for module in kinds.STORES}
_PROMISES = {module.Spec: module for module in promises.PROMISES}


def make_plan(page: pages.Page, environment: str, directory: Path) -> Plan:
    """The plan of a page that was loaded without a problem. Raises CallError for an unknown environment."""
    laid = environments.overlay(page, environment)
    lowered: list[parts.Part] = [
        *_settings(laid, environment),
        *_secrets(laid),
        *_signals(laid),
        *operations.lower(laid, environment),
        *kinds.model.lower(laid.models),
    ]
    for name, store in laid.stores.items():
        lowered += _STORES[store.kind].lower(name, store)
    for name, external in laid.externals.items():
        lowered += kinds.external.lower(name, external)
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
        notes=parse_template(laid.notes or "", scopes.names_in_notes(laid).get),
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
            rotate_seconds=spec.rotate,
            refresh_seconds=spec.refresh,
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
        build=(item.build or page.build).lower(),
        asked=_asked(item, known),
    )


def _asked(item: scopes.Runnable, known: Callable[[str], Template | None]) -> dict[str, tuple[Template, ...]]:
    """The probes that are commands."""
    health = item.health if isinstance(item, kinds.service.Spec) else None
    return {
        sort: tuple(parse_template(word, known) for word in words)
        for sort, words in (health.commands() if health else {}).items()
    }


def _exposed(
    page: pages.Page, name: str, service: kinds.service.Spec, environment: str
) -> dict[str, exposures.Expose]:
    """Exposures with their hosts resolved: a host holds no secret and no address, so it is plain text."""
    known = scopes.known_names(page, name, service, environment).get

    def plain(text: str) -> str:
        return str(parse_template(text, known))

    return {
        key: one.model_copy(update={"host": plain(one.host), "origins": [plain(o) for o in one.origins]})
        for key, one in exposures.by_name(name, service.expose).items()
    }


def _accesses(lowered: list[parts.Part]) -> list[parts.Access]:
    """One access for each endpoint, external or bucket whose address a workload or job is given."""
    found = {
        (part.name, to)
        for part in lowered
        if isinstance(part, parts.Workload | parts.Job)
        for _, template in part.env
        for reference in template.references()
        if (to := _reached(reference)) is not None
    }
    return [parts.Access(name=f"{by}→{to}", by=by, to=to) for by, to in sorted(found)]


def _reached(reference: Reference) -> str | None:
    match reference:
        case HostOf() | PortOf():
            return reference.endpoint
        case BucketOf():
            return reference.bucket
        case ExternalOf():
            return reference.external
        case _:
            return None
