"""ModelCheckpoint that writes a complete float32 model in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from ferkit.models.checkpoint import save_model
from ferkit.training.background_writer import BackgroundWriter
from ferkit.training.variables import copied


class BestModel(keras.callbacks.ModelCheckpoint):  # type: ignore[misc]
    """Keeps the best epoch of a model in a file.

    Keras's ModelCheckpoint overwrites the file in place, so a kill or a full disk during writing
    loses the best model. This one writes to a temporary name and renames. It saves `portable`, a
    float32 copy of the trained model, which computes the same on machines without bfloat16.

    Args:
        path: The `.keras` file.
        trained: The model whose weights are saved (without augmentation and optimizer).
        portable: A model of the same architecture in float32.
        monitor: Name of the metric that decides which epoch is best.
        emotions: The names of the model's outputs, in order.
        card: Further metadata for the file, as JSON values.
        writer: Writes the file in the background.
    """

    def __init__(
        self,
        path: Path,
        trained: keras.Model,
        portable: keras.Model,
        monitor: str,
        emotions: tuple[str, ...],
        card: dict[str, Any],
        writer: BackgroundWriter,
    ) -> None:
        super().__init__(path, monitor=monitor, save_best_only=True)
        self.trained = trained
        self.portable = portable
        self.emotions = emotions
        self.card = card
        self.writer = writer

    def _save_model(self, epoch: int, batch: int | None, logs: dict[str, Any] | None) -> None:
        if self._should_save_model(epoch, batch, logs, self.filepath):
            score = {"epoch": epoch, self.monitor: float((logs or {})[self.monitor])}
            weights = copied(self.trained.weights)
            self.writer.put(self.filepath, lambda: self._write(weights, {**score, **self.card}))

    def _write(self, weights: list[np.ndarray], card: dict[str, Any]) -> None:
        self.portable.set_weights(weights)
        save_model(self.portable, self.filepath, self.emotions, card)
