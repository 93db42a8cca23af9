"""`ImageBlocksDisplay`: blocks of images side by side, one name per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ferkit.colors import INK
from ferkit.displays.base import Display
from ferkit.displays.style import MUTED, draw_image, house_style
from ferkit.errors import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# In units of an image's side.
_GAP, _BLOCK_GAP, _NAME_WIDTH, _HEAD = 0.08, 0.35, 1.35, 0.45
_INCHES = 0.72  # side of an image


@dataclass(frozen=True)
class ImageBlock:
    """A block of a figure: a title over rows of images.

    Attributes:
        title: The title.
        rows: The images of each row, uint8 `(k, 48, 48, 1)`; `k` may differ between rows.
    """

    title: str
    rows: Sequence[np.ndarray]

    @property
    def columns(self) -> int:
        """The length of the longest row."""
        return max(len(row) for row in self.rows)


class ImageBlocksDisplay(Display):
    """Blocks of images side by side, with aligned rows and their names at the left.

    Args:
        blocks: The blocks from left to right; those without images are omitted.
        row_names: One name per row.
        row_colors: One colour per row for a mark at its name. Defaults to None: no marks.
        title: Title of the figure. Defaults to "": none.

    Raises:
        DataError: There is no image, or blocks and names differ in the number of rows.

    Example:
        >>> block = ImageBlock("train", [np.zeros((2, 48, 48, 1), np.uint8)])
        >>> ImageBlocksDisplay([block], ["happy"]).blocks[0].columns
        2
    """

    def __init__(
        self,
        blocks: Sequence[ImageBlock],
        row_names: Sequence[str],
        *,
        row_colors: Sequence[str] | None = None,
        title: str = "",
    ) -> None:
        self.row_names = list(row_names)
        if any(len(block.rows) != len(self.row_names) for block in blocks):
            lengths = [len(block.rows) for block in blocks]
            raise DataError(f"Expected {len(self.row_names)} rows in every block, got {lengths}.")
        self.blocks = [block for block in blocks if block.rows and block.columns]
        if not self.blocks:
            raise DataError("Expected at least one image to show, got none.")
        self.row_colors = row_colors
        self.title = title

    def plot(self, ax: Axes | None = None) -> ImageBlocksDisplay:
        """Draw the blocks.

        Args:
            ax: Axes to draw on. Defaults to None: a new figure.

        Returns:
            The display, with `ax_` and `figure_`.
        """
        lefts, width = self._lefts()
        height = len(self.row_names) * (1 + _GAP) - _GAP
        with house_style():
            head = _HEAD + (0.5 if self.title else 0)
            ax = self._axes(ax, _INCHES * (width + _NAME_WIDTH), _INCHES * (height + head) + 0.15)
            self._draw_names(ax)
            for block, left in zip(self.blocks, lefts, strict=True):
                self._draw_block(ax, block, left)
            margin = 0.15
            ax.set(xlim=(-_NAME_WIDTH - margin, width + margin), ylim=(height + margin, -_HEAD))
            ax.set_aspect("equal")
            ax.set_axis_off()
            if self.title:
                ax.set_title(self.title)
        return self

    def _lefts(self) -> tuple[list[float], float]:
        """Return the left edge of every block, and the right edge of the last one."""
        lefts, right = [], -_BLOCK_GAP
        for block in self.blocks:
            lefts.append(right + _BLOCK_GAP)
            right = lefts[-1] + block.columns * (1 + _GAP) - _GAP
        return lefts, right

    def _draw_names(self, ax: Axes) -> None:
        from matplotlib.patches import Rectangle

        for row, name in enumerate(self.row_names):
            top = row * (1 + _GAP)
            if self.row_colors is not None:
                color = self.row_colors[row]
                ax.add_patch(Rectangle((-_NAME_WIDTH, top), 0.09, 1, color=color, linewidth=0))
            left = -_NAME_WIDTH + 0.2
            ax.text(left, top + 0.5, name, va="center", color=INK, fontsize=10)

    def _draw_block(self, ax: Axes, block: ImageBlock, left: float) -> None:
        ax.text(left, -0.14, block.title, va="bottom", color=MUTED, fontsize=10)
        for row, images in enumerate(block.rows):
            top = row * (1 + _GAP)
            for column, image in enumerate(images):
                draw_image(ax, image, left + column * (1 + _GAP), top)
