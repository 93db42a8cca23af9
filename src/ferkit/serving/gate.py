"""The short way of requests with pictures: refused while the pool is full, else handed to their
route's function, past the router.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ferkit.errors import FerkitError
from ferkit.serving.pool import WorkPool
from ferkit.serving.problems import ProblemError

# Paths whose requests take a slot in the pool.
POOLED: Final = ("/v1/recognize", "/v1/faces")

# What such a route may raise; anything else is a defect, for the outer layers.
_FAULTS: Final = (ProblemError, FerkitError, RequestValidationError)

Answer = Callable[[Request], Awaitable[Response]]


class Gate:
    """Middleware that answers 503 on the event loop, without validation or a thread, and otherwise
    calls the route's function itself: the router, its middleware and its contexts take as long as
    the rest of the way together.

    The route takes its slot later; if another request was faster, the pool refuses it there.

    Args:
        app: The wrapped application, for all other requests.
        pool: The pool with the slots.
        answers: The function of each path that needs a slot.
        on_fault: Returns the response to a fault of the request.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        pool: WorkPool,
        answers: Mapping[str, Answer],
        on_fault: Callable[[Request, Exception], Awaitable[Response]],
    ) -> None:
        self._app, self._pool, self._answers, self._on_fault = app, pool, answers, on_fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request unless it needs a slot."""
        if scope["type"] == "http" and scope["method"] == "POST" and pooled(scope):
            response = await self._answer(Request(scope, receive, send))
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            self._pool.check()
            return await self._answers[path_of(request.scope)](request)
        except _FAULTS as fault:
            return await self._on_fault(request, fault)


def pooled(scope: Scope) -> bool:
    """Return whether a request goes to a path that takes a slot."""
    return path_of(scope) in POOLED


def path_of(scope: Scope) -> str:
    """Return the path of a request within the application, which may be mounted in another."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
