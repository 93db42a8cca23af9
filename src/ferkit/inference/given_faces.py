"""Faces given by the caller: crops and boxes, checked before a model sees them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from ferkit.errors import UsageError
from ferkit.inference.detectors.protocol import MOST_OF_PICTURE, Faces

_CHANNELS = (1, 3, 4)


def checked_crops(crops: Any) -> Iterable[Any]:
    """Return the crops one by one.

    Args:
        crops: A list of pictures, or an array `(n, h, w)` or `(n, h, w, c)`.

    Raises:
        UsageError: It is one picture, or not a list.
    """
    if isinstance(crops, str | bytes | os.PathLike) or hasattr(crops, "getexif"):
        raise UsageError(
            "classify_crops expects a list of crops, found one picture; put it in a list, or "
            "pass boxes with it to classify_boxes."
        )
    if isinstance(crops, np.ndarray):
        single = crops.ndim == 2 or (crops.ndim == 3 and crops.shape[2] in _CHANNELS)
        if single or crops.ndim not in (3, 4):
            what = "one picture" if single else "an array"
            raise UsageError(
                f"classify_crops expects a list of crops or an array (n, h, w) or (n, h, w, 3), "
                f"found {what} of shape {crops.shape}; put it in a list, or pass boxes with it to "
                "classify_boxes."
            )
    elif not isinstance(crops, Iterable):
        raise UsageError(f"classify_crops expects a list of crops, not {type(crops).__name__}.")
    checked: Iterable[Any] = crops
    return checked


def checked_boxes(boxes: Any, size: tuple[int, int]) -> Faces:
    """Return boxes as faces with full score.

    Args:
        boxes: `(n, 4)`, `x1, y1, x2, y2` in pixels; a box may reach over the edges.
        size: Width and height of the picture.

    Raises:
        UsageError: They have another shape or type, or lie outside the picture.
    """
    try:
        xyxy = np.asarray(boxes, np.float64)
    except (TypeError, ValueError):
        raise UsageError("boxes expects numbers (n, 4): x1, y1, x2, y2 of each face.") from None
    if xyxy.size == 0:
        return Faces(np.empty((0, 4), np.float32), np.empty(0, np.float32))
    if xyxy.ndim != 2 or xyxy.shape[1] != 4:
        columns = "; remove other columns: boxes[:, :4]" if xyxy.shape[-1] > 4 else ""
        raise UsageError(
            f"boxes expects the shape (n, 4), x1, y1, x2, y2 of each face, found {xyxy.shape}"
            f"{columns}."
        )
    width, height = size
    for number, (x1, y1, x2, y2) in enumerate(xyxy.tolist()):
        box = f"Box {number} ({x1:g}, {y1:g}, {x2:g}, {y2:g})"
        if not np.isfinite(xyxy[number]).all():
            raise UsageError(f"{box} contains a value that is not finite; remove that face.")
        if x1 >= x2 or y1 >= y2:
            raise UsageError(f"{box} has no area; pass corners x1 < x2 and y1 < y2, not widths.")
        if x1 >= width or y1 >= height or x2 <= 0 or y2 <= 0:
            raise UsageError(
                f"{box} lies outside the picture of {width}x{height} pixels; remove it, or "
                "pass boxes in pixels of that picture."
            )
        if max(x2 - x1, y2 - y1) > MOST_OF_PICTURE * max(size):
            raise UsageError(
                f"{box} is far larger than the picture of {width}x{height} pixels; pass boxes in "
                "pixels of that picture."
            )
    return Faces(xyxy.astype(np.float32), np.ones(len(xyxy), np.float32))
