"""`ReliabilityDisplay`: accuracy as a function of confidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ferkit.displays.base import Display
from ferkit.displays.style import (
    MUTED,
    QUIET,
    SOFT,
    WRONG,
    grid_lines,
    house_style,
)
from ferkit.metrics.reliability import ReliabilityBins, reliability_bins

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ReliabilityDisplay(Display):
    """A reliability diagram: accuracy over confidence, in bins.

    On the diagonal, answers with a confidence of 80 % are correct in 80 of 100 cases; below it, the
    model is overconfident.

    Args:
        bins: The result of `ferkit.metrics.reliability.reliability_bins`.

    Attributes:
        bins: The bins drawn.
        ece: Expected calibration error, a fraction.

    Reference:
        C. Guo et al., "On calibration of modern neural networks", ICML 2017.

    Example:
        >>> display = ReliabilityDisplay.from_predictions(
        ...     np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]]))
        >>> round(display.ece, 2)
        0.4
    """

    def __init__(self, bins: ReliabilityBins) -> None:
        self.bins = bins
        self.ece = bins.ece

    @classmethod
    def from_predictions(
        cls, labels: np.ndarray, probabilities: np.ndarray, *, n_bins: int = 15
    ) -> ReliabilityDisplay:
        """Bin `probabilities` `(n, c)` against integer `labels` `(n,)`."""
        return cls(reliability_bins(labels, probabilities, n_bins=n_bins))

    @classmethod
    def from_metrics(cls, entry: Mapping[str, Any]) -> ReliabilityDisplay:
        """Take one split's entry of `metrics.json`."""
        rows = entry["calibration_bins"]

        def column(name: str) -> np.ndarray:
            return np.array([np.nan if r[name] is None else r[name] for r in rows], np.float64)

        edges = np.append(column("low"), rows[-1]["high"])
        counts = column("n").astype(np.int64)
        return cls(ReliabilityBins(edges, counts, column("confidence"), column("accuracy")))

    def plot(self, ax: Axes | None = None, *, title: str = "Calibration") -> ReliabilityDisplay:
        """Draw the diagram, with the share of images per bin above it.

        Args:
            ax: Axes to draw on. Defaults to None: a new figure.
            title: Title. Defaults to "Calibration".

        Returns:
            The display, with `ax_` and `figure_`.
        """
        with house_style():
            ax = self._axes(ax, 5.2, 4.9)
            self._draw_bins(ax)
            self._draw_shares(ax, title)
        return self

    def _draw_bins(self, ax: Axes) -> None:
        used = self.bins.counts > 0
        left, width = 100 * self.bins.edges[:-1][used], 100 * np.diff(self.bins.edges)[used]
        accuracy = 100 * self.bins.accuracy[used]
        confidence = 100 * self.bins.confidence[used]
        ax.bar(left, accuracy, width * 0.92, align="edge", color=SOFT, label="right answers")
        ax.bar(
            left,
            np.abs(confidence - accuracy),
            width * 0.92,
            bottom=np.minimum(confidence, accuracy),
            align="edge",
            facecolor="none",
            edgecolor=WRONG,
            hatch="////",
            linewidth=0.9,
            label="gap to confidence",
        )
        ax.plot([0, 100], [0, 100], color=MUTED, linewidth=1.1, linestyle=(0, (4, 3)))
        ticks = np.arange(0, 101, 20)
        labels = [f"{tick} %" for tick in ticks]
        ax.set_xticks(ticks, labels)
        ax.set_yticks(ticks, labels)
        ax.set(xlim=(0, 100), ylim=(0, 100), xlabel="Confidence", ylabel="Right answers")
        grid_lines(ax)
        ax.legend(
            loc="upper left",
            title=f"ECE {100 * self.ece:.1f} %",
            title_fontproperties={"weight": "bold"},
            alignment="left",
        )

    def _draw_shares(self, ax: Axes, title: str) -> None:
        above = ax.inset_axes((0.0, 1.04, 1.0, 0.16), sharex=ax)
        share = 100 * self.bins.counts / self.bins.counts.sum()
        edges = 100 * self.bins.edges
        above.bar(edges[:-1], share, np.diff(edges) * 0.92, align="edge", color=QUIET)
        above.set_yticks([])
        above.tick_params(labelbottom=False)
        above.spines["left"].set_visible(False)
        above.set_title(title)
        above.text(
            1, float(share.max()) * 0.98, "share of images", va="top", color=MUTED, fontsize=9
        )
