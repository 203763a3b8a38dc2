"""Pages with small services, the whole way: loaded, planned, run, with the addresses that services see."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import asyncpg

from seatrial.drivers.laptop import Laptop
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
