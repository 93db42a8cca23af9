"""Reports each epoch of a trial to the study, and ends a trial early."""

from __future__ import annotations

import time
from typing import Any

import keras

from ferkit.runs.folder import RunFolder
from ferkit.runs.history import column_of, read_history


class TimeIsUpError(Exception):
    """The time of the search is over in the middle of a trial."""


class TrialCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports the validation accuracy of each epoch, and ends trials that fall behind.

    Args:
        trial: Optuna's trial.
        epochs: Number of epochs of the training.
        deadline: End of the search by the clock of `time.monotonic`; infinity for no limit.
    """

    def __init__(self, trial: Any, epochs: int, deadline: float) -> None:
        super().__init__()
        self.trial, self.epochs, self.deadline = trial, epochs, deadline
        self.reported = 0

    def report_earlier(self, run: RunFolder) -> None:
        """Report the epochs in the run folder, from before an interruption."""
        first = run.cycles[0] if run.cycles[0].history.is_file() else run
        rows = read_history(first.history) if first.history.is_file() else []
        accuracies = column_of(rows, "val_accuracy")
        for epoch, accuracy in zip(column_of(rows, "epoch"), accuracies, strict=True):
            self._report(int(epoch) + 1, accuracy)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Report the epoch.

        Raises:
            TrialPruned: The trial is behind others at the same epoch.
            TimeIsUpError: The search has no time left.
        """
        import optuna

        done = epoch + 1
        if done > self.reported:  # a second cycle counts from the start again
            self._report(done, float((logs or {})["val_accuracy"]))
            if done < self.epochs and self.trial.should_prune():
                raise optuna.TrialPruned
        if time.monotonic() > self.deadline:
            raise TimeIsUpError

    def _report(self, done: int, accuracy: float) -> None:
        self.trial.report(accuracy, done)
        self.reported = done
