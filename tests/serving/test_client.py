"""The client waits as long as an answer says."""

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
