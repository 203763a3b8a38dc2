"""What callers are told when they get no answer, in the form in which OpenAI tells of errors."""

from __future__ import annotations

import json

from seatrial import errors

_PASSING = frozenset({"budget_exhausted", "no_model"})
Headers = list[tuple[bytes, bytes]]


class Refusal(errors.RefusedError):
    """The call gets no answer."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.passing = code in _PASSING
        """Another model may well do it."""
        self.retry_after = retry_after

    @property
    def body(self) -> bytes:
        kind = "invalid_request_error" if self.status < 500 else "api_error"  # noqa: PLR2004  # HTTP's classes
        told = {"message": str(self), "type": kind, "code": self.code, "param": None}
        return json.dumps({"error": told}).encode()

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": self.retry_after} if self.retry_after else {}


class ProviderRefusal(Refusal):
    """The provider gave no answer that can be handed on."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: str | None = None) -> None:
        super().__init__(status, code, message, retry_after=retry_after)
        self.unbilled = False
        """The provider said that it did nothing, so that nothing is owed."""
        self.passing = True
