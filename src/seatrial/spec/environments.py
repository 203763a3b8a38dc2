"""An environment laid over a page: the same page with that one's counts, sizes, hosts and settings."""

from __future__ import annotations

from typing import Any

from seatrial import errors
from seatrial.kinds import service
from seatrial.spec import overlays, pages
from seatrial.values import fields, names

LAPTOP = "laptop"


def overlay(page: pages.Page, name: str) -> pages.Page:
    """The page in one of its environments; `laptop` exists always. Raises CallError for an unknown one."""
    if name not in page.environments and name != LAPTOP:
        known = {LAPTOP, *page.environments}
        raise errors.CallError(f"unknown environment {name!r}; {names.suggestion(name, known)}")
    environment = page.environments.get(name, overlays.Environment())
    services = {
        service_name: spec.model_copy(update=_overlaid(service_name, spec, environment))
        for service_name, spec in page.services.items()
        if service_name not in environment.without
    }
    update: dict[str, Any] = {
        "services": services,
        "jobs": {key: job for key, job in page.jobs.items() if key not in environment.without},
        "env": {**page.env, **environment.env},
        "stores": _each(page.stores, environment.stores),
        "budgets": _each(page.budgets, environment.budgets),
        "externals": {
            key: spec.model_copy(update={"url": environment.externals.get(key, spec.url)})
            for key, spec in page.externals.items()
        },
    }
    return page.model_copy(update=update)


def _each[S: fields.Spec](under: dict[str, S], over: dict[str, Any]) -> dict[str, S]:
    return {key: _merged(spec, over[key]) if key in over else spec for key, spec in under.items()}


def _overlaid(name: str, spec: service.Spec, environment: overlays.Environment) -> dict[str, fields.Spec]:
    """Only what the environment says is replaced; what it says of the service by name wins over `*`."""
    scale, size = spec.scale, spec.size
    for target in ("*", name):
        if target in environment.scale:
            scale = _merged(scale, environment.scale[target])
        if target in environment.size:
            size = _merged(size, environment.size[target])
    return {"scale": scale, "size": size}


def _merged[S: fields.Spec](under: S, over: fields.Spec) -> S:
    """Only what is said is replaced, also inside blocks; a key that the store lacks is for the checks."""
    said: dict[str, Any] = {}
    for key in over.model_fields_set & type(under).model_fields.keys():
        old, new = getattr(under, key), getattr(over, key)
        both = isinstance(old, fields.Spec) and type(old) is type(new)
        said[key] = _merged(old, new) if both else new
    return under.model_copy(update=said)
