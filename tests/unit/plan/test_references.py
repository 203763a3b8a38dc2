"""No plan loses a reference: of every page here, in every environment, whatever is named is there."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial import parts
from seatrial.kinds import usages
from seatrial.plan import Plan, planning
from seatrial.spec import checks, loading, scopes
from seatrial.spec.checks.complaints import runnables
from seatrial.values import names
from seatrial.values.references import (
    BucketOf,
    ExternalOf,
    FolderOf,
    HostOf,
    ListenOn,
    PortOf,
    PublicUrlOf,
    Reference,
    SchemeOf,
    SecretOf,
    Template,
)

ROOT = Path(__file__).parents[3]
PAGES = sorted([*(ROOT / "systems").glob("*/seatrial.yaml"), *(ROOT / "tests/golden/pages").glob("*.yaml")])
LAID = [
    (path, environment)
    for path in PAGES
    for environment in sorted({"laptop", *loading.load_page(path).page.environments})
]
IDS = [f"{path.parent.name}-{environment}" for path, environment in LAID]


def templates_in(value: Any) -> Iterator[Template]:
    if isinstance(value, Template):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from templates_in(getattr(value, field.name))
    elif isinstance(value, tuple):
        for inner in value:
            yield from templates_in(inner)


def names_of(plan: Plan, kind: type[parts.Part]) -> set[str]:
    return {part.name for part in plan.of(kind)}


def is_known(plan: Plan, reference: Reference) -> bool:
    match reference:
        case HostOf() | PortOf() | ListenOn() | SchemeOf():
            return reference.endpoint in names_of(plan, parts.Endpoint)
        case SecretOf():
            return reference.name in names_of(plan, parts.Secret)
        case PublicUrlOf():
            return reference.exposure in names_of(plan, parts.Exposure)
        case BucketOf():
            return reference.bucket in names_of(plan, parts.Bucket)
        case FolderOf():
            return reference.volume in names_of(plan, parts.Volume)
        case ExternalOf():
            return reference.external in names_of(plan, parts.External)


@pytest.fixture(params=LAID, ids=IDS)
def plan(request: pytest.FixtureRequest) -> Plan:
    path, environment = request.param
    return planning.make_plan(loading.load_page(path).page, environment, path.parent)


def test_every_reference_leads_somewhere(plan: Plan) -> None:
    found = [one for template in templates_in((plan.notes, *plan.parts)) for one in template.references()]
    assert found
    assert [str(one) for one in found if not is_known(plan, one)] == []


def test_every_name_that_a_part_gives_is_the_name_of_a_part(plan: Plan) -> None:
    running = names_of(plan, parts.Workload) | names_of(plan, parts.Job)
    endpoints = names_of(plan, parts.Endpoint)
    kept = names_of(plan, parts.Volume) | names_of(plan, parts.Bucket) | names_of(plan, parts.Workload)
    reached = endpoints | names_of(plan, parts.External) | names_of(plan, parts.Bucket)
    for part in (*plan.of(parts.Workload), *plan.of(parts.Job)):
        assert set(part.needs) <= running
        assert set(part.volumes) <= names_of(plan, parts.Volume)
        assert set(part.configs) <= names_of(plan, parts.Config)
        if isinstance(part.program, parts.Server):
            passwords = {part.program.password, *(one.password for one in part.program.accounts)}
            assert passwords <= names_of(plan, parts.Secret)
    for workload in plan.of(parts.Workload):
        asked = (workload.probes.live, workload.probes.ready, workload.metrics)
        assert {one.endpoint for one in asked if hasattr(one, "endpoint")} <= endpoints
        assert {load.topic for load in workload.scale.topics} <= names_of(plan, parts.Topic)
    assert {part.of for part in plan.of(parts.Endpoint)} <= running
    assert {part.of for part in plan.of(parts.Volume)} <= running
    assert {part.of for part in (*plan.of(parts.Topic), *plan.of(parts.Model))} <= running
    assert {part.endpoint for part in plan.of(parts.Exposure)} <= endpoints
    assert {part.of for part in plan.of(parts.Backup)} <= kept
    assert {part.by for part in plan.of(parts.Access)} <= running
    assert {part.to for part in plan.of(parts.Access)} <= reached
    assert {name for part in plan.of(parts.Group) for name in part.members} <= running
    severities = {action.severity for budget in plan.of(parts.Budget) for action in budget.actions}
    assert severities <= names_of(plan, parts.Severity) or not plan.of(parts.Contact)


def test_no_two_parts_of_a_sort_have_one_name(plan: Plan) -> None:
    for kind in parts.PARTS:
        assert len(names_of(plan, kind)) == len(plan.of(kind))


@pytest.mark.parametrize(("path", "environment"), LAID, ids=IDS)
def test_everything_that_is_used_is_given_and_may_be_reached(path: Path, environment: str) -> None:
    page = loading.load_page(path).page
    plan = planning.make_plan(page, environment, path.parent)
    given = {part.name: dict(part.env) for part in (*plan.of(parts.Workload), *plan.of(parts.Job))}
    accesses = {(access.by, access.to.partition(".")[0]) for access in plan.of(parts.Access)}
    seen = 0
    for _, name, item in runnables(page):
        for use in usages.normal(item.uses):
            if name not in given:
                continue  # it is left out of this environment
            seen += 1
            wanted = [variable for variable, _ in scopes.given_variables(page, use)]
            assert wanted
            assert set(wanted) <= set(given[name])
            assert all(variable.startswith(names.variable_name(use.alias)) for variable in wanted)
            target = "models" if use.use in page.models else use.use
            assert use.use.startswith("secrets.") or (name, target) in accesses
    assert seen > 2


def test_the_sections_that_hold_items_are_those_of_the_page() -> None:
    assert {"services", "models", "externals", "people", "budgets", "environments"} <= set(checks.SECTIONS)
    assert not {"metadata", "build", "observe", "delivery", "notes"} & set(checks.SECTIONS)
