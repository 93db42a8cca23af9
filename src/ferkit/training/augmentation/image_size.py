"""Progressive resizing: training on small images first, and on full-size images at the end."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class TrainingSize(keras.layers.Layer):  # type: ignore[misc]
    """Shrinks images to `size` pixels in training, and leaves them unchanged otherwise.

    `size` is fixed within a compiled step; `SizeSchedule` changes it between epochs.

    Args:
        seen: Height and width of the next layer's input, or (None, None) if it accepts any.
    """

    def __init__(self, seen: tuple[int | None, int | None], **options: Any) -> None:
        super().__init__(**options)
        self.seen = seen
        self.size = 48

    def call(self, images: Any, training: bool = False) -> Any:
        """Shrink `(n, 48, 48, c)` by bilinear interpolation."""
        if not training or images.shape[1] == self.size:
            return images
        return ops.image.resize(images, (self.size, self.size), interpolation="bilinear")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the input shape of the next layer."""
        return (input_shape[0], *self.seen, input_shape[3])
