"""What is written is found: a number leads to one decision, and the README to every file."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)\s#]+)")


def reached_from(page: Path) -> set[Path]:
    """The page, and every file to which its links and theirs lead."""
    seen: set[Path] = set()
    ahead = [page]
    while ahead:
        here = ahead.pop()
        if here not in seen and here.is_file():
            seen.add(here)
            text = here.read_text(encoding="utf-8") if here.suffix == ".md" else ""
            ahead += [(here.parent / link).resolve() for link in LINK.findall(text)]
    return seen


def test_no_two_decisions_have_the_same_number() -> None:
    pages = [path.name for path in (DOCS / "decisions").glob("*.md") if path.name != "README.md"]
    assert [name for name in pages if not re.match(r"\d{4}-", name)] == []
    assert [number for number, count in Counter(name[:4] for name in pages).items() if count > 1] == []


def test_every_file_of_docs_is_reached_by_links_from_the_readme() -> None:
    files = {path for path in DOCS.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    missed = sorted(str(path.relative_to(ROOT)) for path in files - reached_from(ROOT / "README.md"))
    assert not missed, "no page links to these: name them in README.md or in a page that it leads to"
