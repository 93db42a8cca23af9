"""Error responses: one sentence each, as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from ferkit.errors import (
    DataError,
    DownloadError,
    FerkitError,
    MissingDependencyError,
    UsageError,
)

MEDIA_TYPE: Final = "application/problem+json"

SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "type": "object",
    "required": ["status", "title", "detail"],
    "additionalProperties": False,
    "properties": {
        "status": {"type": "integer", "description": "The HTTP status."},
        "title": {"type": "string", "description": "The name of the status."},
        "detail": {
            "type": "string",
            "description": "What was expected, what was found, how to fix it.",
        },
    },
    "examples": [
        {
            "status": 422,
            "title": "Unprocessable Content",
            "detail": "The picture cannot be read: the file is not an image.",
        }
    ],
}

# Python 3.13 renamed some statuses; responses use the same name on every version.
_TITLES: Final = {413: "Content Too Large", 422: "Unprocessable Content"}


class ProblemError(Exception):
    """An error that becomes the response.

    Args:
        status: The HTTP status.
        detail: One sentence: what was expected, what was found, how to fix it.
        headers: Additional headers of the response. Defaults to None.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """Return the response."""
        return problem_response(self.status, self.detail, self.headers)


def problem_response(
    status: int, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error response."""
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    content = json.dumps({"status": status, "title": title, "detail": detail}, ensure_ascii=False)
    return Response(content, status, headers, MEDIA_TYPE)


def problem_of(error: FerkitError) -> ProblemError:
    """Return the response to an error of ferkit: 422 for faults of the request, 501 or 503 for what
    the server lacks, and 500 for the rest, without the message, which may name the server's files.
    """
    if isinstance(error, DownloadError):
        return ProblemError(503, "The server cannot download this detector; use another one.")
    if isinstance(error, DataError | UsageError):
        text = str(error)
        return ProblemError(422, text[:1].upper() + text[1:].rstrip(".") + ".")
    if isinstance(error, MissingDependencyError):
        return ProblemError(501, str(error))
    return ProblemError(500, "The server failed; its log says why.")
