"""Kernel ridge regression on landmarks, which fits all folds after one pass over the data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

LANDMARKS = 3000

# Chosen by the out-of-fold likelihood of FER-2013's training labels, with copies of an image in the
# same fold (records/LOG.md).
_SHARPNESS = 1.0  # of the Gaussian kernel, for features of mean squared length 1
_DECAY = 0.3
_AT_ONCE = 2048


class KernelRidge:
    """A classifier that is fitted without any given fold by solving one linear system.

    An image is represented by its Gaussian kernels with landmarks (Williams and Seeger, "Using the
    Nyström Method to Speed Up Kernel Machines", NIPS 2000); ridge regression predicts one-hot
    labels from them.

    Args:
        features: `float32` `(n, d)`, of all images.
        labels: `int64` `(n,)`.
        folds: `int64` `(n,)`, the fold of each training image, -1 for images that are not used for
            training.
        classes: Number of labels.
        seed: Seed for drawing the landmarks from the training images.
        tick: Called with the finished share of the sums, 0..1. Defaults to a function that does
            nothing.
    """

    def __init__(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        folds: np.ndarray,
        classes: int,
        seed: int,
        *,
        tick: Callable[[float], None] = lambda _: None,
    ) -> None:
        train = np.flatnonzero(folds >= 0)
        count = min(LANDMARKS, len(train))
        chosen = np.random.default_rng(seed).choice(train, count, replace=False)
        self._features, self._landmarks = features, features[np.sort(chosen)]
        one_hot = np.eye(classes, dtype=np.float32)[labels]
        self._prior = one_hot[train].mean(axis=0)
        n_folds = int(folds.max()) + 1
        # In float32 the sums would not remain positive definite if landmarks are very similar.
        self._squares = np.zeros((n_folds, count + 1, count + 1))
        self._products = np.zeros((n_folds, count + 1, classes))
        done = 0
        for fold in range(n_folds):
            members = np.flatnonzero(folds == fold)
            for start in range(0, len(members), _AT_ONCE):
                part = members[start : start + _AT_ONCE]
                kernel = self._kernel(part).astype(np.float64)
                self._squares[fold] += kernel.T @ kernel
                self._products[fold] += kernel.T @ (one_hot[part] - self._prior)
                done += len(part)
                tick(done / len(train))

    def fit(self, without: int | None = None) -> np.ndarray:
        """Return the weights `(landmarks + 1, classes)` fitted on all folds except `without`."""
        from scipy.linalg import cho_factor, cho_solve

        used = [fold for fold in range(len(self._squares)) if fold != without]
        square = self._squares[used].sum(axis=0)
        square[np.diag_indices_from(square)] += _DECAY
        product = self._products[used].sum(axis=0)
        factor = cho_factor(square, overwrite_a=True, check_finite=False)
        weights: np.ndarray = cho_solve(factor, product, check_finite=False)
        return weights

    def scores(self, weights: np.ndarray, indices: np.ndarray) -> np.ndarray:
        """Return the predicted score of each label for the images at `indices`, `float64`
        `(n, classes)`.
        """
        parts = [np.zeros((0, weights.shape[1]))]
        for start in range(0, len(indices), _AT_ONCE):
            part = indices[start : start + _AT_ONCE]
            parts.append(self._kernel(part) @ weights + self._prior)
        return np.concatenate(parts)

    def _kernel(self, indices: np.ndarray) -> np.ndarray:
        """Return the kernels of images with landmarks, and a column of ones for the intercept."""
        part = self._features[indices]
        squares = (part**2).sum(axis=1)[:, None] + (self._landmarks**2).sum(axis=1)
        distances = np.maximum(squares - 2 * part @ self._landmarks.T, 0)
        ones = np.ones((len(part), 1), np.float32)
        return np.concatenate([np.exp(-_SHARPNESS * distances), ones], axis=1)
