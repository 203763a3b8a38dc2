"""From what operators must know to parts: people, severities, budgets, groups, machines, releases."""

from __future__ import annotations

from seatrial import parts
from seatrial.spec import operators, overlays, pages, scopes


def lower(page: pages.Page, environment: str) -> list[parts.Part]:
    """The parts of all of them in one environment, over which the page is already laid."""
    here = page.environments.get(environment, overlays.Environment())
    severities = operators.BUILT_IN_SEVERITIES | page.severities
    return [
        *(person.lower(name) for name, person in page.people.items()),
        *(severity.lower(name) for name, severity in severities.items() if page.people or page.severities),
        _site(page, here),
        *(budget.lower(name) for name, budget in page.budgets.items()),
        *(nodes.lower(name) for name, nodes in here.nodes.items()),
        *_groups(page),
        *((page.observe.lower(),) if page.observe.model_fields_set else ()),
        *_delivery(page, here),
    ]


def _site(page: pages.Page, here: overlays.Environment) -> parts.Site:
    return parts.Site(
        name=page.metadata.name,
        summary=page.metadata.summary,
        owner=page.metadata.owner,
        labels=tuple(sorted(page.metadata.labels.items())),
        domain=here.domain,
        region=here.region,
        second_region=here.second_region,
        zones=here.zones,
    )


def _groups(page: pages.Page) -> list[parts.Group]:
    items: dict[str, scopes.Runnable] = {**page.services, **page.jobs}
    return [
        parts.Group(
            name=name,
            members=tuple(sorted(key for key, item in items.items() if item.group == name)),
            reaches=tuple(sorted(group.reaches)),
        )
        for name, group in page.groups.items()
    ]


def _delivery(page: pages.Page, here: overlays.Environment) -> tuple[parts.Delivery, ...]:
    """Only where something is said of it."""
    said = page.delivery
    if here.branch is None and not here.approve and not said.model_fields_set:
        return ()
    delivery = parts.Delivery(
        name="delivery",
        branch=here.branch,
        approved=here.approve,
        by=said.by,
        wait_seconds=said.wait,
        before=tuple(said.before),
        during=tuple(said.during),
        after=tuple(said.after),
    )
    return (delivery,)
