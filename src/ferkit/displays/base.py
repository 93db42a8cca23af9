"""The base of all displays: axes, saving, and display in notebooks."""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from typing import IO, TYPE_CHECKING, Any

from ferkit.errors import UsageError
from ferkit.files import atomic_path
from ferkit.targets import MARK

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Display(ABC):
    """The data of a figure; `plot()` draws it.

    The design is that of scikit-learn's displays: `from_*` computes, `plot(ax=None)` draws and
    returns the display, and nothing calls `show()`. Without `ax`, it draws on a new figure, which
    needs no window system. In a notebook, a display at the end of a cell is shown.

    Attributes:
        ax_: The matplotlib axes (an array of them if there are several panels).
        figure_: The figure that contains them.
    """

    ax_: Any
    figure_: Figure

    @abstractmethod
    def plot(self, ax: Any = None) -> Display:
        """Draw on `ax`, or on a new figure."""

    def save(self, path: str | os.PathLike[str], *, dpi: int = 200) -> None:
        """Write the figure to a file, drawing it first if `plot` was not called.

        Args:
            path: File to write; the suffix determines the format (`.png`, `.svg`, `.pdf`).
            dpi: Pixels per inch. Defaults to 200, twice the resolution on screen.

        Raises:
            UsageError: No format has this suffix.
            OutputError: The file cannot be written.
        """
        formats = self._drawn().canvas.get_supported_filetypes()
        if os.path.splitext(path)[1].lower().removeprefix(".") not in formats:
            raise UsageError(f"{path} expects a name that ends in .png, .svg or .pdf.")
        with atomic_path(path) as temporary:
            self._write(temporary, dpi)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self._write(buffer, dpi=110)
        return buffer.getvalue()

    def _write(self, file: Path | IO[bytes], dpi: int) -> None:
        from ferkit.displays.style import house_style

        figure = self._drawn()
        with house_style():
            figure.savefig(file, dpi=dpi, metadata=_metadata(file))

    def _drawn(self) -> Figure:
        if not hasattr(self, "figure_"):
            self.plot()
        return self.figure_

    def _axes(self, ax: Axes | None, width: float, height: float) -> Axes:
        """Return `ax`, or the axes of a new figure of `width` x `height` inches, and store it."""
        from ferkit.displays.style import new_figure

        chosen: Axes = new_figure(width, height).subplots() if ax is None else ax
        self._remember(chosen, chosen)
        return chosen

    def _remember(self, axes: Any, first: Axes) -> None:
        self.ax_ = axes
        # The whole figure if the axes are in a subfigure.
        self.figure_ = first.get_figure().figure  # type: ignore[union-attr]


def _metadata(file: Path | IO[bytes]) -> dict[str, str]:
    """Return the metadata that marks the figure as ferkit's, under the key of the format."""
    is_png = getattr(file, "suffix", ".png").lower() == ".png"
    return {"Comment" if is_png else "Creator": MARK}
