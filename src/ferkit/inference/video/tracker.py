"""Tracking of faces: ids, motion between detections, and smoothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from ferkit.errors import UsageError
from ferkit.inference.detectors.protocol import Faces
from ferkit.inference.results import FaceEmotions
from ferkit.inference.video.frame import VideoFrame
from ferkit.inference.video.ids import PersonNumbers
from ferkit.inference.video.libraries import begin_loading_tracker
from ferkit.inference.video.motion import MedianFlow
from ferkit.inference.video.smoothing import SMOOTH_S, EmotionSmoother


class Recognizer(Protocol):
    """The part of `ferkit.EmotionRecognizer` that video needs."""

    threads: int
    min_face: float

    def detect(self, image: np.ndarray) -> Faces:
        """Find the faces of an RGB frame."""

    def classify(
        self, image: np.ndarray, faces: Faces, *, time_s: float | None = None
    ) -> FaceEmotions:
        """Classify the emotions of faces."""


@dataclass(frozen=True)
class TrackingOptions:
    """How faces are tracked.

    Attributes:
        detect_every: Detect faces in every n-th frame and track them by optical flow in between,
            which is faster. Defaults to 1: in every frame.
        smooth: Time constant in seconds for smoothing each face's probabilities over time; 0 turns
            it off. Defaults to 0.3.

    Raises:
        UsageError: A number is out of range.
    """

    detect_every: int = 1
    smooth: float = SMOOTH_S

    def __post_init__(self) -> None:
        if self.detect_every < 1:
            raise UsageError(f"detect_every expects 1 or more, not {self.detect_every}.")
        EmotionSmoother(self.smooth)


class FaceTracker:
    """Tracks faces through consecutive frames.

    Args:
        recognizer: Finds and classifies faces.
        tracking: How faces are tracked.

    Raises:
        MissingDependencyError: `trackers` or `supervision` is not installed.
    """

    def __init__(self, recognizer: Recognizer, tracking: TrackingOptions) -> None:
        self._recognizer = recognizer
        begin_loading_tracker()
        self._smoother = EmotionSmoother(tracking.smooth)
        self._motion = MedianFlow() if tracking.detect_every > 1 else None
        self._last: FaceEmotions | None = None

    @cached_property
    def _numbers(self) -> PersonNumbers:
        return PersonNumbers()

    def found(self, frame: VideoFrame, faces: FaceEmotions) -> FaceEmotions:
        """Return the faces detected in a frame with ids and smoothed probabilities."""
        track_id = self._numbers.update(faces.xyxy, faces.face_score, frame.time_s)
        if self._motion:
            self._motion.see(frame.image)
        return self._smoothed(faces, track_id, frame.time_s)

    def follow(self, frame: VideoFrame) -> FaceEmotions:
        """Return the faces of the last frame, tracked to this one; if one is lost, detect them
        again.
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


def find_faces(recognizer: Recognizer, frame: VideoFrame) -> FaceEmotions:
    """Detect and classify the faces of one frame, without tracking."""
    faces = recognizer.detect(frame.image).at_least(recognizer.min_face)
    return recognizer.classify(frame.image, faces, time_s=frame.time_s)


def _moved_along(faces: FaceEmotions, boxes: np.ndarray) -> np.ndarray | None:
    """Return the landmarks of faces, moved along with their boxes to `boxes`."""
    if faces.landmarks is None:
        return None
    before = faces.xyxy[:, 2:] - faces.xyxy[:, :2]
    growth = (boxes[:, 2:] - boxes[:, :2]) / np.maximum(before, 1)
    offset = faces.landmarks - faces.xyxy[:, np.newaxis, :2]
    moved: np.ndarray = boxes[:, np.newaxis, :2] + offset * growth[:, np.newaxis]
    return moved
