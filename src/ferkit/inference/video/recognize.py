"""Recognition in frames: detection in parallel threads, then ids and smoothing in order."""

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
        every: Take every n-th frame. Defaults to 1: all.
        fps: Largest number of frames per second, by their times. Defaults to None: all.
        detect_every: Detect faces in every n-th of these frames and track them in between. Defaults
            to 1.
        smooth: Time constant of the smoothing in seconds; 0 turns it off. Defaults to 0.3.

    Yields:
        The `FaceEmotions` of each frame, also of frames without a face, with its presentation time
        `time_s`, and with `track_id`, numbers from 1 that follow each person.

    Raises:
        VideoError: The file cannot be read; or, after the last readable frame, it is cut off or
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
    """Recognise the emotions in frames, several in parallel; the results are in order.

    Args:
        recognizer: Finds and classifies faces.
        frames: The frames, read as needed; their times must not run backwards.
        tracking: How faces are tracked. Defaults to None: `TrackingOptions()`.
        threads: Number of frames searched in parallel; with 1, each frame is read when the previous
            one is done. Defaults to None: the recogniser's.

    Yields:
        Each frame with its faces.

    Raises:
        VideoError: The frames cannot be read.
        MissingDependencyError: The extra `video` is not installed.
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
