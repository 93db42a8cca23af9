"""`mtcnn`: Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Networks",
2016.

The three networks come with the package `mtcnn-runtime`, so this detector works offline. The
cascade around them is ours: the package's own fails on a picture without a candidate, prints to
standard output, shifts boxes that reach over an edge, and takes every core.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from ferkit.errors import MissingDependencyError
from ferkit.inference.crops import CropRule
from ferkit.inference.detectors.final_softmax import with_logits
from ferkit.inference.detectors.overlap import suppress_overlaps
from ferkit.inference.detectors.plain_prelu import with_plain_prelu
from ferkit.inference.detectors.protocol import Faces, SearchSizes
from ferkit.inference.detectors.registry import register_detector
from ferkit.inference.onnx_session import open_session

_SMALLEST_FACE = 20
_WINDOW = 12  # the face that the first network sees, and its stride
_STRIDE = 2
_SHRINK = 0.5**0.5
_THRESHOLD: Final = 0.7
# The same as a logit, and one that the first network reaches wherever there is a face, however it
# is turned (records/levers/turned_faces_upright.log).
_CANDIDATE: Final = float(np.log(_THRESHOLD / (1 - _THRESHOLD)))
_NO_FACE: Final = -1.5
# The last network gives faces 0.99 and more, and false positives of 20 pixels 0.7 to 0.8.
_FACE_THRESHOLD: Final = 0.9
# Half of YuNet's, since this detector is slow on pictures without a face.
_PROBE = 160
# Rows of positions, and candidates, in one call of a network: few, so that intermediate results
# stay in the processor's cache, which takes two thirds of the time of many.
_STRIP = 24
_BATCH = 8


@register_detector
class MtcnnDetector:
    """Finds faces of 20 pixels and more.

    Args:
        threads: Threads within a network. Defaults to None: all cores that this process may use.

    Raises:
        MissingDependencyError: `mtcnn-runtime` is not installed.
    """

    name = "mtcnn"
    title = "MTCNN"
    auto_rank = 2
    # As that of YuNet, `median_rule` of `box` in records/crop_study/nano.json.
    crop_rule = CropRule(scale=0.951, down=-0.004, right=0.010)
    # Of 199 photographs the best face has a score of 0.999 in 68 %, turned ones in none
    # (records/turned_faces.csv); a larger face upside down may have one of nearly 0.999.
    search_sizes = SearchSizes(sure_score=0.999, probe=_PROBE)

    def __init__(self, *, threads: int | None = None) -> None:
        self._threads = threads
        folder = _weights()
        files = {name: folder / f"{name}net.onnx" for name in "pro"}
        plain = {name: with_plain_prelu(file.read_bytes()) for name, file in files.items()}
        plain["p"] = with_logits(plain["p"])
        self._propose, self._refine, self._finish = (
            open_session(file, content=plain[name], threads=threads) for name, file in files.items()
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(MtcnnDetector, threads=self._threads), ()

    def detect(self, image: np.ndarray) -> Faces:
        """Find the faces in a `uint8` `(h, w, 3)` RGB image."""
        boxes, highest = self._proposals(image)
        if not len(boxes):
            return Faces.none(surely=highest < _NO_FACE)
        offsets, scores = self._run(self._refine, image, boxes, 24)
        keep = scores > _THRESHOLD
        boxes, offsets, scores = boxes[keep], offsets[keep], scores[keep]
        keep = suppress_overlaps(boxes, scores, 0.7)
        boxes = _square(_moved(boxes[keep], offsets[keep]))
        if not len(boxes):
            return Faces.none()
        points, offsets, scores = self._run(self._finish, image, boxes, 48)
        keep = scores > _FACE_THRESHOLD
        boxes, points, offsets, scores = boxes[keep], points[keep], offsets[keep], scores[keep]
        landmarks = boxes[:, None, :2] + _sides(boxes)[:, None] * np.stack(
            [points[:, :5], points[:, 5:]], axis=-1
        )
        boxes = _moved(boxes, offsets)
        keep = suppress_overlaps(boxes, scores, 0.8, of_smaller=True)
        return Faces(boxes[keep], scores[keep].clip(0, 1), landmarks[keep])

    def _proposals(self, image: np.ndarray) -> tuple[np.ndarray, float]:
        """Return square candidates `(n, 4)` from the first network at all sizes of the picture, and
        its highest logit anywhere.
        """
        import cv2

        height, width = image.shape[:2]
        found, highest = [], -np.inf
        scale = _WINDOW / _SMALLEST_FACE
        while min(height, width) * scale >= _WINDOW:
            size = (max(_WINDOW, round(width * scale)), max(_WINDOW, round(height * scale)))
            small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            offsets, logit = self._maps(small)
            best = float(logit.max())
            if best > _CANDIDATE:
                # One row per position: corners in the picture, then offset and score.
                rows = _windows(offsets, logit, width / size[0], height / size[1])
                found.append(rows[suppress_overlaps(rows[:, :4], rows[:, 8], 0.5)])
            highest = max(highest, best)
            scale *= _SHRINK
        if not found:
            return np.empty((0, 4), np.float32), highest
        rows = np.concatenate(found)
        rows = rows[suppress_overlaps(rows[:, :4], rows[:, 8], 0.6)]
        return _square(_moved(rows[:, :4], rows[:, 4:8])), highest

    def _maps(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the first network's offsets `(4, h, w)` and logit of a face `(h, w)` for each
        position.
        """
        parts = []
        positions = (len(image) - 1) // _STRIDE - (_WINDOW - _STRIDE) // _STRIDE + 1
        for first in range(0, positions, _STRIP):
            end = _STRIDE * (first + _STRIP - 1) + _WINDOW
            is_last = first + _STRIP >= positions
            strip = image[_STRIDE * first : None if is_last else end]
            parts.append(self._propose.run(None, {_input(self._propose): _prepared(strip[None])}))
        offsets, logits = (np.concatenate(part, axis=2) for part in zip(*parts, strict=True))
        return offsets[0], logits[0, 1] - logits[0, 0]

    def _run(self, net: Any, image: np.ndarray, boxes: np.ndarray, side: int) -> list[np.ndarray]:
        """Return the outputs of `net` for the boxes; of the two probabilities, that of a face."""
        parts = []
        for start in range(0, len(boxes), _BATCH):
            crops = _crops(image, boxes[start : start + _BATCH], side)
            parts.append(net.run(None, {_input(net): _prepared(crops)}))
        outputs = [np.concatenate(part) for part in zip(*parts, strict=True)]
        outputs[-1] = outputs[-1][:, 1]
        return outputs


