"""What a face detector takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True, eq=False)
class Faces:
    """The faces of one picture; boxes may reach over its edges.

    Attributes:
        xyxy: `float32` `(n, 4)`, boxes `x1, y1, x2, y2` in pixels of the image given.
        score: `float32` `(n,)`, confidence 0..1.
        landmarks: `float32` `(n, 5, 2)`, right eye, left eye, nose, right and left mouth corner
            (the person's right) in pixels, or None.
    """

    xyxy: np.ndarray
    score: np.ndarray
    landmarks: np.ndarray | None = None

    @classmethod
    def none(cls) -> Faces:
        """Return no faces."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32))

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, index: Any) -> Faces:
        landmarks = None if self.landmarks is None else self.landmarks[index]
        return Faces(self.xyxy[index], self.score[index], landmarks)

    def scaled(self, x: float, y: float) -> Faces:
        """Return the faces as they lie in an image that is `x` times as wide and `y` times
        as high.
        """
        factors = np.array([x, y], np.float32)
        landmarks = None if self.landmarks is None else self.landmarks * factors
        return Faces(self.xyxy * np.tile(factors, 2), self.score, landmarks)

    def shifted(self, x: float, y: float) -> Faces:
        """Return the faces moved by `x` and `y` pixels."""
        offset = np.array([x, y], np.float32)
        landmarks = None if self.landmarks is None else self.landmarks + offset
        return Faces(self.xyxy + np.tile(offset, 2), self.score, landmarks)

    def clipped(self, size: tuple[int, int]) -> Faces:
        """Return the faces with boxes cut off at the edges of an image of `(width, height)`
        pixels.
        """
        limit = np.array([*size, *size], np.float32)
        return Faces(np.clip(self.xyxy, 0, limit), self.score, self.landmarks)

    def joined(self, other: Faces) -> Faces:
        """Return these faces and `other`."""
        if not len(other):
            return self
        if not len(self):
            return other
        landmarks = None
        if self.landmarks is not None and other.landmarks is not None:
            landmarks = np.concatenate([self.landmarks, other.landmarks])
        xyxy = np.concatenate([self.xyxy, other.xyxy])
        return Faces(xyxy, np.concatenate([self.score, other.score]), landmarks)


class FaceDetector(Protocol):
    """Finds faces; may be called from several threads at once."""

    @property
    def name(self) -> str:
        """The name that `--detector` takes, by which the crop's margin is chosen."""

    def detect(self, image: np.ndarray) -> Faces:
        """Find the faces in an upright `uint8` `(h, w, 3)` RGB image, at the size it has."""
