"""Patterns: what is known of them in the projects a caller may see."""

import uuid
from collections.abc import Sequence
from typing import Any

from seatrial_kit import databases

from gekb.store import searches
from gekb.store.searches import Search

# One pattern as seen from the projects $2 (NULL is all); what differs between them is the oldest's.
ONE = """
    SELECT p.pattern_id, p.description, p.version, p.fingerprint, s.*, (
        SELECT resolution FROM pattern_projects r WHERE r.pattern_id = p.id AND resolution IS NOT NULL
          AND ($2::uuid[] IS NULL OR r.project_id = ANY ($2)) ORDER BY successes DESC LIMIT 1) AS resolution
    FROM error_patterns p CROSS JOIN LATERAL (
        SELECT sum(occurrences)::bigint AS occurrences, min(first_seen) AS first_seen,
               max(last_seen) AS last_seen, sum(attempts)::bigint AS attempts,
               sum(successes)::bigint AS successes,
               sum(success_seconds) / nullif(sum(timed_successes), 0) AS average_seconds,
               array_agg(project_id) AS projects, count(*) AS seen,
               (array_agg(pattern_name ORDER BY first_seen))[1] AS pattern_name,
               (array_agg(category ORDER BY first_seen))[1] AS category,
               (array_agg(severity ORDER BY first_seen))[1] AS severity,
               (array_agg(matching_criteria ORDER BY first_seen))[1] AS matching_criteria,
               (array_agg(factors ORDER BY first_seen))[1] AS factors
        FROM pattern_projects k WHERE k.pattern_id = p.id AND ($2::uuid[] IS NULL OR project_id = ANY ($2))
    ) s WHERE p.pattern_id = $1 AND s.seen > 0
"""
SLUGS = "SELECT array_agg(slug ORDER BY slug) FROM projects WHERE id = ANY ($1)"

# The strategy that helped best where it was tried; the share is pulled towards one half while tries are few
# (Laplace's rule of succession), so that one success does not beat nine of ten.
RECOUNT = """
    WITH before AS (
        SELECT attempts, successes FROM pattern_projects WHERE pattern_id = $1 AND project_id = $2
    ), recounted AS (
    UPDATE pattern_projects known SET
        attempts = told.attempts, successes = told.successes, timed_successes = told.timed,
        success_seconds = told.seconds, resolution = told.resolution
    FROM (
        SELECT coalesce(sum(tries), 0) AS attempts, coalesce(sum(worked), 0) AS successes,
               coalesce(sum(timed), 0) AS timed, coalesce(sum(seconds), 0) AS seconds,
               (array_agg(jsonb_build_object('strategy', strategy, 'steps', steps, 'source', source,
                                             'attempts', tries, 'successes', worked,
                                             'estimatedTime', seconds / nullif(timed, 0))
                          ORDER BY (worked + 1.0) / (tries + 2.0) DESC, worked DESC, strategy)
                FILTER (WHERE worked > 0))[1] AS resolution
        FROM (
            SELECT strategy, count(*) AS tries, count(*) FILTER (WHERE success) AS worked,
                   count(resolution_time) FILTER (WHERE success) AS timed,
                   coalesce(sum(resolution_time) FILTER (WHERE success), 0) AS seconds,
                   (array_agg(steps ORDER BY success DESC, created_at DESC))[1] AS steps,
                   (array_agg(id ORDER BY success DESC, created_at DESC))[1] AS source
            FROM resolutions WHERE pattern_id = $1 AND project_id = $2 GROUP BY strategy
        ) AS strategies
    ) AS told
    WHERE known.pattern_id = $1 AND known.project_id = $2
    RETURNING known.attempts, known.successes
    ), totals AS (
        UPDATE error_patterns whole SET
            attempts = whole.attempts + r.attempts - b.attempts,
            successes = whole.successes + r.successes - b.successes
        FROM recounted r, before b WHERE whole.id = $1
    )
    SELECT attempts, successes FROM recounted
"""


async def search(database: databases.Database, wanted: Search) -> tuple[list[Any], int]:
    """A page, and one more if there is more; how many there are, counted as far as one more than the cap."""
    found = searches.build(wanted)
    rows = await database.rows(found.page, *found.arguments)
    total: int = await database.value(found.total, *found.total_arguments)
    return rows, total


async def find(database: databases.Database, pattern: str, projects: Sequence[uuid.UUID] | None) -> Any:  # noqa: ANN401
    """One pattern as seen from `projects`; None if it never occurred there."""
    return await database.row(ONE, pattern, projects)


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
