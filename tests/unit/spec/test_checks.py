"""Each check between items of the page: one mistake in the whole page, one problem, at its place."""

from pathlib import Path

import pytest

from seatrial import errors
from seatrial.spec import loading

WHOLE = (Path(__file__).parents[2] / "golden" / "pages" / "whole.yaml").read_text(encoding="utf-8")

MISTAKES = {
    "a role that is not there": (
        ("as: primary, role: app", "as: primary, role: ap"),
        "services.api.uses[0].role: 'db' has no role 'ap'; did you mean 'app'?",
    ),
    "a role of what has none": (
        ("      - cache\n", "      - {use: cache, role: app}\n"),
        "services.api.uses[1].role: 'cache' has no role 'app'; none is defined here",
    ),
    "two uses that give one variable": (
        ("      - cache\n", "      - {use: cache, as: primary}\n"),
        "services.api.uses[1]: gives PRIMARY_URL, as 'db' does; give one of them another name by 'as'",
    ),
    "an unknown group": (
        ("    group: edge", "    group: edgy"),
        "services.api.group: unknown group 'edgy'; did you mean 'edge'?",
    ),
    "a use across groups": (
        ("reaches: [core]", "reaches: []"),
        "services.api.uses[7]: 'engine' is in the group 'core', which 'edge' does not reach",
    ),
    "a volume of several copies": (
        ("    scale: {min: 1, max: 1}\n    size: {cpu: 250m", "    scale: {min: 2}\n    size: {cpu: 250m"),
        "services.api.volumes: has a volume, which one copy alone can write",
    ),
    "an exposure of an unknown port": (
        ('live.${env.domain}", port: live', 'live.${env.domain}", port: life'),
        "services.api.expose.live.port: unknown port 'life'; did you mean 'live'?",
    ),
    "a host that is not known before it runs": (
        ('host: "www.${env.domain}"', 'host: "${engine.host}"'),
        "services.api.expose.site.host: ${engine.host} is not known before it runs",
    ),
    "a secret in a probe": (
        ("[python, -m, engine.ready]", '[python, "${bus.password}"]'),
        "services.engine.health.ready.command[1]: ${bus.password} would show in the list of processes",
    ),
    "a topic that is not there": (
        ("topics: [{of: bus, topic: raw.events", "topics: [{of: bus, topic: raw.event"),
        "services.engine.scale.topics[0].topic: unknown topic 'raw.event'; did you mean 'raw.events'?",
    ),
    "a queue of no redis": (
        ("queue: {of: cache", "queue: {of: bus"),
        "services.engine.scale.queue.of: 'bus' is no redis, so it has no list",
    ),
    "a queue counted in two ways": (
        ("queue: {expr: sum(waiting)", "queue: {of: cache, expr: sum(waiting)"),
        "services.screen.scale.queue: says what waits in one of two ways",
    ),
    "a schedule that never comes": (
        ('when: "15 0 * * *"', 'when: "15 0 30 2 *"'),
        "jobs.nightly.when: found '15 0 30 2 *'",
    ),
    "a zone without a schedule": (
        ('when: "15 0 * * *"', "when: on-demand"),
        "jobs.nightly: says how a schedule is kept, and has none",
    ),
    "an unknown zone": (("Europe/Berlin", "Europe/Bonn"), "jobs.nightly.zone: found 'Europe/Bonn'"),
    "more copies of a topic than brokers": (
        ("{partitions: 6, copies: 3,", "{partitions: 6, copies: 4,"),
        "stores.bus: raw.events has 4 copies, and there are 3 brokers",
    ),
    "a log that is kept longer than the copies before it": (
        ("keepLog: 7d", "keepLog: 60d"),
        "stores.db.backup: keepLog is longer than keep",
    ),
    "a model that falls back to nothing": (
        ("fallback: [spare]", "fallback: [spar]"),
        "models.writer.fallback[0]: unknown model 'spar'; did you mean 'spare'?",
    ),
    "a model for text that falls back to embeddings": (
        ("fallback: [spare]", "fallback: [embedder]"),
        "models.writer.fallback[0]: 'embedder' is for embeddings, not for text",
    ),
    "a model's unknown key": (
        ("    key: provider-key", "    key: provider"),
        "models.writer.key: unknown secret 'provider'; did you mean 'provider-key'?",
    ),
    "the gateway's name": (
        ("  screen:\n", "  models:\n"),
        "services.models: 'models' is the name of the gateway before all models",
    ),
    "an address with an odd port": (
        ("https://weather.example.com/api", "https://weather.example.com:99999/api"),
        "externals.weather.url: Port out of range 0-65535",
    ),
    "a promise about the wrong sort": (
        ("{hits: 80%, of: cache", "{hits: 80%, of: api"),
        "promises.hits.of: 'api' is a service; a promise of cache hits is about a store",
    ),
    "a recovery of what has no backup": (
        ("time: 4h, point: 1h, of: db", "time: 4h, point: 1h, of: bus"),
        "promises.back.of: 'bus' has no backup, so nothing of it could be recovered",
    ),
    "a recovery that the backups cannot keep": (
        ("point: 1d, of: api-media", "point: 1h, of: api-media"),
        "promises.media-back.point: 'api-media' is copied every 1d, so as much as that can be lost",
    ),
    "a cost of nothing": (
        ("{cost: 4000 USD, per: month}", "{cost: 4000 USD}"),
        "promises.bill: needs exactly one of per (day or month) and each",
    ),
    "a watch with two bars": (
        ("{expr: lag_sum, above: 10000}", "{expr: lag_sum, above: 10000, below: 5}"),
        "watch.lag: has two bars: keep one of above and below",
    ),
    "a severity that is not there": (
        ("severity: urgent, say", "severity: urgend, say"),
        "watch.matches.severity: unknown severity 'urgend'; did you mean 'urgent'?",
    ),
    "a watch with the name of a promise": (
        ("  lag: {expr: lag_sum", "  up: {expr: lag_sum"),
        "watch.up: 'up' is already the name of a promise",
    ),
    "an action that does two things": (
        ("{at: 80%, tell: [oncall]}", "{at: 80%, tell: [oncall], stop: [writer]}"),
        "budgets.llm.actions[0]: does exactly one of tell, scale and stop",
    ),
    "a person who is not there": (
        ("to: [oncall], then: [lead]", "to: [oncall], then: [leader]"),
        "severities.urgent.then[0]: unknown person 'leader'; did you mean 'lead'?",
    ),
    "a person who cannot be reached": (
        ("lead: {mail: lead@example.com}", "lead: {}"),
        "people.lead: cannot be reached: say mail, phone, chat or pager",
    ),
    "an environment without what is used": (
        ("without: [page]", "without: [engine]"),
        "environments.laptop.without[0]: 'api' uses 'engine', which would not run here",
    ),
    "an environment with more of a store than the store has": (
        ("stores: {db: {copies: 3", "stores: {files: {copies: 3"),
        "environments.production.stores.files: a bucket has no",
    ),
    "an environment that gives more than the most": (
        ("size: {engine: {memory: 8Gi}}", "size: {api: {memory: 8Gi}}"),
        "environments.production.size: memoryMax is below memory of 'api' here",
    ),
    "an environment that overrides what uses gives": (
        ("env: {LOG_LEVEL: debug}", "env: {PRIMARY_URL: mine}"),
        "environments.staging.env.PRIMARY_URL: here, env.PRIMARY_URL: 'api' is given PRIMARY_URL by uses: db",
    ),
    "an environment with a placeholder in a server's setting": (
        ("settings: {max_connections: 300}", 'settings: {work_mem: "${env.name}"}'),
        "environments.production.stores.db.settings.work_mem: here, stores.db.settings.work_mem: a server's",
    ),
    "an environment with copies of what one alone can write": (
        ("size: {engine: {memory: 8Gi}}", 'scale: {"*": {min: 3, max: 9}}'),
        "environments.production.services.api.volumes: here, services.api.volumes: has a volume",
    ),
    "an environment without what an address leads to": (
        ("    env: {MEDIA", '    env: {SITE: "${urls.page}", MEDIA'),
        "environments.laptop.services.api.env.SITE: here, services.api.env.SITE: unknown placeholder",
    ),
    "an address of a model with an odd port": (
        ("https://models.example.com/v1", "https://models.example.com:99999/v1"),
        "models.writer.provider: Port out of range 0-65535",
    ),
    "an environment's address with an odd port": (
        ("https://weather.example.org/api", "https://weather.example.org:99999/api"),
        "environments.production.externals.weather: Port out of range 0-65535",
    ),
    "a zero byte": (
        ("env: {LOG_LEVEL: info,", 'env: {LOG_LEVEL: "a\\0b",'),
        "env.LOG_LEVEL: holds a zero byte",
    ),
    "a broken placeholder in shared settings": (
        ("env: {LOG_LEVEL: info,", 'env: {LOG_LEVEL: "${info",'),
        "env.LOG_LEVEL: found '${' without a name",
    ),
    "a broken placeholder in notes": (
        ("Everything runs at ${urls.site}", "Everything runs at ${urls.site"),
        "notes: found '${' without a name",
    ),
    "a pool that the environment does not have": (
        ("      gpu: {min: 0, max: 4", "      gpus: {min: 0, max: 4"),
        "environments.production.nodes: has no pool 'gpu', on which 'nightly' runs; did you mean 'gpus'?",
    ),
    "a budget that is not there": (
        ("budgets: {llm: {limit: 500 USD}}", "budgets: {lm: {limit: 500 USD}}"),
        "environments.production.budgets.lm: unknown budget 'lm'; did you mean 'llm'?",
    ),
    "an image that is also built": (
        ('build: {image: "nginx:1.29"}', 'build: {image: "nginx:1.29", python: "3.12"}'),
        "services.page.build: has an image and a way to make one",
    ),
    "money without a currency": (
        ("limit: 4000 USD", "limit: 4000"),
        "budgets.cloud.limit: found 4000, expected an amount and a currency such as 200 USD",
    ),
    "a latency of what answers nothing": (
        ("p99: 1s}, of: api", "p99: 1s}, of: screen"),
        "promises.answer.of: 'screen' answers no requests; name a service with ports",
    ),
    "a host that is none": (
        ('expose: {host: "${env.domain}"}', "expose: {host: a_b}"),
        "services.page.expose.host: found 'a_b', expected a host such as api.example.com",
    ),
    "two exposures of one address": (
        ('expose: {host: "${env.domain}"}', 'expose: {host: "www.${env.domain}"}'),
        "services.page.expose: www.${env.domain}/ already leads to 'site'",
    ),
    "a domain that is none": (
        ("domain: example.com", "domain: exa_mple.com"),
        "environments.production.domain: found 'exa_mple.com', expected a domain",
    ),
    "a password of two stores": (
        ("  cache: {kind: redis, version", "  db-app: {kind: redis, version"),
        "stores.db-app: its password 'db-app-password' has the name of one that 'db' makes; rename one",
    ),
    "the name of a model's own address": (
        ("  weather: {url", "  writer-provider: {url"),
        "models.writer.provider: its address becomes 'writer-provider', which is already the name of",
    ),
    "two topics that differ in a dot": (
        ("      state: {compact: true}", "      raw-events: {compact: true}"),
        "stores.bus: raw-events and raw.events differ in '.', '_' and '-' alone: rename one",
    ),
}


