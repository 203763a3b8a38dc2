"""Whoever adds a kind or a promise is told here what is still missing."""

from pathlib import Path
from types import ModuleType

import pytest

from seatrial import kinds, parts, promises
from seatrial.drivers.laptop.engines import ENGINES
from seatrial.kinds import lowering
from seatrial.spec import loading, pages

GOLDEN = sorted((Path(__file__).parents[2] / "golden" / "pages").glob("*.yaml"))
EXAMPLES = {store.kind: store for path in GOLDEN for store in loading.load_page(path).page.stores.values()}


@pytest.mark.parametrize("kind", kinds.STORES, ids=lambda kind: kind.KIND)
def test_every_store_has_a_spec_in_the_page_an_address_and_an_engine_here(kind: ModuleType) -> None:
    spec = EXAMPLES[kind.KIND]
    assert isinstance(spec, kind.Spec)
    lowered = kind.lower("some", spec)
    workloads = [part for part in lowered if isinstance(part, parts.Workload)]
    assert [workload.program.product for workload in workloads] in ([kind.KIND], [])
    assert kind.address("some", spec, lowering.Use(alias="other"))[0][0] == "OTHER_URL"
    assert kind.KIND in ENGINES or not workloads


@pytest.mark.parametrize("promise", promises.PROMISES, ids=lambda promise: promise.TAG)
def test_every_promise_is_in_the_page_and_known_by_its_keys(promise: ModuleType) -> None:
    assert {pages._promise_tag({key: None}) for key in promise.KEYS} == {promise.TAG}
    fields = pages.Page.model_fields["promises"].annotation
    assert promise.Spec.__module__ in str(fields)
    assert set(promise.KEYS) <= set(promise.Spec.model_fields)
