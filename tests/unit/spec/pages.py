"""The pages that there are: the whole one, those of the systems, and those that the documents show."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[3]
WHOLE = ROOT / "tests" / "golden" / "pages" / "whole.yaml"
GOLDEN = (WHOLE, *sorted(path for path in WHOLE.parent.glob("*.yaml") if path != WHOLE))
"""The whole page, and those of kinds that came after it."""


def read(text: str) -> Any:  # YAML
    return YAML(typ="safe", pure=True).load(text)


def sound_pages() -> Iterator[tuple[str, str]]:
    """Where each stands, and its text."""
    for path in (*GOLDEN, *sorted(ROOT.glob("systems/*/seatrial.yaml"))):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))):
        blocks = re.findall(
            r"^```yaml\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        )
        for number, block in enumerate(block for block in blocks if block.startswith("apiVersion")):
            yield f"{path.relative_to(ROOT)}[{number}]", block
