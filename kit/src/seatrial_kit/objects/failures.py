"""The one place where what obstore raises becomes an error of ours."""

import re

from obstore import exceptions

from seatrial_kit import errors

REASON_CHARACTERS_MAX = 300
FOREIGN = (exceptions.BaseError, OSError, ValueError, NotImplementedError)  # all that obstore raises
_REFUSED = (
    exceptions.PermissionDeniedError,
    exceptions.UnauthenticatedError,
    exceptions.InvalidPathError,
    exceptions.NotSupportedError,
    exceptions.UnknownConfigurationKeyError,
    NotImplementedError,
    ValueError,
)
# A listing that is refused comes as a general error, and only its text says why.
_REFUSED_TEXT = re.compile(r"status code: (400|401|403|404|501)\b|Permission denied")
_NO_BUCKET_TEXT = re.compile(r"NoSuchBucket|bucket does not exist|ContainerNotFound")
# A directory cannot hold both `a` and `a/b`; a bucket can.
_FOLDER_TEXT = re.compile(r"Is a directory|Not a directory|already exists")


def mapped(key: str, error: Exception) -> errors.Problem:
    """The error to raise for what happened to the object `key`."""
    reason = str(error).partition("\n")[0][:REASON_CHARACTERS_MAX]
    if _NO_BUCKET_TEXT.search(str(error)):
        return errors.Refused("there is no such bucket")
    if isinstance(error, FileNotFoundError):
        return errors.NotFound(f"there is no object {key}")
    if isinstance(error, exceptions.AlreadyExistsError):
        return errors.Conflict(f"there is an object {key} already")
    if isinstance(error, _REFUSED) or _REFUSED_TEXT.search(reason):
        return errors.Refused(f"the bucket refuses: {reason}")
    if _FOLDER_TEXT.search(reason):
        return errors.Conflict(f"the key {key} and another one cannot both be in a directory: {reason}")
    return errors.Unavailable(f"the bucket is away: {reason}")
