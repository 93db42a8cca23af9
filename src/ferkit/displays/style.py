"""The style of all figures: colours, fonts, and the figure object."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ferkit.colors import INK, PAPER
from ferkit.errors import MissingDependencyError
from ferkit.files import keep_home_clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MUTED: Final = "#5b6472"  # secondary text, 6.0:1 on white
RULE: Final = "#e3e6eb"  # grid lines
ACCENT: Final = "#0b62a4"  # main data: validation, correct answers
SOFT: Final = "#9cc3e2"  # ACCENT for large areas with other elements on top
QUIET: Final = "#8b95a5"  # data for comparison: the training split
WRONG: Final = "#c2500a"  # wrong answers; distinct from ACCENT with any colour blindness

# From light to dark in one hue, so that the order is also visible in greyscale.
SEQUENTIAL: Final = ("#f6f9fc", "#d3e3f1", SOFT, "#5a9bcd", "#1f73b3", "#0a4a80", "#062f54")

_STYLE: Final[Any] = {
    "figure.facecolor": PAPER,
    "figure.dpi": 100,
    "savefig.facecolor": PAPER,
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so figures look the same everywhere
    "font.size": 10.5,
    "text.color": INK,
    "text.parse_math": False,  # names of classes are no formulas, whatever signs they contain
    "axes.facecolor": "none",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 12.5,
    "axes.titleweight": "bold",
    "axes.titlepad": 12,
    "axes.labelpad": 6,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.major.pad": 5,
    "ytick.major.pad": 5,
    "legend.frameon": True,
    "legend.facecolor": PAPER,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "legend.fancybox": False,
    "lines.linewidth": 2.0,
    "svg.fonttype": "none",
}


@contextmanager
def house_style() -> Iterator[None]:
    """Use the style within a `with` block, and restore matplotlib's settings afterwards.

    Raises:
        MissingDependencyError: Matplotlib or seaborn is not installed.
    """
    keep_home_clean()
    try:
        import matplotlib
        import seaborn  # noqa: F401  (checked here, so that all displays raise the same error)
    except ImportError as error:
        raise MissingDependencyError.of("matplotlib and seaborn", "Drawing", "train") from error
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes; the report has it as text.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return a figure of `width` x `height` inches that pyplot does not manage.

    It needs no window system, creates no global state, and is freed like any other object.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def draw_image(ax: Axes, image: np.ndarray, left: float, top: float) -> None:
    """Draw a grey uint8 `(h, w, 1)` image into the unit square with the corner `(left, top)`."""
    ax.imshow(
        image.reshape(image.shape[:2]),
        cmap="gray",
        vmin=0,
        vmax=255,
        extent=(left, left + 1, top + 1, top),
        interpolation="bilinear",
    )


def grid_lines(ax: Axes, axis: Any = "y") -> None:
    """Draw light grid lines behind the data, and remove the frame."""
    # Set explicitly for axes that were created outside `house_style`.
    ax.grid(True, axis=axis, color=RULE, linewidth=0.8)
    ax.set_axisbelow(True)
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
