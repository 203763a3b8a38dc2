"""Objects by key: a directory on a laptop, an object store of a cloud elsewhere."""

from __future__ import annotations

from typing import Literal

from seatrial import parts
from seatrial.kinds import lowering, stores
from seatrial.values import fields
from seatrial.values.references import BucketOf

KIND = "bucket"


class Expiry(fields.Spec):
    """`{after: 30d}`, `{after: 90d, do: archive}`: what becomes of objects below a prefix."""

    after: fields.Duration
    """Age of an object at which it is due."""
    do: Literal["delete", "archive"] = "delete"
    """What becomes of it: it is deleted, or moves to cheaper storage."""


class Spec(stores.Spec):
    """`{kind: bucket, size: 1Ti, expire: {tmp/: {after: 1d}}}`: objects by key."""

    kind: Literal["bucket"]
    size: fields.Bytes = 10 * 2**30
    versions: bool = False
    """Earlier versions of an object are kept."""
    expire: dict[fields.Text, Expiry] = {}
    """By prefix; `*` is every object."""
    regions: list[fields.Text] = []
    """Other regions that hold a copy."""


def address(name: str, _spec: Spec, use: lowering.Use) -> lowering.Variables:
    """`MEDIA_URL`; credentials come by the provider's own standard variables where it needs any."""
    return lowering.address_variables(use.alias, {"url": lowering.text(BucketOf(bucket=name))})


def lower(name: str, spec: Spec) -> tuple[parts.Part, ...]:
    """A bucket, and a backup where one is asked for."""
    bucket = parts.Bucket(
        name=name,
        versions=spec.versions,
        size_bytes=spec.size,
        expiries=tuple(
            parts.Expiry(prefix="" if prefix == "*" else prefix, seconds=one.after, do=one.do)
            for prefix, one in sorted(spec.expire.items())
        ),
        copies=tuple(spec.regions),
        protected=spec.protect,
    )
    return (bucket, *((spec.backup.lower(name),) if spec.backup else ()))
