"""Errors: accepting one, counting those accepted, listing them, recording how one was resolved."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec
from seatrial_kit import answers, databases, idempotency_keys
from seatrial_kit import errors as problems

from gekb.store import searches

SUBMIT = (
    "SELECT answer, replayed, conflict"
    " FROM submit_error($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17)"
)
TOTAL_MAX = 10_000  # counted no further: a list need not say how many more than that there are
MESSAGE_CHARACTERS_MAX = 2_000  # of a list
FIND = """
    SELECT e.id, e.timestamp, e.project_id, e.pattern_id, e.category, p.pattern_id AS public FROM errors e
    JOIN error_patterns p ON p.id = e.pattern_id
    WHERE e.error_id = $1 AND ($2::uuid[] IS NULL OR e.project_id = ANY ($2))
    FOR UPDATE OF e
"""
RESOLVE = """
    INSERT INTO resolutions (error_id, project_id, pattern_id, category, error_timestamp, strategy, steps,
                             success, resolution_time, automated)
    VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10)
"""
KEEP_OUTCOME = """
    UPDATE errors SET resolution_data = $2::jsonb
    WHERE id = $1 AND ($3 OR resolution_data IS NULL OR NOT (resolution_data ->> 'success')::boolean)
"""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """One error, ready to be stored; `visible` are the projects whose numbers the answer may tell."""

    error_id: str
    project: uuid.UUID
    visible: Sequence[uuid.UUID] | None
    category: str
    severity: str
    type: str | None
    agent: str | None
    environment: str | None
    message: str
    stack: Sequence[str] | None
    context: dict[str, Any]
    pattern: dict[str, Any]
    factors: Sequence[object]
    elapsed_seconds: float
    claim: idempotency_keys.Claim | None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Which errors to list; None does not narrow."""

    projects: Sequence[uuid.UUID] | None
    category: str | None
    severity: str | None
    pattern: str | None
    since: dt.datetime | None
    until: dt.datetime | None

    def where(self, arguments: searches.Arguments) -> str:
        """Only of the filters given, so that PostgreSQL can walk the index that fits them."""
        conditions = ["true"]
        if self.projects is not None and len(self.projects) == 1:
            conditions.append(f"e.project_id = {arguments.add(self.projects[0])}")
        elif self.projects is not None:
            conditions.append(f"e.project_id = ANY ({arguments.add(list(self.projects))})")
        for test, value in (
            ("e.category = {}", self.category),
            ("e.severity = {}", self.severity),
            ("e.pattern_id = (SELECT id FROM error_patterns WHERE pattern_id = {})", self.pattern),
            ("e.timestamp >= {}", self.since),
            ("e.timestamp < {}", self.until),
        ):
            if value is not None:
                conditions.append(test.format(arguments.add(value)))
        return " AND ".join(conditions)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """The outcome of one resolution."""

    strategy: str
    steps: list[object]
    success: bool
    seconds: float | None
    automated: bool


def _json(value: object) -> str:
    return answers.encode(value).decode()


async def submit(database: databases.Database, new: Submission) -> tuple[dict[str, Any], bool]:
    """Stores an error in one round trip; what the answer is made of, and whether it is an earlier answer."""
    claim = new.claim
    try:
        row = await database.row(
            SUBMIT,
            new.error_id,
            new.project,
            new.visible,
            new.category,
            new.severity,
            new.type,
            new.agent,
            new.environment,
            new.message,
            None if new.stack is None else _json(new.stack),
            _json(new.context),
            _json(new.pattern),
            _json(new.factors),
            new.elapsed_seconds,
            claim and claim.scope,
            claim and claim.key,
            claim and claim.fingerprint,
        )
    except asyncpg.ForeignKeyViolationError as error:  # the id was remembered from before a restore
        raise problems.Unavailable("the project was not found again; try once more") from error
    if row["conflict"]:
        raise problems.Conflict(idempotency_keys.MISMATCH, field="Idempotency-Key")
    return msgspec.json.decode(row["answer"]), row["replayed"]


