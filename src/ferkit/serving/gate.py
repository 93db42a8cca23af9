"""Sending callers away, where every place is taken, before anything of them is read or parsed."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from ferkit.serving.pool import WorkPool
from ferkit.serving.problems import ProblemError

# Addresses whose calls take a place in the pool.
POOLED: Final = ("/v1/recognize", "/v1/faces")


class Gate:
    """Answers 503 on the event loop itself, without routing, checks of the query or a thread.

    A route takes its place afterwards, and is refused by the pool where somebody was faster.

    Args:
        app: What lies behind.
        pool: Has the places.
    """

    def __init__(self, app: ASGIApp, *, pool: WorkPool) -> None:
        self._app, self._pool = app, pool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may find a place."""
        if scope["type"] == "http" and scope["method"] == "POST" and pooled(scope):
            try:
                self._pool.check()
            except ProblemError as refusal:
                await refusal.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)


def pooled(scope: Scope) -> bool:
    """Say whether a call goes to an address that takes a place."""
    return scope["path"].removeprefix(scope.get("root_path", "")) in POOLED
