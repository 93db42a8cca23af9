"""`/docs`: interactive documentation of the API, which works without a network."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Response

router = APIRouter(include_in_schema=False)

# Swagger UI sets inline styles; everything else is loaded from this server.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HTML: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ferkit API</title>
<link rel="icon" href="docs/favicon.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START: Final = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null,
});
"""
_TYPES: Final = {
    "favicon.png": "image/png",
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}


@router.get("/docs")
async def docs() -> Response:
    """Return the page."""
    return Response(_HTML, media_type="text/html", headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/start.js")
async def start() -> Response:
    """Return the script that starts it; the policy allows no inline scripts."""
    return Response(_START, media_type="text/javascript")


@router.get("/docs/{name}")
async def asset(name: str) -> Response:
    """Return a file of Swagger UI."""
    if name not in _TYPES:
        return Response(status_code=404)
    headers = {"Cache-Control": "max-age=86400"}
    return Response(_asset(name), media_type=_TYPES[name], headers=headers)


@cache
def _asset(name: str) -> bytes:
    # Only the files of Swagger UI are used, not the package's code, which patches FastAPI.
    return files("fastapi_offline").joinpath("static", name).read_bytes()
