"""The mean of several models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ferkit.evaluation.predictors import Predictor


class Ensemble:
    """The mean of several models, as a model for `ferkit.evaluate`.

    Args:
        members: Models with the same classes in the same order.

    Raises:
        ValueError: The classes differ, or there is no member.
    """

    def __init__(self, members: Sequence[Predictor]) -> None:
        if len({tuple(member.emotions) for member in members}) != 1:
            raise ValueError("Expected one or more models with the same classes in the same order.")
        self.emotions = tuple(members[0].emotions)
        self._members = members

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the mean probabilities, float64 `(n, c)`, of uint8 `(n, 48, 48, 1)` raw grey
        pixels.
        """
        answers = [np.asarray(member.predict(images), np.float64) for member in self._members]
        return np.asarray(np.mean(answers, axis=0))
