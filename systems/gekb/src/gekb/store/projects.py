"""Projects: the slug a caller says, and the id everything else is stored under."""

import uuid
from collections.abc import Sequence

from seatrial_kit import databases


async def ensure(database: databases.Database, slug: str, name: str, repository: str | None) -> uuid.UUID:
    """The project of that slug, made if there is none."""
    async with database.connection() as connection:
        # Waits for another request that is making it right now; so the second statement always finds it.
        await connection.execute(
            "INSERT INTO projects (slug, name, repository_url) VALUES ($1, $2, $3)"
            " ON CONFLICT (slug) DO NOTHING",
            slug,
            name,
            repository,
        )
        found: uuid.UUID = await connection.fetchval("SELECT id FROM projects WHERE slug = $1", slug)
        return found


async def find(database: databases.Database, slugs: Sequence[str]) -> dict[str, uuid.UUID]:
    """The ids of those that exist."""
    rows = await database.rows("SELECT slug, id FROM projects WHERE slug = ANY ($1)", list(slugs))
    return {row["slug"]: row["id"] for row in rows}
