"""Pages with small services, the whole way: loaded, planned, run, with the addresses that services see."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from seatrial import errors
from seatrial.drivers.laptop import Laptop, templates
from seatrial.drivers.laptop.engines import wheels
from seatrial.plan import Plan, planning
from seatrial.spec import loading

# Writes the variables that its page gave it beside itself, and stays.
TELLING = """
import json, os, sys, time
with open(sys.argv[1] + ".new", "w") as file:
    json.dump(dict(os.environ), file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600 if sys.argv[2:] == ["stay"] else 0)
"""
HEAD = """
apiVersion: seatrial/v1alpha1
kind: System
metadata: {name: small}
environments: {laptop: {domain: localhost}}
"""


def plan_of(folder: Path, text: str) -> Plan:
    """A page in a folder of its own, beside `tell.py`; `PYTHON` stands for this interpreter."""
    (folder / "tell.py").write_text(TELLING)
    page = folder / "seatrial.yaml"
    page.write_text(HEAD + text.replace("PYTHON", sys.executable))
    return planning.make_plan(loading.load_page(page).page, "laptop", folder)


async def run(plan: Plan) -> Laptop:
    laptop = Laptop(plan.directory)
    async for _ in laptop.start(plan):
        pass
    return laptop


def told(folder: Path, name: str) -> dict[str, Any]:
    return json.loads((folder / name).read_text())  # type: ignore[no-any-return]


async def test_what_stands_in_for_another_product_says_what_it_speaks(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        """
services:
  api: {command: [PYTHON, tell.py, told.json, stay], uses: [graph, text, bus]}
stores:
  graph: {kind: neo4j, settings: {server.memory.heap.max_size: 2G}}
  text: {kind: search}
  bus: {kind: kafka, topics: {raw.events: {}}}
""",
    )
    laptop = await run(plan)
    try:
        given = told(tmp_path, "told.json")
        assert given["GRAPH_URL"] == (
            f"postgresql://neo4j:{given['GRAPH_PASSWORD']}@127.0.0.1:{given['GRAPH_PORT']}/neo4j"
        )
        assert given["TEXT_URL"] == (
            f"postgresql://admin:{given['TEXT_PASSWORD']}@127.0.0.1:{given['TEXT_PORT']}"
        )
        assert given["BUS_URL"] == f"nats://app:{given['BUS_PASSWORD']}@127.0.0.1:{given['BUS_PORT']}"
        graph = await asyncpg.connect(given["GRAPH_URL"])
        assert await graph.fetchval("SELECT current_database() || ' ' || current_user") == "neo4j neo4j"
        await graph.close()
        text = await asyncpg.connect(given["TEXT_URL"])
        assert await text.fetchval("SELECT current_database() || ' ' || unaccent('Hôtel')") == "admin Hotel"
        assert await text.fetchval("SELECT similarity('seatrial', 'seatrail') > 0.3")
        await text.close()
        program = wheels.find_postgres().program("psql")
        words = (program, given["TEXT_URL"], "-Atc", "SELECT current_database()")
        psql = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
        said, _ = await psql.communicate()
        assert said == b"admin\n"
    finally:
        await laptop.stop()


# Migrates as the owner, in two versions; the second makes what the first did not have.
MIGRATING = """
import asyncio, os, sys, asyncpg
async def main():
    owner = await asyncpg.connect(os.environ["DB_URL"])
    await owner.execute("CREATE TABLE IF NOT EXISTS old (id bigint GENERATED ALWAYS AS IDENTITY, word text)")
    if os.path.exists("later"):
        await owner.execute("CREATE SCHEMA IF NOT EXISTS more")
        await owner.execute("CREATE TABLE IF NOT EXISTS more.late (id bigserial, word text)")
        await owner.execute("CREATE OR REPLACE VIEW words AS SELECT word FROM old")
    await owner.close()
asyncio.run(main())
"""
ROLES = """
services:
  api: {command: [PYTHON, tell.py, api.json, stay], uses: [{use: db, role: app}]}
  report: {command: [PYTHON, tell.py, report.json, stay], uses: [{use: db, role: report}]}
jobs:
  migrate: {command: [PYTHON, migrate.py], uses: [db], when: before-deploy}
stores:
  db: {kind: postgres, readCopies: 1, extensions: [pg_stat_statements], roles: {app: write, report: read}}
