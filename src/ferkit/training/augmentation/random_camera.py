"""Degradations of photographs: lost detail, JPEG, noise, and occlusion."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

# Luminance quantisation table at quality 50, Annex K of the JPEG standard (ITU-T T.81).
_JPEG_STEPS = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.float32,
)


class RandomDetail(keras.layers.Layer):  # type: ignore[misc]
    """Blurs some images, or reduces them to fewer pixels and enlarges them again.

    Both are linear and separable, so each is one matrix from a table, applied to rows and columns.

    Args:
        probability: Share of images that lose detail, 0..1.
        pixels: Smallest side in pixels that an image is reduced to. Defaults to 20.
        blur: Largest standard deviation of the Gaussian blur, in pixels. Defaults to 1.2.
        seed: Seed of its random numbers. Defaults to None.
    """

    def __init__(
        self,
        probability: float,
        *,
        pixels: int = 20,
        blur: float = 1.2,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.probability = probability
        self.pixels = pixels
        self.blur = blur
        self.random = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """Degrade square `(n, size, size, 1)` images in training; else return them unchanged."""
        if not training:
            return images
        table = detail_table(images.shape[1], self.pixels, self.blur)
        n = ops.shape(images)[0]
        chosen, kind = (keras.random.uniform((n,), seed=self.random) for _ in range(2))
        # Row 0 of the table changes nothing.
        row = 1 + ops.cast(ops.floor(kind * (len(table) - 1)), "int32")
        row = ops.where(chosen < self.probability, row, 0)
        return _from_both_sides(ops.take(ops.convert_to_tensor(table), row, axis=0), images)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        own = {"probability": self.probability, "pixels": self.pixels, "blur": self.blur}
        return {**super().get_config(), **own}


class RandomJpeg(keras.layers.Layer):  # type: ignore[misc]
    """Quantises the frequencies of 8x8 blocks in some images, as JPEG does for luminance.

    Args:
        probability: Share of images that are compressed, 0..1.
        quality: Lowest and highest quality on libjpeg's scale, 1..95. Defaults to (25, 90).
        seed: Seed of its random numbers. Defaults to None.
    """

    def __init__(
        self,
        probability: float,
        quality: tuple[float, float] = (25, 90),
        *,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.probability = probability
        self.quality = quality
        self.random = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """Compress `(n, size, size, 1)`, 0..255, `size` a multiple of 8, in training."""
        if not training:
            return images
        blocks = images.shape[1] // 8
        cosines = ops.convert_to_tensor(np.kron(np.eye(blocks), _cosines()).astype(np.float32))
        shape = (ops.shape(images)[0], 1, 1, 1)
        chosen, share = (keras.random.uniform(shape, seed=self.random) for _ in range(2))
        quality = self.quality[0] + share * (self.quality[1] - self.quality[0])
        scale = ops.where(quality < 50, 50 / quality, 2 - quality / 50)
        table = np.tile(_JPEG_STEPS, (blocks, blocks))[None, :, :, None]
        steps = ops.maximum(ops.round(ops.convert_to_tensor(table) * scale), 1.0)
        frequencies = ops.round(_from_both_sides(cosines[None], images - 128.0) / steps) * steps
        compressed = _from_both_sides(ops.transpose(cosines)[None], frequencies) + 128.0
        return ops.where(chosen < self.probability, ops.clip(compressed, 0, 255), images)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {
            **super().get_config(),
            "probability": self.probability,
            "quality": self.quality,
        }


class RandomNoise(keras.layers.Layer):  # type: ignore[misc]
    """Adds sensor noise to some images: Gaussian, with a constant standard deviation per image.

    Args:
        probability: Share of images with noise, 0..1.
        level: Largest standard deviation, in grey levels of 255. Defaults to 10.
        seed: Seed of its random numbers. Defaults to None.
    """

    def __init__(
        self, probability: float, level: float = 10, *, seed: int | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.probability = probability
        self.level = level
        self.random = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """Add noise to `(n, h, w, c)`, 0..255, in training; return images unchanged otherwise."""
        if not training:
            return images
        shape = (ops.shape(images)[0], 1, 1, 1)
        chosen, share = (keras.random.uniform(shape, seed=self.random) for _ in range(2))
        level = ops.where(chosen < self.probability, share * self.level, 0.0)
        noise = keras.random.normal(ops.shape(images), seed=self.random)
        return ops.clip(images + level * noise, 0, 255)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "probability": self.probability, "level": self.level}


class RandomCover(keras.layers.Layer):  # type: ignore[misc]
    """Covers some images from one side, as masks, hands, hair and picture edges do.

    Args:
        probability: Share of images that are covered, 0..1.
        share: Smallest and largest share of the image that is covered. Defaults to (0.2, 0.5).
        seed: Seed of its random numbers. Defaults to None.
    """

    def __init__(
        self,
        probability: float,
        share: tuple[float, float] = (0.2, 0.5),
        *,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.probability = probability
        self.share = share
        self.random = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """Cover a side of `(n, h, w, c)` images with one grey in training; return them unchanged
        otherwise.
        """
        if not training:
            return images
        height, width = images.shape[1:3]
        shape = (ops.shape(images)[0], 1, 1, 1)
        chosen, side, share, grey = (
            keras.random.uniform(shape, seed=self.random) for _ in range(4)
        )
        share = self.share[0] + share * (self.share[1] - self.share[0])
        down = ((ops.arange(height, dtype="float32") + 0.5) / height)[None, :, None, None]
        right = ((ops.arange(width, dtype="float32") + 0.5) / width)[None, None, :, None]
        depth = ops.where(
            side < 0.5,
            ops.where(side < 0.25, down, 1 - down),
            ops.where(side < 0.75, right, 1 - right),
        )
        covered = ops.logical_and(depth < share, chosen < self.probability)
        return ops.where(covered, grey * 255.0, images)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "probability": self.probability, "share": self.share}


def detail_table(size: int, pixels: int, blur: float) -> np.ndarray:
    """Return the matrices of `RandomDetail`: the identity, reductions, and as many blurs.

    Args:
        size: Side of the images, in pixels.
        pixels: Smallest side of a reduction, in pixels.
        blur: Largest standard deviation of a blur, in pixels.

    Returns:
        float32 `(k, size, size)`; the rows of each matrix sum to 1.

    Example:
        >>> detail_table(48, 20, 1.2).shape
        (57, 48, 48)
    """
    edges = range(pixels, size)
    blurs = np.linspace(blur / len(edges), blur, len(edges))
    rows = [np.eye(size)]
    rows += [_reduced(size, edge) for edge in edges]
    rows += [_blurred(size, sigma) for sigma in blurs]
    return np.stack(rows).astype(np.float32)


def _reduced(size: int, edge: int) -> np.ndarray:
    """Return the matrix of averages over `edge` equal windows, interpolated back to `size`."""
    starts = np.arange(edge)[:, None] * (size / edge)
    pixel = np.arange(size)[None]
    inside = np.minimum(starts + size / edge, pixel + 1) - np.maximum(starts, pixel)
    down = inside.clip(0) * (edge / size)
    place = ((np.arange(size) + 0.5) * (edge / size) - 0.5).clip(0, edge - 1)
    up = (1 - np.abs(place[:, None] - np.arange(edge)[None])).clip(0)
    matrix: np.ndarray = up @ down
    return matrix


def _blurred(size: int, sigma: float) -> np.ndarray:
    """Return the matrix of a Gaussian blur that repeats the pixels at the edges."""
    reach = int(np.ceil(4 * sigma))
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    matrix = np.zeros((size, size))
    for offset, weight in zip(offsets, weights / weights.sum(), strict=True):
        matrix[np.arange(size), (np.arange(size) + offset).clip(0, size - 1)] += weight
    return matrix


def _from_both_sides(matrix: Any, images: Any) -> Any:
    """Return `matrix @ image @ matrix.T` for each of `(n, size, size, 1)`."""
    planes = ops.squeeze(images, axis=-1)
    changed = ops.matmul(ops.matmul(matrix, planes), ops.swapaxes(matrix, -1, -2))
    return ops.expand_dims(changed, axis=-1)


def _cosines() -> np.ndarray:
    """Return the 8x8 matrix of the orthonormal discrete cosine transform."""
    k, x = np.arange(8)[:, None], np.arange(8)[None]
    matrix = 0.5 * np.cos((2 * x + 1) * k * np.pi / 16)
    matrix[0] /= np.sqrt(2)
    return matrix
