"""Test-time augmentation: views of an image and their mean prediction."""

from __future__ import annotations

import numpy as np
import pytest

from ferkit.data.dataset import FerDataset
from ferkit.errors import UsageError
from ferkit.evaluation.evaluate import evaluate
from ferkit.evaluation.tta import VIEWS, ViewsPredictor, view_images, with_tta
from ferkit.labels import EMOTIONS

RAMP = np.arange(48 * 48, dtype=np.int64).reshape(1, 48, 48, 1)


class Corner:
    """Says the second class as surely as the pixel in one place is bright."""

    emotions = ("dark", "bright")

    def __init__(self, row: int, column: int) -> None:
        self.place = (row, column)

    def predict(self, images: np.ndarray) -> np.ndarray:
        bright = images[:, self.place[0], self.place[1], 0] / 255
        return np.stack([1 - bright, bright], axis=1)


def test_mirroring_and_shifting() -> None:
    assert np.array_equal(view_images(RAMP, (True, 0, 0)), RAMP[:, :, ::-1])
    moved = view_images(RAMP, (False, 2, -3))
    assert np.array_equal(moved[:, 2:, :-3], RAMP[:, :-2, 3:])
    assert (moved[:, :2] == moved[:, 2:3]).all()
    assert (moved[:, :, -3:] == moved[:, :, -4:-3]).all()
    assert np.array_equal(view_images(RAMP, (False, 0, 0)), RAMP)
    # Mirrored first, then moved to the right of the picture as it is seen.
    assert np.array_equal(view_images(RAMP, (True, 0, 2))[:, :, 2:], RAMP[:, :, ::-1][:, :, :-2])


def test_ten_views_are_ten_different_ones() -> None:
    seen = {view_images(RAMP, view).tobytes() for view in VIEWS["ten"]}
    assert len(VIEWS["ten"]) == len(seen) == 10
    assert set(VIEWS["flip"]) <= set(VIEWS["ten"])


def test_the_prediction_is_the_mean_over_views() -> None:
    images = np.zeros((1, 48, 48, 1), np.uint8)
    images[0, 10, 0] = 255
    for name, wanted in (("none", 1.0), ("flip", 0.5), ("ten", 0.1)):
        rows = with_tta(Corner(10, 0), name).predict(images)
        assert rows[0] == pytest.approx([1 - wanted, wanted])
    # Seen two rows down and two columns to the right: one of ten views again.
    assert with_tta(Corner(12, 2), "ten").predict(images)[0, 1] == pytest.approx(0.1)


def test_an_invariant_model_predicts_the_same() -> None:
    images = np.full((3, 48, 48, 1), 51, np.uint8)
    rows = ViewsPredictor(Corner(5, 5), VIEWS["ten"]).predict(images)
    assert rows == pytest.approx(Corner(5, 5).predict(images))


def test_evaluate_reports_the_views(tiny_dataset: FerDataset) -> None:
    class Even:
        emotions = EMOTIONS

        def predict(self, images: np.ndarray) -> np.ndarray:
            return np.full((len(images), 7), 1 / 7)

    assert evaluate(Even(), tiny_dataset)["tta"] == "none"
    assert evaluate(Even(), tiny_dataset, tta="flip")["tta"] == "flip"
    with pytest.raises(UsageError, match="tta must be one of none, flip, ten, not 'twenty'"):
        evaluate(Even(), tiny_dataset, tta="twenty")
