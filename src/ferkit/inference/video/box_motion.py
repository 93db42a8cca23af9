"""Where boxes will be: a Kalman filter of constant velocity for each edge of each box."""

from __future__ import annotations

import numpy as np

# As ByteTrack has them in the library `trackers`, in pixels and steps of 1/30 s.
_RATE = 30.0
_MEASUREMENT = 0.1
_PROCESS = 0.01
_FIRST = 1.0
# A frame that comes so close to a whole step counts as one.
_NEARLY_S = 0.004


class BoxMotion:
    """The boxes of any number of tracks, their velocities, and how sure both are.

    The four edges of a box move by themselves, and are equally sure, so that a track has one
    covariance of position and velocity.

    Attributes:
        xyxy: `float64` `(t, 4)`, where the boxes are.
    """

    def __init__(self) -> None:
        self.xyxy = np.empty((0, 4))
        self._velocity = np.empty((0, 4))  # pixels a step
        self._position_variance = np.empty(0)
        self._covariance = np.empty(0)
        self._velocity_variance = np.empty(0)

    def add(self, boxes: np.ndarray) -> None:
        """Add tracks that begin at these boxes, at rest."""
        n = len(boxes)
        self.xyxy = np.concatenate([self.xyxy, boxes])
        self._velocity = np.concatenate([self._velocity, np.zeros((n, 4))])
        self._position_variance = np.append(self._position_variance, np.full(n, _FIRST))
        self._covariance = np.append(self._covariance, np.zeros(n))
        self._velocity_variance = np.append(self._velocity_variance, np.full(n, _FIRST))

    def keep(self, which: np.ndarray) -> None:
        """Drop all other tracks.

        Args:
            which: `bool` `(t,)`.
        """
        self.xyxy, self._velocity = self.xyxy[which], self._velocity[which]
        self._position_variance = self._position_variance[which]
        self._covariance = self._covariance[which]
        self._velocity_variance = self._velocity_variance[which]

    def predict(self, elapsed_s: float) -> None:
        """Move all boxes on by so many seconds."""
        step = elapsed_s * _RATE
        self.xyxy = self.xyxy + step * self._velocity
        velocity, both = self._velocity_variance, self._covariance
        self._position_variance = self._position_variance + step * (2 * both + step * velocity)
        self._covariance = both + step * velocity
        if abs(elapsed_s - 1 / _RATE) <= _NEARLY_S:
            self._position_variance += _PROCESS
            self._velocity_variance = velocity + _PROCESS
        else:  # an acceleration by chance that lasts for the step
            self._position_variance += _PROCESS * step**4 / 4
            self._covariance += _PROCESS * step**3 / 2
            self._velocity_variance = velocity + _PROCESS * step**2

    def correct(self, tracks: np.ndarray, boxes: np.ndarray) -> None:
        """Take in where the boxes of some tracks were found.

        Args:
            tracks: `(n,)`, their indices, each once.
            boxes: `(n, 4)`.
        """
        position, both = self._position_variance[tracks], self._covariance[tracks]
        of_position = position / (position + _MEASUREMENT)
        of_velocity = both / (position + _MEASUREMENT)
        surprise = boxes - self.xyxy[tracks]
        self.xyxy[tracks] += of_position[:, None] * surprise
        self._velocity[tracks] += of_velocity[:, None] * surprise
        self._position_variance[tracks] = (1 - of_position) * position
        self._covariance[tracks] = (1 - of_position) * both
        self._velocity_variance[tracks] -= of_velocity * both
