"""The client waits as long as an answer says, and fails in one sentence."""

from __future__ import annotations

import time

import httpx
import pytest

from ferkit.errors import FerkitError
from ferkit.serving.client import Client


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 1.0), ("-3", 1.0)]
)
def test_a_busy_server_is_asked_again(
    header: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    answers = httpx.MockTransport(lambda _: httpx.Response(503, headers={"Retry-After": header}))
    busy = pytest.raises(FerkitError, match="503: Service Unavailable")
    with busy, Client(retries=2, transport=answers) as client:
        client.models()
    assert waited == [seconds, seconds, 0]


def test_records_that_came_are_not_lost_with_the_connection() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            raise httpx.ConnectError("gone")
        rows = request.url.path.endswith("/rows")
        return httpx.Response(200, json=[{"faces": []}] if rows else {"id": "a", "state": "done"})

    with Client(transport=httpx.MockTransport(answer)) as client:
        assert client.video(b"a video") == [{"faces": []}]


def test_another_web_server_is_one_sentence() -> None:
    html = httpx.MockTransport(lambda _: httpx.Response(200, text="<!doctype html>"))
    with (
        Client(transport=html) as client,
        pytest.raises(FerkitError, match="recognize is not an address of ferkit serve"),
    ):
        client.recognize(b"a photo")
