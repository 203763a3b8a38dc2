"""What GEKB reads from its environment."""

import dataclasses
from collections.abc import Mapping

from seatrial_kit import keys, settings

KEY_PREFIX = "gekb"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """`cache_url` and `admin_key` are for the API alone and empty elsewhere."""

    database_url: str
    cache_url: str
    log_level: str
    admin_key: str


def read(environment: Mapping[str, str], *, serving: bool) -> Settings:
    """Raises `SettingError` that names every variable that is missing or wrong."""
    reader = settings.Reader(environment)
    found = Settings(
        database_url=reader.url("DB_URL", ("postgresql", "postgres")),
        cache_url=reader.url("CACHE_URL", ("redis", "rediss", "valkey")) if serving else "",
        log_level=reader.level("LOG_LEVEL", "info"),
        admin_key=reader.secret("ADMIN_KEY", keys.pattern(KEY_PREFIX)) if serving else "",
    )
    reader.finish()
    return found
