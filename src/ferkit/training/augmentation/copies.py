"""Augmented copies of images, for inspection."""

from __future__ import annotations

import numpy as np


def augmented_copies(
    images: np.ndarray, name: str, *, copies: int = 8, seed: int = 0
) -> np.ndarray:
    """Apply an augmentation several times to each image, as a training does.

    Args:
        images: uint8 `(n, 48, 48, 1)`, raw grey pixels.
        name: One of `list_augmentations()`.
        copies: Number of variants of each image. Defaults to 8.
        seed: Random seed of the variants, which is set for all of Keras. Defaults to 0.

    Returns:
        uint8 `(n, copies, 48, 48, 1)`.

    Raises:
        UsageError: There is no such augmentation.

    Example:
        >>> augmented_copies(np.zeros((2, 48, 48, 1), np.uint8), "flip", copies=3).shape
        (2, 3, 48, 48, 1)
    """
    from ferkit.backend.choosing import prepare_backend

    prepare_backend()
    import keras

    from ferkit.training.augmentation.pipelines import create_augmentation

    keras.utils.set_random_seed(seed)
    pixels = keras.ops.convert_to_tensor(np.repeat(images, copies, axis=0), dtype="float32")
    for layer in create_augmentation(name):
        pixels = layer(pixels, training=True)
    values: np.ndarray = np.asarray(keras.ops.convert_to_numpy(pixels))
    values = np.rint(values).clip(0, 255).astype(np.uint8)
    shaped: np.ndarray = values.reshape(len(images), copies, *images.shape[1:])
    return shaped
