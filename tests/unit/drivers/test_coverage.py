"""Every sort of part is handled or refused by name, and what is not done is said."""

import dataclasses
import re
from pathlib import Path

import pytest

from seatrial import parts
from seatrial.drivers import Driver
from seatrial.drivers.laptop import HANDLED, REFUSED, Laptop, leftovers, limits
from seatrial.drivers.laptop.engines import ENGINES
from seatrial.plan import Plan
from seatrial.values import names, quantities
from seatrial.values.references import ListenOn, Template


def plan_of(*items: parts.Part) -> Plan:
    return Plan(system="s", environment="laptop", directory=Path("/nowhere"), parts=items, notes=Template(()))


@pytest.mark.parametrize("kind", parts.PARTS)
def test_a_sort_of_part_is_either_handled_or_refused(kind: type[parts.Part]) -> None:
    assert (kind in HANDLED) != (kind in REFUSED)


def test_nothing_else_is_handled_or_refused() -> None:
    assert set(REFUSED) | HANDLED == set(parts.PARTS)


def test_the_laptop_does_everything_that_a_driver_does() -> None:
    laptop: Driver = Laptop(Path("/nowhere"))  # the type checker compares the signatures
    wanted = {name for name in vars(Driver) if not name.startswith("_")}
    known = {"start", "stop", "run", "restart", "reach", "kill", "pause", "cut", "logs", "restore", "status"}
    assert wanted == known
    assert all(callable(getattr(laptop, name)) for name in wanted)


def test_the_mark_of_the_longest_name_fits_into_a_cluster_name_of_postgres() -> None:
    longest = "a" + "b" * 39
    assert re.fullmatch(names.PATTERN, longest)
    assert len(leftovers.Mark(run="0123456789ab", part=longest).title) < 64


def test_an_engine_is_found_under_the_name_of_its_module() -> None:
    for product, engine in ENGINES.items():
        assert engine.__module__ == f"seatrial.drivers.laptop.engines.{product}"


@pytest.mark.parametrize("product", ENGINES)
def test_the_version_and_the_size_of_an_engine_are_said_as_the_engine_says(product: str) -> None:
    engine = ENGINES[product]
    server = parts.Server(product=product, version="0", account="store", password="store-password")
    store = parts.Workload(name="store", program=server, size=parts.Size(memory_bytes_max=1))
    said = limits(plan_of(store, parts.Volume(name="store", of="store", size_bytes=1)))
    assert re.fullmatch(r"\d+(\.\d+)+", engine.version())
    instead = engine.PRODUCT if engine.SCHEME else "version"
    assert f"store is {product} 0 on the page, and {instead} {engine.version()} here" in said
    assert ("cores and memory of store are not limited here" in said) != engine.LIMITS_MEMORY
    assert ("the size of store is not limited here" in said) != engine.LIMITS_DISK


def test_a_plan_that_asks_for_nothing_more_has_no_limits() -> None:
    program = parts.Command(words=(Template(("true",)),), build=parts.Build())
    assert limits(plan_of(parts.Workload(name="api", program=program))) == ()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("version_info = 3.12.1\n", ()),
        ("version = 3.13.0\n", ("the build in app is Python 3.12 on the page, and 3.13.0 in its .venv",)),
        (None, ("the build in app has no .venv: its programs are looked for on the path",)),
    ],
)
def test_another_python_than_the_page_names_is_said(
    tmp_path: Path, settings: str | None, expected: tuple[str, ...]
) -> None:
    (tmp_path / "app" / ".venv").mkdir(parents=True)
    if settings:
        (tmp_path / "app" / ".venv" / "pyvenv.cfg").write_text(settings)
    program = parts.Command(words=(Template(("true",)),), build=parts.Build(context="app", python="3.12"))
    plan = plan_of(parts.Workload(name="api", program=program))
    assert limits(dataclasses.replace(plan, directory=tmp_path)) == expected


def test_each_thing_that_the_laptop_does_not_do_is_said_in_a_sentence() -> None:
    program = parts.Command(words=(Template(("true",)),), build=parts.Build())
    server = parts.Server(product="postgres", version="14", account="db", password="db-password")
    said = limits(
        plan_of(
            parts.Workload(
                name="api",
                program=program,
                scale=parts.Scale(copies_min=3, copies_max=10),
                size=parts.Size(memory_bytes=1),
                metrics=parts.Scrape(endpoint="api.http", path="/metrics"),
            ),
            parts.Workload(name="db", program=server),
            parts.Exposure(
                name="api",
                endpoint="api.http",
                host="api.localhost",
                rates=(parts.RateRule(path="/", rate_per_second=100 / 60, burst=2, by="address"),),
                body_bytes_max=10 * 2**20,
            ),
            parts.Volume(name="db", of="db", size_bytes=2**30),
            parts.Access(name="api→db.main", by="api", to="db.main"),
            parts.Backup(name="db", of="db", every_seconds=1, log="none", keep_seconds=1),
            parts.Signal(
                name="up",
                purpose="promise",
                measure="availability",
                comparison="at least",
                bar=0.99,
                unit="share",
            ),
        )
    )
    beginnings = [
        "accesses are not enforced: any program here can connect to any other",
        "backups of db are not taken",
        "promises and watches (up) are not measured",
        "api runs once here, not 3 to 10 times",
        "cores and memory of api are not limited here",
        "the size of db is not limited here",
        "api is reached at its own port: no TLS, no host name api.localhost, no limit of 100/min, no body",
        "db is postgres 14 on the page, and version 18.",
    ]
    assert len(said) == len(beginnings)
    for sentence, beginning in zip(said, beginnings, strict=True):
        assert sentence.startswith(beginning)


@pytest.mark.parametrize("written", ["50/s", "100/min", "1000/h", "7/h"])
def test_a_rate_is_said_as_people_wrote_it(written: str) -> None:
    rate = quantities.parse_rate(written)
    rule = parts.RateRule(path="/", rate_per_second=rate, burst=1, by="address")
    exposure = parts.Exposure(name="api", endpoint="api.http", host="h", rates=(rule,))
    (said,) = limits(plan_of(exposure))
    assert said.endswith(f"no limit of {written}")


@pytest.mark.parametrize("told", [True, False])
def test_a_program_that_is_not_told_its_port_is_named(told: bool) -> None:
    words = (Template(("serve",)), Template((ListenOn(endpoint="api.http"),) if told else ("8000",)))
    program = parts.Command(words=words, build=parts.Build())
    endpoint = parts.Endpoint(name="api.http", of="api", port=8000, protocol="http")
    said = limits(plan_of(parts.Workload(name="api", program=program), endpoint))
    assert any("write ${port.http} in its command" in one for one in said) != told
