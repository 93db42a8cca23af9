"""`FaceEmotions`: the faces of one picture, checked on creation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ferkit.errors import MissingDependencyError, UsageError
from ferkit.inference.face_row import face_columns, face_members
from ferkit.labels import EMOTIONS
from ferkit.metrics.checks import ROW_SUM_TOLERANCE

if TYPE_CHECKING:
    import pandas as pd


_PER_FACE = ("xyxy", "face_score", "probabilities", "landmarks", "track_id")


@dataclass(frozen=True, eq=False)
class FaceEmotions:
    """The faces of one picture or video frame with their emotions; `n` may be 0.

    Indexing with a slice, a mask, an integer or an array of integers gives a `FaceEmotions` of
    those faces.

    Args:
        xyxy: `float32` `(n, 4)`, boxes `x1, y1, x2, y2` in pixels of the original, upright image.
        face_score: `float32` `(n,)`, the detector's confidence that this is a face, 0..1.
        probabilities: `float32` `(n, c)`, calibrated, each row sums to 1.
        image_size: Width and height of the original, upright image in pixels.
        landmarks: `float32` `(n, 5, 2)`, right eye, left eye, nose, right and left mouth corner
            (the person's right) in pixels, or None if the detector gives none. Defaults to None.
        track_id: `int64` `(n,)`, the same number for the same person in all frames of a video; -1
            if the tracker is not sure yet. Defaults to None: not tracked.
        time_s: Presentation time of the frame in seconds. Defaults to None: not from a video.
        emotions: The `c` class names of the model. Defaults to the seven of FER-2013.
        uncertain_below: A confidence below this is `uncertain`; the model's card gives it.
            Defaults to 0.0.

    Raises:
        UsageError: A shape does not fit, a value is not finite, or a row of probabilities does not
            sum to 1.

    Example:
        >>> faces = FaceEmotions(
        ...     xyxy=[[10, 20, 58, 68]],
        ...     face_score=[0.9],
        ...     probabilities=[[0.02, 0, 0, 0.9, 0.02, 0.02, 0.04]],
        ...     image_size=(640, 480),
        ... )
        >>> len(faces), str(faces.label[0]), bool(faces.uncertain[0])
        (1, 'happy', False)
        >>> len(faces[faces.confidence > 0.95])
        0
    """

    xyxy: np.ndarray
    face_score: np.ndarray
    probabilities: np.ndarray
    image_size: tuple[int, int]
    landmarks: np.ndarray | None = None
    track_id: np.ndarray | None = None
    time_s: float | None = None
    emotions: tuple[str, ...] = EMOTIONS
    uncertain_below: float = 0.0

    def __post_init__(self) -> None:
        emotions = tuple(str(name) for name in self.emotions)
        xyxy = _array("xyxy", self.xyxy, np.float32, (None, 4))
        n = len(xyxy)
        self._set("emotions", emotions)
        self._set("xyxy", xyxy)
        self._set("face_score", _array("face_score", self.face_score, np.float32, (n,)))
        probabilities = _array("probabilities", self.probabilities, np.float32, (n, len(emotions)))
        self._set("probabilities", probabilities)
        if self.landmarks is not None:
            self._set("landmarks", _array("landmarks", self.landmarks, np.float32, (n, 5, 2)))
        if self.track_id is not None:
            self._set("track_id", _array("track_id", self.track_id, np.int64, (n,)))
        self._set("image_size", _size(self.image_size))
        if (xyxy[:, 2:] < xyxy[:, :2]).any():
            raise UsageError("xyxy expects x1 <= x2 and y1 <= y2; pass corners, not widths.")
        off = abs(probabilities.sum(axis=1) - 1) > ROW_SUM_TOLERANCE
        if off.any() or (probabilities < 0).any():
            raise UsageError(
                "probabilities expects rows of 0..1 that sum to 1; apply softmax first."
            )
        if self.time_s is not None and not np.isfinite(self.time_s):
            raise UsageError(f"time_s expects seconds or None, not {self.time_s}.")

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    @classmethod
    def empty(
        cls,
        image_size: tuple[int, int],
        *,
        time_s: float | None = None,
        emotions: Sequence[str] = EMOTIONS,
        uncertain_below: float = 0.0,
    ) -> FaceEmotions:
        """Return the result of a picture without a face."""
        return cls(
            xyxy=np.empty((0, 4)),
            face_score=np.empty(0),
            probabilities=np.empty((0, len(emotions))),
            image_size=image_size,
            time_s=time_s,
            emotions=tuple(emotions),
            uncertain_below=uncertain_below,
        )

    @property
    def label(self) -> np.ndarray:
        """The most probable emotion of each face, `str` `(n,)`."""
        names = np.array(self.emotions)
        labels: np.ndarray = names[self.probabilities.argmax(axis=1)]
        return labels

    @property
    def confidence(self) -> np.ndarray:
        """The probability of that emotion, `float32` `(n,)`."""
        confidence: np.ndarray = self.probabilities.max(axis=1)
        return confidence

    @property
    def uncertain(self) -> np.ndarray:
        """Whether the confidence is below `uncertain_below`, `bool` `(n,)`."""
        uncertain: np.ndarray = self.confidence < self.uncertain_below
        return uncertain

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, index: Any) -> FaceEmotions:
        keep = np.arange(len(self))[index].reshape(-1)
        values = {name: getattr(self, name) for name in _PER_FACE}
        return self.with_(**{name: v[keep] for name, v in values.items() if v is not None})

    def with_(self, **changes: Any) -> FaceEmotions:
        """Return a copy with some fields replaced, checked again.

        Example:
            >>> FaceEmotions.empty((640, 480)).with_(time_s=1.5).time_s
            1.5
        """
        return replace(self, **changes)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one dictionary per face, ready for JSON: the `faces` of `record_schema`.

        Boxes are rounded to tenths of a pixel, scores to four digits.
        """
        return face_members(self)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per face, at full precision: the columns of CSV and Parquet without
        `source` and `error`.

        Raises:
            MissingDependencyError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingDependencyError.of("pandas", "to_pandas()", "tables") from error
        return pd.DataFrame(face_columns(self))


def _array(name: str, value: Any, dtype: Any, shape: tuple[int | None, ...]) -> np.ndarray:
    """Return `value` as a C-contiguous array of that type and shape (None: any length)."""
    try:
        array = np.ascontiguousarray(value, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} expects numbers of shape {_text(shape)} ({error}).") from error
    if array.size == 0 and shape[0] in (None, 0):
        array = array.reshape(0, *shape[1:])
    fits = array.ndim == len(shape) and all(
        wanted in (None, length) for wanted, length in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise UsageError(f"{name} expects the shape {_text(shape)}, found {array.shape}.")
    if not np.isfinite(array).all():
        raise UsageError(f"{name} contains a value that is not finite; remove that face.")
    return array


def _text(shape: tuple[int | None, ...]) -> str:
    return str(shape).replace("None", "n")


def _size(value: Any) -> tuple[int, int]:
    try:
        size = tuple(int(length) for length in value)
    except (TypeError, ValueError):
        size = ()
    if len(size) != 2 or min(size) < 1:
        raise UsageError(f"image_size expects (width, height) in pixels, found {value}.")
    return size[0], size[1]
