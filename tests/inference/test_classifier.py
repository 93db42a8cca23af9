"""`EmotionClassifier` on generated ONNX files, valid and invalid."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ferkit.errors import ModelError, UsageError
from ferkit.inference.classifier import EmotionClassifier
from ferkit.labels import EMOTIONS

MakeOnnx = Callable[..., Path]


def plain_images(classes: int = len(EMOTIONS)) -> np.ndarray:
    """Return one plain image for each class of a brightness model, `(c, 48, 48, 1)` uint8."""
    levels = (np.arange(classes) + 0.5) * 255 / classes
    return np.broadcast_to(levels.reshape(-1, 1, 1, 1), (classes, 48, 48, 1)).astype(np.uint8)


def test_every_class_can_be_predicted(tiny_onnx: Path) -> None:
    classifier = EmotionClassifier(tiny_onnx)
    rows = classifier.predict(plain_images())
    assert rows.dtype == np.float32
    assert rows.shape == (7, 7)
    assert rows.argmax(axis=1).tolist() == list(range(7))
    assert rows.sum(axis=1) == pytest.approx(np.ones(7), abs=1e-6)
    assert classifier.emotions == EMOTIONS
    assert classifier.name == "brightness"
    assert classifier.input_size == (48, 48)
    assert classifier.uncertain_below is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_kinds_and_shapes_of_input_agree(tiny_onnx: Path, dtype: type) -> None:
    classifier = EmotionClassifier(str(tiny_onnx), threads=1)
    images = plain_images()
    wanted = classifier.predict(images)
    assert classifier.predict(images.astype(dtype)) == pytest.approx(wanted, abs=1e-6)
    assert np.array_equal(classifier.predict(images[..., 0]), wanted)
    assert np.array_equal(classifier.predict(images[::-1])[::-1], wanted)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 8])
def test_batch_size_does_not_change_results(tiny_onnx: Path, batch_size: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (7, 48, 48, 1)).astype(np.uint8)
    wanted = EmotionClassifier(tiny_onnx).predict(images)
    found = EmotionClassifier(tiny_onnx, batch_size=batch_size).predict(images)
    assert found == pytest.approx(wanted, abs=1e-6)


def test_no_image_gives_no_row(tiny_onnx: Path) -> None:
    classifier = EmotionClassifier(tiny_onnx)
    for images in (np.zeros((0, 48, 48, 1), np.uint8), np.zeros((0, 48, 48), np.float32)):
        assert classifier.predict(images).shape == (0, 7)


def test_names_and_threshold_come_from_the_file(make_onnx: MakeOnnx, tmp_path: Path) -> None:
    facts = {"emotions": ["calm", "tense"], "name": "mood", "uncertain_below": 0.6}
    file = make_onnx(tmp_path / "m.onnx", ("calm", "tense"), metadata=facts)
    classifier = EmotionClassifier(file)
    assert classifier.emotions == ("calm", "tense")
    assert classifier.name == "mood"
    assert classifier.uncertain_below == 0.6
    assert classifier.predict(plain_images(2)).argmax(axis=1).tolist() == [0, 1]


def test_seven_nameless_classes_are_those_of_fer2013(make_onnx: MakeOnnx, tmp_path: Path) -> None:
    classifier = EmotionClassifier(make_onnx(tmp_path / "other.onnx", metadata={}))
    assert classifier.emotions == EMOTIONS
    assert classifier.name == "other"
    assert classifier.card == {}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"emotions": ("a", "b"), "metadata": {}}, "has 2 outputs and does not say what they mean"),
        ({"metadata": {"emotions": ["a", "b"]}}, "has 7 classes, but names"),
        ({"metadata": {"emotions": ["a"] * 7}}, "has 7 classes, but names"),
        ({"metadata": {"emotions": "abcdefg"}}, "has 7 classes, but names"),
        ({"metadata": "{half"}, "broken metadata"),
        ({"metadata": "[1]"}, "broken metadata"),
        ({"softmax": False}, "end it with a softmax"),
        ({"image_shape": (48, 48, 2)}, r"expected tensor\(float\) of grey or RGB images"),
        ({"batch": 1}, "with any n"),
    ],
)
def test_an_unfitting_file_is_refused(
    make_onnx: MakeOnnx, tmp_path: Path, options: dict[str, object], words: str
) -> None:
    file = make_onnx(tmp_path / "wrong.onnx", **options)
    with pytest.raises(ModelError, match=words) as caught:
        EmotionClassifier(file)
    assert "wrong.onnx" in str(caught.value)


def test_a_missing_or_broken_file_is_refused(tiny_onnx: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"There is no model .*nowhere\.onnx: no such file"):
        EmotionClassifier(tmp_path / "nowhere.onnx")
    for content in (b"", b"hello", tiny_onnx.read_bytes()[:-40]):
        broken = tmp_path / "broken.onnx"
        broken.write_bytes(content)
        with pytest.raises(ModelError, match=r"broken\.onnx"):
            EmotionClassifier(broken)


def test_a_keras_model_is_pointed_to_export(tmp_path: Path) -> None:
    (tmp_path / "model.keras").touch()
    for model in (tmp_path, tmp_path / "model.keras"):
        with pytest.raises(ModelError, match="needs Keras; export it first with: ferkit export"):
            EmotionClassifier(model)


@pytest.mark.parametrize("model", ["smal", "../weights/nano", "Nano", ""])
def test_an_unknown_name_is_a_wrong_use(model: str, tmp_path: Path) -> None:
    with pytest.raises((UsageError, ModelError)):
        EmotionClassifier(model)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threads": 0}, "threads must be 1 or more"),
        ({"batch_size": 0}, "batch_size must be 1 or more"),
        ({"providers": ["WarpProvider"]}, "no provider WarpProvider; choose from .*CPUExecution"),
    ],
)
def test_wrong_options(tiny_onnx: Path, options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        EmotionClassifier(tiny_onnx, **options)  # type: ignore[arg-type]


FACE = np.tile(np.linspace(20, 230, 48, dtype=np.float32), (1, 48, 1))


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.zeros((48, 48), np.uint8), r"shape \(n, 48, 48, 1\)"),
        (np.zeros((2, 48, 48, 3), np.uint8), "grey them first"),
        (np.zeros((2, 64, 64, 1), np.uint8), r"got \(2, 64, 64, 1\)"),
        (np.zeros((1, 48, 48), np.int64), "uint8 or float images, got int64"),
        ([np.zeros((48, 48)), np.zeros((64, 64))], "Expected images of one size"),
        (FACE / 255, "scaled to 0..1; multiply them by 255"),
        (FACE - 128, "values from -108 to 102"),
        (FACE * 2, "values from 40 to 460"),
        (np.full((1, 48, 48), np.nan), "0..255, got values from nan"),
    ],
)
def test_wrong_images(tiny_onnx: Path, images: np.ndarray, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        EmotionClassifier(tiny_onnx).predict(images)


def test_a_black_picture_is_valid(tiny_onnx: Path) -> None:
    dark = np.random.default_rng(0).uniform(0, 0.08, (1, 48, 48))
    assert EmotionClassifier(tiny_onnx).predict(dark).argmax() == 0


def test_it_imports_neither_keras_nor_plotting(tiny_onnx: Path) -> None:
    code = (
        "import sys\n"
        "from ferkit.inference.classifier import EmotionClassifier\n"
        f"EmotionClassifier({str(tiny_onnx)!r})\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'pandas', 'matplotlib', 'sklearn', 'onnx', 'cv2'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
