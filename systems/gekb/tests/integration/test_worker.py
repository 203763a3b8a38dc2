"""Counting: exactly once, whoever is killed, and soon."""

import random
import signal
import time
from collections.abc import Iterator

import psycopg
import pytest
from gekb import jobs

from kit.tests.engines import Postgres, Valkey, free_port
from systems.gekb.tests.processes import Gekb, Process, running, unique

BACKLOG = 40_000
KILLS = 6
FILLS_MAX = 8

FILL = """
    WITH made AS (
        INSERT INTO errors (error_id, project_id, pattern_id, category, severity, message, context_data,
                            pattern_matches)
        SELECT 'gekb-filled-' || %(batch)s::text || '-' || n, %(project)s,
               %(pattern)s, 'filled', 'low', 'm', '{}', '{}'
        FROM generate_series(1, %(count)s) n
        RETURNING timestamp, project_id, pattern_id, category
    )
    INSERT INTO pending_errors (timestamp, project_id, pattern_id, category) SELECT * FROM made
"""
COUNTS = """
    SELECT (SELECT sum(occurrences) FROM pattern_projects), (SELECT sum(errors) FROM error_hours),
           (SELECT count(*) FROM errors)
"""


def test_what_is_accepted_is_counted_soon(gekb: Gekb) -> None:
    project = unique("soon")
    pattern = gekb.submit(project, "count me soon")["patternMatches"][0]["patternId"]
    begin = time.monotonic()
    while gekb.ask("GET", f"/v1/patterns/{pattern}").data["pattern"]["statistics"]["occurrences"] == 0:
        assert time.monotonic() - begin < 1.5, "that is the sweep's work, not the wake's"
        time.sleep(0.02)


@pytest.fixture
def loaded(postgres: Postgres, valkey: Valkey) -> Iterator[Gekb]:
    """A GEKB of its own, whose worker was killed before a long queue came."""
    with running(postgres.create_database(unique("backlog")), valkey.url) as system:
        system.submit("p", "the pattern")
        system.drain()
        system.worker.kill()
        fill(system)
        yield system


def fill(gekb: Gekb) -> None:
    with psycopg.connect(gekb.database_url) as connection:
        row = connection.execute(
            "SELECT project_id, pattern_id, count(*) FROM errors GROUP BY 1, 2"
        ).fetchone()
        assert row is not None
        connection.execute(FILL, {"project": row[0], "pattern": row[1], "count": BACKLOG, "batch": row[2]})


def test_a_worker_killed_in_the_middle_of_its_batches_counts_nothing_twice(loaded: Gekb) -> None:
    chance = random.Random(7)
    assert loaded.overview()["summary"]["pendingErrors"] == BACKLOG
    assert loaded.overview()["summary"]["totalErrors"] == BACKLOG + 1
    interrupted = 0
    for _ in range(KILLS):
        loaded.worker.start()
        time.sleep(chance.uniform(0.0, 0.15))
        loaded.worker.kill()
        left = loaded.overview()["summary"]
        assert left["totalErrors"] == BACKLOG + 1
        interrupted += 0 < left["pendingErrors"] < BACKLOG
    loaded.worker.start()
    loaded.drain()
    assert interrupted > 0, "the queue was too short to be killed in"
    with psycopg.connect(loaded.database_url) as connection:
        assert connection.execute(COUNTS).fetchone() == (BACKLOG + 1,) * 3


def test_two_workers_share_a_queue_without_counting_twice(loaded: Gekb) -> None:
    port = free_port()
    second = Process(["work", "--port", str(port)], loaded.worker.environment, port)
    try:
        second.start()
        loaded.worker.start()
        workers = (loaded.worker, second)
        fills = 1
        for _ in range(FILLS_MAX):  # whoever looks first may be through before the other looks
            for worker in workers:
                worker.send(signal.SIGSTOP)
            fill(loaded)
            fills += 1
            time.sleep(jobs.SWEEP_SECONDS)  # the next look of both is due
            for worker in workers:
                worker.send(signal.SIGCONT)
            loaded.drain()
            counted = [each.metric("gekb_errors_counted_total") for each in workers]
            if all(counted):
                break
        assert all(counted), "one of them had nothing to do"
    finally:
        second.end()
    with psycopg.connect(loaded.database_url) as connection:
        assert connection.execute(COUNTS).fetchone() == (fills * BACKLOG + 1,) * 3


def test_one_bad_row_is_set_aside_and_the_others_are_counted(loaded: Gekb) -> None:
    with psycopg.connect(loaded.database_url) as connection:
        connection.execute("TRUNCATE pending_errors")
        connection.execute(
            "INSERT INTO pending_errors (timestamp, project_id, pattern_id, category)"
            " SELECT timestamp, project_id, pattern_id, 'fine' FROM errors LIMIT 10"
        )
        connection.execute("ALTER TABLE error_hours ADD CHECK (category <> 'bad')")
        connection.execute(
            "INSERT INTO pending_errors (timestamp, project_id, pattern_id, category)"
            " SELECT timestamp, project_id, pattern_id, 'bad' FROM errors LIMIT 1"
        )
    loaded.worker.start()
    loaded.drain()
    assert loaded.worker.metric("gekb_errors_set_aside_total") == 1
    with psycopg.connect(loaded.database_url) as connection:
        assert connection.execute("SELECT category FROM uncounted_errors").fetchall() == [("bad",)]
        assert connection.execute("SELECT sum(errors) FROM error_hours").fetchone() == (11,)
