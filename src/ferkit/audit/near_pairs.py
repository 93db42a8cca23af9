"""Pairs of images that are almost the same picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Pairs below it are dropped. The page shows examples between it and the threshold, so that readers
# can judge the threshold.
FLOOR = 0.95

# Pairs above it count as one picture, as did all inspected pairs of FER-2013 above 0.97.
THRESHOLD = 0.97

_EDGE = 24
_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Pairs of images and their similarity, in ascending order.

    Attributes:
        left: `int64` `(p,)`, index of one image.
        right: `int64` `(p,)`, index of the other, always larger.
        similarity: `float32` `(p,)`, cosine similarity of their fingerprints, -1..1.
    """

    left: np.ndarray
    right: np.ndarray
    similarity: np.ndarray

    def __len__(self) -> int:
        return len(self.left)

    def above(self, threshold: float) -> NearPairs:
        """Return the pairs with a similarity above `threshold`."""
        kept = self.similarity > threshold
        return NearPairs(self.left[kept], self.right[kept], self.similarity[kept])


def fingerprints(images: np.ndarray) -> np.ndarray:
    """Return the fingerprints that are compared: mean-pooled to 24x24, zero mean, unit length.

    They do not depend on brightness and contrast, and little on a shift by one pixel.

    Args:
        images: `uint8` `(n, 48, 48, 1)`.

    Returns:
        `float32` `(n, 576)`; all 0 for an image of a single grey, which is similar to no other.
    """
    n, factor = len(images), images.shape[1] // _EDGE
    pooled = images.reshape(n, _EDGE, factor, _EDGE, factor).mean(axis=(2, 4), dtype=np.float32)
    flat = pooled.reshape(n, _EDGE**2)
    flat -= flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    unit: np.ndarray = np.where(length > 1e-3, flat / np.maximum(length, 1e-3), 0)
    return unit.astype(np.float32)


def near_pairs(
    images: np.ndarray, floor: float = FLOOR, *, tick: Callable[[float], None] = lambda _: None
) -> NearPairs:
    """Find all pairs of images whose fingerprints have a cosine similarity above `floor`.

    Args:
        images: `uint8` `(n, 48, 48, 1)`.
        floor: Lowest similarity. Defaults to 0.95.
        tick: Called with the finished share, 0..1. Defaults to a function that does nothing.

    Returns:
        The pairs, in ascending order of similarity.

    Example:
        >>> face = np.random.default_rng(0).integers(0, 100, (1, 48, 48, 1), np.uint8)
        >>> len(near_pairs(np.concatenate([face, 2 * face + 10, 255 - face])))
        1
    """
    unit = fingerprints(images)
    left, right, similarity = [], [], []
    for start in range(0, len(unit), _AT_ONCE):
        # Only later images, so that each pair is found once.
        block = unit[start : start + _AT_ONCE] @ unit[start:].T
        rows, columns = np.nonzero(block > floor)
        later = columns > rows
        rows, columns = rows[later], columns[later]
        left.append(rows + start)
        right.append(columns + start)
        similarity.append(block[rows, columns])
        # Later blocks are smaller: the remaining work is a triangle.
        tick(1 - (1 - min(1, (start + _AT_ONCE) / len(unit))) ** 2)
    if not left:
        return NearPairs(*(np.zeros(0, kind) for kind in (np.int64, np.int64, np.float32)))
    found = np.concatenate(similarity)
    order = np.argsort(found, kind="stable")
    return NearPairs(np.concatenate(left)[order], np.concatenate(right)[order], found[order])
