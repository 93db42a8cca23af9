"""Folds in which no picture stands on both sides."""

from __future__ import annotations

import numpy as np

N_FOLDS = 5


def picture_folds(picture: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """Deal pictures into folds, of every label the same share, all copies of a picture into the
    same.

    Args:
        picture: `int64` `(n,)`, number of the picture that an image is a copy of.
        labels: `int64` `(n,)`.
        seed: Shuffles the pictures.

    Returns:
        `int64` `(n,)`, the fold of each image, 0..4.

    Example:
        >>> picture_folds(np.array([0, 1, 0, 2, 3, 4]), np.zeros(6, int), seed=1).tolist()[:3:2]
        [1, 1]
    """
    _, first, number = np.unique(picture, return_index=True, return_inverse=True)
    shuffled = np.random.default_rng(seed).permutation(len(first))
    by_label = shuffled[np.argsort(labels[first][shuffled], kind="stable")]
    fold = np.empty(len(first), np.int64)
    fold[by_label] = np.arange(len(first)) % N_FOLDS
    return fold[number.reshape(-1)]