async def count_batch(database: databases.Database, batch: int) -> int:
    """Counts up to `batch` of the errors that wait for it, in one transaction; how many it were."""
    counted: int = await database.value("SELECT count_pending_errors($1)", batch)
    return counted


async def waiting(database: databases.Database, limit: int) -> list[int]:
    """The rows that wait, the oldest first."""
    rows = await database.rows("SELECT id FROM pending_errors ORDER BY id LIMIT $1", limit)
    return [row["id"] for row in rows]


async def count_one(database: databases.Database, number: int) -> int:
    counted: int = await database.value("SELECT count_pending_errors(1, $1, $1)", number)
    return counted


async def set_aside(database: databases.Database, number: int, reason: str) -> None:
    """Takes a row that cannot be counted out of the queue, and keeps it."""
    await database.value(
        "WITH bad AS (DELETE FROM pending_errors WHERE id = $1 RETURNING *)"
        " INSERT INTO uncounted_errors SELECT bad.*, $2 FROM bad RETURNING 1",
        number,
        reason,
    )


async def pending(database: databases.Database) -> int:
    waiting: int = await database.value("SELECT count(*) FROM pending_errors")
    return waiting


async def page(
    database: databases.Database,
    wanted: Filter,
    *,
    after: tuple[dt.datetime, uuid.UUID] | None,
    limit: int,
    offset: int,
) -> list[Any]:
    """The newest first; `after` is the place where the page before ended."""
    arguments = searches.Arguments()
    where = wanted.where(arguments)
    if after is not None:
        where += f" AND (e.timestamp, e.id) < ({arguments.add(after[0])}, {arguments.add(after[1])})"
    inner = f"""
        SELECT * FROM errors e WHERE {where} ORDER BY e.timestamp DESC, e.id DESC
        LIMIT {arguments.add(limit)} OFFSET {arguments.add(offset)}
    """  # noqa: S608 -- constants and numbered parameters
    query = f"""
        SELECT e.id, e.error_id, e.timestamp, s.slug AS project, p.pattern_id, e.category, e.severity, e.type,
               left(e.message, {MESSAGE_CHARACTERS_MAX}) AS message, e.agent_type, e.environment,
               e.resolution_data
        FROM ({inner}) e JOIN projects s ON s.id = e.project_id JOIN error_patterns p ON p.id = e.pattern_id
        ORDER BY e.timestamp DESC, e.id DESC
    """  # noqa: S608 -- as above
    return await database.rows(query, *arguments.values)


async def total(database: databases.Database, wanted: Filter) -> int:
    """At most one more than `TOTAL_MAX`."""
    arguments = searches.Arguments()
    limited = f"SELECT 1 FROM errors e WHERE {wanted.where(arguments)} LIMIT {TOTAL_MAX + 1}"  # noqa: S608
    number: int = await database.value(
        f"SELECT count(*) FROM ({limited}) AS counted",  # noqa: S608 -- constants and numbered parameters
        *arguments.values,
    )
    return number


async def find_for_update(connection: Any, error_id: str, visible: Sequence[uuid.UUID] | None) -> Any:  # noqa: ANN401
    """The row of an error that the caller may see, held until the transaction ends; None if there is none."""
    return await connection.fetchrow(FIND, error_id, visible)


async def resolve(connection: Any, error: Any, report: Report) -> None:  # noqa: ANN401 -- asyncpg has no types
    """Records an outcome; a success stays the error's outcome, whatever is reported later."""
    steps = _json(report.steps)
    await connection.execute(
        RESOLVE,
        error["id"],
        error["project_id"],
        error["pattern_id"],
        error["category"],
        error["timestamp"],
        report.strategy,
        steps,
        report.success,
        report.seconds,
        report.automated,
    )
    kept = {name: value for name, value in dataclasses.asdict(report).items() if name != "steps"}
    await connection.execute(KEEP_OUTCOME, error["id"], _json(kept), report.success)
