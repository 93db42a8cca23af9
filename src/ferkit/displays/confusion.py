"""`ConfusionMatrixDisplay`: which emotions were predicted for which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ferkit.colors import INK, ink_on
from ferkit.displays.base import Display
from ferkit.displays.style import MUTED, SEQUENTIAL, house_style
from ferkit.errors import DataError, UsageError
from ferkit.metrics.scores import confusion_matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_CELL, _TITLE = 0.66, 4.0  # side of a cell and smallest width for the title, in inches


class ConfusionMatrixDisplay(Display):
    """A confusion matrix as counts or as rates.

    Args:
        matrix: Integer `(c, c)`, rows true, columns predicted.
        emotions: Names of the `c` classes.

    Attributes:
        counts: int64 `(c, c)`.
        rates: float64 `(c, c)`, each row divided by its sum: the diagonal is the recall. A row
            without images is NaN.
        emotions: Names of the classes.

    Raises:
        DataError: The matrix is not `(c, c)` with one name per class, or its values are not counts.

    Example:
        >>> display = ConfusionMatrixDisplay(np.array([[3, 1], [0, 4]]), ["sad", "happy"])
        >>> display.rates.tolist()
        [[0.75, 0.25], [0.0, 1.0]]
    """

    def __init__(self, matrix: np.ndarray, emotions: Sequence[str]) -> None:
        counts = np.asarray(matrix)
        if counts.dtype.kind not in "iu" or (counts < 0).any():
            raise DataError(
                f"Expected a confusion matrix of counts, got {counts.dtype} with other values; "
                "pass the result of ferkit.metrics.scores.confusion_matrix."
            )
        self.counts = counts.astype(np.int64)
        self.emotions = tuple(emotions)
        size = len(self.emotions)
        if self.counts.shape != (size, size):
            raise DataError(
                f"Expected a confusion matrix of shape ({size}, {size}) for {size} emotions, "
                f"got {self.counts.shape}; pass one name per class."
            )
        support = self.counts.sum(axis=1, keepdims=True)
        empty = np.full(self.counts.shape, np.nan)
        self.rates = np.divide(self.counts, support, out=empty, where=support > 0)

    @classmethod
    def from_predictions(
        cls, labels: np.ndarray, predictions: np.ndarray, emotions: Sequence[str]
    ) -> ConfusionMatrixDisplay:
        """Count integer `labels` `(n,)` against integer `predictions` `(n,)`."""
        return cls(confusion_matrix(labels, predictions, len(emotions)), emotions)

    @classmethod
    def from_metrics(cls, entry: Mapping[str, Any]) -> ConfusionMatrixDisplay:
        """Take one split's entry of `metrics.json`."""
        return cls(np.asarray(entry["confusion_matrix"]), entry["emotions"])

    def plot(
        self,
        ax: Axes | None = None,
        *,
        values: Literal["counts", "rates"] = "rates",
        title: str | None = None,
    ) -> ConfusionMatrixDisplay:
        """Draw the matrix as a heat map.

        Args:
            ax: Axes to draw on. Defaults to None: a new figure.
            values: `"rates"`, per cent of the true emotion, or `"counts"`, numbers of images.
                Colours show the rates in both cases, since the most frequent emotion would dominate
                otherwise. Defaults to `"rates"`.
            title: Title. Defaults to None: a description of the values.

        Returns:
            The display, with `ax_` and `figure_`.

        Raises:
            UsageError: `values` is neither.
        """
        if values not in ("counts", "rates"):
            raise UsageError(f"Expected values='counts' or values='rates', got {values!r}.")
        with house_style():
            cells = _CELL * len(self.emotions)
            names = max(len(name) for name in self.emotions)
            wider, taller = (inches * max(0, names - 8) for inches in (0.09, 0.065))
            ax = self._axes(ax, max(cells + 1.5 + wider, _TITLE), cells + 1.7 + taller)
            self._draw(ax, values)
            default = "Images" if values == "counts" else "Per cent of each true emotion"
            ax.set_title(default if title is None else title)
        return self

    def texts(self, values: Literal["counts", "rates"]) -> list[list[str]]:
        """Return the texts of the cells: counts, or whole per cents (`–` for an empty row)."""
        if values == "counts":
            return [[f"{count:,}" for count in row] for row in self.counts.tolist()]
        return [
            ["–" if np.isnan(rate) else f"{100 * rate:.0f}" for rate in row]
            for row in self.rates.tolist()
        ]

    def _draw(self, ax: Axes, values: Literal["counts", "rates"]) -> None:
        import seaborn as sns
        from matplotlib.colors import LinearSegmentedColormap
        from matplotlib.patches import Rectangle

        colors = LinearSegmentedColormap.from_list("ferkit", SEQUENTIAL)
        shares = np.nan_to_num(self.rates)
        sns.heatmap(
            shares,
            vmin=0,
            vmax=1,
            cmap=colors,
            cbar=False,
            square=True,
            linewidths=1.5,
            linecolor="white",
            xticklabels=list(self.emotions),
            yticklabels=list(self.emotions),
            ax=ax,
        )
        for i, row in enumerate(self.texts(values)):
            for j, text in enumerate(row):
                ink = ink_on(colors(shares[i, j], bytes=True)[:3])
                weight = "bold" if i == j else "normal"
                ax.text(
                    j + 0.5, i + 0.5, text, ha="center", va="center", color=ink, fontweight=weight
                )
            ax.add_patch(
                Rectangle((i, i), 1, 1, fill=False, edgecolor=INK, linewidth=1.1, clip_on=False)
            )
        ax.set_xlabel("predicted", fontweight="bold")
        ax.set_ylabel("true", fontweight="bold")
        ax.tick_params(axis="x", rotation=45, colors=MUTED)
        ax.tick_params(axis="y", rotation=0, colors=MUTED)
        for label in ax.get_xticklabels():
            label.set_horizontalalignment("right")
            label.set_rotation_mode("anchor")
