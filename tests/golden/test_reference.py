"""Generated pages are committed, and are what the code says today."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

from seatrial import parts
from seatrial.plan import planning
from seatrial.spec import loading, schemas

DOCS = Path(__file__).parents[2] / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    return generate


def test_the_reference_of_the_page_is_what_the_models_say() -> None:
    committed = (DOCS / "reference" / "page.md").read_text(encoding="utf-8")
    assert committed == generator().page_reference(), "stale: run `.venvs/test/bin/python docs/generate.py`"


def test_the_schema_for_editors_is_what_the_models_say() -> None:
    committed = (DOCS / "reference" / "seatrial.schema.json").read_text(encoding="utf-8")
    assert committed == schemas.as_text(), "stale: run docs/generate.py"


def test_every_link_of_the_reference_leads_to_a_section() -> None:
    text = (DOCS / "reference" / "page.md").read_text(encoding="utf-8")
    anchor = generator()._anchor
    sections = {anchor(heading) for heading in re.findall(r"^## (.*)$", text, re.MULTILINE)}
    assert set(re.findall(r"\(#([^)]*)\)", text)) <= sections


def test_the_reference_of_the_exit_codes_is_what_the_errors_say() -> None:
    committed = (DOCS / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    assert committed == generator().exit_codes_reference(), "stale: run docs/generate.py"


def test_the_example_of_the_reference_is_a_sound_page() -> None:
    text = (DOCS / "reference" / "page.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    page = loading.parse_page(example.encode(), "page.md")
    made = planning.make_plan(page, "laptop", DOCS)
    assert {part.name for part in made.of(parts.Workload)} == {"web", "db"}
