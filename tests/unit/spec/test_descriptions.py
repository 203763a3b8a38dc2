"""Every key of the page has a sentence, and every block an example that stands the test."""

import pytest
from jsonschema import Draft202012Validator

from seatrial.spec import descriptions, schemas, trees
from tests.unit.spec import pages

SCHEMA = schemas.page_schema()
TREE = trees.Tree(SCHEMA)
BLOCKS = [TREE.page, *TREE.blocks.values()]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_every_key_of_a_block_says_what_it_means(block: trees.Block) -> None:
    for key in block.keys.values():
        assert key.meaning.endswith("."), f"{block.name}.{key.name} has no sentence below its field"


@pytest.mark.parametrize("block", TREE.blocks.values(), ids=lambda block: block.name)
def test_every_block_begins_with_examples_of_its_own_form_and_a_sentence(block: trees.Block) -> None:
    examples = descriptions.examples(block.description)
    assert examples, f"{block.name}: its docstring begins with no example such as `{{key: value}}`"
    for example in examples:
        errors = Draft202012Validator(
            {"$ref": f"#/$defs/{block.name}", "$defs": SCHEMA["$defs"]}
        ).iter_errors(pages.read(example))
        assert [error.message for error in errors] == [], example
    prose = descriptions.prose(block.description)
    assert prose[0].isupper()
    assert not descriptions.examples(prose)


def test_a_description_is_read_from_the_bases_too() -> None:
    assert TREE.blocks["kinds.redis"].keys["copies"].meaning == "Servers that hold the same data."


def test_loading_a_page_does_not_read_the_sources() -> None:
    import subprocess  # noqa: PLC0415  # a fresh interpreter
    import sys  # noqa: PLC0415

    told = "import sys, seatrial.spec.loading; print('seatrial.spec.descriptions' in sys.modules)"
    assert subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True
    ).stdout == ("False\n")