def _weights() -> Path:
    from importlib.util import find_spec

    spec = find_spec("mtcnnruntime")
    if spec is None or spec.origin is None:
        raise MissingDependencyError(
            "The detector mtcnn needs mtcnn-runtime; install it with: pip install mtcnn-runtime"
        )
    return Path(spec.origin).parent / "weights"


def _input(net: Any) -> str:
    name: str = net.get_inputs()[0].name
    return name


def _prepared(images: np.ndarray) -> np.ndarray:
    """Return `(n, h, w, 3)` pixels as the networks take them: `(n, 3, h, w)` in -1..1."""
    pixels = np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32)
    pixels -= 127.5
    pixels /= 128
    return pixels


def _windows(offsets: np.ndarray, logit: np.ndarray, x_scale: float, y_scale: float) -> np.ndarray:
    rows, columns = np.nonzero(logit > _CANDIDATE)
    scores = 1 / (1 + np.exp(-logit[rows, columns]))
    left, top = _STRIDE * columns + 1, _STRIDE * rows + 1
    corners = [left * x_scale, top * y_scale, (left + _WINDOW) * x_scale, (top + _WINDOW) * y_scale]
    values = [*corners, *offsets[:, rows, columns], scores]
    return np.stack(values, axis=1).astype(np.float32)


def _sides(boxes: np.ndarray) -> np.ndarray:
    sides: np.ndarray = boxes[:, 2:] - boxes[:, :2] + 1
    return sides


def _moved(boxes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return the boxes with each corner moved by a share of the box's sides."""
    moved: np.ndarray = boxes + np.tile(_sides(boxes), 2) * offsets
    return moved


def _square(boxes: np.ndarray) -> np.ndarray:
    """Return squares of whole pixels around the boxes' centres."""
    half = _sides(boxes).max(axis=1, keepdims=True, initial=0) / 2
    corner = (boxes[:, :2] + boxes[:, 2:] + 1) / 2 - half
    return np.round(np.concatenate([corner, corner + 2 * half - 1], axis=1))


def _crops(image: np.ndarray, boxes: np.ndarray, side: int) -> np.ndarray:
    """Return the boxes cut out and resized, black where they reach over the edges."""
    import cv2

    height, width = image.shape[:2]
    crops = np.zeros((len(boxes), side, side, 3), np.uint8)
    for crop, (x1, y1, x2, y2) in zip(crops, boxes.astype(int), strict=True):
        left, top, right, bottom = max(x1, 0), max(y1, 0), min(x2 + 1, width), min(y2 + 1, height)
        if left >= right or top >= bottom:
            continue
        piece = np.zeros((y2 + 1 - y1, x2 + 1 - x1, 3), np.uint8)
        piece[top - y1 : bottom - y1, left - x1 : right - x1] = image[top:bottom, left:right]
        crop[:] = cv2.resize(piece, (side, side), interpolation=cv2.INTER_AREA)
    return crops
