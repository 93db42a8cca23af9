"""The schedule of image sizes."""

from __future__ import annotations

from typing import Any

import keras

from ferkit.training.augmentation.image_size import TrainingSize


class SizeSchedule(keras.callbacks.Callback):  # type: ignore[misc]
    """Give each size its equal share of the epochs, smallest first.

    Args:
        layer: What shrinks.
        sizes: Edges, as `TrainConfig.image_sizes` has them.
        epochs: Epochs of the whole training.
    """

    def __init__(self, layer: TrainingSize, sizes: tuple[int, ...], epochs: int) -> None:
        super().__init__()
        self.layer = layer
        self.sizes = sizes
        self.epochs = epochs

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Change the size where a share begins; Keras then compiles its step again."""
        size = self.size_of(epoch)
        if size != self.layer.size:
            self.layer.size = size
            self.model.make_train_function(force=True)

    def size_of(self, epoch: int) -> int:
        """Return the edge that an epoch, counted from 0, trains on."""
        return self.sizes[min(epoch * len(self.sizes) // self.epochs, len(self.sizes) - 1)]
