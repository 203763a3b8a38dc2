import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from seatrial import errors, parts
from seatrial.plan import Plan, planning
from seatrial.spec import loading

WHOLE_TEXT = (Path(__file__).parents[2] / "golden" / "pages" / "whole.yaml").read_text(encoding="utf-8")
WHOLE = loading.parse_page(WHOLE_TEXT.encode(), "whole.yaml")
PAGE = """
apiVersion: seatrial/v1alpha1
kind: System
metadata: {name: shop}
env: {LOG_LEVEL: info, WORKERS: 2}
secrets: {key: {generate: 32 bytes, show: true}, slack: {from: operator}}
services:
  api:
    command: [serve, --port, "${port.http}", --system, "${metadata.name}"]
    ports: {http: 8000, admin: 8001}
    health: {live: /health, ready: /ready}
    env: {REGION: "${env.region}", OTHER: "x${db.host}"}
    uses: [db, worker, secrets.key]
    scale: {min: 3, max: 10, cpu: 70%}
    expose: {host: "api.${env.domain}", rate: 60/min, body: 10Mi}
  worker: {command: [work], ports: {http: 9000}, uses: [cache]}
jobs:
  migrate: {command: [migrate], uses: [db], when: before-deploy}
  report: {command: [report], uses: [db]}
stores:
  db: {kind: postgres, extensions: [vector], settings: {max_connections: 200, jit: false},
       backup: {full: 1d, log: continuous, keep: 30d}}
  cache: {kind: redis}
promises:
  answer: {latency: {p95: 2s, p50: 100ms}, of: api, at: 50/s}
  up: {availability: 99.9%, of: api}
  back: {time: 4h, point: 1h, of: db}
watch:
  ratio: {expr: a / b, below: 50%, for: 10m}
environments:
  laptop: {region: here}
  production: {domain: example.com, region: eu, scale: {"*": {min: 5}, worker: {max: 7}}, env: {WORKERS: 9}}
notes: see ${urls.api} with ${secrets.key}
"""


def plan_of(text: str, environment: str = "laptop") -> Plan:
    return planning.make_plan(loading.parse_page(text.encode(), "page.yaml"), environment, Path("/srv/shop"))


def test_a_service_is_given_the_addresses_of_all_it_uses_as_references() -> None:
    api, *_ = plan_of(PAGE).of(parts.Workload)
    env = {name: str(template) for name, template in api.env}
    assert env["DB_URL"] == (
        "${scheme:db.main:postgresql}://db:${secret:db-password}@${host:db.main}:${port:db.main}/db"
    )
    assert env["WORKER_URL"] == "http://${host:worker.http}:${port:worker.http}"
    assert env["KEY"] == "${secret:key}"
    assert env["OTHER"] == "x${host:db.main}"
    assert env["REGION"] == "here"


def test_a_service_starts_after_what_it_uses_and_after_the_jobs_before_a_deploy() -> None:
    needs = {part.name: part.needs for part in plan_of(PAGE).of(parts.Workload)}
    assert needs == {
        "api": ("db", "migrate", "worker"),
        "worker": ("cache", "migrate"),
        "db": (),
        "cache": (),
    }
    assert {job.name: job.needs for job in plan_of(PAGE).of(parts.Job)} == {
        "migrate": ("db",),
        "report": ("db",),
    }


def test_accesses_are_what_uses_says_and_nothing_else() -> None:
    accesses = {(access.by, access.to) for access in plan_of(PAGE).of(parts.Access)}
    assert accesses == {
        ("api", "db.main"),
        ("api", "worker.http"),
        ("migrate", "db.main"),
        ("report", "db.main"),
        ("worker", "cache.main"),
    }


