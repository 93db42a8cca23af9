"""Reads the frames of a video file with their presentation times."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from ferkit.decoding.bounds import MOST_PIXELS
from ferkit.errors import UsageError, VideoError
from ferkit.inference.parallel import usable_cores
from ferkit.inference.records import printable
from ferkit.inference.video.frame import FrameChoice, VideoFrame
from ferkit.inference.video.libraries import load_av, open_input
from ferkit.inference.video.network import OPTIONS, TIMEOUT_S, is_address, shown_address

# How much before its nominal end a file may end: the larger of seconds and share.
_MISSING_S: Final = 0.5
_MISSING_SHARE: Final = 0.02
_MICROSECONDS: Final = 1_000_000
# Times that run back by more belong to another recording, joined to the end of the first.
_BREAK_S: Final = 0.5
# Formats that refer to other files or addresses.
_PLAYLISTS: Final = frozenset({"applehttp", "concat", "dash", "hls", "imf", "rtp", "rtsp", "sdp"})


class VideoReader:
    """Reads a video file frame by frame; a context manager.

    Args:
        source: A path, an address such as `https://...` or `rtsp://...`, the bytes of a file, or
            an open binary file.

    Attributes:
        name: Name of the video in messages and records.
        duration_s: Nominal length in seconds, or None if the file does not contain it.
        rate: Average frames per second, or None if it is unknown.
        has_audio: Whether there is an audio track.
        problem: After the last frame, why the video is incomplete, in one sentence, or None.

    Raises:
        VideoError: The file is missing, broken, or contains no video.
        UsageError: The source is of another type.
        MissingDependencyError: PyAV is not installed.
    """

    def __init__(self, source: Any) -> None:
        self._av = load_av()
        self.name, file = _named(source)
        self._container = self._open(file)
        try:
            self._stream = self._video_stream()
        except BaseException:
            self.close()
            raise
        self._stream.thread_type = "AUTO"
        # Frames are searched meanwhile; on two cores a second thread only costs time.
        self._stream.codec_context.thread_count = max(1, usable_cores() // 2)
        self.has_audio = bool(self._container.streams.audio)
        self.rate = float(self._stream.average_rate) if self._stream.average_rate else None
        self._pixel_aspect = float(self._stream.sample_aspect_ratio or 1)
        self.duration_s = self._duration()
        self.problem: str | None = None

    def frames(self, *, every: int = 1, fps: float | None = None) -> Iterator[VideoFrame]:
        """Yield the frames in presentation order, with their presentation times.

        Damaged parts are skipped; `problem` reports them at the end. Where times begin anew, as in
        recordings joined end to end, they go on from the frame before.

        Args:
            every: Take every n-th frame. Defaults to 1: all.
            fps: Largest number of frames per second. Defaults to None: all.

        Raises:
            UsageError: A number is out of range, or both are given.
        """
        choice = FrameChoice(every, fps)
        start = (self._container.start_time or 0) / _MICROSECONDS
        step = 1 / (self.rate or 30.0)
        index, time_s, self._damaged = -1, -step, 0
        for frame in self._decoded():
            index += 1
            # Raw streams have no times, and the times of a broken file may run backwards.
            known = float(frame.time) - start if frame.pts is not None else time_s + step
            if known < time_s - _BREAK_S:
                start -= time_s + step - known
                known = time_s + step
            time_s = max(known, time_s, 0.0)
            if choice.wants(index, time_s):
                yield VideoFrame(index, time_s, self._shown(frame))
        self.problem = self._judge(index + 1, time_s + step)

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self, file: Any) -> Any:
        try:
            container = self._container_of(file)
        except self._av.FFmpegError as error:
            if is_address(file):
                reason = error.strerror or error
                raise VideoError(
                    f"{self.name} cannot be opened ({reason}); check the address, user and "
                    "password, and the network."
                ) from error
            hint = "it is broken or cut off" if _is_truncated(error) else error.strerror or error
            raise VideoError(
                f"{self.name} cannot be read as a video ({hint}); repair or convert it first."
            ) from error
        name = container.format.name
        if name == "tty" or name == "image2" or name.endswith("_pipe"):
            container.close()
            kind = "a text" if name == "tty" else "a photo, for ferkit predict"
            raise VideoError(f"{self.name} is not a video: it is {kind}.")
        return container

    def _container_of(self, file: Any) -> Any:
        if is_address(file):
            return open_input(file, options=dict(OPTIONS), timeout=(TIMEOUT_S, TIMEOUT_S))
        # No playlists, which could read other files or addresses on the network.
        formats = sorted(self._av.formats_available - _PLAYLISTS)
        return open_input(file, options={"format_whitelist": ",".join(formats)})

    def _video_stream(self) -> Any:
        """Return the first video stream that is not a cover picture of audio."""
        for stream in self._container.streams.video:
            # A flag, which PyAV 18 returns as an integer.
            if not stream.disposition & self._av.stream.Disposition.attached_pic:
                if stream.codec_context is None:
                    raise VideoError(
                        f"{self.name} has pictures of a kind that FFmpeg does not know; convert it "
                        "first."
                    )
                return stream
        if self._container.streams.audio:
            raise VideoError(f"{self.name} contains sound but no picture.")
        raise VideoError(f"{self.name} contains no video.")

    def _duration(self) -> float | None:
        stream = self._stream
        if stream.duration is not None:
            return float(stream.duration * stream.time_base)
        alone = len(self._container.streams) == 1
        if alone and self._container.duration and "matroska" in self._container.format.name:
            # In a piece of a longer recording, it counts from the start of the whole recording.
            start = max(self._container.start_time or 0, 0)
            whole = self._container.duration
            return float(whole - start if whole > start else whole) / _MICROSECONDS
        return None

    def _decoded(self) -> Iterator[Any]:
        """Yield every frame that can be decoded, and count the packets that cannot."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except self._av.FFmpegError:
                self._damaged += 1
                return
            try:
                # A truncated last packet would be decoded half grey.
                if packet.is_corrupt:
                    self._damaged += 1
                    continue
                yield from packet.decode()
            except self._av.FFmpegError:
                self._damaged += 1

    def _shown(self, frame: Any) -> np.ndarray:
        """Return the image as a player shows it: upright and with square pixels."""
        width = max(1, round(frame.width * self._pixel_aspect))
        if width * frame.height > MOST_PIXELS:  # a small file may claim pixels of any width
            raise VideoError(
                f"{self.name} has frames of {width}x{frame.height} pixels, more than "
                f"{MOST_PIXELS // 1_000_000} million; convert it to a smaller size first."
            )
        image = frame.to_ndarray(format="rgb24", width=width)
        turns = round(frame.rotation / 90) % 4
        return np.ascontiguousarray(np.rot90(image, turns) if turns else image)

    def _judge(self, frames: int, end: float) -> str | None:
        if not frames:
            # An MP4 with its index at the end, from a server that cannot send a part of a file.
            remedy = "; download it first" if is_address(self.name) else ""
            return f"{self.name} contains no frame that can be decoded{remedy}."
        missing = (self.duration_s or 0) - end
        if missing > max(_MISSING_S, _MISSING_SHARE * (self.duration_s or 0)):
            return f"{self.name} is cut off: it ends at {end:.1f} s of {self.duration_s:.1f} s."
        if self._damaged:
            parts = "part" if self._damaged == 1 else "parts"
            return f"{self.name} is damaged: {self._damaged} {parts} could not be decoded."
        return None


