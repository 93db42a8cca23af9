"""Writes frames to a video that browsers play: H.264, with their times and the sound."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from ferkit.errors import OutputError, UsageError
from ferkit.files import atomic_path
from ferkit.formats import H264_SUFFIXES
from ferkit.inference.video.audio import AudioTrack
from ferkit.inference.video.libraries import load_av
from ferkit.targets import MARK, check_target

_TICKS: Final = 90_000  # per second, as in broadcasting: a multiple of all usual frame rates
# High quality: "superfast" with the two settings of "veryfast" that halve the size of files gives
# the same quality at about the same size in two thirds of the time
# (records/levers/x264_settings.log).
_QUALITY: Final = {"preset": "superfast", "crf": "23", "mbtree": "1", "rc-lookahead": "10"}
# Seconds between key frames.
_KEY_S: Final = 2


class _NoFrameError(Exception):
    """Nothing was written."""


class VideoWriter:
    """Writes RGB frames as H.264.

    `close` gives the file its name; it is complete up to the last frame written, even after an
    interruption. A killed process leaves a hidden file `.NAME...` in the same folder, which can be
    played except for its last seconds.

    Args:
        path: The file: `.mp4`, `.m4v`, `.mov` or `.mkv`.
        rate: Approximate frames per second; each frame has its own time. Defaults to None: 30.
        audio_from: A file whose sound is copied, or encoded as AAC if browsers or the container do
            not support its codec. Defaults to None.
        overwrite: Whether a file that ferkit did not write may be replaced. Defaults to False.

    Raises:
        UsageError: The suffix is another one, or the file is `audio_from`.
        ExistingFileError: The file exists and ferkit did not write it.
        OutputError: The file cannot be written.
        MissingDependencyError: PyAV is not installed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        rate: float | None = None,
        audio_from: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
    ) -> None:
        check_video_name(path)
        check_target(path, inputs=[audio_from] if audio_from else [], overwrite=overwrite)
        self._av = load_av()
        self._path = Path(path)
        self._rate = Fraction(rate or 30).limit_denominator(1001)
        self._audio_from = audio_from
        self._audio: AudioTrack | None = None
        self._container: Any = None
        self._stream: Any = None
        self._last = -1
        self._stack = ExitStack()
        with self._guard():
            self._partial = self._stack.enter_context(atomic_path(path))
            self._partial.touch()

    def write(self, image: np.ndarray, time_s: float) -> None:
        """Write a frame; frames of another size than the first are resized to it.

        Args:
            image: `uint8` `(h, w, 3)` RGB. An odd width or height is made even by repeating the
                last column or row.
            time_s: Presentation time in seconds, later than that of the previous frame.

        Raises:
            OutputError: The frame cannot be written.
        """
        with self._guard():
            if self._container is None:
                self._start(image)
            # Without a copy: the encoder converts it before it returns.
            frame = self._av.VideoFrame.from_numpy_buffer(self._fitted(image), format="rgb24")
            self._last = max(self._last + 1, round(time_s * _TICKS))
            frame.pts, frame.time_base = self._last, Fraction(1, _TICKS)
            self._container.mux(self._stream.encode(frame))
            if self._audio:
                self._audio.write_until(self._last / _TICKS)

    def close(self, *, whole: bool = True) -> None:
        """Finish the file and give it its name; without any frame, no file is written.

        Args:
            whole: Whether to write the sound to its end instead of to the last frame. Defaults to
                True.

        Raises:
            OutputError: The end of the file cannot be written.
        """
        if self._container is None:
            with suppress(_NoFrameError), self._stack:
                raise _NoFrameError
            return
        with self._stack, self._guard():
            try:
                self._container.mux(self._stream.encode(None))
                if self._audio:
                    self._audio.write_until(float("inf") if whole else self._last / _TICKS)
            finally:
                if self._audio:
                    self._audio.close()
                self._container.close()

    def _start(self, image: np.ndarray) -> None:
        # Written as fragments, each flushed at once; closing turns them into an ordinary file.
        options = {"flush_packets": "1"}
        if self._path.suffix.lower() != ".mkv":
            options["movflags"] = "hybrid_fragmented"
        self._container = self._av.open(os.fspath(self._partial), "w", options=options)
        self._container.metadata["comment"] = MARK
        stream = self._container.add_stream("libx264", rate=self._rate, options=_QUALITY)
        height, width = image.shape[:2]
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = Fraction(1, _TICKS)
        context.gop_size = max(1, round(self._rate * _KEY_S))
        # In a fragmented file, B-frames would delay the picture against the sound.
        context.max_b_frames = 0
        self._stream = stream
        if self._audio_from is not None:
            self._audio = AudioTrack(self._audio_from, self._container)

    def _fitted(self, image: np.ndarray) -> np.ndarray:
        import cv2

        width, height = self._stream.width, self._stream.height
        if image.shape[:2] == (height, width):
            return np.ascontiguousarray(image)
        right, below = width - image.shape[1], height - image.shape[0]
        if right in (0, 1) and below in (0, 1):
            return cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)
        return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except self._av.FFmpegError as error:
            reason = error.strerror or error
            raise OutputError(
                f"Cannot write {self._path}: {reason}. Free some space or choose another file."
            ) from error
        except OutputError:
            raise
        except (OSError, ValueError) as error:  # PyAV's own checks raise ValueError
            reason = getattr(error, "strerror", None) or error
            raise OutputError(
                f"Cannot write {self._path}: {reason}. Choose another file."
            ) from error


def check_video_name(path: str | os.PathLike[str]) -> None:
    """Check the suffix of a video file.

    Raises:
        UsageError: No container for H.264 has this suffix.
    """
    if Path(path).suffix.lower() not in H264_SUFFIXES:
        raise UsageError(f"{path} expects a name that ends in {', '.join(H264_SUFFIXES)}.")
