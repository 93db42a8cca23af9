"""A progress bar with the remaining time on a terminal, one line per epoch in a file."""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter
from typing import Any

import keras

from ferkit.progress import ProgressBar


class TrainingProgress(keras.callbacks.Callback):  # type: ignore[misc]
    """Shows epoch, remaining time, accuracy and learning rate of the training on stderr.

    Args:
        epochs: Epochs of the whole training.
        steps: Steps per epoch.
        quiet: Whether to show nothing. Defaults to False.
    """

    def __init__(self, epochs: int, steps: int, quiet: bool = False) -> None:
        super().__init__()
        self.epochs, self.steps = epochs, steps
        self._bar = ProgressBar(epochs * steps, quiet=quiet, keep=True)
        self._epoch = 0
        self._first_epoch: int | None = None
        self._start = 0.0
        self._validation = ""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Show the bar if there is a terminal."""
        self._start = perf_counter()
        self._bar.start()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the first epoch of a new or resumed training."""
        if self._first_epoch is None:
            self._first_epoch = epoch
            self._bar.resume_at(epoch * self.steps)
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the bar."""
        if not self._bar.shown:
            return
        accuracy = (logs or {}).get("accuracy", 0.0)
        self._bar.move(
            self._epoch * self.steps + batch + 1,
            f"epoch {self._epoch + 1}/{self.epochs}",
            f"accuracy {accuracy:.4f}{self._validation}",
        )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Print the epoch's line."""
        logs = logs or {}
        rate = logs.get("learning_rate", 0.0)
        self._validation = f" | val {logs.get('val_accuracy', 0.0):.4f} | lr {rate:.3g}"
        done = epoch + 1 - (self._first_epoch or 0)
        left = (perf_counter() - self._start) / done * (self.epochs - epoch - 1)
        if self._bar.shown:
            return
        self._bar.console.print(
            f"epoch {epoch + 1}/{self.epochs}"
            f"  loss {logs.get('loss', 0.0):.4f}  accuracy {logs.get('accuracy', 0.0):.4f}"
            f"  val_loss {logs.get('val_loss', 0.0):.4f}"
            f"  val_accuracy {logs.get('val_accuracy', 0.0):.4f}"
            f"  lr {rate:.3g}  {logs.get('seconds', 0.0):.1f} s"
            f"  left {timedelta(seconds=round(left))}",
            soft_wrap=True,
        )

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Remove the bar."""
        self._bar.stop()
