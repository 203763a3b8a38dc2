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

SUBMIT = (
    "SELECT answer, replayed FROM submit_error($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17)"
)
LIST = """
    SELECT e.id, e.error_id, e.timestamp, s.slug AS project, p.pattern_id, e.category, e.severity, e.type,
           e.message, e.agent_type, e.environment, e.resolution_data
    FROM errors e JOIN projects s ON s.id = e.project_id JOIN error_patterns p ON p.id = e.pattern_id
    WHERE ($1::uuid[] IS NULL OR e.project_id = ANY ($1)) AND ($2::text IS NULL OR e.category = $2)
      AND ($3::text IS NULL OR e.severity = $3) AND ($4::text IS NULL OR p.pattern_id = $4)
      AND ($5::timestamptz IS NULL OR e.timestamp >= $5) AND ($6::timestamptz IS NULL OR e.timestamp < $6)
"""
PAGE = f"""{LIST}
      AND ($7::timestamptz IS NULL OR (e.timestamp, e.id) < ($7, $8::uuid))
    ORDER BY e.timestamp DESC, e.id DESC LIMIT $9 OFFSET $10
"""
TOTAL = f"SELECT count(*) FROM ({LIST}) AS found"  # noqa: S608 -- the same constant
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

    def arguments(self) -> tuple[object, ...]:
        return (self.projects, self.category, self.severity, self.pattern, self.since, self.until)


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
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "idempotency_key_request":
            raise
        raise problems.Conflict(idempotency_keys.MISMATCH, field="Idempotency-Key") from error
    except asyncpg.ForeignKeyViolationError as error:  # the id was remembered from before a restore
        raise problems.Unavailable("the project was not found again; try once more") from error
    return msgspec.json.decode(row["answer"]), row["replayed"]


async def count_batch(database: databases.Database, batch: int) -> int:
    """Counts up to `batch` of the errors that wait for it, in one transaction; how many it were."""
    counted: int = await database.value("SELECT count_pending_errors($1)", batch)
    return counted


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
    moment, last = after or (None, None)
    return await database.rows(PAGE, *wanted.arguments(), moment, last, limit, offset)


async def total(database: databases.Database, wanted: Filter) -> int:
    number: int = await database.value(TOTAL, *wanted.arguments())
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
    await connection.execute(KEEP_OUTCOME, error["id"], _json(dataclasses.asdict(report)), report.success)
