"""A server in a separate process: the client, signals, slow and malformed requests."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("av")

from serving_pictures import noise, picture

from ferkit.errors import FerkitError
from ferkit.serving.client import Client
from ferkit.serving.run import run_server
from ferkit.serving.settings import ServeSettings

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.skipif(os.name != "posix", reason="needs signals"),
]


class Process:
    """`ferkit serve` with a model that classifies brightness."""

    def __init__(self, tiny_onnx: Path, jobs: Path, **variables: object) -> None:
        options = {
            "FERKIT_MODEL": tiny_onnx,
            "FERKIT_MODELS": tiny_onnx,
            "FERKIT_DETECTOR": "none",
            "FERKIT_PORT": 0,
            "FERKIT_THREADS": 2,
            "FERKIT_PAGE": 0,
            "FERKIT_JOBS_FOLDER": jobs,
            "FERKIT_HEADER_S": 1,
        } | variables
        environment = os.environ | {name: str(value) for name, value in options.items()}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ferkit", "serve"],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        line = self._process.stderr.readline()
        assert "serving at" in line, line + self._process.stderr.read()
        self.url = line.split()[3]
        self.address = ("127.0.0.1", int(self.url.rpartition(":")[2]))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self._process.send_signal(number)
        assert self._process.stderr is not None
        self.said = self._process.stderr.read()
        self._process.stderr.close()
        return self._process.wait(20)


@pytest.fixture(scope="module")
def process(tiny_onnx: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Return a running server, shared by the tests that do not stop it."""
    server = Process(tiny_onnx, tmp_path_factory.mktemp("jobs"))
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.said


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Return a video that takes a while."""
    import numpy as np

    from ferkit.inference.video.writer import VideoWriter

    writer = VideoWriter(tmp_path / "clip.mp4", rate=30)
    for i in range(200):
        writer.write(np.full((240, 320, 3), i % 256, np.uint8), i / 30)
    writer.close()
    return tmp_path / "clip.mp4"


def ask(address: tuple[str, int], text: bytes) -> bytes:
    """Send bytes and return everything received until the server closes the connection."""
    with socket.create_connection(address, 15) as connection:
        connection.sendall(text)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_the_client_covers_every_route(process: Process, tmp_path: Path) -> None:
    file = tmp_path / "photo.png"
    file.write_bytes(picture(3))
    with Client(process.url) as client:
        first, second = client.recognize(file, picture(4), top_k=1)
        assert (first["source"], second["source"]) == ("photo.png", "body")
        assert [r["faces"][0]["emotion"] for r in (first, second)] == ["happy", "sad"]
        assert client.faces(file)[0]["faces"][0]["emotion"] == "happy"
        assert client.annotated(file).startswith(b"\x89PNG")
        assert client.models()["default_model"] == "tiny"
        with pytest.raises(FerkitError, match=r"422: There is no model 'x' here; choose from tiny"):
            client.recognize(file, model="x")


def test_the_client_sends_videos_and_deletes_them(process: Process, clip: Path) -> None:
    with Client(process.url) as client:
        records = client.video(clip, poll_s=0.05, fps=5)
        assert len(records) == 34
        with pytest.raises(FerkitError, match="409: The video could not be processed"):
            client.video(b"no video", poll_s=0.05)


def test_a_half_header_is_closed(process: Process) -> None:
    start = time.monotonic()
    connections = [socket.create_connection(process.address, 15) for _ in range(50)]
    for connection in connections:
        connection.sendall(b"POST /v1/recognize HTTP/1.1\r\nHost: localhost\r\nX: ")
    # A byte now and then buys no time.
    time.sleep(0.6)
    for connection in connections:
        connection.sendall(b"a")
    for connection in connections:
        with connection, contextlib.suppress(ConnectionResetError):
            assert connection.recv(10) == b""
    assert time.monotonic() - start < 5


def test_a_half_header_after_an_answer_is_closed_too(process: Process) -> None:
    with socket.create_connection(process.address, 15) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in connection.recv(4096)
        connection.sendall(b"GET /healthz HTT")
        try:
            rest = connection.recv(4096) or connection.recv(4096)
        except ConnectionResetError:
            rest = b""
        assert rest in (b"", b'{"status":"ok"}')


TWO_LENGTHS = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
LONG_FIELD = b"X: " + b"a" * 8000 + b"\r\n"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.0\r\n\r\n", b"421"),
        (b"POST /v1/recognize HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", b"400"),
        # For which host is it, and where does it end?
        (b"GET /healthz HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\n\r\n", b"400"),
        (b"POST /v1/faces HTTP/1.1\r\nHost: localhost\r\n" + TWO_LENGTHS + b"0\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + 5 * LONG_FIELD + b"\r\n", b"400"),
        (b"GET /healthz?" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET http://localhost HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
    ],
)
def test_a_malformed_request_is_a_4xx(process: Process, text: bytes, status: bytes) -> None:
    assert ask(process.address, text).split()[1] == status


def test_a_refused_client_may_finish_sending_and_reads_the_reason(process: Process) -> None:
    body = noise(2000, 1500) * 3
    head = f"POST /v1/recognize HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(process.address, 15) as connection:
        connection.sendall(head.encode() + body)
        assert connection.recv(65536).split()[1] == b"413"


CHUNKED = b"POST /v1/faces HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "begin",
    [
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + 3 * LONG_FIELD + b"X: ",
        b"GET /healthz?",
        CHUNKED + b"1\r\nx\r\n0\r\nX: ",  # the trailer
        CHUNKED + b"1;x=",  # what describes a chunk
    ],
)
def test_an_endless_header_is_refused(process: Process, begin: bytes) -> None:
    with (
        socket.create_connection(process.address, 15) as connection,
        contextlib.suppress(ConnectionResetError, BrokenPipeError),
    ):
        connection.sendall(begin)
        for _ in range(1000):
            connection.sendall(b"a" * 10_000)
        assert connection.recv(65536).split()[1] == b"400"


def test_a_trailer_is_ignored(process: Process) -> None:
    body = picture(3)
    chunk = f"{len(body):x}\r\n".encode() + body
    answer = ask(
        process.address,
        CHUNKED.replace(b"Host", b"Connection: close\r\nHost")
        + chunk
        + b"\r\n0\r\nContent-Encoding: gzip\r\n\r\n",
    )
    assert b" 200 OK" in answer
    assert b'"happy"' in answer


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([b"Connection: Upgrade, close\r\nUpgrade: h2c\r\n"], b"200"),  # as Java's client
        ([b"upgrade:\th2c\r\nConnection: close, upgrade\r\n"], b"200"),
        ([b"Connection: Upgrade\r\nUpgr", b"ade: h2c\r\n"], b"400"),
        ([b"Connection: Upgrade, close\r\nUpgrade: websocket, h2c\r\n"], b"200"),
    ],
)
def test_an_offer_of_http_2_costs_no_body(
    process: Process, pieces: list[bytes], status: bytes
) -> None:
    body = picture(3)
    length = f"Content-Length: {len(body)}\r\n\r\n".encode()
    first = b"POST /v1/recognize HTTP/1.1\r\nHost: localhost\r\n" + pieces[0]
    with socket.create_connection(process.address, 15) as connection:
        for piece in pieces[1:]:
            connection.sendall(first)
            time.sleep(0.2)
            first = piece
        connection.sendall(first + length + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.split()[1] == status
    assert (b'"happy"' in answer) == (status == b"200")


def test_requests_that_come_together_are_answered_in_turn(process: Process) -> None:
    first = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = ask(process.address, first * 2 + last)
    assert answer.index(b"200 OK") < answer.index(b"404 Not Found")
    assert answer.count(b"200 OK") == 2


@pytest.mark.parametrize(
    ("path", "origin", "status"),
    [("", "http://evil.example", b"403"), ("?model=x", "http://localhost", b"422")],
)
def test_a_refused_handshake_gives_the_reason(
    process: Process, path: str, origin: str, status: bytes
) -> None:
    text = (
        f"GET /v1/live{path} HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    answer = ask(process.address, text.encode())
    assert answer.split()[1] == status
    assert b"application/problem+json" in answer


def test_the_next_start_cleans_up_after_sigkill_and_sigterm_drains(
    tiny_onnx: Path, tmp_path: Path, clip: Path
) -> None:
    jobs = tmp_path / "jobs"
    server = Process(tiny_onnx, jobs)
    with Client(server.url) as client:
        job = client._send("v1/videos", {}, clip).json()
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    assert "video" in [path.name for path in jobs.rglob("*") if path.is_file()]
    again = Process(tiny_onnx, jobs)
    assert {path.name for path in jobs.rglob("*") if path.is_file()} == {"lock"}
    with Client(again.url) as client, pytest.raises(FerkitError, match=r"410: .*send it again"):
        client._call("GET", f"v1/videos/{job['id']}")
    check_drain(again)
    assert [path.name for path in jobs.rglob("*")] == ["lock"]


def check_drain(server: Process) -> None:
    """Stop a server while a body arrives: new requests are refused, the running one is answered."""
    content = picture(3)
    head = (
        "POST /v1/recognize?top_k=1 HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection(server.address, 15) as connection:
        connection.sendall(head.encode() + content[:20])
        time.sleep(0.3)
        codes: list[int] = []
        stopping = threading.Thread(target=lambda: codes.append(server.stop()))
        stopping.start()
        time.sleep(0.5)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(server.address, 1)
        connection.sendall(content[20:])
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"200 OK" in answer
    assert b'"happy"' in answer
    stopping.join(20)
    assert codes == [0]


def test_a_taken_port_is_named_before_anything_is_loaded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(FerkitError) as refused:
            run_server(ServeSettings(port=port), print)
    reason = os.strerror(errno.EADDRINUSE)
    assert str(refused.value) == (
        f"Cannot listen at 127.0.0.1 port {port} ({reason}); choose another host or port."
    )
