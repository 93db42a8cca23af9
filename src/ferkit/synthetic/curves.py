"""Curves: smooth lines through a few points, and strokes of changing width."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]


@lru_cache(maxsize=64)
def _basis(n_points: int, samples: int, closed: bool) -> Points:
    """Return the matrix that turns control points into a Catmull-Rom curve."""
    segments = n_points if closed else n_points - 1
    t = np.linspace(0.0, 1.0, samples, endpoint=False)
    weights = 0.5 * np.stack(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2], 1
    )
    matrix = np.zeros((segments * samples + (not closed), n_points))
    for segment in range(segments):
        rows = slice(segment * samples, (segment + 1) * samples)
        for offset in range(4):
            point = segment + offset - 1
            point = point % n_points if closed else min(max(point, 0), n_points - 1)
            matrix[rows, point] += weights[:, offset]
    if not closed:
        matrix[-1, -1] = 1.0
    return matrix


def smooth(points: ArrayLike, *, samples: int = 6, closed: bool = False) -> Points:
    """Return a Catmull-Rom curve through `points`, `(n, 2)`, with `samples` per segment."""
    control = np.asarray(points, np.float64)
    curve: Points = _basis(len(control), samples, closed) @ control
    return curve


def ellipse(centre: ArrayLike, rx: float, ry: float, *, n: int = 20) -> Points:
    """Return the `n` corners of an ellipse around `centre`, `(2,)`."""
    angle = np.linspace(0.0, 2 * np.pi, n, endpoint=False)
    return np.asarray(centre) + np.stack([rx * np.cos(angle), ry * np.sin(angle)], 1)


def ribbon(line: Points, width: ArrayLike) -> Points:
    """Return the outline of a stroke along `line`, `(n, 2)`, `width` wide, `()` or `(n,)`."""
    along = np.gradient(line, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    half = 0.5 * np.broadcast_to(np.asarray(width, np.float64), length.shape) / length
    normal = np.stack([-along[:, 1] * half, along[:, 0] * half], 1)
    return np.concatenate([line + normal, (line - normal)[::-1]])


def mirrored(points: ArrayLike) -> Points:
    """Return a closed outline from its right half, which runs from the top to the bottom."""
    right = np.asarray(points, np.float64)
    left = right[::-1] * (-1.0, 1.0)
    # A point on the middle line belongs to both halves: keep it once.
    return np.concatenate([right, left[np.abs(left[:, 0]) > 1e-9]])
