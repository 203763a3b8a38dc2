"""The one place where an exception becomes an answer."""

from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatrial_kit import answers, errors


class Failures:
    """Answers with the one error body; what is unexpected is logged with its traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._logger: Any = structlog.get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        problem: errors.Problem | None = None

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except errors.Problem as error:
            problem = error
        except HTTPException as error:
            problem = _from_routing(error, scope)
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception:  # the edge of the service: logged whole, told in one sentence
            self._logger.exception(
                "request failed", request_id=answers.request_id(scope), path=scope["path"][:500]
            )
            problem = errors.Problem("the request failed for a reason that is not yours; it was logged")
        if problem is not None and not started:
            await answers.failure(scope, problem)(scope, receive, send)


def _from_routing(error: HTTPException, scope: Scope) -> errors.Problem:
    headers = dict(error.headers or {})
    if error.status_code == errors.MethodNotAllowed.status:
        allowed = headers.get("Allow", "other methods")
        return errors.MethodNotAllowed(f"this address takes {allowed}", headers=headers)
    if error.status_code == errors.NotFound.status:
        return errors.NotFound(f"there is nothing at {scope['path'][:200]!r}")
    return errors.InvalidRequest(str(error.detail))
