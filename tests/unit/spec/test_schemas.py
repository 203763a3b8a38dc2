"""What editors are told is what loading says, as far as a form can say it."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from seatrial import errors
from seatrial.spec import loading, schemas
from tests.unit.spec import pages

SCHEMA = schemas.page_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
PAGES = dict(pages.sound_pages())
HEAD = "apiVersion: seatrial/v1alpha1\nkind: System\nmetadata: {name: shop}\n"
SERVICE = HEAD + "services:\n  web:\n    command: [serve]\n    ports: {http: 80}\n"

WRONG = {
    "a key that nobody knows": HEAD + "servces: {}\n",
    "a key that nobody knows, deep down": SERVICE + "    scale: {up: {afer: 5m}}\n",
    "no metadata": "apiVersion: seatrial/v1alpha1\nkind: System\n",
    "another version": HEAD.replace("v1alpha1", "v2"),
    "a name with capitals": HEAD + "services: {Web: {command: [serve]}}\n",
    "a service without a command": HEAD + "services: {web: {ports: {http: 80}}}\n",
    "an empty command": HEAD + "services: {web: {command: []}}\n",
    "a duration without a unit": SERVICE + "    stop: 30\n",
    "a duration of an unknown unit": SERVICE + "    stop: 30 seconds\n",
    "a duration of nothing": SERVICE + "    stop: 0.0s\n",
    "bytes with a wrong unit": SERVICE + "    size: {memory: 5Zi}\n",
    "a percentage without its sign": SERVICE + "    scale: {cpu: 70}\n",
    "a rate without its span": SERVICE + "    expose: {host: a.example, rate: 10}\n",
    "an exposure without a host": SERVICE + "    expose: {rate: 10/s}\n",
    "a word that cannot be chosen": SERVICE + "    place: {zones: all}\n",
    "a port that is none": SERVICE.replace("80", "80000"),
    "a number as a text": SERVICE.replace("80", '"80"'),
    "a kind that is none": HEAD + "stores: {db: {kind: oracle}}\n",
    "a store without a kind": HEAD + "stores: {db: {size: 1Gi}}\n",
    "a key of another kind": HEAD + "stores: {db: {kind: redis, extensions: [vector]}}\n",
    "a promise of nothing": HEAD + "promises: {fast: {of: web}}\n",
    "a promise with a key of another": HEAD + "promises: {up: {availability: 99%, route: GET /}}\n",
    "money without a currency": HEAD + "budgets: {all: {limit: 200}}\n",
    "a schedule of four fields": HEAD + 'jobs: {night: {command: [a], when: "0 6 * *"}}\n',
    "a path that does not begin with /": SERVICE + "    health: {ready: ready}\n",
    "a list in place of a mapping": HEAD + "services: [web]\n",
    "text in place of true": HEAD + 'secrets: {a: {generate: 32 bytes, show: "yes"}}\n',
    "too few bytes of chance": HEAD + "secrets: {a: {generate: 8 bytes}}\n",
}


def test_it_is_a_schema_of_its_dialect() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == schemas.DIALECT


@pytest.mark.parametrize("name", PAGES)
def test_it_accepts_every_page_that_there_is(name: str) -> None:
    loading.parse_page(PAGES[name].encode(), name)
    assert [error.message for error in VALIDATOR.iter_errors(pages.read(PAGES[name]))] == []


@pytest.mark.parametrize("name", WRONG)
def test_it_refuses_what_loading_refuses_by_form(name: str) -> None:
    with pytest.raises(errors.PageError):
        loading.parse_page(WRONG[name].encode(), "page.yaml")
    assert not VALIDATOR.is_valid(pages.read(WRONG[name]))


def test_the_pages_that_are_wrong_are_wrong_by_one_thing() -> None:
    for text in (HEAD, SERVICE):
        loading.parse_page(text.encode(), "page.yaml")
        assert VALIDATOR.is_valid(pages.read(text))


@pytest.mark.parametrize("where", ["", "metadata", "env", "services", "stores"])
def test_it_lets_readers_keep_keys_of_their_own_in_every_mapping(where: str) -> None:
    page = pages.read(SERVICE + "env: {A: b}\nstores: {db: {kind: postgres}}\n")
    (page[where] if where else page)["x-owner"] = {"any": ["thing"]}
    assert VALIDATOR.is_valid(page)


def test_every_default_is_written_as_a_page_may_write_it() -> None:
    found = list(_defaults(SCHEMA))
    assert len(found) > 50  # that the walk finds them
    for value in found:
        Draft202012Validator(value | {"$defs": SCHEMA["$defs"]}).validate(value["default"])


def test_every_definition_is_referred_to() -> None:
    text = schemas.as_text()
    assert [name for name in SCHEMA["$defs"] if f'"#/$defs/{name}"' not in text] == []


def _defaults(value: Any) -> Any:  # any JSON
    if isinstance(value, dict):
        if "default" in value and "description" in value:
            yield value
        for inner in value.values():
            yield from _defaults(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _defaults(inner)
