"""`TrainingCurvesDisplay`: accuracy and loss over the epochs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ferkit.colors import PAPER
from ferkit.displays.base import Display
from ferkit.displays.style import (
    ACCENT,
    MUTED,
    QUIET,
    grid_lines,
    house_style,
    new_figure,
)
from ferkit.errors import DataError, UsageError
from ferkit.runs.folder import RunFolder
from ferkit.runs.history import read_history

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLES = {"accuracy": "Accuracy", "loss": "Loss"}
# A smooth schedule changes the rate by a few per cent per epoch, a plateau step by much more.
_DROP_RATIO = 0.7


class TrainingCurvesDisplay(Display):
    """Accuracy and loss on training and validation data, one panel each.

    The best epoch and the epochs at which the learning rate dropped are marked.

    Args:
        history: Values per epoch by column: `accuracy` and `loss`, with validation also
            `val_accuracy` and `val_loss`, and for drops `learning_rate` and `plateau_factor`.
        monitor: The column that decides which epoch is best: the lowest value if it ends in `loss`,
            else the highest. Defaults to None: `val_accuracy`, or `accuracy` without validation.

    Attributes:
        history: float64 `(epochs,)` per column.
        epochs: int64 `(epochs,)`, counted from 1.
        best_epoch: The best epoch (from 1), the first of equal ones.
        drops: Epochs (from 1) that began with a lower learning rate.

    Raises:
        DataError: There is no epoch, a column is missing, or lengths differ.

    Example:
        >>> curves = TrainingCurvesDisplay(
        ...     {"accuracy": [0.3, 0.5], "loss": [1.8, 1.4], "val_accuracy": [0.4, 0.45]})
        >>> curves.best_epoch
        2
    """

    def __init__(
        self, history: Mapping[str, Sequence[float]], *, monitor: str | None = None
    ) -> None:
        self.history = {k: np.asarray(v, dtype=np.float64) for k, v in history.items()}
        missing = [name for name in _TITLES if name not in self.history]
        if missing:
            raise DataError(
                f"Expected a history with accuracy and loss, {' and '.join(missing)} is missing; "
                f"it has {', '.join(self.history) or 'no columns'}."
            )
        lengths = {len(values) for values in self.history.values()}
        if lengths == {0} or len(lengths) != 1:
            raise DataError(
                f"Expected a history with the same number of epochs in every column, at least "
                f"one, got {sorted(lengths)}; was the training stopped in its first epoch?"
            )
        self.epochs = np.arange(1, lengths.pop() + 1)
        self.best_epoch = self._find_best(monitor)
        self.drops = self._find_drops()

    @classmethod
    def from_history(cls, history: Any) -> TrainingCurvesDisplay:
        """Return the display of a Keras `History`, its dictionary, or a pandas table of epochs.

        Raises:
            DataError: There is no epoch, a column is missing, or lengths differ.
        """
        columns = getattr(history, "history", history)
        return cls({name: list(columns[name]) for name in columns if name != "epoch"})

    @classmethod
    def from_csv(
        cls, path: str | os.PathLike[str], *, monitor: str | None = None
    ) -> TrainingCurvesDisplay:
        """Read the `history.csv` of a run folder.

        Args:
            path: The file.
            monitor: The column that decided which epoch was kept. Defaults to None: the
                `checkpoint_monitor` of the `config.json` in the same folder, if there is one.

        Raises:
            DataError: The file does not exist, or is not a history.
        """
        rows = read_history(Path(path))
        columns = {
            name: [float(row[name] or "nan") for row in rows] for name in (rows[0] if rows else {})
        }
        history = {name: values for name, values in columns.items() if name != "epoch"}
        return cls(history, monitor=monitor or _checkpoint_monitor(Path(path).parent))

    def plot(
        self, ax: Any = None, *, metrics: Sequence[str] = ("accuracy", "loss")
    ) -> TrainingCurvesDisplay:
        """Draw one panel per metric.

        Args:
            ax: Axes to draw on, one per metric. Defaults to None: a new figure with the panels side
                by side.
            metrics: `"accuracy"`, `"loss"`, or both. Defaults to both.

        Returns:
            The display, with `ax_` (an array of axes) and `figure_`.

        Raises:
            UsageError: A metric is neither, or there is another number of axes than metrics.
        """
        if not metrics or not set(metrics) <= set(_TITLES):
            raise UsageError(
                f"Expected metrics from {', '.join(_TITLES)}, got {', '.join(metrics) or 'none'}."
            )
        with house_style():
            if ax is None:
                axes = new_figure(5.2 * len(metrics), 3.7).subplots(1, len(metrics), squeeze=False)
                axes = axes.ravel()
            else:
                axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
            if len(axes) != len(metrics):
                raise UsageError(f"{len(metrics)} metrics need as many axes, got {len(axes)}.")
            for panel, metric in zip(axes, metrics, strict=True):
                self._draw(panel, metric)
        self._remember(axes, axes[0])
        return self

    def _find_best(self, monitor: str | None) -> int:
        name = monitor or ("val_accuracy" if "val_accuracy" in self.history else "accuracy")
        if name not in self.history:
            raise DataError(
                f"Expected a history with {name} to determine the best epoch; it has "
                f"{', '.join(self.history)}."
            )
        judge = self.history[name]
        if not np.isfinite(judge).any():
            return 1
        return int(np.nanargmin(judge) if name.endswith("loss") else np.nanargmax(judge)) + 1

    def _find_drops(self) -> list[int]:
        if "plateau_factor" in self.history:
            values, ratio = self.history["plateau_factor"], 1.0
        elif "learning_rate" in self.history:
            values, ratio = self.history["learning_rate"], _DROP_RATIO
        else:
            return []
        # Row i has the rate of epoch i + 1, so a drop from row i to i + 1 begins epoch i + 2.
        return [int(i) + 2 for i in np.flatnonzero(values[1:] < ratio * values[:-1])]

    def _draw(self, ax: Axes, metric: str) -> None:
        import seaborn as sns
        from matplotlib.ticker import MaxNLocator, PercentFormatter

        scale = 100.0 if metric == "accuracy" else 1.0
        for column, label, color in (
            (metric, "training", QUIET),
            (f"val_{metric}", "validation", ACCENT),
        ):
            if column in self.history:
                values = scale * self.history[column]
                marker = "o" if len(self.epochs) == 1 else None
                sns.lineplot(
                    x=self.epochs, y=values, ax=ax, color=color, label=label, marker=marker
                )
        grid_lines(ax)
        ax.set(title=_TITLES[metric], xlabel="Epoch", ylabel="")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
        if metric == "accuracy":
            ax.yaxis.set_major_formatter(PercentFormatter(symbol=" %"))
        self._mark_drops(ax)
        self._mark_best(ax, metric, scale)
        ax.legend(loc="best")

    def _mark_drops(self, ax: Axes) -> None:
        if len(self.drops) > 12:
            return
        for i, epoch in enumerate(self.drops):
            ax.axvline(
                epoch - 0.5,
                color=MUTED,
                linewidth=0.9,
                linestyle=(0, (1, 2.5)),
                zorder=0.5,
                label="learning rate drops" if i == 0 else "_",
            )

    def _mark_best(self, ax: Axes, metric: str, scale: float) -> None:
        column = f"val_{metric}" if f"val_{metric}" in self.history else metric
        value = scale * self.history[column][self.best_epoch - 1]
        if not np.isfinite(value):
            return
        text = f"{value:.1f} %" if metric == "accuracy" else f"{value:.3f}"
        ax.plot(
            [self.best_epoch],
            [value],
            linestyle="none",
            marker="o",
            markersize=8,
            color=ACCENT if column.startswith("val_") else QUIET,
            markeredgecolor=PAPER,
            markeredgewidth=1.6,
            zorder=5,
            # In the legend, where it does not cover a curve.
            label=f"best epoch, {self.best_epoch}: {text}",
        )


def _checkpoint_monitor(folder: Path) -> str | None:
    """Return the metric that chose the epoch of a run folder, or None if its config.json does not
    exist or lacks it.
    """
    monitor = RunFolder(folder).facts().get("checkpoint_monitor")
    return monitor if isinstance(monitor, str) else None
