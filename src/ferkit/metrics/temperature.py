"""Temperature scaling: calibration of confidences by one number that changes no prediction."""

from __future__ import annotations

import numpy as np

from ferkit.errors import DataError
from ferkit.metrics.checks import checked_labels, checked_probabilities
from ferkit.metrics.reliability import mean_surprise

# Lower bound of probabilities, so that logarithms are finite in float32.
_SMALLEST = 1e-30
_RANGE = (0.05, 20.0)


def apply_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return the softmax of the logits divided by `temperature`.

    Args:
        probabilities: `(n, c)`, one distribution per row.
        temperature: Values above 1 lower the confidences, values below 1 raise them; the ranking of
            classes does not change.

    Returns:
        float64 `(n, c)`.

    Raises:
        DataError: `temperature` is not above 0, or the rows are no probabilities.

    Example:
        >>> apply_temperature(np.array([[0.9, 0.1]]), 2.0).round(2).tolist()
        [[0.75, 0.25]]
    """
    if not 0 < temperature < np.inf:
        raise DataError(f"temperature must be above 0, not {temperature}.")
    scaled = _logits(probabilities) / temperature
    raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _logits(probabilities: np.ndarray) -> np.ndarray:
    # The softmax is invariant to a common offset, so log-probabilities can be used as logits.
    return np.asarray(np.log(np.maximum(checked_probabilities(probabilities), _SMALLEST)))


def fit_temperature(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the temperature with the smallest negative log-likelihood, by golden-section search.

    Args:
        labels: Integer `(n,)`, the true class of each image, of a split that was not trained on.
        probabilities: `(n, c)`, one distribution per row.

    Returns:
        The temperature, in 0.05..20, exact to about four digits.

    Raises:
        DataError: The arrays are empty, do not match, or hold no probabilities.

    Reference:
        C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks",
        ICML 2017.

    Example:
        >>> sure = np.array([[0.9, 0.1]] * 4)
        >>> temperature = fit_temperature(np.array([0, 0, 0, 1]), sure)
        >>> apply_temperature(sure, temperature)[0].round(3).tolist()
        [0.75, 0.25]
    """
    logits = _logits(probabilities)
    truth = checked_labels(labels, *logits.shape)
    # Classes first: NumPy adds up a few long rows several times as fast as many short ones.
    below_top = np.ascontiguousarray((logits - logits.max(axis=1, keepdims=True)).T)
    of_truth = below_top[truth, np.arange(len(truth))]

    def loss(log_temperature: float) -> float:
        scale = np.exp(-log_temperature)
        chosen = np.exp(scale * of_truth) / np.exp(scale * below_top).sum(axis=0)
        return mean_surprise(chosen)

    # The loss is convex in 1 / temperature, so it is unimodal on any monotonic scale of it.
    low, high = np.log(_RANGE[0]), np.log(_RANGE[1])
    golden = (np.sqrt(5) - 1) / 2
    a, b = high - golden * (high - low), low + golden * (high - low)
    at_a, at_b = loss(a), loss(b)
    while high - low > 1e-4:
        if at_a < at_b:
            high, b, at_b = b, a, at_a
            a = high - golden * (high - low)
            at_a = loss(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + golden * (high - low)
            at_b = loss(b)
    return float(np.exp((low + high) / 2))
