"""Patterns: what is known of them in the projects a caller may see."""

import dataclasses
import uuid
from collections.abc import Sequence
from typing import Any

from seatrial_kit import databases

# $1 is the projects; everything a caller sees of a pattern is summed over those alone.
SEEN = """
    SELECT p.id, p.pattern_id, p.pattern_name, p.description, p.category, p.severity, p.framework, p.library,
           p.version, p.fingerprint, p.matching_criteria, p.factors, s.*,
           CASE WHEN s.attempts > 0 THEN s.successes::float / s.attempts END AS success_rate
    FROM error_patterns p JOIN (
        SELECT pattern_id AS seen, sum(occurrences)::bigint AS occurrences, min(first_seen) AS first_seen,
               max(last_seen) AS last_seen, sum(attempts)::bigint AS attempts,
               sum(successes)::bigint AS successes,
               sum(success_seconds) / nullif(sum(timed_successes), 0) AS average_seconds,
               (array_agg(resolution ORDER BY successes DESC)
                   FILTER (WHERE resolution IS NOT NULL))[1] AS resolution,
               array_agg(project_id) AS projects
        FROM pattern_projects WHERE $1::uuid[] IS NULL OR project_id = ANY ($1) GROUP BY 1
    ) s ON s.seen = p.id
"""
FOUND = f"""
    SELECT * FROM ({SEEN}) AS seen
    WHERE ($2::text IS NULL OR pattern_name ILIKE $2 OR description ILIKE $2)
      AND ($3::text IS NULL OR category = $3) AND ($4::text IS NULL OR severity = $4)
      AND ($5::text IS NULL OR lower(framework) = $5 OR lower(library) = $5)
      AND occurrences >= $6 AND coalesce(success_rate, 0) >= $7
"""  # noqa: S608 -- a constant
ORDERS = {
    "occurrences": "occurrences",
    "success_rate": "coalesce(success_rate, -1)",
    "last_seen": "last_seen",
}
ONE = f"{SEEN} WHERE p.pattern_id = $2"
SLUGS = "SELECT array_agg(slug ORDER BY slug) FROM projects WHERE id = ANY ($1)"

# The strategy that helped best where it was tried; the share is pulled towards one half while tries are few
# (Laplace's rule of succession), so that one success does not beat nine of ten.
RECOUNT = """
    UPDATE pattern_projects known SET
        attempts = told.attempts, successes = told.successes, timed_successes = told.timed,
        success_seconds = told.seconds, resolution = told.resolution
    FROM (
        SELECT coalesce(sum(tries), 0) AS attempts, coalesce(sum(worked), 0) AS successes,
               coalesce(sum(timed), 0) AS timed, coalesce(sum(seconds), 0) AS seconds,
               (array_agg(jsonb_build_object('strategy', strategy, 'steps', steps, 'attempts', tries,
                                             'successes', worked, 'estimatedTime', seconds / nullif(timed, 0))
                          ORDER BY (worked + 1.0) / (tries + 2.0) DESC, worked DESC, strategy)
                FILTER (WHERE worked > 0))[1] AS resolution
        FROM (
            SELECT strategy, count(*) AS tries, count(*) FILTER (WHERE success) AS worked,
                   count(resolution_time) FILTER (WHERE success) AS timed,
                   coalesce(sum(resolution_time) FILTER (WHERE success), 0) AS seconds,
                   (array_agg(steps ORDER BY success DESC, created_at DESC))[1] AS steps
            FROM resolutions WHERE pattern_id = $1 AND project_id = $2 GROUP BY strategy
        ) AS strategies
    ) AS told
    WHERE known.pattern_id = $1 AND known.project_id = $2
    RETURNING known.attempts, known.successes
"""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """Which patterns to find; None does not narrow."""

    projects: Sequence[uuid.UUID] | None
    query: str | None
    category: str | None
    severity: str | None
    technology: str | None
    occurrences_min: int
    success_rate_min: float
    sort_by: str
    descending: bool
    limit: int
    offset: int


async def search(database: databases.Database, wanted: Search) -> tuple[list[Any], int]:
    """One page of patterns, and how many there are in all."""
    like = None if wanted.query is None else f"%{_escaped(wanted.query)}%"
    arguments = (
        wanted.projects,
        like,
        wanted.category,
        wanted.severity,
        None if wanted.technology is None else wanted.technology.lower(),
        wanted.occurrences_min,
        wanted.success_rate_min,
    )
    order = f"{ORDERS[wanted.sort_by]} {'DESC' if wanted.descending else 'ASC'}, pattern_id"
    rows = await database.rows(
        f"{FOUND} ORDER BY {order} LIMIT $8 OFFSET $9", *arguments, wanted.limit, wanted.offset
    )
    total = await database.value(f"SELECT count(*) FROM ({FOUND}) AS found", *arguments)  # noqa: S608
    return rows, total


async def find(database: databases.Database, pattern: str, projects: Sequence[uuid.UUID] | None) -> Any:  # noqa: ANN401
    """One pattern as seen from `projects`; None if it never occurred there."""
    return await database.row(ONE, projects, pattern)


async def slugs(database: databases.Database, projects: Sequence[uuid.UUID]) -> list[str]:
    return list(await database.value(SLUGS, projects) or ())


async def recount(connection: Any, pattern: uuid.UUID, project: uuid.UUID) -> Any:  # noqa: ANN401
    """Brings a pattern's record of resolutions in a project up to date, after one was reported."""
    await connection.execute(
        "SELECT 1 FROM pattern_projects WHERE pattern_id = $1 AND project_id = $2 FOR UPDATE",
        pattern,
        project,
    )
    return await connection.fetchrow(RECOUNT, pattern, project)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