def test_each_promise_and_watch_becomes_a_signal_with_its_bar_and_unit() -> None:
    signals = {
        s.name: (s.purpose, s.measure, s.comparison, s.bar, s.unit) for s in plan_of(PAGE).of(parts.Signal)
    }
    assert signals == {
        "answer.p50": ("promise", "latency.p50", "at most", 0.1, "seconds"),
        "answer.p95": ("promise", "latency.p95", "at most", 2.0, "seconds"),
        "up": ("promise", "availability", "at least", 0.999, "share"),
        "back.time": ("promise", "recovery.time", "at most", 14400.0, "seconds"),
        "back.point": ("promise", "recovery.point", "at most", 3600.0, "seconds"),
        "ratio": ("watch", "a / b", "at least", 0.5, "share"),
    }


def test_an_environment_replaces_only_what_it_says_and_a_name_wins_over_the_star() -> None:
    scales = {w.name: w.scale for w in plan_of(PAGE, "production").of(parts.Workload)}
    assert (scales["api"].copies_min, scales["api"].copies_max, scales["api"].cpu_share) == (5, 10, 0.7)
    assert (scales["worker"].copies_min, scales["worker"].copies_max) == (5, 7)
    (exposure,) = plan_of(PAGE, "production").of(parts.Exposure)
    assert (exposure.host, [rule.rate_per_second for rule in exposure.rates]) == ("api.example.com", [1.0])
    (config,) = plan_of(PAGE, "production").of(parts.Config)
    assert dict(config.values) == {"LOG_LEVEL": "info", "WORKERS": "9"}


def test_an_environment_replaces_only_what_it_says_inside_a_block_as_well() -> None:
    (db,) = (
        one for one in planning.make_plan(WHOLE, "production", Path()).of(parts.Workload) if one.name == "db"
    )
    assert (db.size.cpu_cores, db.size.memory_bytes) == (4, 8 * 2**30)


def test_an_unknown_environment_is_refused_with_the_known_ones() -> None:
    with pytest.raises(errors.CallError, match="did you mean 'production'"):
        plan_of(PAGE, "prodution")


def test_a_plan_as_json_holds_no_secret_and_no_path_of_the_machine() -> None:
    made = planning.make_plan(WHOLE, "production", Path("/srv/shop"))
    text = str(made.to_json())
    assert "/srv/shop" not in text
    assert "${secret:db-password}" in text
    assert {part["part"] for part in made.to_json()["parts"]} == {
        kind.__name__.lower() for kind in parts.PARTS
    }


def shuffled(value: object, order: list[int]) -> object:
    """The same YAML value with the keys of every mapping turned round by amounts drawn from `order`."""
    if isinstance(value, dict):
        items = [(key, shuffled(inner, order)) for key, inner in value.items()]
        turn = order[len(items) % len(order)] % max(len(items), 1)
        return dict(items[turn:] + items[:turn])
    return [shuffled(inner, order) for inner in value] if isinstance(value, list) else value


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=12))
def test_a_plan_does_not_depend_on_the_order_of_keys(order: list[int]) -> None:
    for page in (PAGE, WHOLE_TEXT):
        turned = shuffled(YAML(typ="safe").load(page), order)
        for environment in ("laptop", "production"):
            assert plan_of(json.dumps(turned), environment).to_json() == plan_of(page, environment).to_json()


def keys_of(value: object, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every key of a page, from the outside inwards."""
    if not isinstance(value, dict):
        return []
    return [found for key in value for found in ((*here, key), *keys_of(value[key], (*here, key)))]


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in keys_of(YAML(typ="safe").load(WHOLE_TEXT))
        if len(path) in (2, 3)
        and path[0] in ("metadata", "observe", "delivery", "severities", "environments")
    ],
    ids=lambda path: ".".join(map(str, path)),
)
def test_what_is_taken_off_a_page_is_missed_in_a_plan(path: tuple[str | int, ...]) -> None:
    data = YAML(typ="safe").load(WHOLE_TEXT)
    owner = data
    for step in path[:-1]:
        owner = owner[step]
    del owner[path[-1]]
    try:
        page = loading.parse_page(json.dumps(data).encode(), "page.yaml")
    except errors.PageError:
        return  # something else refers to it
    assert any(
        environment not in page.environments
        or planning.make_plan(page, environment, Path()).to_json()
        != planning.make_plan(WHOLE, environment, Path()).to_json()
        for environment in WHOLE.environments
    )
