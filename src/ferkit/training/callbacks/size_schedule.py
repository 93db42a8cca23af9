"""The schedule of image sizes."""

from __future__ import annotations

from typing import Any

import keras

from ferkit.training.augmentation.image_size import TrainingSize


class SizeSchedule(keras.callbacks.Callback):  # type: ignore[misc]
    """Uses each image size for an equal share of the epochs, the smallest first.

    Args:
        layer: The layer that shrinks images.
        sizes: Sides of the images in pixels, from `TrainConfig.image_sizes`.
        epochs: Epochs of the whole training.
    """

    def __init__(self, layer: TrainingSize, sizes: tuple[int, ...], epochs: int) -> None:
        super().__init__()
        self.layer = layer
        self.sizes = sizes
        self.epochs = epochs

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Change the size at the beginning of a share; Keras then compiles the step again."""
        size = self.size_of(epoch)
        if size != self.layer.size:
            self.layer.size = size
            self.model.make_train_function(force=True)

    def size_of(self, epoch: int) -> int:
        """Return the image size of an epoch, counted from 0."""
        return self.sizes[min(epoch * len(self.sizes) // self.epochs, len(self.sizes) - 1)]
