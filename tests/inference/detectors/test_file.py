"""A detector's file: given, cached, or downloaded once from a server on 127.0.0.1, and failures."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ferkit.errors import DownloadError, OutputError, UsageError
from ferkit.inference import notice
from ferkit.inference.detectors import DetectorFile, create_detector
from ferkit.inference.detectors.builtin.yunet import YuNetDetector

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

CONTENT = b"a detector" * 1000
NAME = YuNetDetector.file.name


class Server:
    """Serves `content`, `delay` seconds after each request; counts requests."""

    def __init__(self, content: bytes = CONTENT, status: int = 200, delay: float = 0) -> None:
        self.requests = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                server.requests += 1
                time.sleep(delay)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self.http.server_port}/{NAME}"


def serve_from(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    """Let YuNet have another address or checksum."""
    monkeypatch.setattr(YuNetDetector, "file", replace(YuNetDetector.file, **changes))


def yunet_file(**options: Any) -> Path:
    file: DetectorFile = YuNetDetector.file
    return file.path(**options)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the place in an empty cache where the file belongs."""
    monkeypatch.delenv("FERKIT_YUNET", raising=False)
    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path))
    serve_from(monkeypatch, sha256=hashlib.sha256(CONTENT).hexdigest())
    return tmp_path / "detectors"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Return a context manager that makes a `Server` the place to fetch from."""

    @contextmanager
    def served(*arguments: object, **options: object) -> Iterator[Server]:
        server = Server(*arguments, **options)  # type: ignore[arg-type]
        thread = threading.Thread(target=server.http.serve_forever, args=(0.02,))
        serve_from(monkeypatch, url=server.url)
        thread.start()
        try:
            yield server
        finally:
            server.http.shutdown()
            server.http.server_close()
            thread.join()

    return served


def test_it_is_fetched_once(serve: Callable, folder: Path) -> None:
    with serve() as server:
        assert yunet_file() == folder / NAME
        assert yunet_file(retry=False) == folder / NAME
    assert (folder / NAME).read_bytes() == CONTENT
    assert server.requests == 1
    assert [path.name for path in folder.iterdir()] == [NAME], "nothing is left beside it"


def test_a_damaged_copy_is_fetched_anew(serve: Callable, folder: Path) -> None:
    folder.mkdir()
    (folder / NAME).write_bytes(CONTENT[:100])
    with serve():
        assert yunet_file().read_bytes() == CONTENT


def test_other_content_is_refused(serve: Callable, folder: Path) -> None:
    with serve(b"rubbish"), pytest.raises(DownloadError, match="the wrong checksum"):
        yunet_file()
    assert not (folder / NAME).exists()


def test_a_failed_download_explains_the_manual_way(serve: Callable, folder: Path) -> None:
    with serve(status=503), pytest.raises(DownloadError) as caught:
        yunet_file()
    text = str(caught.value)
    assert text.startswith("YuNet could not be fetched (HTTPError); download http")
    assert str(folder / NAME) in text
    assert "FERKIT_YUNET, or use the detector mtcnn" in text


def test_without_a_network_it_is_tried_once_an_hour(serve: Callable, folder: Path) -> None:
    with serve(status=503) as server:
        for _ in range(3):
            with pytest.raises(DownloadError):
                yunet_file(retry=False)
        assert server.requests == 1
        with pytest.raises(DownloadError):
            yunet_file()
        assert server.requests == 2, "who asks for it by name gets a new attempt"
        an_hour_ago = time.time() - 3700
        os.utime(folder / f"{NAME}.failed", (an_hour_ago, an_hour_ago))
        with pytest.raises(DownloadError):
            yunet_file(retry=False)
        assert server.requests == 3
    with serve():
        yunet_file()
    assert not (folder / f"{NAME}.failed").exists()


def test_a_slow_connection_times_out(serve: Callable) -> None:
    start = time.perf_counter()
    with serve(delay=1.5), pytest.raises(DownloadError, match=r"within 0\.2 s|ReadTimeout"):
        yunet_file(wait=0.2)
    assert time.perf_counter() - start < 4


def test_a_defect_is_not_called_a_slow_connection(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> str:
        raise RuntimeError("a defect")

    monkeypatch.setattr("pooch.retrieve", broken)
    with pytest.raises(RuntimeError, match="a defect"):
        YuNetDetector.file.path()


def test_a_file_given_by_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.onnx"
    own.write_bytes(b"x")
    monkeypatch.setenv("FERKIT_YUNET", str(own))
    assert yunet_file() == own
    monkeypatch.setenv("FERKIT_YUNET", str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match=r"FERKIT_YUNET names .*nowhere, which is not a file"):
        yunet_file()


def test_an_unwritable_cache_is_an_output_error(
    serve: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path / "file"))
    with serve(), pytest.raises(OutputError, match="choose another cache folder"):
        yunet_file()


def test_auto_logs_its_detector_once(
    serve: Callable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(notice, "SAID", set())
    with serve(status=404) as server:
        assert [create_detector("auto").name for _ in range(2)] == ["mtcnn"] * 2
    assert server.requests == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("ferkit: MTCNN finds the faces (YuNet could not be fetched (HTTPError)")
    assert err.count("\n") == 1
