"""HTTP/1.1 on one connection: uvicorn's fast protocol with what it leaves to a proxy in front of it.

It bounds the head of a request in size and time, and it answers an offer to upgrade as if it were not there:
the parser would take the body that follows such a head for another protocol and lose it.
"""

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http import httptools_impl

HEAD_BYTES_MAX = 64 * 1024
HEAD_SECONDS_MAX = 20.0  # also for a new connection on which nothing comes


class Protocol(httptools_impl.HttpToolsProtocol):
    """One connection of one caller."""

    _deadline: asyncio.TimerHandle | None = None
    _in_head = False
    _head_bytes = 0  # of complete headers
    _open_bytes = 0  # of pieces that did not yet make the head complete

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 -- as wide as the base class
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except httptools.HttpParserError:
            too_large = self._head_bytes > HEAD_BYTES_MAX
            self._refuse(431 if too_large else 400)
            return
        if self._in_head:
            self._open_bytes += len(data)
            if self._open_bytes > HEAD_BYTES_MAX:
                self._refuse(431)
        if self._deadline is None and self._is_quiet():
            self._watch()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = self._open_bytes = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count(len(name) + len(value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self.parser.should_upgrade():
            return  # the same head comes again, without the offer
        self._unwatch()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as stop:
                data = self._head_without_upgrade() + data[stop.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as the base class does
            else:
                return

    def _head_without_upgrade(self) -> bytes:
        method = self.parser.get_method()
        if method == b"CONNECT":
            raise httptools.HttpParserInvalidMethodError("this is not a proxy")
        lines = [b"%s %s HTTP/%s" % (method, self.url, self.parser.get_http_version().encode())]
        lines += [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    def _count(self, size_bytes: int) -> None:
        self._head_bytes += size_bytes
        if self._head_bytes > HEAD_BYTES_MAX:
            raise ValueError("the head is too large")  # the parser ends with an error of its own

    def _is_quiet(self) -> bool:
        """Nothing is being answered, so a plain answer of ours cannot fall into another one."""
        return not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete)

    def _watch(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS_MAX, self._expire)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        self._deadline = None
        if self._in_head:
            self._refuse(408)
        elif self._is_quiet():
            self.transport.close()

    def _refuse(self, status: int) -> None:
        if self._is_quiet():
            line = httptools_impl.STATUS_LINE[status]
            self.transport.write(line + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
