"""Which projects a request is about: decided from the key, the X-Project-ID header and the filters."""

import dataclasses
import re
from collections.abc import Sequence

from seatrial_kit import errors, keys

HEADER = "X-Project-ID"
PROJECTS_MAX = 100
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A kind of request with its limit a minute and the code its refusal carries."""

    name: str
    limit: int
    code: str = errors.RateLimited.code


SUBMISSIONS = Group(name="submissions", limit=100, code="RATE_LIMIT_EXCEEDED")
QUERIES = Group(name="queries", limit=500)
ANALYTICS = Group(name="analytics", limit=200)
ADMINISTRATION = Group(name="administration", limit=50)


def ensure_slug(text: str, field: str) -> str:
    """A project's name in addresses and headers."""
    if not _SLUG.fullmatch(text):
        raise errors.InvalidRequest(
            "a project is named by 1 to 100 letters, digits and . _ : / @ -, the first a letter or digit",
            field=field,
        )
    return text


def written_project(key: keys.Key, header: str | None) -> str:
    """The one project that a write is for."""
    if header is not None:
        return _allowed(key, ensure_slug(header, HEADER))
    if not key.is_admin and len(key.projects) == 1:
        return key.projects[0]
    raise errors.InvalidRequest("say which project this is for", field=HEADER)


def read_projects(key: keys.Key, header: str | None, filters: Sequence[str]) -> tuple[str, ...] | None:
    """The projects that a read covers; None is every project there is."""
    if len(filters) > PROJECTS_MAX:
        raise errors.InvalidRequest(f"at most {PROJECTS_MAX} projects at once", field="projects")
    wanted = {_allowed(key, ensure_slug(slug, "projects")) for slug in filters}
    if header is not None:
        wanted = wanted or {_allowed(key, ensure_slug(header, HEADER))}
        if wanted != {header}:
            raise errors.InvalidRequest(f"{HEADER} and the filter name different projects", field="projects")
    if wanted:
        return tuple(sorted(wanted))
    return None if key.is_admin else key.projects


def ensure_admin(key: keys.Key) -> None:
    if not key.is_admin:
        raise errors.Forbidden("this needs an admin key")


def _allowed(key: keys.Key, slug: str) -> str:
    # The same answer whether the project exists or not: a key learns nothing about other projects.
    if not key.is_admin and slug not in key.projects:
        raise errors.Forbidden(f"this API key is not for the project {slug}", field=HEADER)
    return slug
