"""The overview: all figures of an answer from one snapshot, exact whatever the worker has counted so far."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from seatrial_kit import databases

CATEGORIES_MAX = 10
PATTERNS_MAX = 10
PROJECTS_MAX = 100

# $1 and $2 are the bounds of time, $3 the projects, $4 the categories; NULL is open.
RESOLVED = """
    SELECT DISTINCT ON (error_id) project_id, category, resolution_time FROM resolutions
    WHERE success AND ($1::timestamptz IS NULL OR error_timestamp >= $1)
      AND ($2::timestamptz IS NULL OR error_timestamp < $2)
      AND ($3::uuid[] IS NULL OR project_id = ANY ($3)) AND ($4::text[] IS NULL OR category = ANY ($4))
    ORDER BY error_id, created_at DESC
"""
SUMMARY = f"""
    WITH accepted AS MATERIALIZED (SELECT * FROM accepted_errors($1, $2, $3, $4)), resolved AS ({RESOLVED})
    SELECT coalesce((SELECT sum(errors) FROM accepted), 0)::bigint AS errors,
           (SELECT count(DISTINCT pattern_id) FROM accepted) AS patterns,
           (SELECT count(DISTINCT project_id) FROM accepted) AS projects,
           (SELECT count(*) FROM resolved) AS resolved,
           (SELECT avg(resolution_time) FROM resolved) AS seconds
"""  # noqa: S608 -- a constant
PENDING = """
    SELECT count(*) FROM pending_errors
    WHERE ($1::timestamptz IS NULL OR timestamp >= $1) AND ($2::timestamptz IS NULL OR timestamp < $2)
      AND ($3::uuid[] IS NULL OR project_id = ANY ($3)) AND ($4::text[] IS NULL OR category = ANY ($4))
"""
CATEGORIES = f"""
    SELECT a.category, sum(a.errors)::bigint AS errors, coalesce(max(r.resolved), 0) AS resolved
    FROM accepted_errors($1, $2, $3, $4) a
    LEFT JOIN (SELECT category, count(*) AS resolved FROM ({RESOLVED}) AS each GROUP BY 1) r USING (category)
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {CATEGORIES_MAX}
"""  # noqa: S608 -- constants
PROJECTS = f"""
    SELECT s.slug, s.name, sum(a.errors)::bigint AS errors, coalesce(max(r.resolved), 0) AS resolved,
           max(r.seconds) AS seconds
    FROM accepted_errors($1, $2, $3, $4) a JOIN projects s ON s.id = a.project_id
    LEFT JOIN (SELECT project_id, count(*) AS resolved, avg(resolution_time) AS seconds
               FROM ({RESOLVED}) AS each GROUP BY 1) r USING (project_id)
    GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT {PROJECTS_MAX}
"""  # noqa: S608 -- constants
PATTERNS = f"""
    WITH top AS (
        SELECT pattern_id, sum(errors)::bigint AS errors FROM accepted_errors($1, $2, $3, $4)
        GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {PATTERNS_MAX}
    )
    SELECT p.pattern_id, p.pattern_name, top.errors, coalesce(sum(s.attempts), 0)::bigint AS attempts,
           coalesce(sum(s.successes), 0)::bigint AS successes
    FROM top JOIN error_patterns p ON p.id = top.pattern_id
    LEFT JOIN pattern_projects s ON s.pattern_id = p.id AND ($3::uuid[] IS NULL OR s.project_id = ANY ($3))
    GROUP BY 1, 2, 3 ORDER BY 3 DESC, 1
"""  # noqa: S608 -- constants


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """What the figures are about; None does not narrow."""

    begin: dt.datetime | None
    previous_begin: dt.datetime | None
    projects: Sequence[uuid.UUID] | None
    categories: Sequence[str] | None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """Rows as PostgreSQL gave them; `previous` is the range of the same length before."""

    summary: Any
    previous: Any
    pending: int
    categories: list[Any]
    patterns: list[Any]
    projects: list[Any]


async def overview(database: databases.Database, wanted: Range) -> Figures:
    now = (wanted.begin, None, wanted.projects, wanted.categories)
    before = (wanted.previous_begin, wanted.begin, wanted.projects, wanted.categories)
    async with database.snapshot() as connection:
        return Figures(
            summary=await connection.fetchrow(SUMMARY, *now),
            previous=None if wanted.begin is None else await connection.fetchrow(SUMMARY, *before),
            pending=await connection.fetchval(PENDING, *now),
            categories=await connection.fetch(CATEGORIES, *now),
            patterns=await connection.fetch(PATTERNS, *now),
            projects=await connection.fetch(PROJECTS, *now),
        )
