"""`TrialCurvesDisplay`: the validation accuracy of every trial over its epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ferkit.displays.base import Display
from ferkit.displays.style import ACCENT, QUIET, grid_lines, house_style
from ferkit.errors import DataError


class TrialCurvesDisplay(Display):
    """A line for each trial, the best one on top in colour.

    Args:
        curves: Validation accuracy 0..1 of each epoch, for each trial; those that ended early are
            shorter.
        best: Index of the best trial.

    Attributes:
        curves: float64 `(epochs,)` for each trial.
        best: Index of the best.

    Raises:
        DataError: The best trial has no epoch.

    Example:
        >>> [len(curve) for curve in TrialCurvesDisplay([[0.2], [0.3, 0.5]], best=1).curves]
        [1, 2]
    """

    def __init__(self, curves: Sequence[Sequence[float]], *, best: int) -> None:
        self.curves = [np.asarray(curve, dtype=np.float64) for curve in curves]
        self.best = best
        if not len(self.curves[best]):
            raise DataError(f"Expected an accuracy for each epoch of trial {best}, found none.")

    def plot(self, ax: Any = None) -> TrialCurvesDisplay:
        """Draw on `ax`, or on a new figure."""
        with house_style():
            ax = self._axes(ax, 8.4, 3.4)
            for curve in self.curves:
                self._line(ax, curve, color=QUIET, linewidth=1.0, alpha=0.6)
            self._line(ax, self.curves[self.best], color=ACCENT, label="the best trial")
            ax.set(xlabel="epoch", ylabel="validation accuracy, %", title="Every trial")
            ax.xaxis.get_major_locator().set_params(integer=True)
            grid_lines(ax)
            ax.legend(loc="best")
        return self

    @staticmethod
    def _line(ax: Any, curve: np.ndarray, **style: Any) -> None:
        marker = "o" if len(curve) == 1 else None  # a line with one point is invisible
        ax.plot(np.arange(1, len(curve) + 1), 100 * curve, marker=marker, markersize=3, **style)
