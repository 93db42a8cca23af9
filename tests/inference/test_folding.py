"""Seven classes of an eight-class model, and the views of a face."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ferkit.errors import UsageError
from ferkit.inference.classifier import EmotionClassifier
from ferkit.inference.folding import fold, kept_columns
from ferkit.labels import EMOTIONS

EIGHT = (*EMOTIONS, "contempt")
FACTS = {"emotions": list(EIGHT), "extra_classes": ["contempt"]}


@pytest.fixture
def eight(make_onnx: Callable[..., Path], tmp_path: Path) -> Path:
    return make_onnx(tmp_path / "eight.onnx", EIGHT, metadata=FACTS)


def test_seven_classes_unless_eight_are_requested(eight: Path) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (20, 48, 48, 1), np.uint8)
    usual, all_of_it = EmotionClassifier(eight), EmotionClassifier(eight, classes=8)
    assert usual.emotions == EMOTIONS
    assert usual.known == all_of_it.emotions == EIGHT
    rows, whole = usual.predict(faces), all_of_it.predict(faces)
    assert rows.shape == (20, 7)
    assert rows.sum(axis=1) == pytest.approx(np.ones(20), abs=1e-6)
    assert rows == pytest.approx(whole[:, :7] / whole[:, :7].sum(axis=1, keepdims=True), abs=1e-6)
    assert usual.predict(faces[:0]).shape == (0, 7)


def test_a_number_that_the_model_does_not_have(eight: Path, tiny_onnx: Path) -> None:
    with pytest.raises(UsageError, match="has 7 or 8 classes, not 5"):
        EmotionClassifier(eight, classes=5)
    with pytest.raises(UsageError, match="has 7 classes, not 8"):
        EmotionClassifier(tiny_onnx, classes=8)


def test_a_certain_removed_class_leaves_the_others_uniform() -> None:
    kept = kept_columns(("a", "b", "c"), ("c",), None)
    assert fold(np.array([[0.0, 0.0, 1.0], [0.1, 0.3, 0.6]]), kept).tolist() == [
        [0.5, 0.5],
        pytest.approx([0.25, 0.75]),
    ]


def test_two_views_are_the_mean_over_the_mirror_image(tiny_onnx: Path) -> None:
    faces = np.random.default_rng(1).integers(0, 256, (5, 48, 48, 1), np.uint8)
    one = EmotionClassifier(tiny_onnx)
    both = EmotionClassifier(tiny_onnx, views="flip", batch_size=2)
    mean = (one.predict(faces) + one.predict(faces[:, :, ::-1])) / 2
    assert both.predict(faces) == pytest.approx(mean, abs=1e-6)
    with pytest.raises(UsageError, match="one, flip"):
        EmotionClassifier(tiny_onnx, views="ten")
