"""Each limit is a setting; exceeding it gives a 4xx or 503 with a message."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from serving_pictures import noise, picture
from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def small(make_server) -> TestClient:
    """Return a server with tight limits."""
    return make_server(max_body_mb=0.05, max_images=2, max_megapixels=0.5, body_s=0.3)


def detail(answer: Any, status: int) -> str:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    return answer.json()["detail"]


def test_a_body_announced_as_too_large_is_refused(small: TestClient) -> None:
    assert "larger than 0.05 MB" in detail(
        small.post("/v1/recognize", content=noise(200, 200)), 413
    )


def test_a_body_without_a_length_is_counted(small: TestClient) -> None:
    chunks = (bytes(10_000) for _ in range(20))
    assert "larger than 0.05 MB" in detail(small.post("/v1/recognize", content=chunks), 413)


def test_too_many_files_are_refused(small: TestClient) -> None:
    files = [("images", ("a.png", picture())) for _ in range(3)]
    assert "more than 2 files" in detail(small.post("/v1/recognize", files=files), 413)


def test_too_many_pixels_are_refused_before_decoding(small: TestClient) -> None:
    large = picture(3, (4000, 4000))
    assert len(large) < 50_000
    assert "16.0 million pixels" in detail(small.post("/v1/recognize", content=large), 422)


def test_a_compressed_body_is_refused(small: TestClient) -> None:
    answer = small.post("/v1/recognize", content=b"x", headers={"Content-Encoding": "gzip"})
    assert "encoded as gzip" in detail(answer, 415)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "image/png", 422),
        (b"--a\r\nbroken", "multipart/form-data; boundary=a", 400),
        (b"--a--\r\n", "multipart/form-data; boundary=a", 422),
        (b"x", "multipart/form-data", 400),
        (b'--a\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nxx', "a", 422),
    ],
)
def test_a_broken_body_is_a_4xx(small: TestClient, content: bytes, kind: str, status: int) -> None:
    detail(small.post("/v1/recognize", content=content, headers={"Content-Type": kind}), status)


def call(app: Any, receive: Any, path: str = "/v1/recognize") -> list[dict[str, Any]]:
    """Call the ASGI application directly, as a server would, and return the messages it sends."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-length", b"1000")],
        "http_version": "1.1",
        "scheme": "http",
    }
    asyncio.run(app(scope, receive, send))
    return sent


def test_a_body_that_does_not_arrive_is_408(small: TestClient) -> None:
    async def trickle() -> dict[str, Any]:
        await asyncio.sleep(0.03)
        trickle.calls += 1
        return {"type": "http.request", "body": b"x", "more_body": trickle.calls < 20}

    trickle.calls = 0
    assert call(small.app, trickle)[0]["status"] == 408
    assert trickle.calls == 20  # the caller could finish, and read why


class Gate:
    """Holds recognition up until it is opened."""

    def __init__(self, server: TestClient) -> None:
        self.open = threading.Event()
        self.calls = 0
        self.services = server.app.state.services
        self._recognize = self.services.recognize
        self.services.recognize = self

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        assert self.open.wait(10)
        return self._recognize(*arguments)


def test_beyond_threads_and_queue_503_comes_at_once_and_before_the_body(make_server) -> None:
    server = make_server(threads=1, queue=2)
    gate = Gate(server)
    read = []

    async def receive() -> dict[str, Any]:
        read.append(sent_status(sent))
        return {"type": "http.request", "body": b"", "more_body": False}

    def sent_status(messages: list[dict[str, Any]]) -> int | None:
        return messages[0]["status"] if messages else None

    with ThreadPoolExecutor(3) as callers:
        waiting = [callers.submit(server.post, "/v1/recognize", content=picture(4)) for _ in "abc"]
        while gate.services.pool.admitted < 3:
            pass
        refused = server.post("/v1/recognize", content=picture())
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) >= 1
        sent: list[dict[str, Any]] = []
        sent += call(server.app, receive)
        assert sent[0]["status"] == 503
        # Nothing of it is parsed, or what is wrong with it would be said first.
        assert server.post("/v1/recognize?nonsense=1", content=picture()).status_code == 503
        assert server.post("/v1/faces", content=picture()).status_code == 503
        assert detail(server.get("/v1/recognize"), 405) == "This address takes POST."
        counted = server.get("/metrics").text
        assert 'ferkit_requests_total{route="/v1/recognize",status="503"} 3.0' in counted
        gate.open.set()
        answers = [future.result() for future in waiting]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert gate.services.pool.admitted == 0
    assert gate.services.pool.refused == 4


def test_a_client_that_disconnects_frees_its_place_in_the_queue(make_server) -> None:
    server = make_server(threads=1, queue=1)
    gate = Gate(server)
    body, messages = picture(), []

    async def receive() -> dict[str, Any]:
        messages.append(len(messages))
        if len(messages) == 1:
            return {"type": "http.request", "body": body, "more_body": False}
        await asyncio.sleep(0.1)
        return {"type": "http.disconnect"}

    with ThreadPoolExecutor(1) as callers:
        working = callers.submit(server.post, "/v1/recognize", content=body)
        while gate.calls < 1:
            pass
        assert call(server.app, receive)[0]["status"] == 400
        assert gate.services.pool.admitted == 1
        gate.open.set()
        assert working.result().status_code == 200
    assert gate.calls == 1  # no work for the disconnected client


def test_work_that_takes_too_long_is_503_and_keeps_its_place_until_it_ends(make_server) -> None:
    server = make_server(threads=1, queue=0, answer_s=0.2)
    gate = Gate(server)
    late = server.post("/v1/recognize", content=picture())
    assert late.status_code == 503
    assert "within 0.2 s" in late.json()["detail"]
    assert server.post("/v1/recognize", content=picture()).status_code == 503
    gate.open.set()
    for _ in range(100):
        answer = server.post("/v1/recognize", content=picture())
        if answer.status_code == 200:
            break
    assert answer.status_code == 200


def test_internal_errors_hide_details(make_server, caplog: pytest.LogCaptureFixture) -> None:
    server = make_server()

    def fail(*_: Any) -> None:
        raise RuntimeError("a secret path")

    server.app.state.services.recognize = fail
    answer = server.post("/v1/recognize", content=picture())
    assert "its log says why" in detail(answer, 500)
    assert "secret" not in answer.text
