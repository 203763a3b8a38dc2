"""One provider: how it is asked, and what its ways of failing mean for the caller and for the money."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from seatrial.gateway.accounts import Charge
from seatrial.gateway.refusals import ProviderRefusal
from seatrial.gateway.requests import Body
from seatrial.gateway.settings import Limits
from seatrial.gateway.streams import malformed

_KEPT_SECONDS = 2.0
"""A kept connection that the other side closes just then makes a call doubtful; most keep them for 5 s."""
_MESSAGE_CHARACTERS_MAX = 500
_ERROR_BYTES_MAX = 64 * 2**10
_LEAVING = frozenset({"http11.send_request_headers.started", "http2.send_request_headers.started"})
_OVERLOADED = 429
_RETRY_AFTER = re.compile(
    r"[0-9]{1,9}|[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}(:[0-9]{2}){2} GMT"
)
_HANDED_ON = frozenset({400, 404, 409, 413, 415, 422})
"""The caller's own fault."""
_DENIED = frozenset({401, 402, 403})


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """An address and a key, with a client that keeps its connections."""

    name: str
    url: str
    key: str | None
    unbilled_statuses: frozenset[int]
    limits: Limits
    client: httpx.AsyncClient

    @contextlib.asynccontextmanager
    async def ask(self, path: str, body: Body, charge: Charge) -> AsyncIterator[Answer]:
        """The answer while it is open; from its first byte on the request counts as billed.

        Raises ProviderRefusal for every answer that is none, for silence, and for what breaks off.
        """
        request = self.client.build_request(
            "POST",
            f"{self.url.rstrip('/')}/{path}",
            content=json.dumps(body).encode(),
            headers=self._headers(),
            extensions={"trace": _Trace(charge).note},
        )
        with self._cleaned(), self._mapped():
            async with asyncio.timeout(self.limits.call_seconds):
                response = await self.client.send(request, stream=True)
                try:
                    if response.status_code != httpx.codes.OK:
                        raise await self._refusal(response, charge)
                    yield Answer(response=response, limits=self.limits)
                finally:
                    await response.aclose()

    def _headers(self) -> dict[str, str]:
        own = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "seatrial"}
        return own | ({"Authorization": f"Bearer {self.key}"} if self.key else {})

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except (TimeoutError, httpx.TimeoutException) as error:
            message = f"provider {self.name} did not answer in time"
            raise ProviderRefusal(504, "provider_timeout", message) from error
        except (httpx.ConnectError, httpx.UnsupportedProtocol) as error:
            message = f"provider {self.name} cannot be reached at {self.url}: {error}"
            raise ProviderRefusal(502, "provider_unreachable", message) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            message = f"provider {self.name} broke off: {type(error).__name__}: {error}"
            raise ProviderRefusal(502, "provider_broken", message) from error

    async def _refusal(self, response: httpx.Response, charge: Charge) -> ProviderRefusal:
        status = response.status_code
        charge.unbilled = status in self.unbilled_statuses
        said = await _said(response)
        if status == _OVERLOADED:
            after = _retry_after(response.headers.get("retry-after", ""))
            message = f"provider {self.name} takes no more calls now: {said}"
            return ProviderRefusal(_OVERLOADED, "provider_overloaded", message, retry_after=after)
        if status in _HANDED_ON:
            refusal = ProviderRefusal(status, "provider_refused", f"provider {self.name} refuses: {said}")
            refusal.passing = False
            return refusal
        if status in _DENIED:
            message = f"provider {self.name} does not accept the gateway's key or account ({status}): {said}"
            refusal = ProviderRefusal(502, "provider_denied", message)
            refusal.passing = False
            return refusal
        if response.has_redirect_location:
            message = f"provider {self.name} redirects, which is not followed: set its final address"
            refusal = ProviderRefusal(502, "provider_redirects", message)
            refusal.passing = False
            return refusal
        return ProviderRefusal(502, "provider_failed", f"provider {self.name} answered {status}: {said}")

    @contextlib.contextmanager
    def _cleaned(self) -> Iterator[None]:
        """What callers and logs are told holds no key, even if the provider repeats it; it is cut after."""
        try:
            yield
        except ProviderRefusal as refusal:
            text = str(refusal)
            for form in (json.dumps(self.key)[1:-1], self.key) if self.key else ():
                text = text.replace(form, "***")
            refusal.args = (text[:_MESSAGE_CHARACTERS_MAX],)
            raise


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An answer of status 200 that is still coming."""

    response: httpx.Response
    limits: Limits

    async def chunks(self) -> AsyncIterator[bytes]:
        """Raises ProviderRefusal where it gets too long."""
        if self.response.headers.get("content-encoding", "identity").lower() != "identity":
            raise malformed("it sent a compressed answer that nobody asked for")
        size_bytes = 0
        pieces = aiter(self.response.aiter_raw())
        while True:
            try:
                async with asyncio.timeout(self.limits.idle_seconds):
                    chunk = await anext(pieces)
            except StopAsyncIteration:
                return
            size_bytes += len(chunk)
            if size_bytes > self.limits.response_bytes_max:
                raise malformed(f"its answer is longer than {self.limits.response_bytes_max} bytes")
            yield chunk

    async def whole(self) -> bytes:
        return b"".join([chunk async for chunk in self.chunks()])


@dataclass(frozen=True, slots=True)
class _Trace:
    """Notes the moment from which on the provider may have heard of the call."""

    charge: Charge

    async def note(self, event: str, _: dict[str, Any]) -> None:
        if event in _LEAVING:
            self.charge.left = True


def make_client(limits: Limits) -> httpx.AsyncClient:
    """For one provider: what hangs there takes connections from no other.

    Its reads wait for the first byte; later pieces are held to their own, shorter wait.
    """
    timeout = httpx.Timeout(
        limits.first_byte_seconds, connect=limits.connect_seconds, pool=limits.call_seconds
    )
    bounds = httpx.Limits(
        max_connections=limits.calls_max, max_keepalive_connections=16, keepalive_expiry=_KEPT_SECONDS
    )
    return httpx.AsyncClient(timeout=timeout, limits=bounds, follow_redirects=False)


async def _said(response: httpx.Response) -> str:
    """The message of an error, in whatever form it comes."""
    text = bytearray()
    with contextlib.suppress(httpx.HTTPError):
        async for chunk in response.aiter_raw():
            text += chunk
            if len(text) > _ERROR_BYTES_MAX:
                break
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    error = value.get("error", value) if isinstance(value, dict) else value
    message = error.get("message") if isinstance(error, dict) else error
    told = message if isinstance(message, str) else "no reason that can be read"
    return " ".join(told.split())


def _retry_after(text: str) -> str | None:
    """Seconds or a date of HTTP, when it is one."""
    return text if _RETRY_AFTER.fullmatch(text) else None
