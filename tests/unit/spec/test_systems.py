"""The pages of the systems are complete to the facts that are known of each."""

from pathlib import Path

import pytest

from seatrial import parts
from seatrial.plan import Plan, planning
from seatrial.spec import loading

ROOT = Path(__file__).parents[3]
SYSTEMS = sorted(path.parent.name for path in (ROOT / "systems").glob("*/seatrial.yaml"))


def plan_of(system: str, environment: str = "production") -> Plan:
    loaded = loading.load_page(ROOT / "systems" / system / "seatrial.yaml")
    return planning.make_plan(loaded.page, environment, loaded.directory)


def servers(plan: Plan) -> list[str]:
    return sorted(w.program.product for w in plan.of(parts.Workload) if isinstance(w.program, parts.Server))


def services(plan: Plan) -> list[parts.Workload]:
    return [one for one in plan.of(parts.Workload) if isinstance(one.program, parts.Command)]


def test_all_five_are_here() -> None:
    assert SYSTEMS == ["entmoot", "gekb", "ideation", "jeseci", "seven-steps"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_says_what_cannot_be_said_of_it(system: str) -> None:
    text = (ROOT / "docs" / "left-out" / f"{system}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# What the page of {system} leaves out\n")


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_has_a_staging_or_test_and_a_production(system: str) -> None:
    page = loading.load_page(ROOT / "systems" / system / "seatrial.yaml").page
    assert {"laptop", "production"} < set(page.environments)
    assert page.environments["production"].approve


def test_gekb() -> None:
    plan = plan_of("gekb")
    assert len(plan.of(parts.Workload)) == 4
    assert len(plan.of(parts.Exposure)) == 2
    assert sorted(backup.of for backup in plan.of(parts.Backup)) == ["cache", "db"]
    scales = {one.name: (one.scale.copies_min, one.scale.copies_max) for one in services(plan)}
    assert scales == {"api": (3, 10), "worker": (5, 20)}


def test_ideation() -> None:
    plan = plan_of("ideation")
    assert len(services(plan)) >= 12
    topics = plan.of(parts.Topic)
    assert len(topics) == 19
    kept = {topic.topic.partition(".")[0]: topic.keep_seconds for topic in topics}
    assert kept == {"raw_events": 604_800.0, "parsed_events": 2_592_000.0, "rl_rewards": 86_400.0}
    assert {topic.partitions for topic in topics if topic.topic != "rl_rewards"} == {6}
    due = {job.name: job.schedule for job in plan.of(parts.Job) if job.when == "schedule"}
    assert len(due) >= 4
    assert (due["grpo"], due["az-lora"], due["dpo"]) == ("15 0 * * *", "0 2 * * *", "0 4 * * 0")
    scales = {one.name: one.scale for one in services(plan)}
    assert scales["creator"].queue == parts.QueueLoad(each=10, store="cache", list_key="queue:bn")
    assert (scales["creator"].copies_min, scales["creator"].copies_max) == (3, 50)
    crawlers = scales["crawlers"]
    assert (crawlers.copies_min, crawlers.copies_max, len(crawlers.topics)) == (9, 27, 9)
    assert crawlers.up == parts.ScaleStep(after_seconds=300, share=1.0, every_seconds=60)
    assert crawlers.down == parts.ScaleStep(after_seconds=600, share=0.5, every_seconds=60)
    assert {group.name for group in plan.of(parts.Group)} >= {"l0-ingestion", "l5-observability"}
    (budget,) = (one for one in plan.of(parts.Budget) if one.name == "llm")
    assert str(budget.limit) == "200 USD"
    assert {(action.at, action.do) for action in budget.actions} == {
        (0.8, "tell"),
        (1.0, "tell"),
        (1.0, "scale"),
    }


def test_jeseci() -> None:
    plan = plan_of("jeseci")
    assert len(services(plan)) >= 7
    assert any(exposure.websockets for exposure in plan.of(parts.Exposure))
    assert "scheduler" in {one.name for one in services(plan)}
    assert servers(plan) == ["model", "postgres", "redis", "search"]
    (api,) = (one for one in services(plan) if one.name == "api")
    assert (api.scale.copies_min, api.scale.copies_max) == (2, 20)
    (exposure,) = (one for one in plan.of(parts.Exposure) if one.name == "api")
    assert {(rule.path, rule.rate_per_second) for rule in exposure.rates} == {
        ("/", 10.0),
        ("/api/auth/", 5.0),
    }
    runtime = {access.to for access in plan.of(parts.Access) if access.by == "runtime"}
    assert runtime == set()


def test_seven_steps() -> None:
    plan = plan_of("seven-steps")
    assert len(services(plan)) == 8
    assert {e.port for e in plan.of(parts.Endpoint) if e.of in {s.name for s in services(plan)}} == set(
        range(8000, 8008)
    )
    assert sorted(topic.topic for topic in plan.of(parts.Topic)) == [
        "analysis-tasks",
        "notifications",
        "problem-events",
    ]
    assert "neo4j" in servers(plan)
    assert len(plan.of(parts.Bucket)) == 1


def test_entmoot() -> None:
    plan = plan_of("entmoot")
    (db,) = (one for one in plan.of(parts.Workload) if one.name == "db")
    assert isinstance(db.program, parts.Server)
    assert db.program.extensions == ("postgis",)
    assert len(plan.of(parts.Bucket)) == 1
    assert {external.name for external in plan.of(parts.External)} >= {"fema", "usgs", "weather"}
    losses = {signal.loss for signal in plan.of(parts.Signal) if signal.measure == "recovery.time"}
    assert losses == {"process", "machine", "zone", "data", "region", "corruption", "breach"}
