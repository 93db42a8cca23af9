"""Network cameras and videos, played by a local server."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from clips import brightness, paint, write_clip
from PIL import Image
from rtsp_server import rtsp_camera

from ferkit.cli.camera import watch
from ferkit.errors import UsageError, VideoError
from ferkit.inference.recognizer import EmotionRecognizer
from ferkit.inference.video.camera import LatestFrames
from ferkit.inference.video.network import OPTIONS, NetworkCamera, shown_address
from ferkit.inference.video.output import VideoOutput
from ferkit.inference.video.reader import VideoReader
from ferkit.inference.video.tracker import TrackingOptions

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
SIZE = (160, 96)


class Camera(BaseHTTPRequestHandler):
    """MJPEG that breaks off after `frames` pictures, and a file."""

    frames = 30
    clip = b""
    connections = 0

    def do_GET(self) -> None:
        if self.path == "/clip.mp4":
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.clip)))
            self.end_headers()
            self.wfile.write(self.clip)
            return
        type(self).connections += 1
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=cut")
        self.end_headers()
        file = io.BytesIO()
        Image.fromarray(paint(SIZE, (20, 20, 40, brightness(3)))).save(file, "JPEG")
        for _ in range(self.frames):
            size = len(file.getvalue())
            head = f"--cut\r\nContent-Type: image/jpeg\r\nContent-Length: {size}\r\n\r\n"
            try:
                self.wfile.write(head.encode() + file.getvalue() + b"\r\n")
            except OSError:
                return
            time.sleep(0.005)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[tuple[str, type[Camera]]]:
    handler = type("Handler", (Camera,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_broken_camera_connection_is_reopened(
    served: tuple[str, type[Camera]], recognizer: EmotionRecognizer
) -> None:
    address, camera = served
    output = VideoOutput("camera", None, None)
    with LatestFrames(NetworkCamera(f"{address}/mjpeg")) as latest:
        watch(latest, recognizer, TrackingOptions(), output, None, seconds=1.5)
    assert camera.connections >= 3
    assert output.frames > 20
    assert output.faces == output.frames


def test_a_camera_that_is_gone_is_an_error(served: tuple[str, type[Camera]]) -> None:
    address, camera = served
    source = NetworkCamera(f"{address}/mjpeg", patience_s=0.6, timeout_s=0.5)
    camera.frames = 0
    start = time.monotonic()
    with (
        LatestFrames(source, gone="it is gone") as latest,
        pytest.raises(VideoError, match="it is gone"),
    ):
        for _ in latest:
            pass
    assert time.monotonic() - start < 5


def test_a_broken_rtsp_connection_is_reopened(recognizer: EmotionRecognizer) -> None:
    output = VideoOutput("camera", None, None)
    with rtsp_camera(paint(SIZE, (20, 20, 40, brightness(3)))) as (address, camera):
        camera.frames = 20
        with LatestFrames(NetworkCamera(address)) as latest:
            watch(latest, recognizer, TrackingOptions(), output, None, seconds=1.5)
    assert camera.connections >= 2
    # The newest frames alone: those that came while the stream was looked at are old by then.
    assert output.frames >= 4
    assert output.faces == output.frames


def test_an_rtsp_camera_that_is_gone_or_hangs_is_an_error() -> None:
    with rtsp_camera(paint(SIZE)) as (address, camera):
        source = NetworkCamera(address, patience_s=0.5, timeout_s=0.3)
        assert source.read()[0]
        camera.frames, camera.silent = 0, True
        start = time.monotonic()
        while source.read()[0]:
            pass
        assert time.monotonic() - start < 5
        source.release()


def test_a_video_at_an_address_is_read_whole(
    served: tuple[str, type[Camera]], tmp_path: Path
) -> None:
    address, handler = served
    path = write_clip(tmp_path / "clip.mp4", [paint(SIZE, (5, 5, 30, 200))] * 10)
    handler.clip = path.read_bytes()
    with VideoReader(f"{address}/clip.mp4") as reader:
        assert len(list(reader.frames())) == 10
        assert reader.problem is None
        assert reader.name == f"{address}/clip.mp4"


def test_a_file_whose_index_comes_last_needs_a_server_that_sends_parts(
    served: tuple[str, type[Camera]], tmp_path: Path
) -> None:
    address, handler = served
    noise = np.random.default_rng(0).integers(0, 256, (6, 240, 320, 3), dtype=np.uint8)
    handler.clip = write_clip(tmp_path / "clip.mp4", list(noise)).read_bytes()
    with VideoReader(f"{address}/clip.mp4") as reader:
        assert not list(reader.frames())
        assert reader.problem == (
            f"{address}/clip.mp4 contains no frame that can be decoded; download it first."
        )


def test_a_malformed_address_is_wrong_use() -> None:
    for opened in (NetworkCamera, VideoReader):
        with pytest.raises(UsageError, match=r"malformed .* rtsp://HOST/PATH") as told:
            opened("rtsp://me:secret@[10.0.0.7/live")
        assert "secret" not in str(told.value)


def test_connection_errors_hide_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(OPTIONS, "reconnect_delay_max", "0")  # it tries once
    address = "http://me:secret@127.0.0.1:9/live"
    for opened in (NetworkCamera, VideoReader):
        with pytest.raises(
            VideoError, match=r"http://127\.0\.0\.1:9/live cannot be opened"
        ) as told:
            opened(address)
        assert str(told.value).startswith("http://127.0.0.1:9/live ")
    assert shown_address("rtsp://cam/live") == "rtsp://cam/live"
