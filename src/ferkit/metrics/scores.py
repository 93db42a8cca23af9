"""Metrics of a classifier on one split, in pure NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ferkit.errors import DataError
from ferkit.metrics.checks import checked_labels, checked_probabilities
from ferkit.metrics.intervals import wilson_interval
from ferkit.metrics.reliability import negative_log_likelihood, reliability_bins


def confusion_matrix(labels: np.ndarray, predictions: np.ndarray, n_classes: int) -> np.ndarray:
    """Count how often each true class was predicted as each class.

    Args:
        labels: Integer `(n,)`, true classes in `0..n_classes - 1`.
        predictions: Integer `(n,)`, predicted classes in the same range.
        n_classes: Number of classes `c`; classes that do not occur keep a row of zeros.

    Returns:
        int64 `(c, c)`: rows are true classes, columns predicted ones.

    Raises:
        DataError: Lengths differ or a class lies outside the range.

    Example:
        >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
        [[1, 1], [0, 1]]
    """
    n = len(np.asarray(labels))
    truth = checked_labels(labels, n, n_classes)
    guess = checked_labels(predictions, n, n_classes)
    flat = np.bincount(truth * n_classes + guess, minlength=n_classes * n_classes)
    return flat.reshape(n_classes, n_classes).astype(np.int64)


def per_class_scores(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """Return precision, recall, F1 and support of every class.

    Args:
        matrix: Integer `(c, c)` confusion matrix, rows true.

    Returns:
        `{"precision", "recall", "f1", "support"}`, each `(c,)`. A score whose denominator is
        zero (a class never predicted, or absent) is 0, as in scikit-learn's `zero_division=0`.

    Example:
        >>> per_class_scores(np.array([[1, 1], [0, 2]]))["recall"].tolist()
        [0.5, 1.0]
    """
    counts = np.asarray(matrix, dtype=np.float64)
    hits = np.diag(counts)
    predicted, support = counts.sum(axis=0), counts.sum(axis=1)
    return {
        "precision": _ratio(hits, predicted),
        "recall": _ratio(hits, support),
        "f1": _ratio(2 * hits, predicted + support),
        "support": support.astype(np.int64),
    }


def classification_metrics(
    labels: np.ndarray,
    probabilities: np.ndarray,
    emotions: Sequence[str],
    *,
    has_twin: np.ndarray | None = None,
) -> dict[str, Any]:
    """Return the metrics of one split: its entry in `metrics.json`.

    The predicted class is the most probable one; of equal ones the first in `emotions`.

    Args:
        labels: Integer `(n,)`, index into `emotions`.
        probabilities: `(n, c)`, one distribution per image.
        emotions: Names of the `c` classes.
        has_twin: bool `(n,)`, whether a pixel-identical image is in the training split. Defaults to
            None: unknown, or meaningless as for the training split itself.

    Returns:
        A dict ready for JSON. Shares are fractions in 0..1: `n`, `accuracy`, `accuracy_ci95`
        (Wilson), `clean_n`, `clean_accuracy`, `clean_accuracy_ci95` (images without a twin;
        None if `has_twin` is), `macro_f1` (over the classes that occur or are predicted),
        `balanced_accuracy` (mean recall of the classes that occur), `ece` (15 bins, Guo et al.
        2017), `nll` (nats), `per_class`, `confusion_matrix` (rows true), `emotions`,
        `calibration_bins`.

    Raises:
        DataError: The split is empty, shapes do not match, or rows are no probabilities.

    Example:
        >>> entry = classification_metrics(
        ...     np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]), ["sad", "happy"])
        >>> entry["accuracy"], entry["confusion_matrix"]
        (0.5, [[1, 0], [1, 0]])
    """
    values = checked_probabilities(probabilities)
    n, n_classes = values.shape
    if n_classes != len(emotions):
        raise DataError(
            f"Expected {len(emotions)} probabilities per image ({', '.join(emotions)}), "
            f"got {n_classes}; check that data and model have the same classes."
        )
    truth = checked_labels(labels, n, n_classes)
    right = values.argmax(axis=1) == truth
    matrix = confusion_matrix(truth, values.argmax(axis=1), n_classes)
    scores = per_class_scores(matrix)
    bins = reliability_bins(truth, values)
    occurs = scores["support"] > 0
    seen = occurs | (matrix.sum(axis=0) > 0)
    return {
        "n": n,
        "accuracy": float(right.mean()),
        "accuracy_ci95": list(wilson_interval(int(right.sum()), n)),
        **_clean_scores(right, has_twin),
        "macro_f1": float(scores["f1"][seen].mean()),
        "balanced_accuracy": float(scores["recall"][occurs].mean()),
        "ece": bins.ece,
        "nll": negative_log_likelihood(truth, values),
        "per_class": {
            emotion: {
                "precision": float(scores["precision"][i]),
                "recall": float(scores["recall"][i]),
                "f1": float(scores["f1"][i]),
                "support": int(scores["support"][i]),
            }
            for i, emotion in enumerate(emotions)
        },
        "confusion_matrix": matrix.tolist(),
        "emotions": list(emotions),
        "calibration_bins": bins.to_dicts(),
    }


def _clean_scores(right: np.ndarray, has_twin: np.ndarray | None) -> dict[str, Any]:
    if has_twin is None:
        return {"clean_n": None, "clean_accuracy": None, "clean_accuracy_ci95": None}
    twin = np.asarray(has_twin)
    if twin.shape != right.shape or twin.dtype != np.bool_:
        raise DataError(
            f"Expected has_twin as bool of shape {right.shape}, got {twin.dtype} of {twin.shape}; "
            "take it from ferkit.data.duplicates.has_twin."
        )
    clean = right[~twin]
    if not len(clean):
        return {"clean_n": 0, "clean_accuracy": None, "clean_accuracy_ci95": None}
    return {
        "clean_n": len(clean),
        "clean_accuracy": float(clean.mean()),
        "clean_accuracy_ci95": list(wilson_interval(int(clean.sum()), len(clean))),
    }


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0))
