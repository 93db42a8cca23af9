"""`SampleGridDisplay`: random samples, most confident mistakes first, wrong ones marked."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from ferkit.displays import SampleGridDisplay
from ferkit.displays.style import ACCENT, WRONG
from ferkit.errors import DataError
from ferkit.labels import EMOTIONS
from ferkit.metrics.predictions import SplitPredictions


def predicted(n: int = 40, seed: int = 0, perfect: bool = False) -> SplitPredictions:
    """Return predictions of `n` images; the grey of each encodes its index."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 7, n)
    probabilities = rng.dirichlet(np.ones(7), n)
    if perfect:
        probabilities = np.eye(7)[labels]
    images = np.broadcast_to(np.arange(n, dtype=np.uint8)[:, None, None, None], (n, 48, 48, 1))
    sources = np.array([f"{i}.png" for i in range(n)])
    return SplitPredictions("test", images.copy(), sources, labels, probabilities, EMOTIONS)


def test_a_sample_is_drawn_at_random_without_repeats_and_by_seed() -> None:
    part = predicted()
    first = SampleGridDisplay.from_predictions(part, n=10)
    assert len(set(first.sources)) == len(first) == 10
    assert first.sources == SampleGridDisplay.from_predictions(part, n=10).sources
    assert first.sources != SampleGridDisplay.from_predictions(part, n=10, seed=1).sources
    assert first.title == "10 images of the test split, drawn at random"
    for i, source in enumerate(first.sources):
        where = int(source.removesuffix(".png"))
        assert first.images[i].max() == where
        assert first.labels[i] == part.labels[where]
        assert first.predictions[i] == part.predictions[where]
        assert first.confidences[i] == part.confidences[where]


def test_a_grid_has_no_more_than_the_images() -> None:
    assert len(SampleGridDisplay.from_predictions(predicted(5))) == 5


def test_mistakes_are_all_wrong_and_the_surest_first() -> None:
    part = predicted()
    grid = SampleGridDisplay.from_mistakes(part, n=6)
    assert grid.wrong.all()
    assert grid.confidences.tolist() == sorted(grid.confidences, reverse=True)
    wrong = part.predictions != part.labels
    assert grid.confidences[0] == part.confidences[wrong].max()
    assert len(grid) == 6
    with pytest.raises(DataError, match="made no mistake on the test split"):
        SampleGridDisplay.from_mistakes(predicted(perfect=True))


def grid_of(**changes: object) -> SampleGridDisplay:
    parts: dict[str, object] = {
        "images": np.zeros((3, 48, 48, 1), np.uint8),
        "labels": [0, 1, 1],
        "predictions": [0, 0, 1],
        "confidences": [0.42, 0.997, 1.0],
        "emotions": ["sad", "happy"],
    }
    return SampleGridDisplay(**{**parts, **changes})  # type: ignore[arg-type]


def test_wrong_ones_are_marked_by_sign_colour_and_line() -> None:
    grid = grid_of().plot()
    assert grid.wrong.tolist() == [False, True, False]
    assert grid.captions() == [
        ("✓ sad 42 %", "true: sad"),
        ("✗ sad >99 %", "true: happy"),
        ("✓ happy 100 %", "true: happy"),
    ]
    frames = grid.ax_.patches
    assert [to_hex(frame.get_edgecolor()) for frame in frames] == [ACCENT, WRONG, ACCENT]
    widths = [frame.get_linewidth() for frame in frames]
    assert widths[1] > 2 * widths[0]
    texts = {text.get_text(): text.get_color() for text in grid.ax_.texts}
    assert texts["✗ sad >99 %"] == WRONG
    assert texts["✓ sad 42 %"] == ACCENT
    assert len(grid.ax_.images) == 3


@pytest.mark.parametrize(("n", "columns"), [(1, 6), (3, 2), (13, 6)])
def test_images_and_captions_neither_overlap_nor_leave_the_figure(n: int, columns: int) -> None:
    names = ["a name that nobody would choose", "surprise"]
    grid = SampleGridDisplay(
        np.zeros((n, 48, 48, 1), np.uint8),
        np.arange(n) % 2,
        np.zeros(n, int),
        np.full(n, 0.999),
        names,
        title=f"{n} images of the validation+test split, drawn at random",
    ).plot(columns=columns)
    canvas = grid.figure_.canvas
    canvas.draw()  # type: ignore[no-untyped-call]
    renderer = canvas.get_renderer()  # type: ignore[attr-defined]
    width, height = canvas.get_width_height()
    boxes = [text.get_window_extent(renderer) for text in grid.ax_.texts]
    for box in boxes:
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height
    boxes += [image.get_window_extent(renderer) for image in grid.ax_.images]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])


def test_all_parts_must_be_of_one_length() -> None:
    with pytest.raises(DataError, match=r"at least one of each, got \[3, 2, 3, 3, 2\]"):
        grid_of(labels=[0, 1])
    nothing = {name: [] for name in ("labels", "predictions", "confidences")}
    with pytest.raises(DataError, match="is the split empty"):
        grid_of(images=np.zeros((0, 48, 48, 1), np.uint8), **nothing)
