"""What all displays share: the axes they drew on, saving, and showing in a notebook."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

from ferkit.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Display:
    """Data for a picture; `plot()` draws it.

    Made in scikit-learn's manner: `from_*` computes, `plot(ax=None)` draws and returns the
    display, nothing ever calls `show()`. Without `ax` it draws on a figure of its own, which
    needs no window system; in a notebook, a display at the end of a cell shows itself.

    Attributes:
        ax_: the matplotlib axes drawn on (an array of them where there are several panels).
        figure_: the figure that holds them.
    """

    ax_: Any
    figure_: Figure

    def plot(self, ax: Any = None) -> Display:
        """Draw on `ax`, or on a new figure."""
        raise TypeError(f"{type(self).__name__} draws nothing; use one of the displays.")

    def save(self, path: str | os.PathLike[str], *, dpi: int = 200) -> None:
        """Write the picture, drawing it first if `plot` was not called.

        Args:
            path: file to write; the suffix chooses the format (`.png`, `.svg`, `.pdf`).
            dpi: pixels per inch. Default 200, twice the size on screen.

        Raises:
            OutputError: if the file can not be written.
        """
        from ferkit.evaluation.displays.style import house_style

        if not hasattr(self, "figure_"):
            self.plot()
        with house_style(), atomic_path(path) as temporary:
            self.figure_.savefig(temporary, dpi=dpi)

    def svg(self) -> str:
        """Return the picture as SVG text whose letters stay letters."""
        from ferkit.evaluation.displays.style import house_style

        if not hasattr(self, "figure_"):
            self.plot()
        with house_style():
            buffer = io.StringIO()
            self.figure_.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        from ferkit.evaluation.displays.style import house_style

        if not hasattr(self, "figure_"):
            self.plot()
        with house_style():
            buffer = io.BytesIO()
            self.figure_.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()
