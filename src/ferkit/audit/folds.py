"""Cross-validation folds that keep all copies of a picture together."""

from __future__ import annotations

import numpy as np

N_FOLDS = 5


def picture_folds(picture: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """Assign pictures to folds, stratified by label, with all copies of a picture in the same fold.

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
