"""Connections that nobody may keep open by being slow; uvicorn itself waits for ever."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class WatchedConnection(H11Protocol):
    """Closes a connection whose header does not arrive, or whose answer is not taken, in time."""

    # Set by `watched`.
    seconds = 10.0
    _timer: asyncio.TimerHandle | None = None
    _upgraded = False

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a header."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Go on waiting, since the first byte, until the header is whole."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for what the caller still sends of a call that was answered."""
        super().on_response_complete()
        self._watch()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Leave the connection to the protocol of WebSockets."""
        self._upgraded = True
        super().handle_websocket_upgrade(event)

    def pause_writing(self) -> None:
        """Wait for a caller who does not take the answer."""
        super().pause_writing()
        self._arm()

    def resume_writing(self) -> None:
        """Stop waiting for that."""
        super().resume_writing()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._disarm()
        super().connection_lost(exc)

    def _watch(self) -> None:
        busy = self.cycle is not None and not self.cycle.response_complete
        # Between calls uvicorn's own timer for idle connections runs.
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
    """Return the class of connections with this patience."""
    return type("WatchedConnection", (WatchedConnection,), {"seconds": seconds})
