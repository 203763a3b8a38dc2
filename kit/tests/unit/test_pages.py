"""Every program on a how-to page of the kit is run by a test."""

from pathlib import Path

from kit.tests import pages


def test_each_page_with_a_program_is_run_by_a_test() -> None:
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    assert pages.programs()
    assert not [name for name in pages.programs() if f'pages.run("{name}"' not in tests]
