"""Whoever adds a kind or a promise is told here what is still missing."""

import typing
from types import ModuleType

import pytest

from seatrial import kinds, parts, promises
from seatrial.drivers.laptop.engines import ENGINES
from seatrial.spec import pages


@pytest.mark.parametrize("kind", kinds.STORES, ids=lambda kind: kind.KIND)
def test_every_store_has_a_spec_in_the_page_an_address_and_an_engine_here(kind: ModuleType) -> None:
    assert kind.Spec in typing.get_args(kinds.StoreSpec)
    spec = kind.Spec.model_validate({"kind": kind.KIND})
    lowered = kind.lower("some", spec)
    workloads = [part for part in lowered if isinstance(part, parts.Workload)]
    assert [workload.program.product for workload in workloads] == [kind.KIND]
    assert kind.address("some", spec)[0][0] == "SOME_URL"
    assert isinstance(kind.is_reserved("some"), bool)
    assert kind.KIND in ENGINES


@pytest.mark.parametrize("promise", promises.PROMISES, ids=lambda promise: promise.TAG)
def test_every_promise_is_in_the_page_and_known_by_its_keys(promise: ModuleType) -> None:
    assert {pages._promise_tag({key: None}) for key in promise.KEYS} == {promise.TAG}
    fields = pages.Page.model_fields["promises"].annotation
    assert promise.Spec.__module__ in str(fields)
    assert set(promise.KEYS) <= set(promise.Spec.model_fields)
