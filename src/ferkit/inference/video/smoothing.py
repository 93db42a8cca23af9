"""Probabilities that do not flicker."""

from __future__ import annotations

import math

import numpy as np

from ferkit.errors import UsageError

SMOOTH_S = 0.3
# Who has been away for so many time constants is forgotten.
_FORGOTTEN = 20.0


class EmotionSmoother:
    """An exponential moving average over time for each face.

    With the time `d` since the face was seen last, what was known of it counts `exp(-d /
    smooth)`, so the frame rate does not matter, and after a long absence little of the old is
    left.

    Args:
        smooth: Time constant in seconds; 0 leaves everything as it is. Defaults to 0.3.

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
            track_id: `(n,)`; faces with -1 stay as they are.
            probabilities: `(n, c)`, as the model gave them.
            time_s: When the frame is shown.
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
