"""Frames in, faces with emotions out: detection ahead in threads, ids and smoothing in order."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import Any

from ferkit.errors import VideoError
from ferkit.inference.parallel import in_order
from ferkit.inference.results import FaceEmotions
from ferkit.inference.video.frame import VideoFrame
from ferkit.inference.video.reader import VideoReader
from ferkit.inference.video.smoothing import SMOOTH_S
from ferkit.inference.video.tracker import (
    FaceTracker,
    Recognizer,
    TrackingOptions,
    find_faces,
)
from ferkit.renamed import renamed_arguments


@renamed_arguments(smooth_s="smooth")
def recognize_video(
    recognizer: Recognizer,
    source: Any,
    *,
    every: int = 1,
    fps: float | None = None,
    detect_every: int = 1,
    smooth: float = SMOOTH_S,
) -> Iterator[FaceEmotions]:
    """Recognise the emotions in a video file, in constant memory.

    Args:
        recognizer: Finds and classifies faces: a `ferkit.EmotionRecognizer`.
        source: A path, the bytes of a file, or an open binary file.
        every: Only every n-th frame. Defaults to 1: all.
        fps: At most so many frames per second, by their times. Defaults to None: all.
        detect_every: Search faces in every n-th of these and follow them in between. Defaults to 1.
        smooth: Time constant in seconds of the smoothing; 0 for none. Defaults to 0.3.

    Yields:
        For each frame, also one without a face, its `FaceEmotions` with `time_s`, the real
        presentation time, and `track_id`, a number from 1 that stays with a person.

    Raises:
        VideoError: The file cannot be read; or, after the last frame that can, it is cut off or
            damaged.
        UsageError: An option is out of range.
        MissingDependencyError: The extra `video` is not installed.
    """
    tracking = TrackingOptions(detect_every, smooth)
    with VideoReader(source) as reader:
        frames = reader.frames(every=every, fps=fps)
        with closing(recognize_frames(recognizer, frames, tracking)) as results:
            for _, faces in results:
                yield faces
        if reader.problem:
            raise VideoError(reader.problem)


def recognize_frames(
    recognizer: Recognizer,
    frames: Iterable[VideoFrame],
    tracking: TrackingOptions | None = None,
    *,
    threads: int | None = None,
) -> Generator[tuple[VideoFrame, FaceEmotions], None, None]:
    """Recognise the emotions in frames, several at once; the results are in order.

    Args:
        recognizer: Finds and classifies faces.
        frames: Read as needed, with times that do not run backwards.
        tracking: How faces are followed. Defaults to None: `TrackingOptions()`.
        threads: Frames that are searched at once; with 1, each frame is read when the one before is
            done. Defaults to
            None: the recognizer's.

    Yields:
        Each frame with its faces.
    """
    chosen = tracking or TrackingOptions()
    tracks = FaceTracker(recognizer, chosen)

    def search(item: tuple[int, VideoFrame]) -> tuple[VideoFrame, FaceEmotions | None]:
        number, frame = item
        if number % chosen.detect_every:
            return frame, None
        return frame, find_faces(recognizer, frame)

    for frame, found in in_order(search, enumerate(frames), threads or recognizer.threads):
        yield frame, tracks.follow(frame) if found is None else tracks.found(frame, found)
