"""PostgreSQL with extensions, settings and backups; the application's account is not a superuser."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seatrial import parts
from seatrial.kinds import lowering
from seatrial.values import fields

KIND = "postgres"
PORT = 5432


class BackupSpec(fields.Spec):
    """Full copies, the log in between, and for how long both are kept."""

    full: fields.Duration
    log: Literal["none", "continuous"] = "none"
    keep: fields.Duration

    @model_validator(mode="after")
    def keeps_one(self) -> Self:
        """Whoever keeps copies for less time than lies between two has none most of the time."""
        if self.keep < self.full:
            raise ValueError(
                "keep is shorter than the time between two full copies, so at times there is none"
            )
        return self


class Spec(fields.Spec):
    """A PostgreSQL of the page."""

    kind: Literal["postgres"]
    version: Annotated[int, Field(ge=14, le=18)] = 18
    extensions: list[fields.Text] = []
    size: fields.Bytes = 10 * 2**30
    copies: Annotated[int, Field(ge=1, le=9)] = 1
    settings: dict[fields.SettingName, fields.Setting] = {}
    backup: BackupSpec | None = None


def is_reserved(name: str) -> bool:
    """Whether PostgreSQL keeps the account or database of that name for itself."""
    account = _account(name)
    return account.startswith("pg_") or account in {
        "postgres",
        "public",
        "none",
        "user",
        "template0",
        "template1",
    }


def _account(name: str) -> str:
    return name.replace("-", "_")


def address(name: str, _spec: Spec) -> lowering.Variables:
    """`DB_URL`, `DB_HOST`, `DB_PORT`, `DB_USER`, `DB_PASSWORD`, `DB_NAME`."""
    return lowering.store_address(name, "postgresql", account=_account(name), path=_account(name))


def lower(name: str, spec: Spec) -> tuple[parts.Part, ...]:
    """A server with its endpoint, volume and password, and a backup where one is asked for."""
    password = f"{name}-password"
    server = parts.Server(
        product=KIND,
        version=str(spec.version),
        settings=tuple(sorted(spec.settings.items())),
        extensions=tuple(sorted(spec.extensions)),
        account=_account(name),
        password=password,
    )
    lowered: tuple[parts.Part, ...] = (
        parts.Workload(
            name=name,
            program=server,
            scale=parts.Scale(copies_min=spec.copies, copies_max=spec.copies),
            volumes=(name,),
        ),
        parts.Endpoint(name=lowering.endpoint_name(name, "main"), of=name, port=PORT),
        parts.Volume(name=name, of=name, size_bytes=spec.size),
        parts.Secret(name=password, source="generated"),
    )
    return lowered + _backups(name, spec)


def _backups(name: str, spec: Spec) -> tuple[parts.Part, ...]:
    if spec.backup is None:
        return ()
    backup = parts.Backup(
        name=name,
        of=name,
        every_seconds=spec.backup.full,
        log=spec.backup.log,
        keep_seconds=spec.backup.keep,
    )
    return (backup,)
