"""A client of the API, which needs only httpx."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from ferkit.errors import FerkitError
from ferkit.serving.record_types import Record

Picture = str | Path | bytes


class Client:
    """A client of `ferkit serve`, and a context manager; a failed call raises a `FerkitError`.

    Args:
        url: Address of the server. Defaults to "http://127.0.0.1:8000".
        token: A token of the server. Defaults to None.
        retries: How often a request is repeated while the server is busy. Defaults to 3.
        options: Options of `httpx.Client`; `timeout` defaults to 60 seconds.

    Example:
        >>> answers = httpx.MockTransport(lambda call: httpx.Response(200, json=[]))
        >>> with Client(transport=answers) as client:
        ...     client.recognize(b"the bytes of a photo")
        []
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        token: str | None = None,
        *,
        retries: int = 3,
        **options: Any,
    ) -> None:
        head = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=url, headers=head, **{"timeout": 60.0, **options})
        self._retries = retries

    def recognize(self, *pictures: Picture, **query: Any) -> list[Record]:
        """Find and classify the faces of pictures; `query` holds the parameters of the API."""
        return list(_json(self._send("v1/recognize", pictures, query)))

    def faces(self, *crops: Picture, **query: Any) -> list[Record]:
        """Classify crops: pictures that show one face each."""
        return list(_json(self._send("v1/faces", crops, query)))

    def annotated(self, picture: Picture, **query: Any) -> bytes:
        """Return a picture as PNG, with boxes and emotions drawn into it."""
        return self._send("v1/recognize", [picture], {"annotate": "png", **query}).content

    def video(self, video: Picture, *, poll_s: float = 1.0, **query: Any) -> list[Record]:
        """Send a video, wait for its records, and delete it on the server."""
        job = _json(self._send("v1/videos", [video], query))
        try:
            while job["state"] in ("queued", "running"):
                time.sleep(poll_s)
                job = _json(self._call("GET", f"v1/videos/{job['id']}"))
            return list(_json(self._call("GET", f"v1/videos/{job['id']}/rows")))
        finally:
            # Without it the server removes the video later, and the records are here already.
            with suppress(FerkitError):
                self._call("DELETE", f"v1/videos/{job['id']}")

    def models(self) -> dict[str, Any]:
        """Return the models with their cards, the detectors and the defaults."""
        return dict(_json(self._call("GET", "v1/models")))

    def _send(self, path: str, files: Iterable[Picture], query: dict[str, Any]) -> httpx.Response:
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

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise FerkitError(
            f"{answer.url} does not answer as ferkit serve does; check the address of the server."
        ) from error


def _part(file: Picture) -> tuple[str, bytes]:
    if isinstance(file, bytes):
        return "body", file
    try:
        return Path(file).name, Path(file).read_bytes()
    except OSError as error:
        raise FerkitError(f"Cannot read {file}: {error.strerror or error}.") from error
