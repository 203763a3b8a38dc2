"""The SQL of a pattern search, made of the given filters alone, so that PostgreSQL can walk an index.

Over all projects it reads `error_patterns`, of one project its rows of `pattern_projects`; both have the same
columns and the same indexes, in the order of the list. Only for several projects it adds up.
"""

import dataclasses
import uuid
from collections.abc import Sequence

TOTAL_MAX = 10_000  # counted no further: a list need not say how many more than that there are
ORDERS = {"occurrences": "occurrences", "success_rate": "success_rate", "last_seen": "last_seen"}
COLUMNS = """seen.id, seen.occurrences, seen.success_rate, seen.last_seen, seen.attempts,
           seen.successes, seen.pattern_name, seen.category, seen.severity, seen.framework, seen.library"""
ALL = "(SELECT * FROM error_patterns)"
PROJECT = "(SELECT pattern_id AS id, k.* FROM pattern_projects k WHERE project_id = {projects})"
PROJECTS = """(
        SELECT pattern_id AS id, sum(occurrences)::bigint AS occurrences, max(last_seen) AS last_seen,
               sum(attempts)::bigint AS attempts, sum(successes)::bigint AS successes,
               coalesce(sum(successes)::float / nullif(sum(attempts), 0), -1) AS success_rate,
               (array_agg(pattern_name ORDER BY first_seen))[1] AS pattern_name,
               (array_agg(category ORDER BY first_seen))[1] AS category,
               (array_agg(severity ORDER BY first_seen))[1] AS severity,
               (array_agg(framework ORDER BY first_seen))[1] AS framework,
               (array_agg(library ORDER BY first_seen))[1] AS library
        FROM pattern_projects WHERE project_id = ANY ({projects}) GROUP BY 1)"""


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


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Statements:
    """The two statements of a search; the total takes all arguments but the last two."""

    page: str
    total: str
    arguments: tuple[object, ...]

    @property
    def total_arguments(self) -> tuple[object, ...]:
        return self.arguments[:-2]


class Arguments:
    """Numbers arguments as they come."""

    def __init__(self) -> None:
        self.values: list[object] = []

    def add(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


def build(wanted: Search) -> Statements:
    arguments = Arguments()
    found = _found(wanted, arguments)
    word = "DESC" if wanted.descending else "ASC"
    other = "ASC" if wanted.descending else "DESC"  # as the indexes have it, read from either end
    order = f"{ORDERS[wanted.sort_by]} {word}, id {other}"
    total = f"SELECT count(*) FROM (SELECT 1 {found} LIMIT {TOTAL_MAX + 1}) AS counted"  # noqa: S608
    limit, offset = arguments.add(wanted.limit + 1), arguments.add(wanted.offset)
    inner = f"SELECT {COLUMNS} {found} ORDER BY {order} LIMIT {limit} OFFSET {offset}"
    page = f"""
        SELECT listed.*, p.pattern_id, p.description, fix.resolution
        FROM ({inner}) AS listed JOIN error_patterns p USING (id)
        LEFT JOIN LATERAL (
            SELECT resolution - 'steps' AS resolution FROM pattern_projects r
            WHERE r.pattern_id = listed.id AND resolution IS NOT NULL{_of_projects(wanted)}
            ORDER BY successes DESC LIMIT 1
        ) AS fix ON true ORDER BY listed.{ORDERS[wanted.sort_by]} {word}, listed.id {other}
    """  # noqa: S608 -- constants and numbered parameters
    return Statements(page=page, total=total, arguments=tuple(arguments.values))


def _found(wanted: Search, arguments: Arguments) -> str:
    """FROM and WHERE; the projects, if any, are the first argument."""
    source = ALL
    if wanted.projects is not None:
        one = len(wanted.projects) == 1
        text = PROJECT if one else PROJECTS
        source = text.format(projects=arguments.add(wanted.projects[0] if one else list(wanted.projects)))
    conditions = _conditions(wanted, arguments)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"FROM {source} AS seen{where}"


def _conditions(wanted: Search, arguments: Arguments) -> list[str]:
    conditions: list[str] = []
    if wanted.query is not None:
        conditions.append(f"id IN ({_matching(wanted, arguments.add(f'%{_escaped(wanted.query)}%'))})")
    equal = {"category": wanted.category, "severity": wanted.severity}
    conditions += [f"{name} = {arguments.add(value)}" for name, value in equal.items() if value is not None]
    if wanted.technology is not None:
        value = arguments.add(wanted.technology.lower())
        conditions.append(f"(lower(framework) = {value} OR lower(library) = {value})")
    if wanted.occurrences_min > 0:
        conditions.append(f"occurrences >= {arguments.add(wanted.occurrences_min)}")
    if wanted.success_rate_min > 0:
        conditions.append(f"success_rate >= {arguments.add(wanted.success_rate_min)}")
    return conditions


def _matching(wanted: Search, like: str) -> str:
    """The patterns with that text; OFFSET 0 keeps the planner from testing the text row by row instead."""
    test = f"ILIKE {like}"
    names = f"SELECT id FROM error_patterns WHERE pattern_name {test} OFFSET 0"  # noqa: S608
    if wanted.projects is not None:
        test_own = f"{test}{_scope(wanted)}"
        names = f"SELECT pattern_id FROM pattern_projects WHERE pattern_name {test_own} OFFSET 0"  # noqa: S608
    texts = f"SELECT id FROM error_patterns WHERE description {test} OFFSET 0"  # noqa: S608
    return f"({names}) UNION ({texts})"


def _of_projects(wanted: Search) -> str:
    return "" if wanted.projects is None else f" AND r.{_scope(wanted).removeprefix(' AND ')}"


def _scope(wanted: Search) -> str:
    one = wanted.projects is not None and len(wanted.projects) == 1
    return " AND project_id = $1" if one else " AND project_id = ANY ($1)"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
