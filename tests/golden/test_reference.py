"""Generated pages are committed, and are what the code says today."""

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_of_the_page_is_what_the_models_say() -> None:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    committed = (DOCS / "reference" / "page.md").read_text(encoding="utf-8")
    assert committed == generate.page_reference(), "stale: run `.venvs/test/bin/python docs/generate.py`"
