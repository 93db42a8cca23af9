"""Pairs of images that are nearly the same picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Below it nothing is kept; the page shows examples from here on, so that the threshold can be
# judged.
FLOOR = 0.95

# Two images above it are called one picture. Of FER-2013's pairs all that were looked at above 0.97
# were.
THRESHOLD = 0.97

_EDGE = 24
_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Pairs of images and how alike they are, the least alike first.

    Attributes:
        left: `int64` `(p,)`, index of one image.
        right: `int64` `(p,)`, index of the other, always the larger.
        similarity: `float32` `(p,)`, cosine of their fingerprints, -1..1.
    """

    left: np.ndarray
    right: np.ndarray
    similarity: np.ndarray

    def __len__(self) -> int:
        return len(self.left)

    def above(self, threshold: float) -> NearPairs:
        """Return the pairs that are more alike than `threshold`."""
        kept = self.similarity > threshold
        return NearPairs(self.left[kept], self.right[kept], self.similarity[kept])


def fingerprints(images: np.ndarray) -> np.ndarray:
    """Return what similarity is measured on: 24x24 mean-pooled grey, without its mean and of length
    1.

    Light and contrast do not count, and one pixel of shift counts little.

    Args:
        images: `uint8` `(n, 48, 48, 1)`.

    Returns:
        `float32` `(n, 576)`; all 0 for an image of one grey, which is like no other.
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
    """Find all pairs of images whose fingerprints have a cosine above `floor`, by comparing all
    with all.

    Args:
        images: `uint8` `(n, 48, 48, 1)`.
        floor: Lowest cosine that counts. Defaults to 0.95.
        tick: Called with the share that is done, 0..1.

    Returns:
        The pairs, the least alike first.

    Example:
        >>> face = np.random.default_rng(0).integers(0, 100, (1, 48, 48, 1), np.uint8)
        >>> len(near_pairs(np.concatenate([face, 2 * face + 10, 255 - face])))
        1
    """
    unit = fingerprints(images)
    left, right, similarity = [], [], []
    for start in range(0, len(unit), _AT_ONCE):
        # Later images only: a pair is found once.
        block = unit[start : start + _AT_ONCE] @ unit[start:].T
        rows, columns = np.nonzero(block > floor)
        later = columns > rows
        rows, columns = rows[later], columns[later]
        left.append(rows + start)
        right.append(columns + start)
        similarity.append(block[rows, columns])
        # What is left shrinks like a triangle.
        tick(1 - (1 - min(1, (start + _AT_ONCE) / len(unit))) ** 2)
    if not left:
        return NearPairs(*(np.zeros(0, kind) for kind in (np.int64, np.int64, np.float32)))
    found = np.concatenate(similarity)
    order = np.argsort(found, kind="stable")
    return NearPairs(np.concatenate(left)[order], np.concatenate(right)[order], found[order])
