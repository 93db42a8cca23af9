"""Pose: from head units to pixels of the canvas.

Head units: the origin is the middle of the face, x runs to the right, y down, the chin is near
`y = 1` and the crown near `y = -1`; the head is an ellipsoid, and a point of the face lies on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferkit.synthetic.curves import Points

_DEPTH, _WIDTH, _HEIGHT = 0.75, 0.86, 1.25  # half axes of the ellipsoid that carries the features


@dataclass(frozen=True)
class Pose:
    """Where the head is and where it looks.

    Attributes:
        yaw: Turn to the right, in radians.
        pitch: Nod downwards, in radians.
        roll: Tilt in the picture plane, in radians.
        scale: Pixels of the final picture per head unit.
        centre: Pixel of the final picture where the head's origin lies, `(x, y)`.
    """

    yaw: float
    pitch: float
    roll: float
    scale: float
    centre: tuple[float, float]

    def turn(self, points: ArrayLike, depth: float | None = None) -> Points:
        """Return `points`, `(n, 2)` in head units, after yaw and pitch, still in head units.

        Args:
            points: Points of the face.
            depth: None for points on the face itself; a number for points of an outline, which
                stays where it is but for that much parallax.
        """
        flat = np.asarray(points, np.float64)
        sine, lift = np.sin(self.yaw), np.sin(self.pitch)
        if depth is not None:
            moved: Points = flat + (depth * sine, depth * lift)
            return moved
        inside = 1.0 - (flat[:, 0] / _WIDTH) ** 2 - (flat[:, 1] / _HEIGHT) ** 2
        z = _DEPTH * np.sqrt(np.maximum(inside, 0.0))
        x = flat[:, 0] * np.cos(self.yaw) + z * sine
        y = flat[:, 1] + (z * np.cos(self.yaw) - flat[:, 0] * sine * 0.3) * lift
        return np.stack([x, y], 1)

    def place(self, turned: Points) -> Points:
        """Return pixels of the final picture for points that `turn` gave."""
        cosine, sine = np.cos(self.roll), np.sin(self.roll)
        rotation = np.array([[cosine, sine], [-sine, cosine]])
        placed: Points = turned @ rotation * self.scale + np.asarray(self.centre)
        return placed

    def project(self, points: ArrayLike, depth: float | None = None) -> Points:
        """Return pixels of the final picture for `points` in head units; `depth` as in `turn`."""
        return self.place(self.turn(points, depth))

    def head_grid(self, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the head units x and y, `(size, size)` each, of every pixel of the picture."""
        pixels = np.arange(size) + 0.5
        dx = (pixels[None, :] - self.centre[0]) / self.scale
        dy = (pixels[:, None] - self.centre[1]) / self.scale
        cosine, sine = np.cos(self.roll), np.sin(self.roll)
        return dx * cosine + dy * sine, dy * cosine - dx * sine