def _named(source: Any) -> tuple[str, Any]:
    """Return the name of a source and the object that PyAV opens."""
    if isinstance(source, bytes | bytearray):
        return "the video", io.BytesIO(source)
    if isinstance(source, io.TextIOBase):
        raise UsageError("A video is an open binary file, not a text file; open it as 'rb'.")
    if hasattr(source, "read"):
        return printable(str(getattr(source, "name", "the video"))), source
    if not isinstance(source, str | os.PathLike):
        raise UsageError(
            f"A video is a path, bytes or an open binary file, not {type(source).__name__}."
        )
    if is_address(source):
        return shown_address(str(source)), source
    name = printable(os.fspath(source))
    path = Path(source)
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise VideoError(f"{name} is a folder, not a video.")
        # A pipe would lose what is read here.
        if stat.S_ISREG(kind):
            with path.open("rb") as file:
                if not file.read(1):
                    raise VideoError(f"{name} is empty.")
    except FileNotFoundError as error:
        raise VideoError(f"There is no file {name}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise VideoError(f"{name} cannot be read ({reason}).") from error
    # Without the prefix, "a:b.mp4" would be an address with the protocol "a".
    return name, f"file:{os.fspath(path)}"


def _is_truncated(error: Exception) -> bool:
    return isinstance(error, ValueError | EOFError)
