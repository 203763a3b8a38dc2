"""Every command of the how-to pages is run, in the order of its page, in a fresh clone."""

import subprocess
from pathlib import Path

import pytest

from tests.acceptance.clones import ROOT, make_clone

PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))


def commands(page: Path) -> list[str]:
    return [line.removeprefix("$ ") for line in page.read_text().splitlines() if line.startswith("$ ")]


def test_there_are_pages_with_commands() -> None:
    assert PAGES
    assert all(commands(page) for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_succeed(page: Path, tmp_path: Path) -> None:
    clone = make_clone(tmp_path)
    try:
        for command in commands(page):
            done = subprocess.run(
                ["sh", "-c", command],
                cwd=clone.folder,
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    finally:
        clone.run("down", "gekb", check=False)
