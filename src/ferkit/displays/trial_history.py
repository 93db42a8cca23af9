"""`TrialHistoryDisplay`: the accuracy of trials in order, and the best so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ferkit.displays.base import Display
from ferkit.displays.style import ACCENT, QUIET, grid_lines, house_style
from ferkit.errors import DataError


class TrialHistoryDisplay(Display):
    """A dot for each finished trial, and a line of the best accuracy so far.

    Args:
        numbers: Number of each trial.
        accuracies: Validation accuracy of each, 0..1; None if it ended early, shown as a tick at
            the bottom.

    Attributes:
        numbers: int64 `(n,)`.
        accuracies: float64 `(n,)`, NaN where a trial ended early.
        best: float64 `(n,)`, the best accuracy up to each trial.

    Raises:
        DataError: There is no trial with an accuracy.

    Example:
        >>> TrialHistoryDisplay([0, 1, 2], [0.5, None, 0.7]).best.tolist()
        [0.5, 0.5, 0.7]
    """

    def __init__(self, numbers: Sequence[int], accuracies: Sequence[float | None]) -> None:
        self.numbers = np.asarray(numbers, dtype=np.int64)
        self.accuracies = np.asarray(accuracies, dtype=np.float64)
        if not np.isfinite(self.accuracies).any():
            raise DataError("Expected a trial with an accuracy, found none.")
        self.best = np.fmax.accumulate(self.accuracies)

    def plot(self, ax: Any = None) -> TrialHistoryDisplay:
        """Draw on `ax`, or on a new figure."""
        with house_style():
            ax = self._axes(ax, 8.4, 3.4)
            ended = np.isnan(self.accuracies)
            ax.step(self.numbers, 100 * self.best, where="post", color=ACCENT, label="best so far")
            ax.plot(
                self.numbers, 100 * self.accuracies, "o", color=QUIET, label="trial", markersize=5
            )
            if ended.any():
                floor = np.full(ended.sum(), 100 * np.nanmin(self.accuracies))
                ax.plot(self.numbers[ended], floor, "|", color=QUIET, label="ended early")
            ax.set(xlabel="trial", ylabel="validation accuracy, %", title="The search")
            ax.xaxis.get_major_locator().set_params(integer=True)
            grid_lines(ax)
            ax.legend(loc="best")
        return self
