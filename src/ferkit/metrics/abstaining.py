"""The threshold of uncertainty: a confidence below which answers should not be relied on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ferkit.metrics.checks import checked_labels, checked_probabilities

# Accuracy that answers above the threshold should have.
WANTED_ACCURACY = 0.80


def kept_share(labels: np.ndarray, probabilities: np.ndarray, threshold: float) -> dict[str, Any]:
    """Return the share of answers with at least a given confidence, and their accuracy.

    Returns:
        `{"kept": share of images, "accuracy": share of correct answers among them}`; `accuracy` is
        None if none is kept.

    Example:
        >>> kept_share(np.array([0, 0]), np.array([[0.9, 0.1], [0.4, 0.6]]), 0.7)
        {'kept': 0.5, 'accuracy': 1.0}
    """
    values = checked_probabilities(probabilities)
    truth = checked_labels(labels, *values.shape)
    kept = values.max(axis=1) >= threshold
    right = values.argmax(axis=1)[kept] == truth[kept]
    return {"kept": float(kept.mean()), "accuracy": float(right.mean()) if kept.any() else None}


def uncertainty_threshold(
    labels: np.ndarray, probabilities: np.ndarray, *, wanted: float = WANTED_ACCURACY
) -> float:
    """Return the lowest confidence, in steps of 0.01, above which answers are accurate enough.

    Args:
        labels: Integer `(n,)`, of the validation split.
        probabilities: Calibrated `(n, c)`.
        wanted: Accuracy of the answers above the threshold. Defaults to 0.80.

    Returns:
        A confidence in 0..0.99. If none reaches `wanted`, it is the one with the highest accuracy;
        it is 0 if all answers together are accurate enough.

    Reference:
        Y. Geifman, R. El-Yaniv, "Selective classification for deep neural networks", NeurIPS 2017.

    Example:
        >>> rows = np.array([[0.9, 0.1], [0.55, 0.45], [0.8, 0.2]])
        >>> uncertainty_threshold(np.array([0, 1, 0]), rows)
        0.56
    """
    best, best_accuracy = 0.0, -1.0
    for hundredths in range(100):
        accuracy = kept_share(labels, probabilities, hundredths / 100)["accuracy"]
        if accuracy is None:
            break
        if accuracy >= wanted:
            return hundredths / 100
        if accuracy > best_accuracy:
            best, best_accuracy = hundredths / 100, accuracy
    return best
