"""`ConfusionMatrixDisplay`: which emotion was taken for which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ferkit.errors import DataError
from ferkit.evaluation.displays.base import Display
from ferkit.evaluation.displays.style import INK, MUTED, SEQUENTIAL, house_style, new_figure
from ferkit.evaluation.metrics import confusion_matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ConfusionMatrixDisplay(Display):
    """A confusion matrix as counts or as rates.

    Args:
        matrix: integer `(c, c)`, rows true, columns predicted.
        emotions: names of the `c` classes.

    Attributes:
        counts: int64 `(c, c)`.
        rates: float64 `(c, c)`, each row divided by its sum: the diagonal is the recall. A row
            without images is NaN.
        emotions: names of the classes.

    Raises:
        DataError: if the matrix is not `(c, c)` with one name per class.

    Example:
        >>> display = ConfusionMatrixDisplay(np.array([[3, 1], [0, 4]]), ["sad", "happy"])
        >>> display.rates.tolist()
        [[0.75, 0.25], [0.0, 1.0]]
    """

    def __init__(self, matrix: np.ndarray, emotions: Sequence[str]) -> None:
        self.counts = np.asarray(matrix, dtype=np.int64)
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
            ax: axes to draw on; None (default) makes a figure.
            values: `"rates"` (default): per cent of the true emotion; `"counts"`: images. Colours
                follow the rates in both, since the most frequent emotion would outshine the rest.
            title: heading. Default: what the numbers are.

        Returns:
            The display, with `ax_` and `figure_`.
        """
        with house_style():
            if ax is None:
                side = 1.9 + 0.66 * len(self.emotions)
                ax = new_figure(side, side * 0.94).subplots()
            self._draw(ax, values)
            default = "Images" if values == "counts" else "Per cent of each true emotion"
            ax.set_title(default if title is None else title)
        self.ax_, self.figure_ = ax, ax.figure  # type: ignore[assignment]
        return self

    def texts(self, values: Literal["counts", "rates"]) -> list[list[str]]:
        """Return what stands in the cells: counts, or whole per cents (`–` for an empty row)."""
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

        sns.heatmap(
            np.nan_to_num(self.rates),
            vmin=0,
            vmax=1,
            annot=np.array(self.texts(values)),
            fmt="",
            cmap=LinearSegmentedColormap.from_list("ferkit", SEQUENTIAL),
            cbar=False,
            square=True,
            linewidths=1.5,
            linecolor="white",
            xticklabels=list(self.emotions),
            yticklabels=list(self.emotions),
            annot_kws={"fontsize": 10.5 if len(self.emotions) < 10 else 8.5},
            ax=ax,
        )
        for i in range(len(self.emotions)):
            box = Rectangle((i, i), 1, 1, fill=False, edgecolor=INK, linewidth=1.1)
            ax.add_patch(box)
        ax.set_xlabel("predicted", fontweight="bold")
        ax.set_ylabel("true", fontweight="bold")
        ax.tick_params(axis="x", rotation=45, colors=MUTED)
        ax.tick_params(axis="y", rotation=0, colors=MUTED)
        for label in ax.get_xticklabels():
            label.set_horizontalalignment("right")
            label.set_rotation_mode("anchor")
