"""Refusing requests while the pool is full, before anything of them is read or parsed."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from ferkit.serving.pool import WorkPool
from ferkit.serving.problems import ProblemError

# Paths whose requests take a slot in the pool.
POOLED: Final = ("/v1/recognize", "/v1/faces")


class Gate:
    """Middleware that answers 503 on the event loop, without routing, validation or a thread.

    The route takes its slot later; if another request was faster, the pool refuses it there.

    Args:
        app: The wrapped application.
        pool: The pool with the slots.
    """

    def __init__(self, app: ASGIApp, *, pool: WorkPool) -> None:
        self._app, self._pool = app, pool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request unless it needs a slot and none is free."""
        if scope["type"] == "http" and scope["method"] == "POST" and pooled(scope):
            try:
                self._pool.check()
            except ProblemError as refusal:
                await refusal.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)


def pooled(scope: Scope) -> bool:
    """Return whether a request goes to a path that takes a slot."""
    return scope["path"].removeprefix(scope.get("root_path", "")) in POOLED
