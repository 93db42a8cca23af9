"""Connections with timeouts against slow clients, for which uvicorn itself waits forever."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class WatchedConnection(H11Protocol):
    """Closes a connection whose header does not arrive, or whose answer is not read, in time.

    The time is set by `watched`.
    """

    seconds = 10.0
    _timer: asyncio.TimerHandle | None = None
    _upgraded = False

    def connection_made(self, transport: Any) -> None:
        """Start the timer for the header."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Keep the timer of the first byte running until the header is complete."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Start the timer for the rest of a request that was answered early."""
        super().on_response_complete()
        self._watch()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over to the WebSocket protocol."""
        self._upgraded = True
        super().handle_websocket_upgrade(event)

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

    def _watch(self) -> None:
        busy = self.cycle is not None and not self.cycle.response_complete
        # Between requests, uvicorn's own timer for idle connections runs.
        idle = self.timeout_keep_alive_task is not None and self.conn.their_state is h11.IDLE
        if busy or self._upgraded or idle or self.transport.is_closing():
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
