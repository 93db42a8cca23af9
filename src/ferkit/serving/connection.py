"""Connections with timeouts against slow clients, for which uvicorn itself waits forever, and with
a limit on headers, which it lacks for this parser.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Most bytes of a request's line, header and trailer.
HEADER_BYTES: Final = 32 * 1024

# Java's client and `curl --http2` offer an upgrade to HTTP/2 with each request. The parser stops
# there and drops the body; nobody has to take such an offer.
_OFFER: Final = re.compile(rb"\r\nupgrade:(?!\s*websocket\s*\r)", re.IGNORECASE)
_OVERLOOKED: Final = b"\r\nx-upgrade:"


class WatchedConnection(HttpToolsProtocol):
    """Closes a connection whose header does not arrive, or whose answer is not read, in time; and
    refuses headers that are too long or ambiguous with 400.

    The parser is that of Node.js, strict and in C. The time is set by `watched`.
    """

    seconds = 10.0
    _timer: asyncio.TimerHandle | None = None
    _upgraded = False
    _arriving = False  # a request has begun and is not complete
    _past_header = False
    _header_bytes = 0
    _silent_bytes = 0  # received since the parser last told anything, and kept by it

    def connection_made(self, transport: Any) -> None:
        """Start the timer for the header."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Keep the timer of the first byte running until the header is complete."""
        self._silent_bytes += len(data)
        if not self._arriving:
            end = data.find(b"\r\n\r\n") + 2
            if _OFFER.search(data, 0, end):
                data = _OFFER.sub(_OVERLOOKED, data[:end]) + data[end:]
        super().data_received(data)
        if self._silent_bytes > HEADER_BYTES and not self._closing():
            self.send_400_response("Invalid HTTP request received.")
        self._watch()

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._arriving, self._past_header = True, False
        self._header_bytes = self._silent_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the header; those that follow a body are ignored."""
        self._count(len(name) + len(value))
        if not self._past_header:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the request.

        Raises:
            HttpParserError: It is unclear for which host it is, or its body would be lost.
        """
        self._past_header, self._silent_bytes = True, 0
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise httptools.HttpParserError("A request names one host.")
        if self.parser.should_upgrade() and not self._should_upgrade() and self._has_body():
            raise httptools.HttpParserError("This upgrade is not possible.")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._silent_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note the end of the request."""
        self._arriving, self._silent_bytes = False, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Start the timer for the rest of a request that was answered early."""
        super().on_response_complete()
        self._watch()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to the WebSocket protocol."""
        self._upgraded = True
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        """Start the timer for a client that does not read the answer."""
        super().pause_writing()
        self._arm()

    def resume_writing(self) -> None:
        """Stop that timer."""
        super().resume_writing()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._disarm()
        super().connection_lost(exc)

    def _has_body(self) -> bool:
        given = dict(self.headers)
        return b"transfer-encoding" in given or given.get(b"content-length", b"0") != b"0"

    def _count(self, number: int) -> None:
        self._silent_bytes = 0
        self._header_bytes += number
        if self._header_bytes > HEADER_BYTES:
            raise httptools.HttpParserError("The header is too long.")

    def _closing(self) -> bool:
        return self._upgraded or self.transport.is_closing()

    def _watch(self) -> None:
        busy = self.cycle is not None and not self.cycle.response_complete
        # Between requests, uvicorn's own timer for idle connections runs.
        idle = self.timeout_keep_alive_task is not None and not self._arriving
        if busy or idle or self._closing():
            self._disarm()
        else:
            self._arm()

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.seconds, self.transport.abort)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def watched(seconds: float) -> type[WatchedConnection]:
    """Return the class of connections with this timeout in seconds."""
    return type("WatchedConnection", (WatchedConnection,), {"seconds": seconds})
