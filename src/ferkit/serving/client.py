"""A client of the API, which needs only httpx."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import httpx

from ferkit.errors import FerkitError
from ferkit.serving.record_types import Record

Picture = str | Path | bytes
LOCAL = "http://127.0.0.1:8000"


class Client(AbstractContextManager["Client"]):
    """A client of `ferkit serve`, and a context manager; a failed call raises a `FerkitError`.

    Args:
        url: Address of the server. Defaults to "http://127.0.0.1:8000".
        token: A token of the server. Defaults to None.
        retries: How often a request is repeated while the server is busy. Defaults to 3.
        options: Options of `httpx.Client`; `timeout` defaults to 60 seconds.

    Example:
        >>> with Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=[]))) as c:
        ...     c.recognize(b"the bytes of a photo")
        []
    """

    def __init__(
        self, url: str = LOCAL, token: str | None = None, *, retries: int = 3, **options: Any
    ) -> None:
        head = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=url, headers=head, **{"timeout": 60.0, **options})
        self._retries = retries

    def recognize(self, *pictures: Picture, **query: Any) -> list[Record]:
        """Find and classify the faces of pictures; `query` holds the parameters of the API."""
        return list(_json(self._send("v1/recognize", query, *pictures)))

    def faces(self, *crops: Picture, **query: Any) -> list[Record]:
        """Classify crops: pictures that show one face each."""
        return list(_json(self._send("v1/faces", query, *crops)))

    def annotated(self, picture: Picture, **query: Any) -> bytes:
        """Return a picture as PNG, with boxes and emotions drawn into it."""
        return self._send("v1/recognize", {"annotate": "png", **query}, picture).content

    def video(self, video: Picture, *, poll_s: float = 1.0, **query: Any) -> list[Record]:
        """Send a video, wait for its records, and delete it on the server."""
        job = _json(self._send("v1/videos", query, video))
        try:
            while job["state"] in ("queued", "running"):
                time.sleep(poll_s)
                job = _json(self._call("GET", f"v1/videos/{job['id']}"))
            return list(_json(self._call("GET", f"v1/videos/{job['id']}/rows")))
        finally:
            with suppress(FerkitError):  # the server removes it later in any case
                self._call("DELETE", f"v1/videos/{job['id']}")

    def models(self) -> dict[str, Any]:
        """Return the models with their cards, the detectors and the defaults."""
        return dict(_json(self._call("GET", "v1/models")))

    def _send(self, path: str, query: dict[str, Any], *files: Picture) -> httpx.Response:
        return self._call("POST", path, files=[("images", _part(f)) for f in files], params=query)

    def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        for left in reversed(range(self._retries + 1)):
            try:
                answer = self._http.request(method, path, **options)
            except httpx.TransportError as error:
                raise FerkitError(f"The server does not answer ({error}).") from error
            if answer.is_success:
                return answer
            if not (wait := answer.headers.get("retry-after")):
                break
            # A proxy in between may name a date instead of seconds.
            time.sleep((int(wait) if wait.isdecimal() else 1) if left else 0)
        in_words = answer.headers.get("content-type") == "application/problem+json"
        detail = answer.json()["detail"] if in_words else answer.reason_phrase
        raise FerkitError(f"{answer.status_code}: {detail}")

    def __exit__(self, *_: object) -> None:
        self._http.close()


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise FerkitError(f"{answer.url} is not an address of ferkit serve.") from error


def _part(file: Picture) -> tuple[str, bytes]:
    return ("body", file) if isinstance(file, bytes) else (Path(file).name, Path(file).read_bytes())
