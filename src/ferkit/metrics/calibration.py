"""Two numbers that make confidences honest and change no answer: label smoothing undone, and a
temperature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ferkit.errors import DataError
from ferkit.metrics.checks import checked_probabilities
from ferkit.metrics.reliability import expected_calibration_error
from ferkit.metrics.temperature import apply_temperature, fit_temperature

# Where undoing would leave a probability at or below nothing, this share of it is kept, so that
# classes keep their order.
KEPT_SHARE = 0.01
_SMOOTHINGS = tuple(hundredths / 100 for hundredths in range(11))

# The error jumps by tenths of a per cent with the count of bins; the mean over several does not.
_BINS = range(10, 21)


@dataclass(frozen=True)
class Calibration:
    """What is done to a network's probabilities.

    Attributes:
        temperature: What the logits are divided by, after the smoothing is undone.
        smoothing: Label smoothing that is undone, a share in 0..1; 0 undoes none.

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
        """Return what a shipped model's card or a file's metadata states; nothing where they state
        nothing.
        """
        return cls(float(card.get("temperature", 1.0)), float(card.get("smoothing", 0.0)))

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """Return float64 `(n, c)` calibrated probabilities; the order of the classes stays.

        Raises:
            DataError: The rows are no probabilities.
        """
        return apply_temperature(undo_smoothing(probabilities, self.smoothing), self.temperature)

    def __str__(self) -> str:
        undone = f", label smoothing of {self.smoothing:g} undone" if self.smoothing else ""
        return f"temperature {self.temperature:.3f}{undone}"


PLAIN = Calibration()


def undo_smoothing(probabilities: np.ndarray, smoothing: float) -> np.ndarray:
    """Return what a network would say that had learned from whole labels rather than smoothed ones.

    Smoothing replaces each target `y` by `(1 - s) y + s / c`, so that a network that learned it
    says at most `1 - s + s / c`; taking `s / c` from every probability and dividing by the rest
    undoes it.

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
    """Return the calibration with the least expected calibration error.

    For each smoothing from 0 to 0.10 the temperature is that of the least negative log-likelihood;
    of those pairs the one with the least error, averaged over 10 to 20 bins, is taken. A
    temperature alone leaves a network that learned from smoothed labels too sure of some answers
    and not sure enough of others.

    Args:
        labels: Integer `(n,)`, the true class of each image, of a split that was not trained on.
        probabilities: `(n, c)`, one distribution per row.

    Raises:
        DataError: The arrays are empty, do not match, or hold no probabilities.

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
        # Six digits are what a card shows, and a file must have the very same.
        temperature = round(fit_temperature(labels, undone), 6)
        candidates.append(Calibration(temperature, smoothing))

    def error(candidate: Calibration) -> float:
        rows = candidate.apply(probabilities)
        found = [expected_calibration_error(labels, rows, n_bins=bins) for bins in _BINS]
        return round(float(np.mean(found)), 9)  # equal but for rounding is equal: less undone wins

    return min(candidates, key=error)
