"""Each acceptance test types what a user types: `./run` in a clone, then plain HTTP against what came up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.clones import Clone, RunningGekb, make_clone


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return make_clone(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def gekb(clone: Clone) -> Iterator[RunningGekb]:
    clone.run("up", "gekb", "--detach")
    yield RunningGekb(clone=clone, url=clone.status()["urls"]["api"], key=clone.secret("admin-key"))
    clone.run("down", "gekb")
