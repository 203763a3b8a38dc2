"""An environment laid over a page: the same page with that environment's counts, sizes and settings."""

from __future__ import annotations

from seatrial import errors
from seatrial.kinds import service
from seatrial.spec import pages
from seatrial.values import fields, names

LAPTOP = "laptop"


def overlay(page: pages.Page, name: str) -> pages.Page:
    """The page in one of its environments; `laptop` exists always. Raises CallError for an unknown one."""
    if name not in page.environments and name != LAPTOP:
        known = {LAPTOP, *page.environments}
        raise errors.CallError(f"unknown environment {name!r}; {names.suggestion(name, known)}")
    environment = page.environments.get(name, pages.Environment())
    services = {
        service_name: spec.model_copy(update=_overlaid(service_name, spec, environment))
        for service_name, spec in page.services.items()
    }
    return page.model_copy(update={"services": services, "env": {**page.env, **environment.env}})


def _overlaid(name: str, spec: service.Spec, environment: pages.Environment) -> dict[str, fields.Spec]:
    """Only what the environment says is replaced; what it says of the service by name wins over `*`."""
    scale, size = spec.scale, spec.size
    for target in ("*", name):
        if target in environment.scale:
            scale = _merged(scale, environment.scale[target])
        if target in environment.size:
            size = _merged(size, environment.size[target])
    return {"scale": scale, "size": size}


def _merged[S: fields.Spec](under: S, over: S) -> S:
    return under.model_copy(update=over.model_dump(include=over.model_fields_set))
