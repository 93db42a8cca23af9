"""Keep the best of overlapping boxes."""

from __future__ import annotations

import numpy as np


def suppress_overlaps(
    boxes: np.ndarray, scores: np.ndarray, limit: float, *, of_smaller: bool = False
) -> np.ndarray:
    """Return the indices to keep, the best score first (non-maximum suppression).

    Args:
        boxes: `(n, 4)`, `x1, y1, x2, y2`.
        scores: `(n,)`.
        limit: Of two boxes that overlap by more than this, the one with the lower score is dropped.
        of_smaller: Whether the overlap is a share of the smaller box, rather than of the union of
            both. Defaults to False.

    Example:
        >>> boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 0, 40, 10]])
        >>> suppress_overlaps(boxes, np.array([0.8, 0.9, 0.7]), 0.5).tolist()
        [1, 2]
    """
    if len(boxes) < 2:
        return np.arange(len(boxes))
    areas = (boxes[:, 2:] - boxes[:, :2]).clip(0).prod(axis=1)
    left = np.argsort(-scores, kind="stable")
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        low = np.maximum(boxes[best, :2], boxes[left, :2])
        high = np.minimum(boxes[best, 2:], boxes[left, 2:])
        common = (high - low).clip(0).prod(axis=1)
        if of_smaller:
            whole = np.minimum(areas[best], areas[left])
        else:
            whole = areas[best] + areas[left] - common
        left = left[common <= limit * whole]
    return np.array(kept, dtype=np.intp)
