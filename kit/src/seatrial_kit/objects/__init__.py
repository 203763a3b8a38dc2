"""Objects in a bucket: a directory here, S3, Google or Azure there, by the scheme of `MEDIA_URL`.

Whole objects and streams, each bounded in bytes and in time. It is no file system: no folders, no appending,
no renaming. Credentials come from the provider's own variables (`AWS_…`, `GOOGLE_…`, `AZURE_…`).
"""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import heapq
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import IO, Any

import obstore
from obstore import store as stores

from seatrial_kit import errors
from seatrial_kit.objects import calls, content_types, names

CHUNK_BYTES = 256 * 1024
MEMORY_BYTES = 1024 * 1024  # of a stream on its way in; the rest of it waits in a temporary file
LISTED_MAX = 1000
SCHEMES = ("file", "s3", "gs", "az")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Bounds of one call; `seconds` are for all of it, with its retries, and of a stream for each piece."""

    size_bytes_max: int = 100 * 1024 * 1024
    seconds: float = 30.0
    retries: int = 3


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """One object as a listing shows it; its content type is known to `get` and `stream` alone."""

    key: str
    size_bytes: int
    modified: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Object:
    """One whole object."""

    content: bytes
    content_type: str
    modified: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """One object in pieces of at least 256 KiB, the last one excepted."""

    chunks: AsyncIterator[bytes]
    size_bytes: int
    content_type: str
    modified: dt.datetime


class Bucket:
    """All objects of one address. Each method may raise `Unavailable`, worth another try, and `Refused`."""

    def __init__(self, url: str, *, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._store = _open(url, self._limits)
        self._types = (
            content_types.Folder(self._store, turn_seconds=self._limits.seconds)
            if isinstance(self._store, stores.LocalStore)
            else None
        )

    async def put(
        self,
        key: str,
        content: bytes | AsyncIterable[bytes],
        *,
        content_type: str = content_types.DEFAULT,
        create_only: bool = False,
    ) -> None:
        """Stores all of it or nothing; readers see the old object until they see the new one.

        Raises `Conflict` where `create_only` meets an object, `ContentTooLarge` before a byte is sent.
        An object that is to be created only, and is larger than 5 MiB, is in memory once while it is sent.
        """
        names.ensure_key(key)
        content_types.ensure(content_type)
        with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as spool:
            await self._fill(spool, content)
            options: dict[str, Any] = {"mode": "create"} if create_only else {}
            if self._types is None:
                options["attributes"] = {"Content-Type": content_type}

            def work() -> None:
                with self._turn(key):
                    obstore.put(self._store, key, spool, **options)
                    if self._types is not None:
                        self._types.note(key, content_type)

            await self._run(key, work)

    async def get(self, key: str) -> Object:
        """The whole object; raises `NotFound`, and `ContentTooLarge` for one that `stream` must read."""
        stream = await self.stream(key)
        if stream.size_bytes > self._limits.size_bytes_max:
            raise errors.ContentTooLarge(
                f"the object {key} has {stream.size_bytes} bytes; read it as a stream"
            )
        content = b"".join([chunk async for chunk in stream.chunks])
        return Object(content=content, content_type=stream.content_type, modified=stream.modified)

    async def stream(self, key: str) -> Stream:
        """The object piece by piece, of any size; raises `NotFound`, also while it is read."""
        names.ensure_key(key)
        found, known = await self._run(key, lambda: self._found(key))
        return Stream(
            chunks=self._chunks(key, found),
            size_bytes=found.meta["size"],
            content_type=known,
            modified=found.meta["last_modified"],
        )

    async def page(self, folder: str = "", *, after: str = "", limit: int = LISTED_MAX) -> list[Listed]:
        """The first `limit` objects below `folder` by key, after the key `after`; fewer are the last ones."""
        wanted = max(1, min(limit, LISTED_MAX))
        if folder:
            names.ensure_key(folder)
        return await self._run(folder, lambda: self._listing(folder, after, wanted))

    async def delete(self, key: str) -> None:
        """Afterwards it is not there; nor need it have been before."""
        names.ensure_key(key)

        def work() -> None:
            with self._turn(key), contextlib.suppress(FileNotFoundError):
                obstore.delete(self._store, key)
                if self._types is not None:
                    self._types.forget(key)

        await self._run(key, work)

    async def check(self) -> None:
        """For the readiness probe."""
        await self.page(limit=1)

    async def _fill(self, spool: IO[bytes], content: bytes | AsyncIterable[bytes]) -> None:
        """The size is known, and within its bound, before the bucket hears of it."""
        size_bytes = 0
        async for chunk in _pieces(content):
            size_bytes += len(chunk)
            if size_bytes > self._limits.size_bytes_max:
                raise errors.ContentTooLarge(
                    f"an object may have {self._limits.size_bytes_max} bytes at most"
                )
            spool.write(chunk)
        spool.seek(0)

    async def _chunks(self, key: str, found: Any) -> AsyncIterator[bytes]:  # noqa: ANN401 -- obstore.GetResult
        chunks = iter(found.stream(min_chunk_size=CHUNK_BYTES))
        while (chunk := await self._run(key, lambda: next(chunks, None))) is not None:
            yield bytes(chunk)

    def _found(self, key: str) -> tuple[Any, str]:
        found = obstore.get(self._store, key)
        if self._types is not None:
            return found, self._types.of(key)
        return found, found.attributes.get("Content-Type") or content_types.DEFAULT

    def _listing(self, folder: str, after: str, wanted: int) -> list[Listed]:
        page: list[Listed] = []
        chunks = obstore.list(self._store, folder or None, offset=after or None, chunk_size=LISTED_MAX)
        for metas in chunks:
            found = (_listed(meta) for meta in metas if meta["path"] > after and names.is_key(meta["path"]))
            page = heapq.nsmallest(wanted, [*page, *found], key=lambda listed: listed.key)
            if self._types is None and len(page) == wanted:
                break  # a bucket lists in the order of keys, a directory in none
        return page

    def _turn(self, key: str) -> contextlib.AbstractContextManager[None]:
        return self._types.turn(key) if self._types is not None else contextlib.nullcontext()

    async def _run[T](self, key: str, work: Callable[[], T]) -> T:
        return await calls.run(key, self._limits.seconds, work)


def _open(url: str, limits: Limits) -> Any:  # noqa: ANN401 -- one of obstore's stores
    scheme = url.partition("://")[0]
    if scheme not in SCHEMES:
        raise ValueError(f"a bucket's address begins with one of {', '.join(SCHEMES)}, not {scheme[:20]!r}")
    if scheme == "file":
        return stores.from_url(
            url, mkdir=True, automatic_cleanup=True
        )  # a folder is never in the way of a key
    seconds = dt.timedelta(seconds=limits.seconds)
    return stores.from_url(
        url,
        client_options={
            "allow_http": True,
            "timeout": seconds,
            "connect_timeout": min(seconds, dt.timedelta(seconds=5)),
        },
        retry_config={"max_retries": limits.retries, "retry_timeout": seconds},
    )


def _listed(meta: Any) -> Listed:  # noqa: ANN401 -- obstore.ObjectMeta, which has no run-time name
    return Listed(key=meta["path"], size_bytes=meta["size"], modified=meta["last_modified"])


async def _pieces(content: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    async for chunk in content:
        yield chunk
        await asyncio.sleep(0)  # a source that never waits must not hold up the others
