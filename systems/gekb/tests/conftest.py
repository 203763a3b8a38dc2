"""The engines' fixtures, and one running GEKB for the tests that do not hurt it."""

from collections.abc import Iterator

import pytest

from kit.tests.engines import Postgres, Valkey, database_url, postgres, valkey
from systems.gekb.tests.processes import Gekb, running

__all__ = ["database_url", "postgres", "valkey"]


@pytest.fixture(scope="session")
def gekb(postgres: Postgres, valkey: Valkey) -> Iterator[Gekb]:
    """API and worker, shared: each test keeps to a project of its own."""
    with running(postgres.create_database("gekb-shared"), valkey.url) as system:
        yield system