"""


async def refused(connection: asyncpg.Connection, *statements: str) -> None:
    for statement in statements:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_roles_change_rows_or_read_them_also_in_what_is_made_later(tmp_path: Path) -> None:
    (tmp_path / "migrate.py").write_text(MIGRATING)
    plan = plan_of(tmp_path, ROLES)
    laptop = await run(plan)
    try:
        app = await asyncpg.connect(told(tmp_path, "api.json")["DB_URL"])
        report = await asyncpg.connect(told(tmp_path, "report.json")["DB_READ_URL"])
        (tmp_path / "later").touch()
        await laptop.run(plan, "migrate")  # while both are connected
        for table in ("old", "more.late"):
            await app.execute(f"INSERT INTO {table} (word) VALUES ('a'), ('b')")
            await app.execute(f"UPDATE {table} SET word = 'c' WHERE word = 'a'")
            await app.execute(f"DELETE FROM {table} WHERE word = 'c'")
            assert await app.fetchval(f"SELECT word FROM {table}") == "b"
            assert await report.fetchval(f"SELECT word FROM {table}") == "b"
            await refused(
                app,
                f"DROP TABLE {table}",
                f"TRUNCATE {table}",
                f"ALTER TABLE {table} ADD COLUMN more text",
            )
            await refused(report, f"INSERT INTO {table} (word) VALUES ('x')", f"DELETE FROM {table}")
        for account in (app, report):
            await refused(
                account, "SELECT lo_create(0)", "SELECT lo_creat(-1)", "SELECT lo_from_bytea(0, '')"
            )
        assert await report.fetchval("SELECT word FROM words") == "b"
        await refused(app, "CREATE TABLE mine (id int)", "CREATE SCHEMA mine", "CREATE ROLE mine")
        await refused(report, "SELECT nextval('more.late_id_seq')", "SELECT setval('more.late_id_seq', 1)")
        await app.close()
        await report.close()
    finally:
        await laptop.stop()


async def test_a_role_that_changes_or_goes_loses_what_it_had(tmp_path: Path) -> None:
    (tmp_path / "migrate.py").write_text(MIGRATING)
    laptop = await run(plan_of(tmp_path, ROLES))
    app_url = told(tmp_path, "api.json")["DB_URL"]
    report_url = told(tmp_path, "report.json")["DB_URL"]
    await laptop.stop()
    narrower = ROLES.replace("app: write, report: read", "app: read")
    narrower = "\n".join(line for line in narrower.splitlines() if "role: report" not in line)
    laptop = await run(plan_of(tmp_path, narrower))
    try:
        app = await asyncpg.connect(told(tmp_path, "api.json")["DB_URL"])
        assert told(tmp_path, "api.json")["DB_PASSWORD"] in app_url
        assert await app.fetchval("SELECT count(*) FROM old") == 0
        await refused(app, "INSERT INTO old (word) VALUES ('x')")
        await app.close()
        address = app_url.rpartition("@")[2].split("/")[0]
        before = report_url.rpartition("@")[2].split("/")[0]
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match="not permitted to log in"):
            await asyncpg.connect(report_url.replace(before, address))
    finally:
        await laptop.stop()
    laptop = await run(plan_of(tmp_path, ROLES))
    try:
        report = await asyncpg.connect(told(tmp_path, "report.json")["DB_URL"])
        assert await report.fetchval("SELECT count(*) FROM old") == 0
        await report.close()
    finally:
        await laptop.stop()


WRITING = """
import os, pathlib, sys, time, urllib.parse, urllib.request
bucket = pathlib.Path(urllib.request.url2pathname(urllib.parse.urlsplit(os.environ["MEDIA_URL"]).path))
(bucket / sys.argv[1]).write_text("from " + sys.argv[1])
if "SPOOL" in os.environ:
    (pathlib.Path(os.environ["SPOOL"]) / "kept").write_text("in a volume")
print("objects:", sorted(path.name for path in bucket.iterdir()), flush=True)
time.sleep(600 if sys.argv[2:] else 0)
"""


async def test_a_bucket_is_there_before_who_uses_it_and_outlives_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "with spaces and ümlauts"
    folder.mkdir()
    (folder / "write.py").write_text(WRITING)
    plan = plan_of(
        folder,
        """
services:
  api:
    command: [PYTHON, write.py, api, stay]
    uses: [media]
    env: {SPOOL: "${volumes.spool}"}
    volumes: {spool: {path: /data/spool}}
jobs:
  fill: {command: [PYTHON, write.py, fill], uses: [media], when: before-deploy}
  by-hand: {command: [PYTHON, write.py, by-hand], uses: [media]}
stores:
  media: {kind: bucket}
