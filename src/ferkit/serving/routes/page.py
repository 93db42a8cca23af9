"""`/`: the web page, served from memory, or a redirect to the documentation without one."""

from __future__ import annotations

import gzip
import hashlib

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from ferkit.errors import FerkitError
from ferkit.inference.detectors.auto import SECONDS_TO_FETCH
from ferkit.inference.detectors.builtin.yunet import YuNetDetector
from ferkit.serving.guard import log
from ferkit.serving.page_files import PAGE_HEADERS, PageFile, page_files
from ferkit.serving.recognizers import Recognizers

_TEXT = ("text/", "application/json", "application/manifest")
_YEAR = "max-age=31536000, immutable"


def page_router(recognizers: Recognizers) -> APIRouter:
    """Return a route for each file of the page, or a redirect to `/docs` if there is no page.

    Args:
        recognizers: Recognisers of the server, whose models the page offers.
    """
    router = APIRouter(include_in_schema=False)
    try:
        # Waits less than a command would, since the API works without the page.
        YuNetDetector.file.path(wait=SECONDS_TO_FETCH, retry=False)
        cards = {entry["name"]: entry["card"] for entry in recognizers.cards()}
        files = page_files(models=recognizers.shipped, served=cards)
    except FerkitError as error:
        log.warning("No page: %s", error)
        files = {}
    for path, file in files.items():
        served = _Served(file)
        for address in ("/", "/index.html") if path == "index.html" else (f"/{path}",):
            router.add_api_route(address, served.answer, methods=["GET", "HEAD"], name="page")
    if not files:
        router.add_api_route("/", _to_docs, name="page")
    return router


async def _to_docs() -> Response:
    return RedirectResponse("docs")


class _Served:
    """A file of the page, compressed in advance."""

    def __init__(self, file: PageFile) -> None:
        self._content: bytes = file.read()
        self._tag = f'"{hashlib.sha256(self._content).hexdigest()[:16]}"'
        self._headers = {
            **PAGE_HEADERS,
            "Cache-Control": _YEAR if file.immutable else "no-cache",
            "Content-Type": file.content_type,
            "ETag": self._tag,
            "Vary": "Accept-Encoding",
        }
        text = file.content_type.startswith(_TEXT)
        self._packed = gzip.compress(self._content, mtime=0) if text else None

    async def answer(self, request: Request) -> Response:
        """Return the file, or 304 if the browser has it."""
        if request.headers.get("if-none-match") == self._tag:
            return Response(status_code=304, headers=self._headers)
        if self._packed and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self._packed, headers=self._headers | {"Content-Encoding": "gzip"})
        return Response(self._content, headers=self._headers)