@pytest.mark.parametrize(("change", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_said_at_its_place(change: tuple[str, str], expected: str) -> None:
    old, new = change
    assert WHOLE.count(old) >= 1
    text = WHOLE.replace(old, new, 1)
    with pytest.raises(errors.PageError) as caught:
        loading.parse_page(text.encode(), "page.yaml")
    problems = [f"{problem.path}: {problem.message}" for problem in caught.value.problems]
    assert [said for said in problems if said.startswith(expected)], problems


def test_an_environment_must_have_what_only_a_probe_refers_to() -> None:
    head = "apiVersion: seatrial/v1alpha1\nkind: System\nmetadata: {name: s}\nenvironments: {staging: {}}\n"
    text = head + 'services: {a: {command: [x], health: {ready: {command: [y, "${env.domain}"]}}}}\n'
    with pytest.raises(errors.PageError, match=r"staging: has no domain, which \$\{env.domain\} refers to"):
        loading.parse_page(text.encode(), "page.yaml")


def test_a_role_needs_an_account_that_postgres_can_keep_apart() -> None:
    long, role = "s" * 40, "r" * 23
    text = (
        "apiVersion: seatrial/v1alpha1\nkind: System\nmetadata: {name: s}\nstores:\n"
        f"  {long}: {{kind: postgres, roles: {{{role}: write, {role[1:]}: read}}}}\n"
        "  pg: {kind: postgres, roles: {app: write}}\n"
    )
    cut_off = (
        f"its account '{long}_{role}' has 64 characters, and PostgreSQL cuts names off after 63;"
        " shorten the name of the role or of the store"
    )
    with pytest.raises(errors.PageError) as caught:
        loading.parse_page(text.encode(), "page.yaml")
    assert [(problem.line, problem.path, problem.message) for problem in caught.value.problems] == [
        (
            5,
            f"stores.{long}.roles.{role}",
            cut_off,
        ),
        (6, "stores.pg.roles.app", "'pg_app' is a name that PostgreSQL keeps for itself"),
    ]
