"""Shared by the tests of data: a fake Kaggle on 127.0.0.1 that can disconnect or refuse."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ferkit.data.official import Counts

_PREFIXES = {"train": "Training", "validation": "PublicTest", "test": "PrivateTest"}


def kaggle_zip(counts: Counts, extra: Iterable[str] = ()) -> bytes:
    """Return a zip in Kaggle's layout with `counts` files of one byte, and `extra` ones."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        number = 0
        for split, per_emotion in counts.items():
            folder = "train" if split == "train" else "test"
            for emotion, count in per_emotion.items():
                for _ in range(count):
                    number += 1
                    archive.writestr(f"{folder}/{emotion}/{_PREFIXES[split]}_{number}.jpg", b"x")
        for name in extra:
            archive.writestr(name, b"x")
    return file.getvalue()


class FakeKaggle:
    """Serves `content` as kagglehub expects it; `requests` lists the requests.

    Args:
        content: The archive.
        status: The answer to the API call; 302 sends the client on to the archive.
        break_after: Close the connection after that many bytes of every answer; None sends it
            whole.
        claimed: The content that the checksum is of. Defaults to `content`; `b""` sends no
            checksum.
        answers: How many API calls are answered with `status`; later ones get 503. None answers
            all.
    """

    def __init__(
        self,
        content: bytes = b"",
        *,
        status: int = 302,
        break_after: int | None = None,
        claimed: bytes | None = None,
        answers: int | None = None,
    ) -> None:
        self.content, self.status, self.break_after = content, status, break_after
        self.claimed = content if claimed is None else claimed
        self.answers = answers
        self.requests: list[tuple[str, str | None, str | None]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_HEAD(self) -> None:
                self.send_response(404)
                self.end_headers()

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                self.rfile.read(length)
                fake.requests.append(("POST", None, self.headers.get("Authorization")))
                posts = sum(method == "POST" for method, *_ in fake.requests)
                spent = fake.answers is not None and posts > fake.answers
                self.send_response(503 if spent else fake.status)
                self.send_header("Location", f"{fake.url}/archive.zip")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                wanted = self.headers.get("Range")
                fake.requests.append(("GET", wanted, self.headers.get("Authorization")))
                start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
                body = fake.content[start:]
                digest = base64.b64encode(hashlib.md5(fake.claimed).digest()).decode()
                self.send_response(206 if wanted else 200)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Accept-Ranges", "bytes")
                if fake.claimed:
                    self.send_header("X-Goog-Hash", f"crc32c=AAAAAA==,md5={digest}")
                self.end_headers()
                # kagglehub requests the whole file first, and again with a range to resume.
                self.wfile.write(body if fake.break_after is None else body[: fake.break_after])

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> FakeKaggle:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="session")
def fake_kaggle() -> type[FakeKaggle]:
    """Return the class, to be used as a context manager."""
    return FakeKaggle


@pytest.fixture(scope="session")
def make_kaggle_zip() -> Callable[..., bytes]:
    """Return `kaggle_zip(counts, extra=())`."""
    return kaggle_zip
