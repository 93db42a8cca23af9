"""Reliability of confidences: is a confidence of 80 % correct in 80 of 100 cases?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ferkit.errors import DataError
from ferkit.metrics.checks import checked_labels, checked_probabilities


@dataclass(frozen=True)
class ReliabilityBins:
    """Top-label confidences in equal-width bins.

    Attributes:
        edges: float64 `(n_bins + 1,)`, from 0 to 1; bin `i` is `(edges[i], edges[i + 1]]`.
        counts: int64 `(n_bins,)`, images per bin.
        confidence: float64 `(n_bins,)`, mean confidence per bin; NaN for empty bins.
        accuracy: float64 `(n_bins,)`, share of correct answers per bin; NaN for empty bins.
    """

    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def ece(self) -> float:
        """Expected calibration error, a fraction: the mean gap, weighted by images."""
        used = self.counts > 0
        gaps = np.abs(self.accuracy[used] - self.confidence[used])
        return float(np.sum(gaps * self.counts[used]) / np.sum(self.counts))

    def to_dicts(self) -> list[dict[str, float | int | None]]:
        """Return one JSON-ready dict per bin: low, high, n, confidence, accuracy."""
        rows: list[dict[str, float | int | None]] = []
        for i, count in enumerate(self.counts.tolist()):
            rows.append(
                {
                    "low": float(self.edges[i]),
                    "high": float(self.edges[i + 1]),
                    "n": count,
                    "confidence": float(self.confidence[i]) if count else None,
                    "accuracy": float(self.accuracy[i]) if count else None,
                }
            )
        return rows


def reliability_bins(
    labels: np.ndarray, probabilities: np.ndarray, *, n_bins: int = 15
) -> ReliabilityBins:
    """Sort predictions by their top-label confidence into equal-width bins.

    Args:
        labels: Integer `(n,)`, the true class of each image.
        probabilities: `(n, c)`, one distribution per row.
        n_bins: Number of bins between 0 and 1. Defaults to 15, as in Guo et al.

    Returns:
        The bins, with `ece` as a property.

    Raises:
        DataError: The arrays are empty, do not match, or hold no probabilities, or `n_bins`
            is below 1.

    Reference:
        C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural
        networks", ICML 2017.

    Example:
        >>> bins = reliability_bins(np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]]))
        >>> round(bins.ece, 3)
        0.4
    """
    if n_bins < 1:
        raise DataError(f"Expected at least one bin, got n_bins={n_bins}; 15 is usual.")
    return _binned(*_answers(labels, probabilities), n_bins)


def _answers(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the confidence of each answer, and whether it is right."""
    values = checked_probabilities(probabilities)
    truth = checked_labels(labels, *values.shape)
    return values.max(axis=1), values.argmax(axis=1) == truth


def _binned(confidence: np.ndarray, right: np.ndarray, n_bins: int) -> ReliabilityBins:
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    # Closed on the right as in the paper's code, and by comparison with the edges rather than
    # by multiplication, so that 3/15 does not slip into the next bin by rounding.
    index = np.clip(np.digitize(confidence, edges, right=True) - 1, 0, n_bins - 1)
    counts = np.bincount(index, minlength=n_bins)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(index, weights=confidence, minlength=n_bins) / counts
        accuracy = np.bincount(index, weights=right, minlength=n_bins) / counts
    return ReliabilityBins(edges, counts.astype(np.int64), mean_confidence, accuracy)


def expected_calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, *, n_bins: int = 15
) -> float:
    """Return the top-label expected calibration error as a fraction in 0..1.

    Arguments, errors and source as in `reliability_bins`.

    Example:
        >>> expected_calibration_error(np.array([0, 1]), np.array([[1.0, 0.0], [0.0, 1.0]]))
        0.0
    """
    return reliability_bins(labels, probabilities, n_bins=n_bins).ece


def mean_calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, numbers_of_bins: Iterable[int]
) -> float:
    """Return the mean of `expected_calibration_error` over several numbers of bins."""
    answers = _answers(labels, probabilities)
    return float(np.mean([_binned(*answers, n_bins).ece for n_bins in numbers_of_bins]))


def negative_log_likelihood(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean negative log-likelihood (cross-entropy) in nats.

    A probability of zero for the true class counts as float64's machine epsilon, about 36 nats.

    Args:
        labels: Integer `(n,)`.
        probabilities: `(n, c)`, one distribution per row.

    Raises:
        DataError: The arrays are empty, do not match, or hold no probabilities.

    Example:
        >>> round(negative_log_likelihood(np.array([0]), np.array([[0.5, 0.5]])), 4)
        0.6931
    """
    values = checked_probabilities(probabilities)
    truth = checked_labels(labels, values.shape[0], values.shape[1])
    return mean_surprise(values[np.arange(len(truth)), truth])


def mean_surprise(chosen: np.ndarray) -> float:
    """Return the mean negative logarithm of the probabilities of true classes, float64 `(n,)`."""
    return float(-np.mean(np.log(np.maximum(chosen, np.finfo(np.float64).eps))))
