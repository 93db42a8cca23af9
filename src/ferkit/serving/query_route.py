"""Routes that validate a query only once for many requests with the same query."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import lru_cache, partial
from typing import Any, get_type_hints
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

# Number of queries kept; most clients use the same few.
_KEPT = 64


class QueryRoute(APIRoute):
    """A route whose function takes `request`, `services` and `query`, a frozen model.

    FastAPI describes it like any other route, but its own way of passing arguments takes as long as
    the rest of a request together.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of a request."""
        parsed = lru_cache(_KEPT)(partial(_parsed, get_type_hints(self.endpoint)["query"]))

        async def answer(request: Request) -> Response:
            query = parsed(request.scope["query_string"])
            response: Response = await self.endpoint(request, request.app.state.services, query)
            return response

        return answer


def _parsed(model: type[BaseModel], query: bytes) -> Any:
    values = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
