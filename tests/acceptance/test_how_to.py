"""Every command of the how-to pages is run, in the order of its page, in a fresh clone.

A page about the kit shows programs instead; the kit's tests run them (`kit/tests/pages.py`).
"""

import subprocess
from pathlib import Path

import pytest

from tests.acceptance.clones import ROOT, RunningGekb, make_clone, need_programs


def commands(page: Path) -> list[str]:
    return [line.removeprefix("$ ") for line in page.read_text().splitlines() if line.startswith("$ ")]


PAGES = [page for page in sorted((ROOT / "docs" / "how-to").glob("*.md")) if commands(page)]


def test_there_are_pages_with_commands() -> None:
    assert PAGES


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
        for system in {"gekb", *(page.parent.name for page in clone.folder.glob("*/seatrial.yaml"))}:
            clone.run("down", system, check=False)


def test_the_calls_in_the_readme_of_gekb_succeed(gekb: RunningGekb) -> None:
    need_programs("sh", "curl", "jq")
    text = (ROOT / "systems" / "gekb" / "README.md").read_text()
    block = next(block for block in text.split("```sh\n") if block.startswith("URL=")).split("```")[0]
    block = block.replace("URL=http://127.0.0.1:8000", f"URL={gekb.url}")
    done = subprocess.run(
        ["sh", "-ec", block], cwd=gekb.clone.folder, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.count('"success":true') >= 4
    assert '"success":false' not in done.stdout
    assert "gekb_" in done.stdout
