"""Freezing the body of a fine-tuned model during its first epochs."""

from __future__ import annotations

from typing import Any

import keras


class HeadFirst(keras.callbacks.Callback):  # type: ignore[misc]
    """Freezes the body for `head_epochs` epochs, then trains it at `body_rate` times the head's
    rate; the optimizer is a `HeadFirstAdam`.
    """

    def __init__(self, head_epochs: int, body_rate: float) -> None:
        super().__init__()
        self.head_epochs = head_epochs
        self.body_rate = body_rate

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the body's factor for this epoch."""
        frozen = epoch < self.head_epochs
        self.model.optimizer.body_factor.assign(0.0 if frozen else self.body_rate)
