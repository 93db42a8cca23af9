"""Checks of labels and probabilities, shared by all metrics."""

from __future__ import annotations

import numpy as np

from ferkit.errors import DataError

# Sums of half-precision and quantised softmax rows differ from 1 by up to a few thousandths; those
# of logits differ by far more.
ROW_SUM_TOLERANCE = 0.02


def checked_probabilities(probabilities: np.ndarray) -> np.ndarray:
    """Return `probabilities` as float64 `(n, c)` with rows that sum to 1.

    Raises:
        DataError: There is no row, values are not finite or not in 0..1, or rows do not sum to 1
            (as for logits).
    """
    values = np.asarray(probabilities, dtype=np.float64)
    if values.ndim != 2 or values.shape[0] == 0 or values.shape[1] < 2:
        raise DataError(
            f"Expected probabilities of shape (n, c) with n >= 1 and c >= 2, got {values.shape}; "
            "pass one row per image and check that the split is not empty."
        )
    if not np.isfinite(values).all():
        bad = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise DataError(
            f"Expected finite probabilities, got {values[bad]} in row {bad}; "
            "check the model for weights that are not a number."
        )
    sums = values.sum(axis=1)
    off = (np.abs(sums - 1) > ROW_SUM_TOLERANCE) | (values < 0).any(axis=1)
    if off.any():
        bad = int(np.flatnonzero(off)[0])
        raise DataError(
            f"Expected rows of probabilities that sum to 1, row {bad} sums to {sums[bad]:.4g} "
            f"with minimum {values[bad].min():.4g}; apply softmax to logits first."
        )
    return np.asarray(values / sums[:, None], dtype=np.float64)


def checked_labels(labels: np.ndarray, n: int, n_classes: int) -> np.ndarray:
    """Return `labels` as int64 `(n,)`, each in `0..n_classes - 1`.

    Raises:
        DataError: The length, the type or the range is wrong.
    """
    values = np.asarray(labels)
    if values.shape != (n,):
        raise DataError(
            f"Expected {n} labels of shape ({n},), got shape {values.shape}; pass one label per "
            "image."
        )
    if values.dtype.kind not in "iu":
        raise DataError(
            f"Expected integer labels, got dtype {values.dtype}; pass class indices, "
            "not names or one-hot rows."
        )
    if n and (values.min() < 0 or values.max() >= n_classes):
        raise DataError(
            f"Expected labels in 0..{n_classes - 1}, got {values.min()}..{values.max()}; "
            "check that data and model have the same classes."
        )
    return values.astype(np.int64)
