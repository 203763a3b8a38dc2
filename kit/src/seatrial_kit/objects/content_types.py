"""Content types of objects in a directory, which has no place for them: each lies in a file of its own.

The type of the object `a/b` is the content of the file `.content-types/a/b`. It is written after its object:
between the two, and after a crash there, a reader meets the new bytes with the old type. Writers of one key
take turns, in all processes of the machine. A file that somebody put into the directory by hand has the type
that its ending suggests.
"""

import contextlib
import fcntl
import mimetypes
import re
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import obstore

from seatrial_kit import errors

DEFAULT = "application/octet-stream"
FOLDER = ".content-types"  # begins like no key, so no object can lie there
CHARACTERS_MAX = 200
LOCKS = 64  # files; keys share them, so that they need no clearing away
PAUSE_SECONDS = 0.005
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( ?; ?[A-Za-z0-9_-]+=[A-Za-z0-9\"'_.:+-]+)*")


def ensure(text: str) -> None:
    if len(text) > CHARACTERS_MAX or not _TYPE.fullmatch(text):
        raise errors.InvalidRequest(f"{text[:100]!r} is no content type such as text/plain")


class Folder:
    """The types of the objects of one directory."""

    def __init__(self, store: Any, *, turn_seconds: float) -> None:  # noqa: ANN401 -- obstore's LocalStore
        self._store = store
        self._locks: Path = store.prefix / FOLDER
        self._turn_seconds = turn_seconds

    @contextlib.contextmanager
    def turn(self, key: str) -> Iterator[None]:
        """Held while an object and its type are written or deleted; raises `TimeoutError`."""
        self._locks.mkdir(exist_ok=True)
        end = time.monotonic() + self._turn_seconds
        with (self._locks / f".lock-{zlib.crc32(key.encode()) % LOCKS}").open("ab") as file:
            while not _locked(file):
                if time.monotonic() > end:
                    raise TimeoutError
                time.sleep(PAUSE_SECONDS)
            yield

    def of(self, key: str) -> str:
        try:
            found = obstore.get(self._store, f"{FOLDER}/{key}")
        except FileNotFoundError:
            return mimetypes.guess_type(key)[0] or DEFAULT
        text = bytes(found.bytes()).decode(errors="replace")
        return text if _TYPE.fullmatch(text) else DEFAULT

    def note(self, key: str, content_type: str) -> None:
        obstore.put(self._store, f"{FOLDER}/{key}", content_type.encode())

    def forget(self, key: str) -> None:
        obstore.delete(self._store, f"{FOLDER}/{key}")


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