""",
    )
    laptop = await run(plan)
    await laptop.run(plan, "by-hand")
    await laptop.stop()
    laptop = await run(plan)
    await laptop.stop()
    said = [line.text async for line in laptop.logs("api") if line.text.startswith("objects")]
    assert said[-1] == "objects: ['api', 'by-hand', 'fill']"
    spools = [path.read_text() for path in (folder / ".seatrial" / "data").rglob("kept")]
    assert spools == ["in a volume"]


async def test_what_the_operator_says_in_a_file_reaches_the_parts_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(
        tmp_path,
        """
env: {LOG_LEVEL: info}
secrets: {slack: {from: operator}, pager: {from: operator}}
externals: {fema: {url: "https://hazards.example.com/api"}}
services:
  api:
    command: [PYTHON, tell.py, told.json, stay]
    uses: [fema, secrets.slack, secrets.pager]
    env: {DEPTH: 3}
""",
    )
    (tmp_path / ".env").write_text(
        "SEATRIAL_SECRET_SLACK='whispered #1'\n"
        "SEATRIAL_SECRET_PAGER=of the file\n"
        "SEATRIAL_EXTERNAL_FEMA_URL=http://127.0.0.1:9/there/\n"
        "SEATRIAL_ENV_LOG_LEVEL=debug\n"
        "SEATRIAL_ENV_DEPTH=5\n"
        "DJANGO_SECRET_KEY=theirs\n"
    )
    (tmp_path / ".env").chmod(0o600)
    monkeypatch.setenv("SEATRIAL_SECRET_PAGER", "of the caller")
    laptop = await run(plan)
    await laptop.stop()
    given = told(tmp_path, "told.json")
    wanted = {
        "SLACK": "whispered #1",
        "PAGER": "of the caller",
        "FEMA_URL": "http://127.0.0.1:9/there",
        "FEMA_HOST": "127.0.0.1",
        "FEMA_PORT": "9",
        "LOG_LEVEL": "debug",
        "DEPTH": "5",
    }
    assert {name: given.get(name) for name in wanted} == wanted
    assert not [name for name in given if name.startswith(("SEATRIAL_SECRET", "DJANGO"))]
    kept = [path for path in (tmp_path / ".seatrial").rglob("*") if path.is_file()]
    assert not [path for path in kept if b"whispered" in path.read_bytes()]


async def test_what_the_template_lists_takes_effect_where_it_is_said(tmp_path: Path) -> None:
    text = """
env: {LOG_LEVEL: info}
secrets: {slack: {from: operator}}
services:
  api:
    command: [PYTHON, tell.py, told.json, stay]
    uses: [weather, secrets.slack]
    env: {DEPTH: 3}
externals: {weather: {url: "https://weather.example.com/api"}}
"""
    plan = plan_of(tmp_path, text)
    page = loading.load_page(tmp_path / "seatrial.yaml").page
    said = {
        "SEATRIAL_SECRET_SLACK": "hush",
        "SEATRIAL_ENV_DEPTH": "7",
        "SEATRIAL_ENV_LOG_LEVEL": "two words",
        "SEATRIAL_EXTERNAL_WEATHER_URL": "http://127.0.0.1:8099/sandbox",
    }
    assert {one.variable for one in templates.entries(plan, page)} == said.keys()
    lines = [f"{name}={templates.quoted(value)}" for name, value in said.items()]
    (tmp_path / ".env").write_text("\n".join(lines))
    laptop = await run(plan)
    try:
        given = told(tmp_path, "told.json")
        assert (given["SLACK"], given["DEPTH"], given["LOG_LEVEL"]) == ("hush", "7", "two words")
        assert given["WEATHER_URL"] == "http://127.0.0.1:8099/sandbox"
        assert (given["WEATHER_HOST"], given["WEATHER_PORT"]) == ("127.0.0.1", "8099")
    finally:
        await laptop.stop()


async def test_a_mistake_in_the_file_of_the_operator_is_told_at_its_line_and_costs_nothing_that_runs(
    tmp_path: Path,
) -> None:
    text = "services: {api: {command: [PYTHON, tell.py, told.json, stay]}}\n"
    laptop = await run(plan_of(tmp_path, text))
    try:
        (tmp_path / ".env").write_text("# mine\nSEATRIAL_ENV_DEPHT=5\n")
        changed = plan_of(tmp_path, text + "env: {DEPTH: 3}\n")
        with pytest.raises(errors.PageError, match=r"\.env:2:1: SEATRIAL_ENV_DEPHT: nothing on this page"):
            await run(changed)
        assert laptop.status().phase == "up"
    finally:
        await laptop.stop()
