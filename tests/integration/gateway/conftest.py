"""A provider and a gateway in front of it; what a test leaves running is ended."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.gateway.benches import Gateway, Provider, settings_for


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Provider().up() as up:
        yield up


@pytest.fixture
async def gateway(provider: Provider, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with Gateway(folder=tmp_path, settings=settings_for(provider, tmp_path)).up() as up:
        yield up
