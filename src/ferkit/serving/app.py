"""`create_app`: the ASGI application, to run on its own or to mount in another application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocket

from ferkit.errors import FerkitError
from ferkit.inference.records import printable
from ferkit.serving.gate import Gate
from ferkit.serving.guard import Guard, deny_websocket
from ferkit.serving.openapi import description_of
from ferkit.serving.problems import ProblemError, problem_of, problem_response
from ferkit.serving.query_route import QueryRoute
from ferkit.serving.routes import docs, faces, live, recognize, status, videos
from ferkit.serving.routes.page import page_router
from ferkit.serving.services import Services
from ferkit.serving.settings import ServeSettings, load_settings
from ferkit.version import __version__

log = logging.getLogger("ferkit.serving")

_DESCRIPTION = """\
Finds faces in pictures and videos and classifies their *apparent* expression, which is not what a
person feels. Errors are `application/problem+json` with one sentence in `detail`.

`WS /v1/live` (the query of `/v1/recognize`, plus `track` and `smooth`) takes one picture per binary
message and answers with a record as text; frames that a newer one overtakes are dropped. Browsers
send a token there as the subprotocol `bearer.TOKEN`, in addition to `ferkit`; other characters
than those of a subprotocol as `%XX`.
"""


def create_app(settings: ServeSettings | None = None) -> FastAPI:
    """Return the API and the web page as an ASGI application.

    On its own it loads its model when it starts. Mounted in another application it loads it at the
    first request, unless that application enters its `router.lifespan_context`, which also empties
    the folder of video jobs at the end.

    Args:
        settings: Settings of the server. Defaults to None: from the variables `FERKIT_...`.

    Raises:
        UsageError: The settings contradict each other, or name a model or detector that does not
            exist.

    Example:
        >>> from fastapi import FastAPI
        >>> mine = FastAPI()
        >>> mine.mount("/emotions", create_app(ServeSettings(page=False)))
    """
    chosen = settings or load_settings()
    services = Services(chosen)
    app = FastAPI(
        title="ferkit",
        summary="Facial emotions in pictures, videos and live",
        description=_DESCRIPTION,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(services),
        separate_input_output_schemas=False,
    )
    app.state.services = services
    app.openapi = lambda: description_of(app)  # type: ignore[method-assign]
    tokens = chosen.secrets()
    pooled = {
        route.path: route
        for module in (recognize, faces)
        for route in module.router.routes
        if isinstance(route, QueryRoute)
    }
    app.add_middleware(Gate, pool=services.pool, routes=pooled, on_fault=_on_fault)
    # Outermost, so that clients without a token do not learn how busy the server is.
    app.add_middleware(Guard, tokens=tokens, hosts=chosen.allowed_hosts, metrics=services.metrics)
    for module in (recognize, faces, videos, live, status, docs):
        app.include_router(module.router)
    if chosen.page:
        app.include_router(page_router(services.recognizers))
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    return app


def _lifespan(services: Services) -> Callable[[object], AbstractAsyncContextManager[None]]:
    """Return the ASGI lifespan: starts the services, and closes them at the end."""

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        await asyncio.to_thread(services.start)
        yield
        await asyncio.to_thread(services.close)

    return lifespan


async def _on_problem(_: Request, error: Any) -> Response:
    problem: ProblemError = error
    return problem.response()


async def _on_ferkit_error(_: Request, error: Any) -> Response:
    problem = problem_of(error)
    if problem.status == 500:
        log.error("%s: %s", type(error).__name__, error)
    return problem.response()


async def _on_bad_query(_: Request, error: Any) -> Response:
    return _bad_query(error).response()


async def _on_bad_live_query(websocket: WebSocket, error: Any) -> None:
    await deny_websocket(websocket.scope, websocket.receive, websocket.send, _bad_query(error))


def _bad_query(error: Any) -> ProblemError:
    first = error.errors()[0]
    name = printable(str(first["loc"][-1]))[:40]
    if first["type"] == "extra_forbidden":
        return ProblemError(422, f"This address has no parameter {name!r}; /docs lists its own.")
    return ProblemError(422, f"{name}: {first['msg'].rstrip('.')}.")


async def _on_http_error(_: Request, error: Any) -> Response:
    headers = error.headers or {}
    methods = headers.get("Allow", "another method")
    words = {404: "There is nothing at this address.", 405: f"This address takes {methods}."}
    detail = words.get(error.status_code, str(error.detail))
    return problem_response(error.status_code, detail, headers)


async def _on_fault(request: Request, fault: Exception) -> Response:
    handler = next(handler for kind, handler in _HANDLERS.items() if isinstance(fault, kind))
    response: Response = await handler(request, fault)
    return response


async def _on_defect(_: Request, __: Any) -> Response:
    return problem_response(500, "The server failed; its log says why.")


_HANDLERS: dict[Any, Any] = {
    ProblemError: _on_problem,
    FerkitError: _on_ferkit_error,
    RequestValidationError: _on_bad_query,
    WebSocketRequestValidationError: _on_bad_live_query,
    HTTPException: _on_http_error,
    Exception: _on_defect,
}
