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
    "bytes below nothing": SERVICE + "    size: {memory: -1}\n",
    "a part of a byte": SERVICE + "    size: {memory: 1.5}\n",
    "more bytes than are counted": SERVICE + "    size: {memory: 10000000000000000}\n",
    "cores below nothing": SERVICE + "    size: {cpu: -1}\n",
    "more cores than are counted": SERVICE + "    size: {cpu: 1000000000}\n",
    "a share just above all": SERVICE + "    scale: {cpu: 101%}\n",
    "a share of far more than all": SERVICE + "    scale: {cpu: 999%}\n",
    "too short an interval": SERVICE + "    health: {ready: /, interval: 50ms}\n",
    "too long an interval": SERVICE + "    health: {ready: /, interval: 99d}\n",
    "too long an interval of a probe": SERVICE + "    health: {ready: {path: /, interval: 2h}}\n",
    "a step by a word": SERVICE + "    scale: {up: {by: x}}\n",
    "a step by true": SERVICE + "    scale: {up: {by: true}}\n",
    "a step by too large a share": SERVICE + "    scale: {up: {by: 5000%}}\n",
    "a step by nothing": SERVICE + "    scale: {up: {by: 0.0%}}\n",
    "a step by no copies": SERVICE + "    scale: {up: {by: 0}}\n",
    "a step by more copies than there may be": SERVICE + '    scale: {up: {by: "0010000"}}\n',
    "a secret without a source": HEAD + "secrets: {a: {}}\n",
    "a secret with an empty source": HEAD + "secrets: {a: {generate: null}}\n",
    "a secret with two sources": HEAD + "secrets: {a: {generate: 32 bytes, from: operator}}\n",
    "a person who cannot be reached": HEAD + "people: {a: {}}\n",
    "a person whose address is empty": HEAD + "people: {a: {mail: null}}\n",
    "health that asks nothing": SERVICE + "    health: {}\n",
    "a probe of a command and a path": SERVICE + "    health: {ready: {path: /, command: [a]}}\n",
    "a probe of a command and a port": SERVICE + "    health: {ready: {port: http, command: [a]}}\n",
    "a latency without a percentile": SERVICE + "promises: {a: {latency: {}, of: web}}\n",
    "a latency with an empty percentile": SERVICE + "promises: {a: {latency: {p95: null}, of: web}}\n",
    "a cost of nothing in particular": HEAD + "promises: {a: {cost: 5 USD}}\n",
    "a cost of two things": HEAD + "promises: {a: {cost: 5 USD, per: day, each: up}}\n",
    "metadata without a name": HEAD.replace("name", "owner"),
}


RIGHT = {
    "a schedule with spaces around": HEAD + 'jobs: {night: {command: [a], when: " 0 6 * * * "}}\n',
    "a schedule with wide spaces": HEAD + 'jobs: {night: {command: [a], when: "*  * * * *"}}\n',
    "a schedule with tabs": HEAD + 'jobs: {night: {command: [a], when: "0\\t6\\t*\\t*\\t*"}}\n',
    "an empty key beside the source": HEAD + "secrets: {a: {generate: null, from: operator}}\n",
    "empty keys beside a command": SERVICE + "    health: {ready: {path: null, port: null, command: [a]}}\n",
    "an empty command beside a path": SERVICE + "    health: {ready: {path: /, command: null}}\n",
    "bytes and cores as numbers": SERVICE + "    size: {memory: 999999999999999, cpu: 9999.999}\n",
    "shares at their ends": SERVICE + "    scale: {cpu: 100.0%, memory: 099%}\n",
    "steps at their ends": SERVICE + "    scale: {up: {by: 1000}, down: {by: 999.9%}}\n",
    "the shortest interval": SERVICE + "    health: {ready: /, interval: 100ms}\n",
    "the shortest interval in another unit": SERVICE + "    health: {ready: /, interval: 0.000002d}\n",
    "the longest interval": SERVICE + "    health: {ready: /, interval: 3600000.0ms}\n",
    "the longest interval in another unit": SERVICE + "    health: {ready: /, interval: 0060m}\n",
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


@pytest.mark.parametrize("name", RIGHT)
def test_it_accepts_what_loading_accepts(name: str) -> None:
    loading.parse_page(RIGHT[name].encode(), "page.yaml")
    assert [error.message for error in VALIDATOR.iter_errors(pages.read(RIGHT[name]))] == []


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
