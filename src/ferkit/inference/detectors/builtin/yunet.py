"""`yunet`: Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023, on ONNX Runtime."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from ferkit.errors import ModelError
from ferkit.inference.crops import CropRule
from ferkit.inference.detectors.file import DetectorFile
from ferkit.inference.detectors.free_size import with_free_size
from ferkit.inference.detectors.joined_heads import with_joined_heads
from ferkit.inference.detectors.overlap import suppress_overlaps
from ferkit.inference.detectors.protocol import Faces, SearchSizes
from ferkit.inference.detectors.registry import register_detector
from ferkit.inference.onnx_session import open_session

# Each level of the network looks for faces around the points of a grid with this step in pixels.
_STEPS: Final = (8, 16, 32)
# The threshold of non-maximum suppression in OpenCV's demo and in the model's WIDER Face
# evaluation.
OVERLAP: Final = 0.3
THRESHOLD: Final = 0.6


@register_detector
class YuNetDetector:
    """Finds faces of about 10 to 400 pixels.

    Boxes agree with `cv2.FaceDetectorYN` to a small fraction of a pixel, in less than half of its
    time. It keeps no state between calls.

    Args:
        path: The model file. Defaults to None: `FERKIT_YUNET`, or the cached download.
        threshold: Lowest score of a face, 0..1. Defaults to 0.6.
        threads: Threads within the network. Defaults to None: the cores that this process may use,
            at most 8.

    Raises:
        DownloadError: There is no such file and it cannot be fetched.
        ModelError: The file is not a face detector.
    """

    name = "yunet"
    title = "YuNet"
    auto_rank = 1
    # OpenCV's model collection (MIT licence), 232 KB.
    file = DetectorFile(
        title="YuNet",
        name="face_detection_yunet_2023mar.onnx",
        url="https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/"
        "face_detection_yunet_2023mar.onnx",
        sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
        setting="FERKIT_YUNET",
    )
    # The median frame of FER-2013's validation images, relative to the box: `median_rule` of `box`
    # in records/crop_study/nano.json. Accuracy is highest there and falls slowly to both sides;
    # levelling the eyes gains nothing.
    crop_rule = CropRule(scale=1.019, down=0.009, right=0.004)
    # At 800 it finds nearly all faces of 1.75 % of the longer side and all of 2 %, at 1024 those of
    # 1.5 and 1.75 % in 1.4 times the time (records/detection_size.csv). It was trained on faces of
    # 10 to 300 pixels and splits those above 500. Of 199 photographs the best face has a score of
    # 0.91 in 88 %, turned by 90, 180 or 270 degrees in none (records/turned_faces.csv).
    search_sizes = SearchSizes(coarse=320, largest_face=300, sure_score=0.91)

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        threshold: float = THRESHOLD,
        threads: int | None = None,
    ) -> None:
        file = self.file.path() if path is None else Path(path)
        self._threshold = threshold
        self._again = partial(YuNetDetector, file, threshold=threshold, threads=threads)
        try:
            content = with_free_size(with_joined_heads(file.read_bytes()))
            self._session = open_session(file, content=content, threads=threads)
            self._input = self._session.get_inputs()[0].name
            self.detect(np.zeros((32, 32, 3), np.uint8))
        except Exception as error:  # ONNX Runtime's errors share no other base
            reason = getattr(error, "strerror", None) or "not a YuNet model"
            raise ModelError(
                f"The face detector {file} cannot be loaded ({reason}); "
                f"name another file with {self.file.setting}, or {self.file.otherwise}."
            ) from error

    def __reduce__(self) -> tuple[Any, ...]:
        return self._again, ()  # a session of ONNX Runtime cannot be pickled

    def detect(self, image: np.ndarray) -> Faces:
        """Find the faces in a `uint8` `(h, w, 3)` RGB image."""
        pixels = _prepared(image)
        answers = self._session.run(None, {self._input: pixels})
        levels = zip(answers, _STEPS, strict=True)
        rows = np.concatenate([_decoded(a[0], step, self._threshold) for a, step in levels])
        if not len(rows):
            return Faces.none()
        rows = rows[np.isfinite(rows).all(axis=1) & (rows[:, 2:4] > 0).all(axis=1)]
        # As OpenCV does, on corners and sides truncated to whole pixels.
        corner, sides = np.trunc(rows[:, :2]), np.trunc(rows[:, 2:4])
        whole = np.concatenate([corner, corner + sides], axis=1)
        rows = rows[suppress_overlaps(whole, rows[:, 14], OVERLAP)]
        xyxy = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1)
        return Faces(xyxy, rows[:, 14].clip(0, 1), rows[:, 4:14].reshape(-1, 5, 2))


def _prepared(image: np.ndarray) -> np.ndarray:
    """Return `float32` `(1, 3, h, w)` BGR, padded with zeros to multiples of the largest step."""
    import cv2

    height, width = image.shape[:2]
    filled = (-(-length // _STEPS[-1]) * _STEPS[-1] for length in (height, width))
    pixels = np.empty((1, 3, *filled), np.float32)
    pixels[:, :, height:] = 0
    pixels[:, :, :, width:] = 0
    # Channel by channel takes two thirds of the time of a transposition.
    for channel, plane in enumerate(reversed(cv2.split(image))):
        pixels[0, channel, :height, :width] = plane
    return pixels


def _decoded(answer: np.ndarray, step: int, threshold: float) -> np.ndarray:
    """Return the faces of one level, `float32` `(n, 15)`: `x, y, width, height`, points, score.

    Args:
        answer: `(16, h, w)`, for each point of the grid: the logits of the class "face" and of
            "there is an object"; a box, its centre relative to the point in steps and the
            logarithms of its sides in steps; landmarks, relative to the point in steps.
        step: Of the grid, in pixels.
        threshold: Lowest score that counts.
    """
    with np.errstate(over="ignore"):
        kind, thing = 1 + np.exp(-answer[:2])
        row, column = np.nonzero(kind * thing <= 1 / max(threshold, 1e-6) ** 2)
        if not len(row):
            return np.empty((0, 15), np.float32)
        score = 1 / np.sqrt(kind[row, column] * thing[row, column])
        found = answer[2:, row, column].T
        sides = np.exp(found[:, 2:4]) * step
    point = np.stack([column, row], axis=1).astype(np.float32)
    corner = (point + found[:, :2]) * step - sides / 2
    marks = (np.tile(point, 5) + found[:, 4:]) * step
    rows = np.concatenate([corner, sides, marks, score[:, np.newaxis]], axis=1)
    return rows.astype(np.float32)
