"""A live camera, read in a thread that keeps only the newest frame."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import numpy as np

from ferkit.errors import UsageError, VideoError
from ferkit.inference.video.frame import VideoFrame

# A camera that delivers no frame for this long has been unplugged.
_PATIENCE_S: Final = 5.0
# OpenCV takes no larger number.
_LARGEST_INDEX: Final = 2**31 - 1


class Capture(Protocol):
    """Interface of a camera, that of `cv2.VideoCapture`."""

    def read(self) -> tuple[bool, np.ndarray | None]:
        """Wait for the next frame, `uint8` `(h, w, 3)` BGR."""

    def release(self) -> None:
        """Release the camera."""


class LatestFrames:
    """Reads a camera in a thread and iterates over the newest frames; a context manager.

    A consumer that is slower than the camera skips frames instead of falling behind.

    Args:
        capture: The camera, which is released at the end.
        clock: Returns the time in seconds. Defaults to `time.monotonic`.
        patience_s: Seconds without a frame after which the camera counts as disconnected. Defaults
            to 5.0.
        gone: Message of the error in that case.
    """

    def __init__(
        self,
        capture: Capture,
        *,
        clock: Callable[[], float] = time.monotonic,
        patience_s: float = _PATIENCE_S,
        gone: str = "The camera gives no picture any more; is it still plugged in?",
    ) -> None:
        self._capture = capture
        self._clock = clock
        self._patience_s = patience_s
        self._gone = gone
        self._news = threading.Condition()
        self._newest: tuple[int, float, np.ndarray] | None = None
        self._given = -1
        self._ended = False
        self._thread = threading.Thread(target=self._read, name="ferkit-camera", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[VideoFrame]:
        """Yield the newest frame, as soon as there is one, each frame at most once.

        Raises:
            VideoError: The camera delivers no more frames.
        """
        import cv2

        start = None
        while True:
            with self._news:
                self._news.wait_for(self._has_news, self._patience_s)
                newest = self._newest
            if newest is None or newest[0] <= self._given:
                raise VideoError(self._gone)
            self._given, now, image = newest
            start = now if start is None else start
            yield VideoFrame(self._given, now - start, cv2.cvtColor(image, cv2.COLOR_BGR2RGB))

    def close(self) -> None:
        """Stop reading and release the camera."""
        with self._news:
            self._ended = True
        self._thread.join(min(self._patience_s, _PATIENCE_S))

    def __enter__(self) -> LatestFrames:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _has_news(self) -> bool:
        return self._ended or (self._newest is not None and self._newest[0] > self._given)

    def _read(self) -> None:
        number = 0
        try:
            while not self._ended:
                ok, image = self._capture.read()
                if not ok or image is None:
                    break
                with self._news:
                    self._newest = (number, self._clock(), image)
                    self._news.notify_all()
                number += 1
        finally:
            with self._news:
                self._ended = True
                self._news.notify_all()
            self._capture.release()


def latest_frames(source: str) -> LatestFrames:
    """Open a camera by its number or its address on the network.

    Raises:
        UsageError: The source is neither.
        VideoError: There is no such camera, it is in use, or access to it is denied.
        MissingDependencyError: An address needs PyAV, which is not installed.
    """
    from ferkit.inference.video.network import PATIENCE_S, TIMEOUT_S, NetworkCamera, is_address

    if source.isdecimal():
        return LatestFrames(open_camera(int(source)))
    if not is_address(source):
        raise UsageError(
            f"A camera is a number or an address such as rtsp://HOST/PATH, not {source!r}; "
            f"for a video file use: ferkit video {source}"
        )
    camera = NetworkCamera(source)
    gone = f"{camera.name} gave no picture for {PATIENCE_S:.0f} s, however often it was opened."
    return LatestFrames(camera, patience_s=PATIENCE_S + 2 * TIMEOUT_S, gone=gone)


def open_camera(index: int) -> Capture:
    """Open a camera by its number.

    Raises:
        VideoError: There is no such camera, it is in use, or access to it is denied.
    """
    import cv2

    log = cv2.utils.logging
    level = log.getLogLevel()
    # OpenCV would print several lines about the backends that it tried.
    log.setLogLevel(log.LOG_LEVEL_SILENT)
    try:
        capture = cv2.VideoCapture(min(index, _LARGEST_INDEX))
    finally:
        log.setLogLevel(level)
    if not capture.isOpened():
        capture.release()
        raise VideoError(
            f"There is no camera {index} that can be used; plug one in, close the program that "
            "uses it, allow access to it, or give another number."
        )
    return capture
