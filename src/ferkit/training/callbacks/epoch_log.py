"""The effective learning rate, for `history.csv`."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import keras

_Schedule = keras.optimizers.schedules.LearningRateSchedule


class EpochLog(keras.callbacks.Callback):  # type: ignore[misc]
    """Adds `learning_rate`, `plateau_factor` and `seconds` to the logs of each epoch.

    `learning_rate` is the rate of the epoch's last step: base x plateau factor / (1 + decay x
    step). It must come before ReduceLROnPlateau in the list, so that both values are those with
    which the epoch was trained.

    Args:
        base_rate: The base learning rate.
    """

    def __init__(self, base_rate: float) -> None:
        super().__init__()
        self.base_rate = base_rate
        self._values: dict[str, float] = {}
        self._start = 0.0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start the clock."""
        self._start = perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the three columns."""
        optimizer = self.model.optimizer
        end = perf_counter()
        self._values = {
            "learning_rate": optimizer.effective_rate(),
            "plateau_factor": self._plateau_factor(),
            "seconds": round(end - self._start, 3),
        }
        # The next epoch begins here, so that time for saving counts and the sum is the wall time.
        self._start = end
        if logs is not None:
            logs.update(self._values)

    def _plateau_factor(self) -> float:
        # ReduceLROnPlateau cannot lower the rate of a schedule.
        if isinstance(self.model.optimizer._learning_rate, _Schedule):
            return 1.0
        return float(self.model.optimizer.learning_rate) / self.base_rate


class KeepEffectiveRate(keras.callbacks.Callback):  # type: ignore[misc]
    """Restores the effective rate in the logs, where ReduceLROnPlateau writes the base rate."""

    def __init__(self, log: EpochLog) -> None:
        super().__init__()
        self.log = log

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Overwrite `learning_rate`."""
        if logs is not None:
            logs.update(self.log._values)
