"""The interface of a face detector and its optional attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from ferkit.inference.crops import CropRule
from ferkit.inference.notice import say_once

# A box that is more times as large as its picture is a mistake, such as other units.
MOST_OF_PICTURE: Final = 3


@dataclass(frozen=True, eq=False)
class Faces:
    """The faces of one picture; boxes may reach over its edges.

    Attributes:
        xyxy: `float32` `(n, 4)`, boxes `x1, y1, x2, y2` in pixels of the image given.
        score: `float32` `(n,)`, confidence 0..1.
        landmarks: `float32` `(n, 5, 2)`, right eye, left eye, nose, right and left mouth corner
            (the person's right) in pixels, or None.
        surely_none: Whether the picture has no face at any angle, so that rotated copies of it need
            not be searched. Defaults to False.
    """

    xyxy: np.ndarray
    score: np.ndarray
    landmarks: np.ndarray | None = None
    surely_none: bool = False

    @classmethod
    def none(cls, *, surely: bool = False) -> Faces:
        """Return no faces, `surely` if there are none at any angle."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), surely_none=surely)

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, index: Any) -> Faces:
        landmarks = None if self.landmarks is None else self.landmarks[index]
        return Faces(self.xyxy[index], self.score[index], landmarks)

    def scaled(self, x: float, y: float) -> Faces:
        """Return the faces in the coordinates of an image `x` times as wide and `y` times as
        high.
        """
        if not len(self):
            return self
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

    def turned(self, quarters: int, size: tuple[int, int]) -> Faces:
        """Return the faces in the coordinates of the image rotated counterclockwise, as by
        `np.rot90`.

        Args:
            quarters: Number of rotations by 90 degrees; negative ones are clockwise.
            size: Width and height of the image before.
        """
        corners, marks = self.xyxy.reshape(-1, 2, 2), self.landmarks
        width, height = size
        for _ in range(quarters % 4):
            corners = _quarter(corners, width)
            marks = None if marks is None else _quarter(marks, width)
            width, height = height, width
        xyxy = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
        return Faces(xyxy, self.score, marks)

    @property
    def roll(self) -> np.ndarray | None:
        """How far each face leans clockwise, in degrees, -180..180 `(n,)`; None without
        landmarks.
        """
        if self.landmarks is None:
            return None
        return face_roll(self.landmarks)

    def at_least(self, side: float, *, scale: tuple[float, float] = (1.0, 1.0)) -> Faces:
        """Return the faces whose longer side has at least `side` pixels, in an image that is
        `scale` times as wide and high.
        """
        sides = (self.xyxy[:, 2:] - self.xyxy[:, :2]) * scale
        return self[sides.max(axis=1, initial=0) >= side]

    def plausible(self, size: tuple[int, int]) -> Faces:
        """Return the faces whose box overlaps an image of `(width, height)` pixels and is not far
        larger; cutting out any other could take all memory.
        """
        if not len(self):
            return self
        low, high = self.xyxy[:, :2], self.xyxy[:, 2:]
        overlaps = (low < size).all(axis=1) & (high > 0).all(axis=1)
        longest = (high - low).max(axis=1, initial=0)
        return self[overlaps & (longest <= MOST_OF_PICTURE * max(size))]

    def joined(self, other: Faces) -> Faces:
        """Return these faces followed by `other`."""
        if not len(other):
            return self
        if not len(self):
            return other
        landmarks = None
        if self.landmarks is not None and other.landmarks is not None:
            landmarks = np.concatenate([self.landmarks, other.landmarks])
        xyxy = np.concatenate([self.xyxy, other.xyxy])
        return Faces(xyxy, np.concatenate([self.score, other.score]), landmarks)


def face_roll(landmarks: np.ndarray) -> np.ndarray:
    """Return how far faces lean clockwise, in degrees `(n,)`, by the direction from eyes to mouth.

    Args:
        landmarks: `(n, 5, 2)`, right eye, left eye, nose, right and left mouth corner.

    Example:
        >>> face_roll(np.array([[[30, 20], [10, 20], [20, 15], [25, 10], [15, 10]]])).tolist()
        [180.0]
    """
    down = landmarks[:, 3:].mean(axis=1) - landmarks[:, :2].mean(axis=1)
    roll: np.ndarray = np.degrees(np.arctan2(0.0 - down[:, 0], down[:, 1]))
    return roll


def _quarter(points: np.ndarray, width: int) -> np.ndarray:
    """Return points `(..., 2)` in the coordinates of the image rotated by 90 degrees."""
    x, y = points[..., 0], points[..., 1]
    return np.stack([y, width - x], axis=-1)


class FaceDetector(Protocol):
    """Finds faces; may be called from several threads at once.

    Optional attributes are `crop_rule`, the `CropRule` for its boxes (without it, the boxes
    themselves are cropped, with a notice on standard error), and `search_sizes`, a `SearchSizes`.
    """

    @property
    def name(self) -> str:
        """Its name, as given to `--detector`."""

    def detect(self, image: np.ndarray) -> Faces:
        """Find the faces in a `uint8` `(h, w, 3)` RGB image, at the size it has."""


@dataclass(frozen=True)
class SearchSizes:
    """The sizes at which a detector searches a picture, in pixels of its longer side.

    Attributes:
        normal: Larger pictures are shrunk to this with `detail="normal"`. Defaults to 800.
        high: Likewise with `detail="high"`, where the full picture is searched in tiles of this
            size as well. Defaults to 1024.
        coarse: A smaller size that is searched as well, for a detector that splits large faces.
            Defaults to None: none.
        largest_face: Larger faces are taken from the search at `coarse`. Defaults to 300.
        smallest_coarse_face: Smaller faces found at `coarse` do not count. Defaults to 64.
        sure_score: Score that upright faces reach: if no face of a picture does, copies rotated by
            90, 180 and 270 degrees are searched. Defaults to None: never.
        probe: Rotated copies are shrunk to this with `detail="normal"`, or to 0.4 of a smaller
            picture, and the best of them is searched at `normal`. Defaults to 320: with YuNet three
            of them take less than half of the time of one search at 800 pixels.
    """

    normal: int = 800
    high: int = 1024
    coarse: int | None = None
    largest_face: int = 300
    smallest_coarse_face: int = 64
    sure_score: float | None = None
    probe: int = 320


def crop_rule_of(detector: FaceDetector) -> CropRule:
    """Return the crop rule of a detector; print a notice once if it has none."""
    rule: CropRule | None = getattr(detector, "crop_rule", None)
    if rule is None:
        say_once(
            f"crop rule: {detector.name}",
            f"the detector {detector.name} has no crop_rule, so faces are cut out as its boxes "
            "are; models were trained on faces from forehead to chin",
        )
    return rule or CropRule()


def search_sizes_of(detector: FaceDetector) -> SearchSizes | None:
    """Return the sizes at which a detector searches; None: every picture at its own size."""
    sizes: SearchSizes | None = getattr(detector, "search_sizes", SearchSizes())
    return sizes
