"""One request to an ASGI application in this process, without a socket."""

import asyncio
import dataclasses
import json
from collections.abc import Iterable
from typing import Any

from starlette.types import ASGIApp, Message


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def call(
    app: ASGIApp,
    method: str,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    chunks: Iterable[bytes] = (b"",),
    unfinished: bool = False,
) -> Answer:
    pending = list(chunks)
    sent: list[Message] = []

    async def receive() -> Message:
        if unfinished and not pending:
            await asyncio.Event().wait()
        if not pending:
            return {"type": "http.disconnect"}
        body = pending.pop(0)
        return {"type": "http.request", "body": body, "more_body": unfinished or bool(pending)}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    route, _, query = path.partition("?")
    scope = {"type": "http", "method": method, "path": route, "query_string": query.encode(), "headers": raw}
    await app({**scope, "scheme": "http", "root_path": "", "http_version": "1.1"}, receive, send)
    assert [message["type"] for message in sent].count("http.response.start") == 1
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(status=sent[0]["status"], headers=answered, body=body)
