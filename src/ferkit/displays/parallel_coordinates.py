"""`ParallelCoordinatesDisplay`: which settings lead to which accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ferkit.colors import INK, PAPER
from ferkit.displays.base import Display
from ferkit.displays.style import MUTED, RULE, SEQUENTIAL, house_style
from ferkit.errors import DataError


class ParallelCoordinatesDisplay(Display):
    """A vertical axis for each setting and for the accuracy, and a line across all axes for each
    trial; darker lines are better trials.

    Args:
        values: Value of each setting, a number or a text, for each trial.
        accuracies: Accuracy of each trial, 0..1.
        logarithmic: Settings whose axis is logarithmic. Defaults to none.

    Attributes:
        names: The settings, in the order of their axes.
        positions: float64 `(trials, settings + 1)`, the height 0..1 at which a trial crosses each
            axis; the last one is the accuracy.
        ticks: For each axis, pairs of a height 0..1 and the text there.

    Raises:
        DataError: There is no trial.

    Example:
        >>> shown = ParallelCoordinatesDisplay(
        ...     [{"rate": 0.1, "augment": "flip"}, {"rate": 0.3, "augment": "none"}], [0.5, 0.6])
        >>> shown.positions.tolist()
        [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    """

    def __init__(
        self,
        values: Sequence[Mapping[str, Any]],
        accuracies: Sequence[float],
        *,
        logarithmic: Sequence[str] = (),
    ) -> None:
        if not values:
            raise DataError("Expected at least one trial, found none.")
        self.names = list(values[0])
        columns = [[row[name] for row in values] for name in self.names]
        logs = [name in logarithmic for name in self.names]
        axes = [_axis(column, log) for column, log in zip(columns, logs, strict=True)]
        axes.append(_axis([100 * accuracy for accuracy in accuracies], False))
        self.positions = np.stack([heights for heights, _ in axes], axis=1)
        self.ticks = [ticks for _, ticks in axes]

    def plot(self, ax: Any = None) -> ParallelCoordinatesDisplay:
        """Draw on `ax`, or on a new figure."""
        from matplotlib.colors import LinearSegmentedColormap

        with house_style():
            ax = self._axes(ax, max(8.4, 1.7 * len(self.ticks)), 3.8)
            colors = LinearSegmentedColormap.from_list("trials", SEQUENTIAL[1:])
            places = np.arange(len(self.ticks))
            for row in self.positions[np.argsort(self.positions[:, -1])]:
                ax.plot(places, row, color=colors(row[-1]), linewidth=1.6)
            for place, ticks in zip(places, self.ticks, strict=True):
                ax.axvline(place, color=RULE, zorder=0)
                for height, text in ticks:
                    ax.annotate(
                        text,
                        (place, height),
                        xytext=(4, 0),
                        textcoords="offset points",
                        fontsize=8.5,
                        color=MUTED,
                        va="center",
                        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1, "alpha": 0.8},
                    )
            ax.set_xticks(places, [*self.names, "accuracy, %"], color=INK)
            ax.set(yticks=[], title="Settings and accuracy", xlim=(-0.1, places[-1] + 0.35))
            for side in ("left", "right", "top", "bottom"):
                ax.spines[side].set_visible(False)
        return self


def _axis(column: Sequence[Any], log: bool) -> tuple[np.ndarray, list[tuple[float, str]]]:
    """Return the height of each value, 0..1, and the ticks: heights and texts."""
    if not all(isinstance(value, int | float) for value in column):
        texts = sorted({str(value) for value in column})
        places = {text: i / max(len(texts) - 1, 1) for i, text in enumerate(texts)}
        heights = np.array([places[str(value)] for value in column])
        return heights, [(height, text) for text, height in places.items()]
    numbers = np.asarray(column, dtype=np.float64)
    scaled = np.log(numbers) if log else numbers
    low, high = scaled.min(), scaled.max()
    heights = (scaled - low) / (high - low) if high > low else np.full(len(scaled), 0.5)
    ends = {float(h): f"{n:.4g}" for h, n in zip(heights, numbers, strict=True) if h in (0, 0.5, 1)}
    return heights, sorted(ends.items())
