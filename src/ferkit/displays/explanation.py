"""`ExplanationDisplay`: heat maps of the evidence for emotions in each face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ferkit.displays.base import Display
from ferkit.displays.style import MUTED, house_style
from ferkit.errors import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INCHES = 2.1  # side of a picture
_CAPTION, _GAP = 0.16, 0.1  # in units of that side
_HEADING = 0.3
_HEAT = "inferno"  # from dark to light, so that it also works in greyscale
_STRENGTH = 0.55  # opacity of the heat map over the face


class ExplanationDisplay(Display):
    """One row per face: the face, then a heat map over it for each of its most likely emotions.

    Bright regions support the emotion. Each map is scaled separately, so maps cannot be compared
    with each other; the captions show the probabilities.

    Args:
        faces: `uint8` `(n, 48, 48, 1)`, the crops that the model saw.
        heat: `float` `(n, k, 48, 48)`, 0..1, from `ferkit.evaluation.gradcam.heat_maps`.
        codes: `int` `(n, k)`, the emotions of the maps.
        probabilities: `float` `(n, c)`.
        emotions: Names of the classes.
        title: Title. Defaults to "": none.

    Raises:
        DataError: There is no face, or the shapes do not match.

    Example:
        >>> crops, heat = np.zeros((1, 48, 48, 1), np.uint8), np.zeros((1, 2, 48, 48))
        >>> shown = ExplanationDisplay(crops, heat, [[1, 0]], [[0.3, 0.7]], ["sad", "happy"])
        >>> shown.captions()
        [['happy 70 %', 'sad 30 %']]
    """

    def __init__(
        self,
        faces: np.ndarray,
        heat: np.ndarray,
        codes: Sequence[Sequence[int]] | np.ndarray,
        probabilities: Sequence[Sequence[float]] | np.ndarray,
        emotions: Sequence[str],
        *,
        title: str = "",
    ) -> None:
        self.faces, self.heat = np.asarray(faces), np.asarray(heat)
        self.codes, self.probabilities = np.asarray(codes), np.asarray(probabilities)
        self.emotions, self.title = tuple(emotions), title
        n, maps = len(self.faces), self.heat.shape[:2]
        fits = maps == self.codes.shape and self.probabilities.shape == (n, len(self.emotions))
        if not n or len(self.heat) != n or not fits:
            raise DataError(
                "Expected at least one face, and a map and a code for each of its emotions, found "
                f"{n} faces, maps {self.heat.shape}, codes {self.codes.shape}, "
                f"probabilities {self.probabilities.shape}."
            )

    def captions(self) -> list[list[str]]:
        """Return the captions of the heat maps: emotion and probability."""
        return [
            [f"{self.emotions[code]} {100 * row[code]:.0f} %" for code in codes]
            for codes, row in zip(self.codes.tolist(), self.probabilities.tolist(), strict=True)
        ]

    def plot(self, ax: Axes | None = None) -> ExplanationDisplay:
        """Draw on `ax`, or on a new figure; return the display, with `ax_` and `figure_`."""
        with house_style():
            columns, rows = 1 + self.codes.shape[1], len(self.faces)
            height = rows * (1 + _CAPTION + _GAP) + (_HEADING if self.title else 0)
            wide = columns * (1 + _GAP)
            ax = self._axes(ax, _INCHES * wide, _INCHES * height)
            for row, captions in enumerate(self.captions()):
                top = row * (1 + _CAPTION + _GAP)
                self._draw_row(ax, row, top, captions)
            ax.set(xlim=(-0.02, wide - _GAP + 0.02), ylim=(rows * (1 + _CAPTION + _GAP), -0.02))
            ax.set_aspect("equal")
            ax.set_axis_off()
            if self.title:
                ax.set_title(self.title)
        return self

    def _draw_row(self, ax: Axes, row: int, top: float, captions: list[str]) -> None:
        for column, caption in enumerate(["the face", *captions]):
            left = column * (1 + _GAP)
            place = (left, left + 1, top + 1, top)
            grey = self.faces[row, ..., 0]
            ax.imshow(grey, cmap="gray", vmin=0, vmax=255, extent=place, interpolation="bicubic")
            if column:
                heat = self.heat[row, column - 1]
                ax.imshow(
                    heat,
                    cmap=_HEAT,
                    vmin=0,
                    vmax=1,
                    alpha=_STRENGTH,
                    extent=place,
                    interpolation="bicubic",
                )
            bold = "bold" if column == 1 else "normal"
            color = "black" if column else MUTED
            ax.text(left, top + 1.03, caption, va="top", fontsize=10, color=color, fontweight=bold)
