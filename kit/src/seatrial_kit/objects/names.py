"""Keys of objects: what every bucket and every directory takes without a change, and nothing that leaves it.

Names that people chose belong into the database; a key is the application's own.
"""

import re

from seatrial_kit import errors

KEY_CHARACTERS_MAX = 900  # S3 takes 1,024 bytes; the bucket's own address may have a prefix
_PART = r"[A-Za-z0-9_][A-Za-z0-9._=@+,-]{0,199}"
_KEY = re.compile(rf"{_PART}(/{_PART})*")


def is_key(text: str) -> bool:
    return len(text) <= KEY_CHARACTERS_MAX and _KEY.fullmatch(text) is not None


def ensure_key(text: str) -> None:
    """Raises `InvalidRequest`: a key often comes out of a request."""
    if not is_key(text):
        raise errors.InvalidRequest(
            f"{text[:100]!r} is no key of an object: give parts of letters, digits, ._=@+,- with / between,"
            f" each beginning with a letter, digit or _, {KEY_CHARACTERS_MAX} characters at most"
        )
