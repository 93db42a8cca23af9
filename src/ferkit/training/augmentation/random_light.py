"""Random brightness and contrast, and random grey patches."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

_GREY = 128.0


class RandomLight(keras.layers.Layer):  # type: ignore[misc]
    """Changes contrast and brightness of each image at random, in one pass instead of Keras's two.

    Args:
        brightness: Largest change, in grey levels of 255.
        contrast: Largest relative change of the distance from middle grey.
        seed: Seed of its random numbers. Defaults to None.
    """

    def __init__(
        self, brightness: float, contrast: float, *, seed: int | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.brightness = brightness
        self.contrast = contrast
        self.random = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """Change `(n, h, w, c)` raw pixels 0..255 in training; return them unchanged otherwise."""
        if not training:
            return images
        shape = (ops.shape(images)[0], 1, 1, 1)
        share, level = (keras.random.uniform(shape, -1, 1, seed=self.random) for _ in range(2))
        lit = (images - _GREY) * (1 + share * self.contrast) + (_GREY + level * self.brightness)
        return ops.clip(lit, 0, 255)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {
            **super().get_config(),
            "brightness": self.brightness,
            "contrast": self.contrast,
        }


class RandomPatch(keras.layers.Layer):  # type: ignore[misc]
    """Covers a part of some images with middle grey (Zhong et al., Random Erasing, arXiv
    1708.04896).

    Keras's RandomErasing fills with noise that is almost only black and white at 0..255.

    Args:
        probability: Share of images that get a patch.
        area: Smallest and largest share of the image to cover. Defaults to (0.02, 0.2).
        seed: Seed of its random numbers. Defaults to None.
    """

    def __init__(
        self,
        probability: float,
        area: tuple[float, float] = (0.02, 0.2),
        *,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.probability = probability
        self.area = area
        self.random = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """Cover parts of `(n, h, w, c)` images in training; return them unchanged otherwise."""
        if not training:
            return images
        n = ops.shape(images)[0]
        height, width = images.shape[1:3]
        covered, share, aspect, x, y = (
            keras.random.uniform((n, 1), 0, 1, seed=self.random) for _ in range(5)
        )
        share = self.area[0] + share * (self.area[1] - self.area[0])
        aspect = ops.exp((2 * aspect - 1) * 1.2)  # 0.3 .. 3.3
        rows = ops.abs(_centres(height) - y) < ops.sqrt(share * aspect) / 2
        columns = ops.abs(_centres(width) - x) < ops.sqrt(share / aspect) / 2
        columns = ops.logical_and(columns, covered < self.probability)
        patch = ops.logical_and(rows[:, :, None, None], columns[:, None, :, None])
        return ops.where(patch, ops.cast(_GREY, images.dtype), images)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "probability": self.probability, "area": self.area}


def _centres(size: int) -> Any:
    return (ops.arange(size, dtype="float32")[None] + 0.5) / size
