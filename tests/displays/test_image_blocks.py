"""Grids of images: their content, not their pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ferkit.colors import EMOTION_COLORS
from ferkit.data.dataset import FerDataset
from ferkit.displays.augmentation_grid import AugmentationGridDisplay
from ferkit.displays.emotion_grid import EmotionGridDisplay
from ferkit.displays.image_blocks import ImageBlock, ImageBlocksDisplay
from ferkit.errors import DataError
from ferkit.labels import EMOTIONS, SPLITS


def images(*values: int) -> np.ndarray:
    return np.stack([np.full((48, 48, 1), value, np.uint8) for value in values])


def test_every_image_is_drawn_once_at_its_place() -> None:
    left = ImageBlock("left", [images(1), images(2)])
    right = ImageBlock("right", [images(3, 4), images(5)])
    display = ImageBlocksDisplay([left, right], ["one", "two"]).plot()
    drawn = {
        int(picture.get_array().mean()): tuple(np.round(picture.get_extent()[::3], 2))
        for picture in display.ax_.images
    }
    assert set(drawn) == {1, 2, 3, 4, 5}
    (x1, y1), (x2, y2), (x3, y3), (x4, y4), (x5, y5) = (drawn[value] for value in range(1, 6))
    assert x1 == x2 < x3 == x5 < x4
    assert y1 == y3 == y4 < y2 == y5
    assert {text.get_text() for text in display.ax_.texts} == {"left", "right", "one", "two"}


def test_rows_must_fit_and_not_be_empty() -> None:
    with pytest.raises(DataError, match=r"Expected 2 rows in every block, got \[1\]"):
        ImageBlocksDisplay([ImageBlock("x", [images(1)])], ["one", "two"])
    nothing = np.zeros((0, 48, 48, 1), np.uint8)
    with pytest.raises(DataError, match="at least one image"):
        ImageBlocksDisplay([ImageBlock("x", [nothing])], ["one"])


def test_the_emotion_grid_shows_images_of_the_right_emotion_and_split(
    tiny_dataset: FerDataset,
) -> None:
    display = EmotionGridDisplay.from_dataset(tiny_dataset, columns=(4, 3, 1), seed=1)
    assert [block.title for block in display.blocks] == ["train  56", "validation  14", "test  14"]
    assert [block.columns for block in display.blocks] == [4, 2, 1], "no more than there are"
    assert display.row_colors == [EMOTION_COLORS[name] for name in EMOTIONS]
    known = {
        image.tobytes(): (int(split), int(label))
        for image, split, label in zip(
            tiny_dataset.images, tiny_dataset.splits, tiny_dataset.labels, strict=True
        )
    }
    for code, block in enumerate(display.blocks):
        for label, row in enumerate(block.rows):
            assert {known[image.tobytes()] for image in row} == {(code, label)}
            assert len({image.tobytes() for image in row}) == len(row), "none twice"


def test_the_emotion_grid_depends_on_its_seed(tiny_dataset: FerDataset) -> None:
    first, again, other = (
        EmotionGridDisplay.from_dataset(tiny_dataset, seed=seed).blocks[0].rows[0].tolist()
        for seed in (0, 0, 1)
    )
    assert first == again != other


def test_the_emotion_grid_leaves_out_empty_splits(tiny_dataset: FerDataset, tmp_path: Path) -> None:
    test = tiny_dataset.split("test")
    display = EmotionGridDisplay.from_dataset(test, title="faces")
    assert [block.title for block in display.blocks] == [f"{SPLITS[2]}  14"]
    display.save(tmp_path / "test.png")
    assert (tmp_path / "test.png").stat().st_size > 10_000
    assert display.ax_.get_title(loc="left") == "faces"


def test_the_augmentation_grid_keeps_rows_together() -> None:
    copies = np.stack([images(1, 2, 3), images(4, 5, 6)])
    display = AugmentationGridDisplay.from_copies(images(0, 9), copies, ["sad", "sad"], "flip")
    before, after = display.blocks
    assert [int(row.mean()) for row in before.rows] == [0, 9]
    assert [row[:, 0, 0, 0].tolist() for row in after.rows] == [[1, 2, 3], [4, 5, 6]]
    assert after.title == "after flip, drawn 3 times"
    assert display.row_names == ["sad", "sad"]
