"""Smoothing of probabilities over time."""

from __future__ import annotations

import math

import numpy as np

from ferkit.errors import UsageError

SMOOTH_S = 0.3
# Faces that were not seen for this many time constants are forgotten.
_FORGOTTEN = 20.0


class EmotionSmoother:
    """An exponential moving average over time for each face.

    If a face was last seen `d` seconds ago, its previous average has the weight
    `exp(-d / smooth)`. The result does not depend on the frame rate, and fades after an absence.

    Args:
        smooth: Time constant in seconds; 0 turns smoothing off. Defaults to 0.3.

    Raises:
        UsageError: `smooth` is negative or not finite.

    Example:
        >>> smoother = EmotionSmoother(1.0)
        >>> smoother.update(np.array([7]), np.array([[1.0, 0.0]]), 0.0).tolist()
        [[1.0, 0.0]]
        >>> smoother.update(np.array([7]), np.array([[0.0, 1.0]]), 1.0).round(2).tolist()
        [[0.37, 0.63]]
    """

    def __init__(self, smooth: float = SMOOTH_S) -> None:
        if not (smooth >= 0 and math.isfinite(smooth)):
            raise UsageError(f"smooth expects seconds, 0 or more, not {smooth}.")
        self._smooth = smooth
        self._known: dict[int, tuple[np.ndarray, float]] = {}

    def update(self, track_id: np.ndarray, probabilities: np.ndarray, time_s: float) -> np.ndarray:
        """Return the smoothed probabilities of one frame's faces.

        Args:
            track_id: `(n,)`; faces with -1 are not smoothed.
            probabilities: `(n, c)`, the model's probabilities.
            time_s: Presentation time of the frame in seconds.
        """
        if self._smooth == 0:
            return probabilities
        smoothed = np.array(probabilities)
        for i, number in enumerate(track_id.tolist()):
            if number < 0:
                continue
            if number in self._known:
                before, then = self._known[number]
                weight = math.exp(-max(time_s - then, 0.0) / self._smooth)
                smoothed[i] = weight * before + (1 - weight) * probabilities[i]
            self._known[number] = (smoothed[i], time_s)
        limit = time_s - _FORGOTTEN * self._smooth
        self._known = {k: v for k, v in self._known.items() if v[1] >= limit}
        return smoothed
