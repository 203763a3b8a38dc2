"""A bench for each test; whatever a test leaves running is ended, and counts against it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seatrial.drivers.laptop import folders, leftovers
from tests.integration.drivers.benches import Bench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(folder=tmp_path)
    yield made
    await made.laptop.stop()
    assert leftovers.find_marked(leftovers.Mark(run=folders.open_folder(tmp_path).run)) == []
