"""`SampleGridDisplay`: images with their labels and predictions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ferkit.displays.base import Display
from ferkit.displays.style import ACCENT, MUTED, WRONG, draw_image, house_style
from ferkit.errors import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ferkit.metrics.predictions import SplitPredictions

# In units of an image's side: the two caption lines, and the space between images.
_CAPTION, _GAP = 0.36, 0.16
_INCHES = 1.5  # side of an image
_LEAST_COLUMNS = 4  # smallest width, for the title
_LONGEST_NAME = 10  # characters of an emotion that fit below its image, with sign and per cent


class SampleGridDisplay(Display):
    """A grid of images with true label, predicted label and confidence.

    Correct predictions have a tick and a thin blue frame, wrong ones a cross and a thick orange
    frame, so that they differ even without colour.

    Args:
        images: uint8 `(n, 48, 48, 1)`, raw grey pixels.
        labels: Integer `(n,)`, true classes.
        predictions: Integer `(n,)`, predicted classes.
        confidences: float `(n,)`, probability of the predicted class, 0..1.
        emotions: Names of the classes.
        sources: str `(n,)`, the source of each image. Defaults to None: unknown.
        title: Title. Defaults to "": none.

    Attributes:
        wrong: bool `(n,)`, true where prediction and label differ.

    Raises:
        DataError: There is no image, or lengths differ.

    Example:
        >>> faces = np.zeros((2, 48, 48, 1), np.uint8)
        >>> guesses = np.array([1, 1]), np.array([0.9, 0.6])
        >>> grid = SampleGridDisplay(faces, np.array([1, 0]), *guesses, ["sad", "happy"])
        >>> grid.captions()
        [('✓ happy 90 %', 'true: happy'), ('✗ happy 60 %', 'true: sad')]
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        predictions: np.ndarray,
        confidences: np.ndarray,
        emotions: Sequence[str],
        *,
        sources: Sequence[str] | None = None,
        title: str = "",
    ) -> None:
        self.images = np.asarray(images)
        self.labels = np.asarray(labels)
        self.predictions = np.asarray(predictions)
        self.confidences = np.asarray(confidences)
        self.emotions = tuple(emotions)
        self.sources = [str(s) for s in sources] if sources is not None else [""] * len(self.labels)
        self.title = title
        parts = (self.images, self.labels, self.predictions, self.confidences, self.sources)
        lengths = [len(part) for part in parts]
        if len(set(lengths)) != 1 or lengths[0] == 0:
            raise DataError(
                f"Expected as many images, labels, predictions, confidences and sources, at "
                f"least one of each, got {lengths}; is the split empty?"
            )
        self.wrong = self.labels != self.predictions

    @classmethod
    def from_predictions(
        cls, predicted: SplitPredictions, *, n: int = 24, seed: int = 0
    ) -> SampleGridDisplay:
        """Choose `n` images at random, so that the grid is a representative sample.

        Raises:
            DataError: The split is empty.
        """
        size = min(n, len(predicted))
        chosen = np.random.default_rng(seed).choice(len(predicted), size, replace=False)
        title = f"{size} images of the {predicted.split} split, drawn at random"
        return cls._of(predicted, chosen, title)

    @classmethod
    def from_mistakes(cls, predicted: SplitPredictions, *, n: int = 18) -> SampleGridDisplay:
        """Choose the `n` wrong predictions with the highest confidence, in descending order.

        Raises:
            DataError: The model made no mistake.
        """
        wrong = np.flatnonzero(predicted.predictions != predicted.labels)
        if not len(wrong):
            raise DataError(f"The model made no mistake on the {predicted.split} split.")
        order = np.argsort(-predicted.confidences[wrong], kind="stable")[:n]
        return cls._of(predicted, wrong[order], "The most confident mistakes")

    @classmethod
    def _of(cls, part: SplitPredictions, chosen: np.ndarray, title: str) -> SampleGridDisplay:
        return cls(
            part.images[chosen],
            part.labels[chosen],
            part.predictions[chosen],
            part.confidences[chosen],
            part.emotions,
            sources=part.sources[chosen].tolist(),
            title=title,
        )

    def __len__(self) -> int:
        return len(self.labels)

    def captions(self) -> list[tuple[str, str]]:
        """Return two lines per image: sign, predicted label and confidence; the true label."""
        lines = []
        for i in range(len(self)):
            sign = "✗" if self.wrong[i] else "✓"
            guess = _short(self.emotions[int(self.predictions[i])])
            first = f"{sign} {guess} {_percent(float(self.confidences[i]))}"
            true = _short(self.emotions[int(self.labels[i])])
            lines.append((first, f"true: {true}"))
        return lines

    def plot(self, ax: Axes | None = None, *, columns: int = 6) -> SampleGridDisplay:
        """Draw the grid.

        Args:
            ax: Axes to draw on. Defaults to None: a new figure.
            columns: Images per row. Defaults to 6.

        Returns:
            The display, with `ax_` and `figure_`.
        """
        columns = max(1, min(columns, len(self)))
        rows = math.ceil(len(self) / columns)
        with house_style():
            height = rows * (1 + _CAPTION + _GAP) + (0.3 if self.title else 0)
            wide = max(columns, _LEAST_COLUMNS)
            ax = self._axes(ax, _INCHES * wide * (1 + _GAP), _INCHES * height)
            self._draw(ax, columns, rows)
        return self

    def _draw(self, ax: Axes, columns: int, rows: int) -> None:
        width, height = 1 + _GAP, 1 + _CAPTION + _GAP
        for i, (first, second) in enumerate(self.captions()):
            left, top = (i % columns) * width, (i // columns) * height
            self._draw_one(ax, i, left, top)
            color = WRONG if self.wrong[i] else ACCENT
            ax.text(left, top + 1.06, first, va="top", fontsize=10, color=color, fontweight="bold")
            ax.text(left, top + 1.21, second, va="top", fontsize=9.5, color=MUTED)
        wide = max(columns, _LEAST_COLUMNS)
        ax.set(xlim=(-0.04, wide * width - _GAP + 0.04), ylim=(rows * height - _GAP, -0.04))
        ax.set_aspect("equal")
        ax.set_axis_off()
        if self.title:
            ax.set_title(self.title)

    def _draw_one(self, ax: Axes, i: int, left: float, top: float) -> None:
        from matplotlib.patches import Rectangle

        draw_image(ax, self.images[i], left, top)
        color, line = (WRONG, 3.0) if self.wrong[i] else (ACCENT, 1.0)
        ax.add_patch(
            Rectangle((left, top), 1, 1, fill=False, edgecolor=color, linewidth=line, zorder=3)
        )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…"


def _percent(share: float) -> str:
    # Rounding must not show 100 % for less than certainty.
    return ">99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"
