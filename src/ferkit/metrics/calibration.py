"""Calibration of confidences by two numbers that change no prediction: a temperature, and the label
smoothing to undo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ferkit.errors import DataError
from ferkit.metrics.checks import checked_probabilities
from ferkit.metrics.reliability import mean_calibration_error
from ferkit.metrics.temperature import apply_temperature, fit_temperature

# Where undoing would leave a probability at or below nothing, this share of it is kept, so that
# classes keep their order.
KEPT_SHARE = 0.01
_SMOOTHINGS = tuple(hundredths / 100 for hundredths in range(11))

# The error jumps by tenths of a per cent with the count of bins; the mean over several does not.
_BINS = range(10, 21)


@dataclass(frozen=True)
class Calibration:
    """The calibration of a network's probabilities.

    Attributes:
        temperature: Divisor of the logits, after smoothing is undone. Defaults to 1.
        smoothing: Label smoothing to undo, a share in 0..1. Defaults to 0.

    Raises:
        DataError: `temperature` is not above 0, or `smoothing` not in 0..1.

    Example:
        >>> Calibration(smoothing=0.1).apply(np.array([[0.95, 0.05]])).round(3).tolist()
        [[0.999, 0.001]]
    """

    temperature: float = 1.0
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.temperature < np.inf or not 0 <= self.smoothing < 1:
            raise DataError(
                "Expected a temperature above 0 and a smoothing in 0..1, got "
                f"{self.temperature} and {self.smoothing}."
            )

    @classmethod
    def of_card(cls, card: Mapping[str, Any]) -> Calibration:
        """Return the calibration in a model's card or a file's metadata, by default none."""
        return cls(float(card.get("temperature", 1.0)), float(card.get("smoothing", 0.0)))

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """Return float64 `(n, c)` calibrated probabilities, with the same ranking of classes.

        Raises:
            DataError: The rows are not probabilities.
        """
        return apply_temperature(undo_smoothing(probabilities, self.smoothing), self.temperature)

    def __str__(self) -> str:
        undone = f", label smoothing of {self.smoothing:g} undone" if self.smoothing else ""
        return f"temperature {self.temperature:.3f}{undone}"


PLAIN = Calibration()


def undo_smoothing(probabilities: np.ndarray, smoothing: float) -> np.ndarray:
    """Return the probabilities of a network as if it had learned from labels without smoothing.

    Smoothing replaces each target `y` by `(1 - s) y + s / c`, so the network outputs at most
    `1 - s + s / c`. Subtracting `s / c` from every probability and dividing by `1 - s` undoes it.

    Args:
        probabilities: `(n, c)`, one distribution per row.
        smoothing: The share `s`.

    Returns:
        float64 `(n, c)`.
    """
    values = checked_probabilities(probabilities)
    lowered = np.maximum(values - smoothing / values.shape[1], KEPT_SHARE * values)
    return np.asarray(lowered / lowered.sum(axis=1, keepdims=True))


def fit_calibration(labels: np.ndarray, probabilities: np.ndarray) -> Calibration:
    """Return the calibration with the smallest expected calibration error.

    For each smoothing from 0 to 0.10, the temperature minimises the negative log-likelihood. Of
    these pairs, the one with the smallest error, averaged over 10 to 20 bins, is returned. With a
    temperature only, a network that learned from smoothed labels would remain overconfident in some
    answers and underconfident in others.

    Args:
        labels: Integer `(n,)`, the true class of each image, of a split that was not trained on.
        probabilities: `(n, c)`, one distribution per row.

    Raises:
        DataError: The arrays are empty, do not match, or are not probabilities.

    Reference:
        C. Guo et al., "On calibration of modern neural networks", ICML 2017; on label smoothing and
        calibration R. Müller et al., "When does label smoothing help?", NeurIPS 2019.

    Example:
        >>> rows = np.array([[0.9, 0.1]] * 4)
        >>> fitted = fit_calibration(np.array([0, 0, 0, 1]), rows)
        >>> fitted.apply(rows)[0].round(2).tolist()
        [0.75, 0.25]
    """
    candidates = []
    for smoothing in _SMOOTHINGS:
        undone = undo_smoothing(probabilities, smoothing)
        # Six digits, as on a card, so that card and file have the same value.
        temperature = round(fit_temperature(labels, undone), 6)
        candidates.append(Calibration(temperature, smoothing))

    def error(candidate: Calibration) -> float:
        found = mean_calibration_error(labels, candidate.apply(probabilities), _BINS)
        return round(found, 9)  # equal but for rounding is equal: less undone wins

    return min(candidates, key=error)
