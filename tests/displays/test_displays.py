"""The contract of every display: data first, given axes, no window, no global pyplot state."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from ferkit.colors import EMOTION_COLORS, INK, PAPER, emotion_colors, ink_on
from ferkit.displays import (
    ConfusionMatrixDisplay,
    ReliabilityDisplay,
    SampleGridDisplay,
    TrainingCurvesDisplay,
)
from ferkit.displays.base import Display
from ferkit.displays.style import house_style
from ferkit.errors import DataError, OutputError, UsageError
from ferkit.labels import EMOTIONS


def curves() -> TrainingCurvesDisplay:
    return TrainingCurvesDisplay({"accuracy": [0.3, 0.5], "loss": [1.8, 1.4]})


def matrix() -> ConfusionMatrixDisplay:
    return ConfusionMatrixDisplay(np.array([[3, 1], [0, 4]]), ["sad", "happy"])


def reliability() -> ReliabilityDisplay:
    return ReliabilityDisplay.from_predictions(np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]]))


def samples() -> SampleGridDisplay:
    images = np.zeros((2, 48, 48, 1), np.uint8)
    return SampleGridDisplay(images, [0, 1], [0, 0], [0.9, 0.8], ["sad", "happy"], title="two")


MAKERS = [curves, matrix, reliability, samples]


@pytest.mark.parametrize("make", MAKERS)
def test_plot_returns_the_display_and_changes_no_global_state(
    make: Callable[[], Display], monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib
    import matplotlib.pyplot as plt

    def shown(*args: object, **kwargs: object) -> None:
        raise AssertionError("a display showed itself")

    monkeypatch.setattr(plt, "show", shown)
    monkeypatch.setattr(Figure, "show", shown)
    before = dict(matplotlib.rcParams)
    display = make()
    assert not hasattr(display, "ax_"), "nothing is drawn before it is asked for"
    assert display.plot() is display
    assert isinstance(display.figure_, Figure)
    assert plt.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("make", [matrix, reliability, samples])
def test_the_axes_given_are_drawn_on(make: Callable[[], Display]) -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    display = make().plot(left)
    assert display.ax_ is left
    assert display.figure_ is figure
    assert left.has_data() or left.images
    assert not right.has_data()


@pytest.mark.parametrize("make", [matrix, reliability, samples])
def test_a_part_of_a_figure_can_be_drawn_on_and_saved(
    make: Callable[[], Display], tmp_path: Path
) -> None:
    figure = Figure(layout="constrained")
    part = figure.subfigures(1, 2)[0]
    display = make().plot(part.subplots())
    assert display.figure_ is figure
    display.save(tmp_path / "whole.png", dpi=50)
    assert (tmp_path / "whole.png").is_file()


@pytest.mark.parametrize("make", MAKERS)
def test_a_display_shows_itself_in_a_notebook(make: Callable[[], Display]) -> None:
    from PIL import Image

    picture = Image.open(io.BytesIO(make()._repr_png_()))
    assert min(picture.size) > 150


def test_saving_draws_first_and_keeps_the_resolution(tmp_path: Path) -> None:
    from PIL import Image

    display = reliability()
    display.save(tmp_path / "new" / "a.png", dpi=100)
    width, height = display.figure_.get_size_inches()
    with Image.open(tmp_path / "new" / "a.png") as picture:
        assert picture.size == (int(100 * width), int(100 * height))
    display.save(tmp_path / "new" / "a.svg")
    text = (tmp_path / "new" / "a.svg").read_text()
    assert ">right answers<" in text, "letters stay letters"
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a.png", "a.svg"]


def test_saving_to_an_unwritable_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot write"):
        matrix().save(tmp_path / "file" / "a.png")


def test_saving_in_another_format_is_wrong_use(tmp_path: Path) -> None:
    for name in ("a", "a.xyz"):
        with pytest.raises(UsageError, match=r"ends in \.png, \.svg or \.pdf"):
            matrix().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_importing_the_displays_loads_no_library_for_drawing() -> None:
    code = (
        "import sys, ferkit.displays, ferkit.evaluation.figures;"
        "print([m for m in ('matplotlib', 'seaborn', 'pandas', 'PIL', 'keras') if m in "
        "sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Confusion matrices


def cell_texts(display: ConfusionMatrixDisplay) -> list[str]:
    return [text.get_text() for text in display.ax_.texts]


def test_rates_are_shares_of_the_row_and_unknown_where_there_is_none() -> None:
    display = ConfusionMatrixDisplay(np.array([[1, 3], [0, 0]]), ["sad", "happy"])
    assert display.rates[0].tolist() == [0.25, 0.75]
    assert np.isnan(display.rates[1]).all()
    assert cell_texts(display.plot()) == ["25", "75", "–", "–"]


def test_counts_in_the_cells_and_colours_after_the_rates() -> None:
    display = ConfusionMatrixDisplay(np.array([[9000, 1000], [1, 9]]), ["sad", "happy"])
    display.plot(values="counts")
    assert cell_texts(display) == ["9,000", "1,000", "1", "9"]
    drawn = np.asarray(display.ax_.collections[0].get_array()).ravel()
    assert drawn.tolist() == [0.9, 0.1, 0.1, 0.9]
    assert [t.get_text() for t in display.ax_.get_xticklabels()] == ["sad", "happy"]
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == ["sad", "happy"]
    assert display.ax_.get_xlabel() == "predicted"
    assert display.ax_.get_ylabel() == "true"


@pytest.mark.parametrize("values", ["counts", "rates"])
def test_a_title_names_the_numbers(values: str) -> None:
    said = {"counts": "Images", "rates": "Per cent of each true emotion"}
    assert matrix().plot(values=values).ax_.get_title(loc="left") == said[values]  # type: ignore[arg-type]
    titled = matrix().plot(values=values, title="mine")  # type: ignore[arg-type]
    assert titled.ax_.get_title(loc="left") == "mine"


@pytest.mark.parametrize("classes", range(2, 9))
def test_every_number_of_classes_and_long_names_fit(classes: int) -> None:
    rng = np.random.default_rng(classes)
    names = ["a name that nobody would choose", *(f"emotion {i}" for i in range(1, classes))]
    counts = rng.integers(0, 30_000, (classes, classes))
    counts[-1] = 0
    display = ConfusionMatrixDisplay(counts, names).plot(values="counts")
    canvas = display.figure_.canvas
    canvas.draw()  # type: ignore[no-untyped-call]
    renderer = canvas.get_renderer()  # type: ignore[attr-defined]
    width, height = canvas.get_width_height()
    for text in [*display.ax_.get_yticklabels(), *display.ax_.get_xticklabels(), display.ax_.title]:
        box = text.get_window_extent(renderer)
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= width + 1
        assert box.y1 <= height + 1
    cell = display.ax_.get_window_extent().width / classes
    widest = max(text.get_window_extent(renderer).width for text in display.ax_.texts)
    assert widest < cell


def test_a_matrix_from_predictions_and_from_metrics() -> None:
    labels, guesses = np.array([0, 1, 2, 2]), np.array([0, 2, 2, 1])
    made = ConfusionMatrixDisplay.from_predictions(labels, guesses, ["a", "b", "c"])
    assert made.counts.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 1]]
    entry = {"confusion_matrix": made.counts.tolist(), "emotions": ["a", "b", "c"]}
    assert ConfusionMatrixDisplay.from_metrics(entry).counts.tolist() == made.counts.tolist()


def test_something_else_than_a_confusion_matrix_is_refused() -> None:
    with pytest.raises(DataError, match=r"shape \(3, 3\) for 3 emotions, got \(2, 2\)"):
        ConfusionMatrixDisplay(np.eye(2, dtype=int), ["a", "b", "c"])
    with pytest.raises(DataError, match="matrix of counts, got float64"):
        ConfusionMatrixDisplay(np.array([[0.5, 0.5], [0, 1]]), ["a", "b"])
    with pytest.raises(ValueError, match="values='counts' or values='rates', got 'rate'"):
        matrix().plot(values="rate")  # type: ignore[arg-type]


# Reliability


def test_bars_show_accuracy_and_gaps_reach_the_confidence() -> None:
    probabilities = np.array([[0.9, 0.1]] * 4 + [[0.4, 0.6]] * 2)
    display = ReliabilityDisplay.from_predictions(np.array([0, 0, 0, 1, 1, 1]), probabilities)
    bars, gaps = display.plot().ax_.containers
    # Bins from the left: 0.6 (right in 2 of 2), then 0.9 (right in 3 of 4).
    assert [bar.get_height() for bar in bars] == pytest.approx([100, 75])
    assert [gap.get_y() for gap in gaps] == pytest.approx([60, 75])
    assert [gap.get_height() for gap in gaps] == pytest.approx([40, 15])
    assert display.ece == pytest.approx(2 / 6 * 0.4 + 4 / 6 * 0.15)
    legend = display.ax_.get_legend()
    assert legend.get_title().get_text() == f"ECE {100 * display.ece:.1f} %"
    (above,) = display.ax_.child_axes
    shares = [bar.get_height() for bar in above.patches]
    assert sum(shares) == pytest.approx(100)
    assert max(shares) == pytest.approx(100 * 4 / 6)


def test_metrics_suffice_for_the_diagram() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(7) / 2, 80)
    made = ReliabilityDisplay.from_predictions(rng.integers(0, 7, 80), probabilities)
    again = ReliabilityDisplay.from_metrics({"calibration_bins": made.bins.to_dicts()})
    assert again.ece == pytest.approx(made.ece)
    np.testing.assert_allclose(again.bins.edges, made.bins.edges)
    np.testing.assert_array_equal(again.bins.counts, made.bins.counts)
    np.testing.assert_array_equal(np.isnan(again.bins.accuracy), made.bins.counts == 0)


# Style


def test_text_stands_out_from_every_cell() -> None:
    from matplotlib.colors import LinearSegmentedColormap

    from ferkit.displays.style import SEQUENTIAL

    colors = LinearSegmentedColormap.from_list("cells", SEQUENTIAL)
    inks = [ink_on(colors(share, bytes=True)[:3]) for share in np.linspace(0, 1, 101)]
    assert inks[0] == INK
    assert inks[-1] == PAPER
    assert inks == sorted(inks, key=[INK, PAPER].index), "one change, from dark to white"


def test_unknown_emotions_get_colours_of_their_own() -> None:
    names = [*EMOTIONS, "contempt", "bored", "awe"]
    colors = emotion_colors(names)
    assert list(colors) == names
    assert colors["happy"] == EMOTION_COLORS["happy"]
    assert len(set(colors.values())) == len(names)


def test_drawing_without_seaborn_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "seaborn", None)
    with pytest.raises(ImportError, match=r'pip install "ferkit\[train\]"'), house_style():
        pass


def test_names_of_classes_are_drawn_as_they_are() -> None:
    """Matplotlib would read what is between two dollar signs as a formula, and fail; a script that
    its font lacks made it warn.
    """
    names = ["$100^_{$", "笑"]
    display = ConfusionMatrixDisplay(np.array([[3, 1], [0, 4]]), names)
    assert display._repr_png_().startswith(b"\x89PNG")
    assert [label.get_text() for label in display.ax_.get_xticklabels()] == names
