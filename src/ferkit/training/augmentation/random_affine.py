"""Flip, rotation, zoom and shift of each image in one interpolation."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class RandomAffine(keras.layers.Layer):  # type: ignore[misc]
    """Transforms each image by a random affine map.

    Keras's RandomFlip, RandomRotation, RandomTranslation and RandomZoom together interpolate three
    times, which blurs 48x48 pixels and takes three times as long. Beyond the edges, the image is
    reflected.

    Args:
        rotation: Largest angle in degrees, in both directions.
        shift: Largest shift in both directions and axes, as a share of the image's size.
        zoom: Largest enlargement or reduction, as a share.
        flip: Whether half of the images, at random, are mirrored. Defaults to True.
        seed: Seed of its random numbers. Defaults to None.
    """

    def __init__(
        self,
        rotation: float,
        shift: float,
        zoom: float,
        *,
        flip: bool = True,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.rotation = rotation
        self.shift = shift
        self.zoom = zoom
        self.flip = flip
        self.random = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """Transform `(n, h, w, c)` images in training; return them unchanged otherwise."""
        if not training:
            return images
        return ops.image.affine_transform(
            images, self._transforms(images), interpolation="bilinear", fill_mode="reflect"
        )

    def _transforms(self, images: Any) -> Any:
        """Return `(n, 8)`: for each image the map from output to input coordinates."""
        n = ops.shape(images)[0]
        height, width = images.shape[1:3]
        angle, zoom, right, down, mirror = (
            keras.random.uniform((n,), -1, 1, seed=self.random) for _ in range(5)
        )
        angle = angle * (self.rotation * 3.141592653589793 / 180)
        scale = 1 / (1 + zoom * self.zoom)
        sign = ops.where(mirror < 0, -1.0, 1.0) if self.flip else ops.ones((n,))
        cosine, sine = scale * ops.cos(angle), scale * ops.sin(angle)
        x_of_x, x_of_y, y_of_x, y_of_y = sign * cosine, -sine, sign * sine, cosine
        # About the centre, (w - 1) / 2 and (h - 1) / 2 in pixels.
        x_centre, y_centre = (width - 1) / 2, (height - 1) / 2
        x_offset = x_centre + right * self.shift * width - x_of_x * x_centre - x_of_y * y_centre
        y_offset = y_centre + down * self.shift * height - y_of_x * x_centre - y_of_y * y_centre
        nothing = ops.zeros((n,))
        rows = [x_of_x, x_of_y, x_offset, y_of_x, y_of_y, y_offset, nothing, nothing]
        return ops.stack(rows, axis=1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {
            **super().get_config(),
            "rotation": self.rotation,
            "shift": self.shift,
            "zoom": self.zoom,
            "flip": self.flip,
        }
