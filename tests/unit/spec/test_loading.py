"""Each way in which a page can be wrong: where the message points, what it found, what it says to do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial import errors
from seatrial.spec import loading

HEAD = "apiVersion: seatrial/v1alpha1\nkind: System\nmetadata: {name: shop}\n"
SOUND = (
    HEAD
    + """secrets: {key: {generate: 32 bytes}}
services:
  api:
    command: [serve, --port, "${port.http}"]
    ports: {http: 8000}
    health: {live: /health, ready: /ready}
    uses: [db, cache, secrets.key]
    expose: {host: "api.${env.domain}"}
stores:
  db: {kind: postgres, backup: {full: 1d, keep: 30d}}
  cache: {kind: redis}
promises:
  answer: {latency: {p95: 2s}, of: api}
"""
)


def problems_of(text: str) -> list[str]:
    with pytest.raises(errors.PageError) as caught:
        loading.parse_page(text.encode(), "page.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_a_sound_page_has_no_problem() -> None:
    assert loading.parse_page(SOUND.encode(), "page.yaml").metadata.name == "shop"


CASES = {
    "unknown key": (
        ("command: [serve", "comand: [serve"),
        "page.yaml:7:5: services.api.comand: unknown key 'comand'; did you mean 'command'?",
    ),
    "missing key": (
        ('    command: [serve, --port, "${port.http}"]\n', ""),
        "page.yaml:6:3: services.api: 'command' is missing here",
    ),
    "wrong type": (
        ("ports: {http: 8000}", "ports: {http: eight}"),
        "page.yaml:8:19: services.api.ports.http: found 'eight', expected a whole number",
    ),
    "out of range": (
        ("ports: {http: 8000}", "ports: {http: 80000}"),
        "page.yaml:8:19: services.api.ports.http: found 80000: it should be less than or equal to 65535",
    ),
    "unit": (
        ("p95: 2s", "p95: 2 seconds"),
        "page.yaml:16:27: promises.answer.latency.p95: found '2 seconds', expected a duration such as",
    ),
    "unknown kind": (
        ("kind: postgres", "kind: postgress"),
        "page.yaml:13:7: stores.db: unknown kind 'postgress'; did you mean 'postgres'?",
    ),
    "no kind": (
        ("{kind: redis}", "{}"),
        "page.yaml:14:10: stores.cache: 'kind' is missing here; known here:",
    ),
    "unknown use": (
        ("uses: [db, cache", "uses: [bd, cache"),
        "page.yaml:10:12: services.api.uses[0]: unknown name 'bd'; did you mean 'db'?",
    ),
    "unknown secret": (
        ("secrets.key]", "secrets.kay]"),
        "page.yaml:10:23: services.api.uses[2]: unknown secret 'secrets.kay'; did you mean 'secrets.key'?",
    ),
    "secret without its prefix": (
        ("secrets.key]", "key]"),
        "page.yaml:10:23: services.api.uses[2]: unknown name 'key'",
    ),
    "unknown placeholder": (
        ("${port.http}", "${port.htp}"),
        "services.api.command[2]: unknown placeholder ${port.htp}; did you mean 'port.http'?",
    ),
    "secret in a command": (
        ("${port.http}", "${secrets.key}"),
        "services.api.command[2]: ${secrets.key} would show in the list of processes",
    ),
    "probe without a slash": (
        ("ready: /ready", "ready: ready"),
        "page.yaml:9:36: services.api.health.ready: found 'ready', expected a path that begins with '/'",
    ),
    "probe on an unknown port": (
        ("ready: /ready}", "ready: /ready, port: web}"),
        "services.api.health.port: unknown port 'web'; known here: http",
    ),
    "probe without a port": (
        ("    ports: {http: 8000}\n", ""),
        "services.api.health: needs a port to go to; say ports: {http: 8000}",
    ),
    "probe that asks nothing": (
        ("health: {live: /health, ready: /ready}", "health: {interval: 1s}"),
        "page.yaml:9:13: services.api.health: names no probe",
    ),
    "promise of nothing known": (("of: api", "of: apy"), "unknown name 'apy'; did you mean 'api'?"),
    "promise about nothing": (("latency: {p95: 2s}, of", "of"), "promises nothing that is known; say one of"),
    "empty promise": (("{p95: 2s}", "{}"), "promises.answer.latency: promises nothing: say a percentile"),
    "recovery without backup": (
        ("answer: {latency: {p95: 2s}, of: api}", "answer: {time: 1h, point: 1h, of: cache}"),
        "promises.answer.of: 'cache' has no backup",
    ),
    "duplicate key": (
        ("  cache: {kind: redis}", "  db: {kind: redis}"),
        "page.yaml:14:3: stores.db: stands here a",
    ),
    "name twice": (
        ("  cache: {kind: redis}", "  api: {kind: redis}"),
        "'api' is already the name of one of the",
    ),
    "bad name": (
        ("  cache: {kind: redis}", "  Cache_1: {kind: redis}"),
        "page.yaml:14:3: stores.Cache_1: found 'C",
    ),
    "a key as others call it": (
        ("    uses:", "    replicas: 2\n    uses:"),
        "unknown key 'replicas'; did you mean 'scale'?",
    ),
    "unknown section": (("stores:", "storage:"), "storage: unknown key 'storage'; did you mean 'stores'?"),
    "wrong version": (
        ("seatrial/v1alpha1", "seatrial/v1"),
        "page.yaml:1:13: apiVersion: found 'seatrial/v1'; did you mean 'seatrial/v1alpha1'?",
    ),
    "section of another form": (
        ("promises:\n  answer", "promises: 5\nx-answer:\n  a"),
        "promises: found 5, expected keys",
    ),
    "tag": (("{name: shop}", "{name: !!python/name:os.system shop}"), "tags have no meaning in a page"),
    "short backup": (
        ("keep: 30d", "keep: 1h"),
        "stores.db.backup: keep is shorter than the time between two",
    ),
    "falling percentiles": (
        ("{p95: 2s}", "{p50: 5s, p95: 2s}"),
        "a higher percentile cannot have a lower bar",
    ),
    "no copies": (
        ("    uses:", "    scale: {max: 0}\n    uses:"),
        "services.api.scale.max: found 0: it should be",
    ),
    "odd amount of secret": (
        ("32 bytes", "32 byte"),
        "secrets.key.generate: found '32 byte', expected 16 to 512",
    ),
    "empty command": (
        ('[serve, --port, "${port.http}"]', "[]"),
        "services.api.command: is empty; say at least one",
    ),
    "URL of what is not exposed": (("${port.http}", "${urls.db}"), "(only a service with expose has a URL)"),
    "shell's own placeholder": (("${port.http}", "${HOME}"), "$${HOME} writes it as it is"),
    "secret inside an address in a command": (
        ("${port.http}", "${db.url}"),
        "would show in the list of processes",
    ),
    "address in a host": (
        ("api.${env.domain}", "x.${db.host}"),
        "is not known before it runs; a host is made of",
    ),
    "used twice": (
        ("uses: [db, cache", "uses: [db, db, cache"),
        "services.api.uses[1]: 'db' is used already",
    ),
    "name of a store's own password": (
        (
            "secrets: {key: {generate: 32 bytes}}",
            "secrets: {key: {generate: 32 bytes}, db-password: {from: operator}}",
        ),
        "is the name of the password that 'db' makes itself",
    ),
    "account that the server keeps": (("  db: {kind", "  pg-main: {kind"), "keeps for its own accounts"),
    "probes without a pause": (
        ("ready: /ready}", "ready: /ready, interval: 1ms}"),
        "health.interval: found '1ms': it should be",
    ),
    "no time at all": (
        ("ready: /ready}", "ready: /ready, timeout: 0s}"),
        "expected a duration longer than nothing",
    ),
    "less room than given": (
        ("    uses:", "    size: {cpu: 2, cpuMax: 1}\n    uses:"),
        "cpuMax is below cpu",
    ),
    "bar that is no number": (
        ("promises:", "watch: {w: {expr: up, above: nan}}\npromises:"),
        "expected a number or",
    ),
    "half a placeholder": (("${port.http}", "${port.http"), "found '${' without a name and '}' behind it"),
    "placeholder in shared settings": (
        ("services:", 'env: {A: "${db.url}"}\nservices:'),
        "env.A: unknown placeholder",
    ),
    "python's own spelling": (
        ("ready: /ready}", "ready: /ready}\n    size: {cpu_max: 1}"),
        "did you mean 'cpuMax'?",
    ),
    "nothing": (
        ("services:", "services: ~\nx-services:"),
        "services: found nothing, expected keys with values",
    ),
}


@pytest.mark.parametrize(("change", "expected"), CASES.values(), ids=CASES.keys())
def test_a_problem_names_its_place_what_was_found_and_what_to_do(
    change: tuple[str, str], expected: str
) -> None:
    assert change[0] in SOUND
    found = problems_of(SOUND.replace(*change, 1))
    assert any(expected in problem for problem in found), found


def test_all_problems_are_reported_at_once_in_the_order_of_the_text() -> None:
    text = (
        SOUND.replace("command", "comand").replace("p95: 2s", "p95: x").replace("cache, secrets.key", "cash")
    )
    text = text.replace("  cache: {kind: redis}", "  cache: {kind: redis, size: big}")
    found = problems_of(text + "watch: {w: {expr: up, above: x}}\n")
    assert [problem.split(": ")[1] for problem in found] == [
        "services.api",
        "services.api.comand",
        "stores.cache.size",
        "promises.answer.latency.p95",
        "watch.w",
    ]


def test_mistakes_of_form_do_not_hide_the_others() -> None:
    found = problems_of(
        SOUND.replace("  cache: {kind: redis}", "  db: {kind: redis}").replace("p95: 2s", "p95: x")
    )
    assert any("stands here a second time" in problem for problem in found)
    assert any("promises.answer.latency.p95" in problem for problem in found)
    assert any("unknown name 'cache'" in problem for problem in found)


def test_a_reference_to_an_item_with_a_problem_is_no_second_problem() -> None:
    found = problems_of(SOUND.replace("{kind: redis}", "{kind: redis, size: big}"))
    assert len(found) == 1


def test_services_that_wait_for_each_other_are_named_as_a_circle() -> None:
    other = "  b: {command: [b], ports: {http: 1}, uses: [api]}\n"
    text = SOUND.replace("uses: [db, cache", "uses: [b, db, cache").replace("stores:", other + "stores:")
    assert any("starts after itself: api → b → api" in problem for problem in problems_of(text))


def test_a_job_before_a_deploy_that_uses_a_service_is_a_circle_too() -> None:
    found = problems_of(
        SOUND.replace("stores:", "jobs: {seed: {command: [s], uses: [api], when: before-deploy}}\nstores:")
    )
    assert any("starts after itself: api → seed → api" in problem for problem in found)


def test_a_variable_that_two_uses_give_is_named() -> None:
    text = SOUND.replace("secrets: {", "secrets: {db-url: {from: operator}, ")
    found = problems_of(text.replace("uses: [db,", "uses: [db, secrets.db-url,"))
    assert any(
        "gives DB_URL, as 'db' does; give one of them another name by 'as'" in problem for problem in found
    )


def test_an_environment_cannot_turn_the_bounds_of_a_scale_round() -> None:
    text = SOUND.replace("    uses:", "    scale: {min: 2, max: 3}\n    uses:")
    found = problems_of(text + "environments: {staging: {domain: x, scale: {api: {min: 5}}}}\n")
    assert found == [found[0]]
    assert "here, services.api.scale.max: is below min, which is 5" in found[0]


def test_numbers_in_settings_stay_as_they_were_written() -> None:
    text = SOUND.replace(
        "secrets: {key", "env: {VERSION: 1.10, BUILD: 017, SHA: 1234e5, ON: true}\nsecrets: {key"
    )
    page = loading.parse_page(text.encode(), "page.yaml")
    assert page.env == {"VERSION": "1.10", "BUILD": "017", "SHA": "1234e5", "ON": "true"}


def test_an_environment_must_have_what_the_page_refers_to() -> None:
    found = problems_of(SOUND + "environments:\n  production: {region: x}\n")
    assert found == ["page.yaml:18:15: environments.production: has no domain, which ${env.domain} refers to"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "is empty"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"a: [", "page.yaml:1:5: is not YAML"),
        (b"a: \x00", "control character"),
        (b"- a", "found no keys"),
        (b"[" * 5000, "nested deeper"),
        (b"a: &x [*x, *x]", "is deeper than"),
        (b"? [a]\n: b", "than a word as a key"),
        (b"a: " + b"x" * 2_000_000, "is larger than"),
        (b"a: 1\n---\nb: 2", "is not YAML"),
    ],
)
def test_what_is_no_page_at_all_says_so(raw: bytes, expected: str) -> None:
    with pytest.raises(errors.PageError) as caught:
        loading.parse_page(raw, "page.yaml")
    assert expected in str(caught.value)


def test_keys_that_begin_with_x_belong_to_the_reader() -> None:
    loading.parse_page((SOUND + "x-note: {anything: [1, 2]}\n").encode(), "page.yaml")


def _assert_page_or_problems(raw: bytes) -> None:
    problems: tuple[errors.Problem, ...] | None = None
    try:
        loading.parse_page(raw, "page.yaml")
    except errors.PageError as wrong:
        problems = wrong.problems
    assert problems is None or problems
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems or ())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_loading_never_crashes_on_any_bytes(raw: bytes) -> None:
    _assert_page_or_problems(raw)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="{}[]:,-&*!|>?%@`'\"# \n\tab01~.", max_size=80))
def test_loading_never_crashes_on_what_looks_like_yaml(text: str) -> None:
    _assert_page_or_problems((HEAD + text).encode())


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(SOUND)), st.integers(0, 30), st.text(max_size=10))
def test_loading_never_crashes_on_a_damaged_page(at: int, length: int, put: str) -> None:
    _assert_page_or_problems((SOUND[:at] + put + SOUND[at + length :]).encode("utf-8", "surrogatepass"))
