"""Pixel-identical images, within a set and across sets."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np


def pixel_digests(images: np.ndarray) -> np.ndarray:
    """Return a 16-byte digest of each image's pixels.

    Args:
        images: `(n, ...)`, any dtype.

    Returns:
        `V16` `(n,)`; two images are pixel-identical exactly when their digests agree.
    """
    digests = [blake2b(image.tobytes(), digest_size=16).digest() for image in images]
    # A void view keeps trailing zero bytes, which NumPy's S type would drop.
    return np.frombuffer(b"".join(digests), dtype="V16")


def has_twin(images: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return which `images` have a pixel-identical twin among `reference`.

    Returns:
        `bool` `(n,)`.
    """
    known = {digest.tobytes() for digest in pixel_digests(reference)}
    return np.array([digest.tobytes() in known for digest in pixel_digests(images)], dtype=bool)


def count_blank(images: np.ndarray) -> int:
    """Return how many images have the same value at every pixel."""
    if not len(images):
        return 0
    flat = images.reshape(len(images), -1)
    return int((flat.max(axis=1) == flat.min(axis=1)).sum())
