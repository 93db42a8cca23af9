"""Frames in, faces with emotions out: detection ahead in threads, ids and smoothing in order."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ferkit.errors import UsageError, VideoError
from ferkit.inference.detectors.protocol import Faces
from ferkit.inference.parallel import in_order
from ferkit.inference.results import FaceEmotions
from ferkit.inference.video.frame import VideoFrame
from ferkit.inference.video.motion import MotionTracker
from ferkit.inference.video.reader import VideoReader
from ferkit.inference.video.smoothing import SMOOTH_S, EmotionSmoother
from ferkit.inference.video.tracker import FaceTracker


class Recognizer(Protocol):
    """What video needs of `ferkit.EmotionRecognizer`."""

    threads: int
    min_face: float

    def detect(self, image: np.ndarray) -> Faces:
        """Find the faces of an RGB frame."""

    def classify(
        self, image: np.ndarray, faces: Faces, *, time_s: float | None = None
    ) -> FaceEmotions:
        """Tell their emotions."""


@dataclass(frozen=True)
class Tracking:
    """How faces are followed.

    Attributes:
        detect_every: Faces are searched in every n-th frame and followed by their motion in
            between, which is faster. Default 1: in every frame.
        smooth_s: Time constant in seconds of the average over time of each face's probabilities; 0
            leaves them as they are. Default 0.3.

    Raises:
        UsageError: A number is out of range.
    """

    detect_every: int = 1
    smooth_s: float = SMOOTH_S

    def __post_init__(self) -> None:
        if self.detect_every < 1:
            raise UsageError(f"detect_every expects 1 or more, not {self.detect_every}.")
        EmotionSmoother(self.smooth_s)


def recognize_video(
    recognizer: Recognizer,
    source: Any,
    *,
    every: int = 1,
    fps: float | None = None,
    detect_every: int = 1,
    smooth_s: float = SMOOTH_S,
) -> Iterator[FaceEmotions]:
    """Recognise the emotions in a video file, in constant memory.

    Args:
        recognizer: Finds and classifies faces: a `ferkit.EmotionRecognizer`.
        source: A path, the bytes of a file, or an open binary file.
        every: Only every n-th frame. Defaults to 1: all.
        fps: At most so many frames per second, by their times. Defaults to None: all.
        detect_every: Search faces in every n-th of these and follow them in between. Defaults to 1.
        smooth_s: Time constant in seconds of the smoothing; 0 for none. Defaults to 0.3.

    Yields:
        For each frame, also one without a face, its `FaceEmotions` with `time_s`, the real
        presentation time, and `track_id`, a number from 1 that stays with a person.

    Raises:
        VideoError: The file cannot be read; or, after the last frame that can, it is cut off or
            damaged.
        UsageError: An option is out of range.
        MissingDependencyError: The extra `video` is not installed.
    """
    tracking = Tracking(detect_every, smooth_s)
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
    tracking: Tracking | None = None,
    *,
    threads: int | None = None,
) -> Generator[tuple[VideoFrame, FaceEmotions], None, None]:
    """Recognise the emotions in frames, several at once; the results are in order.

    Args:
        recognizer: Finds and classifies faces.
        frames: Read as needed, with times that do not run backwards.
        tracking: How faces are followed. Defaults to None: `Tracking()`.
        threads: Frames that are searched at once; with 1, each frame is read when the one before is
            done. Defaults to
            None: the recognizer's.

    Yields:
        Each frame with its faces.
    """
    chosen = tracking or Tracking()
    tracks = FaceTracks(recognizer, chosen)

    def search(item: tuple[int, VideoFrame]) -> tuple[VideoFrame, FaceEmotions | None]:
        number, frame = item
        if number % chosen.detect_every:
            return frame, None
        return frame, find_faces(recognizer, frame)

    for frame, found in in_order(search, enumerate(frames), threads or recognizer.threads):
        yield frame, tracks.follow(frame) if found is None else tracks.found(frame, found)


def find_faces(recognizer: Recognizer, frame: VideoFrame) -> FaceEmotions:
    """Find and classify the faces of one frame by itself."""
    faces = recognizer.detect(frame.image)
    sides = (faces.xyxy[:, 2:] - faces.xyxy[:, :2]).max(axis=1, initial=0)
    return recognizer.classify(
        frame.image, faces[sides >= recognizer.min_face], time_s=frame.time_s
    )


class FaceTracks:
    """Faces from frame to frame: ids, motion between detections, smoothing.

    Args:
        recognizer: Classifies faces.
        tracking: How they are followed.
    """

    def __init__(self, recognizer: Recognizer, tracking: Tracking) -> None:
        self._recognizer = recognizer
        self._tracker = FaceTracker()
        self._smoother = EmotionSmoother(tracking.smooth_s)
        self._motion = MotionTracker() if tracking.detect_every > 1 else None
        self._last: FaceEmotions | None = None

    def found(self, frame: VideoFrame, faces: FaceEmotions) -> FaceEmotions:
        """Take the faces that were found in a frame; return them with ids, smoothed."""
        track_id = self._tracker.update(faces.xyxy, faces.face_score, frame.time_s)
        if self._motion:
            self._motion.see(frame.image)
        return self._smoothed(faces, track_id, frame.time_s)

    def follow(self, frame: VideoFrame) -> FaceEmotions:
        """Return the faces of the last frame where they are in this one; search it where one of
        them is lost.
        """
        assert self._motion is not None
        assert self._last is not None
        last = self._last
        boxes, seen = self._motion.follow(frame.image, last.xyxy)
        limit = np.tile(np.array(frame.size, np.float32), 2)
        inside = boxes.clip(0, limit)
        seen &= (inside[:, 2:] - inside[:, :2]).min(axis=1, initial=np.inf) >= 1
        if not seen.all():
            return self.found(frame, find_faces(self._recognizer, frame))
        faces = Faces(boxes, last.face_score, _moved_along(last, boxes))
        result = self._recognizer.classify(frame.image, faces, time_s=frame.time_s)
        assert last.track_id is not None
        return self._smoothed(result, last.track_id, frame.time_s)

    def _smoothed(self, faces: FaceEmotions, track_id: np.ndarray, time_s: float) -> FaceEmotions:
        smooth = self._smoother.update(track_id, faces.probabilities, time_s)
        self._last = faces.with_(track_id=track_id, probabilities=smooth)
        return self._last


def _moved_along(faces: FaceEmotions, boxes: np.ndarray) -> np.ndarray | None:
    """Return the landmarks of faces where they are when their boxes have moved to `boxes`."""
    if faces.landmarks is None:
        return None
    before = faces.xyxy[:, 2:] - faces.xyxy[:, :2]
    growth = (boxes[:, 2:] - boxes[:, :2]) / np.maximum(before, 1)
    offset = faces.landmarks - faces.xyxy[:, np.newaxis, :2]
    moved: np.ndarray = boxes[:, np.newaxis, :2] + offset * growth[:, np.newaxis]
    return moved
