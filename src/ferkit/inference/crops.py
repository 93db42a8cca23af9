"""Crops of face boxes with the framing of FER-2013."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ferkit.labels import IMAGE_SIZE


@dataclass(frozen=True)
class CropRule:
    """The square of a crop relative to the detector's box.

    Attributes:
        scale: Side of the square as a multiple of the box's longer side.
        down: Distance of its centre below the box's centre, in longer sides of the box.
        right: Distance to the right, likewise.
    """

    scale: float = 1.0
    down: float = 0.0
    right: float = 0.0


# A face that is rotated further, in degrees, is turned upright. Below that, no gain could be
# measured; at 30 degrees turning gains eight points of accuracy (records/turned_faces.csv).
UPRIGHT_WITHIN: Final = 10.0
# A rotated crop is cut out at this multiple of its size, with a margin that contains the square at
# any angle.
FINER: Final = 2
LARGER: Final = 1.5


def crop_squares(
    xyxy: npt.ArrayLike, rule: CropRule, roll: npt.ArrayLike | None = None
) -> np.ndarray:
    """Return the squares to cut out, `(n, 4)` `x1, y1, x2, y2`; they may extend beyond the image.

    Args:
        xyxy: `(n, 4)`, boxes `x1, y1, x2, y2`.
        rule: The square relative to the box.
        roll: `(n,)`, clockwise rotation of the faces in degrees; the rule's offsets are relative to
            the rotated face. Defaults to None: 0.

    Example:
        >>> crop_squares(np.array([[10, 10, 20, 30]]), CropRule(scale=1.5)).tolist()
        [[0.0, 5.0, 30.0, 35.0]]
    """
    boxes = np.asarray(xyxy, np.float64).reshape(-1, 4)
    side = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True, initial=0)
    angle = np.radians(np.zeros(len(boxes)) if roll is None else np.asarray(roll, np.float64))
    cosine, sine = np.cos(angle), np.sin(angle)
    right = rule.right * cosine - rule.down * sine
    down = rule.right * sine + rule.down * cosine
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2 + side * np.stack([right, down], axis=1)
    half = side * rule.scale / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def crop_faces(
    image: np.ndarray,
    xyxy: npt.ArrayLike,
    rule: CropRule | None = None,
    roll: npt.ArrayLike | None = None,
) -> np.ndarray:
    """Crop faces as grey images of 48x48 pixels.

    Args:
        image: `uint8` `(h, w, 3)` RGB or `(h, w)` grey.
        xyxy: `(n, 4)`, boxes `x1, y1, x2, y2` in pixels of `image`.
        rule: The square relative to the box, `crop_rule` of the detector. Defaults to None: the
            longer side of the box, centred.
        roll: `(n,)`, clockwise rotation of the faces in degrees. Crops are rotated upright, only by
            multiples of 90 degrees if at most 10 degrees remain. Defaults to None: 0.

    Returns:
        `uint8` `(n, 48, 48, 1)`; beyond the edges of the image, border pixels are repeated.

    Example:
        >>> crop_faces(np.full((60, 80, 3), 7, np.uint8), [[10, 10, 40, 50]]).shape
        (1, 48, 48, 1)
    """
    boxes = np.asarray(xyxy, np.float64).reshape(-1, 4)
    angles = np.zeros(len(boxes)) if roll is None else np.asarray(roll, np.float64)
    quarters = np.round(angles / 90)
    rest = angles - 90 * quarters
    rest[np.abs(rest) <= UPRIGHT_WITHIN] = 0
    squares = crop_squares(boxes, rule or CropRule(), 90 * quarters + rest)
    crops = np.zeros((len(squares), IMAGE_SIZE, IMAGE_SIZE, 1), np.uint8)
    for crop, square, turns, angle in zip(crops, squares, quarters, rest, strict=True):
        found = _leaning_crop(image, square, angle) if angle else _crop(image, square)
        crop[..., 0] = np.rot90(found, int(turns))
    return crops


def _leaning_crop(image: np.ndarray, square: np.ndarray, angle: float) -> np.ndarray:
    """Return one square rotated about its centre, so that a face rotated by `angle` is upright."""
    import cv2

    centre, half = (square[:2] + square[2:]) / 2, (square[2:] - square[:2]) / 2
    larger = np.concatenate([centre - LARGER * half, centre + LARGER * half])
    side = round(LARGER * FINER * IMAGE_SIZE)
    around = _crop(image, larger, side)
    middle = ((side - 1) / 2, (side - 1) / 2)
    turn = cv2.getRotationMatrix2D(middle, float(angle), 1.0)
    upright = cv2.warpAffine(around, turn, (side, side), flags=cv2.INTER_LINEAR)
    margin = (side - FINER * IMAGE_SIZE) // 2
    inner = upright[margin:-margin, margin:-margin]
    crop: np.ndarray = cv2.resize(inner, (IMAGE_SIZE, IMAGE_SIZE), interpolation=cv2.INTER_AREA)
    return crop


def _crop(image: np.ndarray, square: np.ndarray, side: int = IMAGE_SIZE) -> np.ndarray:
    """Return one square, resized with antialiasing and with subpixel edges."""
    import cv2
    from PIL import Image

    height, width = image.shape[:2]
    x1, y1 = (int(v) for v in np.floor(square[:2]))
    x2, y2 = (
        max(int(high), low + 1) for high, low in zip(np.ceil(square[2:]), (x1, y1), strict=True)
    )
    # At least one pixel of the image, even if the box is outside.
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
        (side, side),
        Image.Resampling.BILINEAR,
        box=(box[0], box[1], box[2], box[3]),
        reducing_gap=2.0,
    )
    return np.asarray(resized)


def _inside(low: int, high: int, length: int) -> tuple[int, int]:
    first = min(max(low, 0), length - 1)
    return first, max(min(high, length), first + 1)
