"""The newest camera frame is used, and missing devices are errors."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import brightness, paint

from ferkit.cli.camera import watch
from ferkit.errors import OutputError, VideoError
from ferkit.inference.recognizer import EmotionRecognizer
from ferkit.inference.sinks import open_sink
from ferkit.inference.video.camera import LatestFrames, open_camera
from ferkit.inference.video.output import VideoOutput
from ferkit.inference.video.reader import VideoReader
from ferkit.inference.video.tracker import TrackingOptions
from ferkit.inference.video.window import Window, draw_rate
from ferkit.inference.video.writer import VideoWriter


class FakeCamera:
    """Gives BGR frames whose blue value counts them, `pause` seconds apart; ends after `n`."""

    def __init__(self, n: int, pause: float = 0.0) -> None:
        self.left = n
        self.pause = pause
        self.given = 0
        self.released = False

    def read(self) -> tuple[bool, np.ndarray | None]:
        time.sleep(self.pause)
        if self.given >= self.left:
            return False, None
        image = paint((160, 96), (20, 20, 40, brightness(3)))
        image[0, 0] = (self.given % 256, 0, 0)
        self.given += 1
        return True, image

    def release(self) -> None:
        self.released = True


class FakeWindow:
    """Is closed by the user after `n` frames."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.shown: list[np.ndarray] = []

    def show(self, image: np.ndarray) -> bool:
        self.shown.append(image)
        return len(self.shown) < self.n

    def close(self) -> None:
        pass


def test_a_slow_reader_gets_the_newest_frame() -> None:
    camera = FakeCamera(10_000, pause=0.002)
    with LatestFrames(camera) as latest:
        frames = iter(latest)
        first = next(frames)
        time.sleep(0.3)
        given = camera.given
        second = next(frames)
    assert second.index >= given - 2 > first.index + 10
    assert second.time_s - first.time_s > 0.25
    # The blue of BGR is the last channel of RGB.
    assert second.image[0, 0].tolist() == [0, 0, second.index % 256]
    assert camera.released


def test_no_frame_is_repeated() -> None:
    with LatestFrames(FakeCamera(1000, pause=0.003)) as latest:
        numbers = [frame.index for frame, _ in zip(latest, range(20), strict=False)]
    assert len(set(numbers)) == 20
    assert numbers == sorted(numbers)


def test_a_camera_that_ends_or_hangs_is_an_error() -> None:
    with LatestFrames(FakeCamera(1)) as latest, pytest.raises(VideoError, match="plugged in"):
        for _ in latest:
            pass
    hanging, hung = FakeCamera(5), threading.Event()
    hanging.read = lambda: (hung.wait(5), None)  # type: ignore[method-assign]
    latest = LatestFrames(hanging, patience_s=0.2)
    with pytest.raises(VideoError, match="plugged in"):
        next(iter(latest))
    hung.set()
    latest.close()


@pytest.mark.parametrize("index", [97, 10**14])
def test_a_missing_camera_is_an_error(index: int, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(VideoError, match=f"There is no camera {index} "):
        open_camera(index)
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have a display always")
def test_a_missing_display_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(OutputError, match="no display"):
        Window()


def test_a_session_is_shown_and_kept(recognizer: EmotionRecognizer, tmp_path: Path) -> None:
    rows = open_sink(tmp_path / "rows.csv", recognizer.emotions)
    output = VideoOutput("camera 0", rows, VideoWriter(tmp_path / "session.mp4"))
    window = FakeWindow(8)
    with LatestFrames(FakeCamera(10_000, pause=0.002)) as latest:
        watch(latest, recognizer, TrackingOptions(), output, window)  # type: ignore[arg-type]
    output.close()
    assert len(window.shown) == 8
    lines = (tmp_path / "rows.csv").read_text().splitlines()
    assert len(lines) == 9
    assert all(",happy," in line for line in lines[1:])
    with VideoReader(tmp_path / "session.mp4") as reader:
        times = [frame.time_s for frame in reader.frames()]
    written = [float(line.split(",")[1]) for line in lines[1:]]
    assert times == pytest.approx(written, abs=1e-3)


def test_it_ends_after_the_time_asked_for(recognizer: EmotionRecognizer) -> None:
    output = VideoOutput("camera 0", None, None)
    with LatestFrames(FakeCamera(10_000, pause=0.01)) as latest:
        watch(latest, recognizer, TrackingOptions(), output, None, seconds=0.2)
    assert 2 <= output.frames <= 21


def test_the_rate_is_drawn_in_the_corner() -> None:
    image = np.full((240, 320, 3), 200, np.uint8)
    draw_rate(image, 29.97)
    assert image[:12, :40].std() > 20
    assert (image[100:] == 200).all()
    tiny = np.zeros((5, 5, 3), np.uint8)
    draw_rate(tiny, 1)
    assert cv2.countNonZero(tiny[..., 0]) > 0
