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
from ferkit.serving.query_route import QueryRoute

# What such a route may raise; anything else is a defect, for the outer layers.
_FAULTS: Final = (ProblemError, FerkitError, RequestValidationError)


class Gate:
    """Middleware that answers 503 on the event loop, without validation or a thread, and otherwise
    calls the route's function itself: the router, its middleware and its contexts take as long as
    the rest of the way together.

    The route takes its slot later; if another request was faster, the pool refuses it there.

    Args:
        app: The wrapped application, for all other requests.
        pool: The pool with the slots.
        routes: The route of each path that needs a slot.
        on_fault: Returns the response to a fault of the request.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        pool: WorkPool,
        routes: Mapping[str, QueryRoute],
        on_fault: Callable[[Request, Exception], Awaitable[Response]],
    ) -> None:
        self._app, self._pool, self._routes, self._on_fault = app, pool, routes, on_fault
        self._answers = {path: route.get_route_handler() for path, route in routes.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request unless it needs a slot."""
        route = self._routes.get(path_of(scope)) if scope["type"] == "http" else None
        if route is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        scope["route"] = route  # as the router would, for the metrics
        response = await self._answer(Request(scope, receive, send))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            self._pool.check()
            return await self._answers[path_of(request.scope)](request)
        except _FAULTS as fault:
            return await self._on_fault(request, fault)


def path_of(scope: Scope) -> str:
    """Return the path of a request within the application, which may be mounted in another."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
