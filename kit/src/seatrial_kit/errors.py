"""The error tree of a service: one class a status, one body for all of them.

Problem                     what a caller is told instead of an answer
├── InvalidRequest      400 the request says something that cannot be served
├── Unauthorized        401 no key, or none we know
├── Forbidden           403 a known key, for something else
├── NotFound            404
├── MethodNotAllowed    405
├── RequestTimeout      408 the caller sends too slowly
├── Conflict            409 the same idempotency key with another body
├── ContentTooLarge     413
├── UnsupportedMedia    415
├── RateLimited         429
├── Refused             502 what the service leans on refuses it: credentials or rights, so no other try helps
├── MalformedAnswer     502 a model answered what cannot be used, also when it was asked again
├── NoModelError        503 no model is configured: an ordinary outcome, the main job is done without one
├── BudgetSpentError    503 the model's budget is spent until its next period
└── Unavailable         503 a store is away or a limit of time was reached; worth another try
    └── NotAccepted     503 the bus has not said that it keeps the message
"""

from collections.abc import Mapping


class Problem(Exception):  # noqa: N818 -- the name of RFC 9457
    """The request failed for a reason that is not the caller's."""

    status = 500
    code = "PROCESSING_ERROR"

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        code: str | None = None,
        retry_after_seconds: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        super().__init__(self.message)
        self.field = field
        self.code = code or type(self).code
        self.retry_after_seconds = retry_after_seconds
        self.headers = dict(headers or {})
        if retry_after_seconds is not None:
            self.headers["Retry-After"] = str(retry_after_seconds)

    def body(self) -> dict[str, str | int]:
        """The item that goes into the `errors` list of the answer."""
        item: dict[str, str | int] = {"code": self.code, "message": self.message}
        if self.field is not None:
            item["field"] = self.field
        if self.retry_after_seconds is not None:
            item["retryAfter"] = self.retry_after_seconds
        return item


class InvalidRequest(Problem):
    """The request is not valid."""

    status = 400
    code = "INVALID_REQUEST"


class Unauthorized(Problem):
    """The API key is missing, unknown or revoked."""

    status = 401
    code = "UNAUTHORIZED"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(Problem):
    """The API key may not do that."""

    status = 403
    code = "FORBIDDEN"


class NotFound(Problem):
    """There is nothing here."""

    status = 404
    code = "NOT_FOUND"


class MethodNotAllowed(Problem):
    """The address does not take that method."""

    status = 405
    code = "METHOD_NOT_ALLOWED"


class RequestTimeout(Problem):
    """The request was not sent in time."""

    status = 408
    code = "REQUEST_TIMEOUT"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, headers={"Connection": "close"})  # the rest of the request would follow


class Conflict(Problem):
    """The request contradicts an earlier one."""

    status = 409
    code = "CONFLICT"


class ContentTooLarge(Problem):
    """The body is larger than this service takes."""

    status = 413
    code = "CONTENT_TOO_LARGE"


class UnsupportedMedia(Problem):
    """The body must be sent as application/json."""

    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"


class RateLimited(Problem):
    """Too many requests."""

    status = 429
    code = "RATE_LIMITED"


class Refused(Problem):
    """What this service leans on refuses it."""

    status = 502
    code = "REFUSED"


class MalformedAnswer(Problem):
    """The model's answer cannot be used."""

    status = 502
    code = "MALFORMED_ANSWER"


class NoModelError(Problem):
    """No model is configured."""

    status = 503
    code = "NO_MODEL"


class BudgetSpentError(Problem):
    """The model's budget is spent."""

    status = 503
    code = "BUDGET_EXHAUSTED"


class Unavailable(Problem):
    """The service cannot answer right now; try again."""

    status = 503
    code = "SERVICE_UNAVAILABLE"

    def __init__(self, message: str | None = None, *, retry_after_seconds: int = 1) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds)


class NotAccepted(Unavailable):
    """The bus has not said that it keeps the message; publish it again.

    It may have it all the same, when only its answer was lost: who tries again may publish it twice.
    """

    code = "NOT_ACCEPTED"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or "the bus has not said that it keeps the message; publish it again")
