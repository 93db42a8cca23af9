"""Features of the out-of-fold models: histograms of oriented gradients (HOG) at two scales.

Dalal and Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005, without
trilinear interpolation between neighbouring cells.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_ORIENTATIONS = 8
_CELLS = (8, 6)  # edges of the cells in pixels
_CLIP = 0.2  # limits the influence of single strong gradients
_COMPONENTS = 500
_AT_ONCE = 256


def gradient_histograms(
    images: np.ndarray, *, tick: Callable[[float], None] = lambda _: None
) -> np.ndarray:
    """Return the histograms of every image.

    Args:
        images: `uint8` `(n, 48, 48, 1)`.
        tick: Called with the finished share, 0..1. Defaults to a function that does nothing.

    Returns:
        `float32` `(n, 2368)`.

    Example:
        >>> gradient_histograms(np.zeros((2, 48, 48, 1), np.uint8)).shape
        (2, 2368)
    """
    parts = [np.zeros((0, _length()), np.float32)]
    for start in range(0, len(images), _AT_ONCE):
        planes = _oriented_gradients(images[start : start + _AT_ONCE, ..., 0].astype(np.float32))
        parts.append(np.concatenate([_blocks(planes, cell) for cell in _CELLS], axis=1))
        tick(min(1, (start + _AT_ONCE) / len(images)))
    return np.concatenate(parts)


def compress(features: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Project features onto the principal components of the training images, scaled to a mean
    squared length of 1.

    Args:
        features: `float32` `(n, d)`.
        train: `bool` `(n,)`, which images are in train.

    Returns:
        `float32` `(n, at most 500)`.
    """
    centred = features - features[train].mean(axis=0)
    main = _main_components(centred[train])
    projected = centred @ main
    length = np.sqrt((projected[train] ** 2).sum(axis=1).mean())
    compressed: np.ndarray = (projected / max(float(length), 1e-8)).astype(np.float32)
    return compressed


def _main_components(centred: np.ndarray) -> np.ndarray:
    """Return the first principal components as unit vectors `(d, at most 500)`."""
    from scipy.linalg import eigh

    n, d = centred.shape
    wide = n < d  # then the smaller matrix of products between rows has the same eigenvalues
    square = centred @ centred.T if wide else centred.T @ centred
    size = len(square)
    values, vectors = eigh(square, subset_by_index=[max(0, size - _COMPONENTS), size - 1])
    along = vectors[:, values > 1e-6 * values[-1]]
    if wide:
        along = centred.T @ along
        along /= np.maximum(np.linalg.norm(along, axis=0), 1e-12)
    components: np.ndarray = along.astype(np.float32)
    return components


def _length() -> int:
    return sum(4 * _ORIENTATIONS * (48 // cell - 1) ** 2 for cell in _CELLS)


def _oriented_gradients(grey: np.ndarray) -> np.ndarray:
    """Return `(n, 8, 48, 48)`: gradient magnitudes, split between the two nearest orientations."""
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    down[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    strength = np.hypot(across, down)
    place = np.arctan2(down, across) / np.pi * _ORIENTATIONS % _ORIENTATIONS
    planes = np.empty((len(grey), _ORIENTATIONS, 48, 48), np.float32)
    for orientation in range(_ORIENTATIONS):
        away = np.abs(place - orientation)
        near = 1 - np.minimum(away, _ORIENTATIONS - away)  # orientations are cyclic
        np.multiply(strength, np.maximum(near, 0), out=planes[:, orientation])
    return planes


def _blocks(planes: np.ndarray, cell: int) -> np.ndarray:
    """Sum over cells and normalise each block of 2x2 cells."""
    n, cells = len(planes), 48 // cell
    sums = planes.reshape(n, _ORIENTATIONS, cells, cell, cells, cell).sum(axis=(3, 5))
    corners = [sums[:, :, i : cells - 1 + i, j : cells - 1 + j] for i in (0, 1) for j in (0, 1)]
    blocks = np.concatenate(corners, axis=1)
    blocks /= np.sqrt((blocks**2).sum(axis=1, keepdims=True) + 100)  # flat blocks stay near 0
    np.minimum(blocks, _CLIP, out=blocks)
    blocks /= np.sqrt((blocks**2).sum(axis=1, keepdims=True) + 1e-6)
    return blocks.reshape(n, -1)
