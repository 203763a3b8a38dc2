"""Content types of objects in a directory, which has no place for them: each lies in a file of its own.

The type of the object `a/b` is the content of the file `.content-types/a/b`. It is written after its object:
between the two, and after a crash there, a reader meets the new bytes with the old type. A file that somebody
put into the directory by hand has the type that its ending suggests.
"""

import mimetypes
import re
from typing import Any

import obstore

from seatrial_kit import errors

DEFAULT = "application/octet-stream"
FOLDER = ".content-types"  # begins like no key, so no object can lie there
CHARACTERS_MAX = 200
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( ?; ?[A-Za-z0-9_-]+=[A-Za-z0-9\"'_.:+-]+)*")


def ensure(text: str) -> None:
    if len(text) > CHARACTERS_MAX or not _TYPE.fullmatch(text):
        raise errors.InvalidRequest(f"{text[:100]!r} is no content type such as text/plain")


class Folder:
    """The types of the objects of one directory."""

    def __init__(self, store: Any) -> None:  # noqa: ANN401 -- obstore's LocalStore
        self._store = store

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
