"""Face boxes to crops framed as the photographs of FER-2013 are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

CROP_SIZE: Final = 48


@dataclass(frozen=True)
class CropRule:
    """Where the square of a crop lies, seen from the detector's box.

    Attributes:
        scale: Side of the square as a multiple of the box's longer side.
        down: How far its centre lies below the box's centre, in longer sides of the box.
        right: How far it lies to the right, likewise.
    """

    scale: float = 1.0
    down: float = 0.0
    right: float = 0.0


# The median of where the frames of FER-2013's validation images lie, seen from a detector's box:
# `median_rule` of `box` in records/crop_study/nano.json. Accuracy is highest there and falls slowly
# to both sides; levelling the eyes gains nothing.
CROP_RULES: Final = {
    "yunet": CropRule(scale=1.019, down=0.009, right=0.004),
    "mtcnn": CropRule(scale=0.951, down=-0.004, right=0.010),
    "none": CropRule(),
}


def crop_squares(xyxy: npt.ArrayLike, rule: CropRule) -> np.ndarray:
    """Return the squares to cut out, `(n, 4)` `x1, y1, x2, y2`; they may reach over the image's
    edges.

    Example:
        >>> crop_squares(np.array([[10, 10, 20, 30]]), CropRule(scale=1.5)).tolist()
        [[0.0, 5.0, 30.0, 35.0]]
    """
    boxes = np.asarray(xyxy, np.float64).reshape(-1, 4)
    side = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True, initial=0)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2 + side * np.array([rule.right, rule.down])
    half = side * rule.scale / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def crop_faces(image: np.ndarray, xyxy: npt.ArrayLike, rule: CropRule | None = None) -> np.ndarray:
    """Cut faces out as grey images of 48x48 pixels.

    Args:
        image: Upright `uint8` `(h, w, 3)` RGB or `(h, w)` grey.
        xyxy: `(n, 4)`, boxes `x1, y1, x2, y2` in pixels of `image`.
        rule: How the crop lies around the box, `CROP_RULES[detector.name]`. Defaults to None: the
            longer side of the box, centred.

    Returns:
        `uint8` `(n, 48, 48, 1)`; beyond the edges of the image its border pixels are repeated.

    Example:
        >>> crop_faces(np.full((60, 80, 3), 7, np.uint8), [[10, 10, 40, 50]]).shape
        (1, 48, 48, 1)
    """
    squares = crop_squares(np.asarray(xyxy), rule or CropRule())
    crops = np.zeros((len(squares), CROP_SIZE, CROP_SIZE, 1), np.uint8)
    for crop, square in zip(crops, squares, strict=True):
        crop[..., 0] = _crop(image, square)
    return crops


def _crop(image: np.ndarray, square: np.ndarray) -> np.ndarray:
    """Return one square, resized with all its pixels weighed in and its edges where they are
    exactly.
    """
    import cv2
    from PIL import Image

    height, width = image.shape[:2]
    x1, y1 = (int(v) for v in np.floor(square[:2]))
    x2, y2 = (
        max(int(high), low + 1) for high, low in zip(np.ceil(square[2:]), (x1, y1), strict=True)
    )
    # At least one pixel of the image, where a box lies beside it.
    left, right = _inside(x1, x2, width)
    top, bottom = _inside(y1, y2, height)
    piece = image[top:bottom, left:right]
    if piece.ndim == 3:
        piece = cv2.cvtColor(piece, cv2.COLOR_RGB2GRAY)
    margins = (max(top - y1, 0), max(y2 - bottom, 0), max(left - x1, 0), max(x2 - right, 0))
    if any(margins):
        piece = cv2.copyMakeBorder(piece, *margins, cv2.BORDER_REPLICATE)
    box = [float(v) for v in square - np.array([x1, y1, x1, y1])]
    if min(box[2] - box[0], box[3] - box[1]) < 1:
        box = [0.0, 0.0, float(piece.shape[1]), float(piece.shape[0])]
    resized = Image.fromarray(np.ascontiguousarray(piece)).resize(
        (CROP_SIZE, CROP_SIZE),
        Image.Resampling.BILINEAR,
        box=(box[0], box[1], box[2], box[3]),
        reducing_gap=2.0,
    )
    return np.asarray(resized)


def _inside(low: int, high: int, length: int) -> tuple[int, int]:
    first = min(max(low, 0), length - 1)
    return first, max(min(high, length), first + 1)
