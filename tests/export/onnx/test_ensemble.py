"""Several networks in one file give their mean, at a quarter of the size."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from ferkit.errors import ModelError
from ferkit.export.onnx.convert import write_onnx
from ferkit.export.onnx.ensemble import join, store_in_bytes
from ferkit.export.onnx.views import add_mirror
from ferkit.export.parity import noise_images
from ferkit.inference.classifier import EmotionClassifier
from ferkit.labels import EMOTIONS
from ferkit.metrics.temperature import apply_temperature

FACTS = {"emotions": list(EMOTIONS), "name": "both"}
Relatives = tuple[keras.Model, keras.Model]


@pytest.fixture(scope="module")
def parts(relatives: Relatives, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("parts")
    files = [folder / f"{number}.onnx" for number in range(2)]
    for model, file in zip(relatives, files, strict=True):
        write_onnx(model, file, FACTS)
    return files


@pytest.fixture
def joined(parts: list[Path]) -> onnx.ModelProto:
    return join([onnx.load(part) for part in parts], FACTS, temperature=1.5)


def saved(model: onnx.ModelProto, path: Path) -> Path:
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return path


def test_the_mean_of_the_members(
    parts: list[Path], joined: onnx.ModelProto, tmp_path: Path
) -> None:
    images = noise_images(16)
    each = [EmotionClassifier(part).predict(images) for part in parts]
    assert np.abs(each[0] - each[1]).max() > 0.05
    wanted = apply_temperature(np.mean(each, axis=0), 1.5)
    both = EmotionClassifier(saved(joined, tmp_path / "both.onnx"))
    np.testing.assert_allclose(both.predict(images), wanted, atol=1e-5)
    assert both.emotions == EMOTIONS


def test_with_the_mirror_image_inside(joined: onnx.ModelProto, tmp_path: Path) -> None:
    images = noise_images(5)
    plain = EmotionClassifier(saved(joined, tmp_path / "plain.onnx"))
    wanted = (plain.predict(images) + plain.predict(images[:, :, ::-1])) / 2
    add_mirror(joined)
    mirrored = EmotionClassifier(saved(joined, tmp_path / "mirrored.onnx"), views="flip")
    np.testing.assert_allclose(mirrored.predict(images), wanted, atol=1e-5)


def test_bytes_compute_as_rounded_weights_and_take_a_quarter(
    joined: onnx.ModelProto, tmp_path: Path
) -> None:
    before = saved(joined, tmp_path / "before.onnx")
    rounded = onnx.load(before)
    store_in_bytes(joined)
    after = saved(joined, tmp_path / "after.onnx")
    assert after.stat().st_size < 0.45 * before.stat().st_size
    stored = {t.name: numpy_helper.to_array(t) for t in joined.graph.initializer}
    weights = {t.name: t for t in rounded.graph.initializer}
    small = [name.removesuffix("_bytes") for name in stored if name.endswith("_bytes")]
    assert len(small) > 5
    for name in small:
        step, given = stored[f"{name}_step"], numpy_helper.to_array(weights[name])
        again = stored[f"{name}_bytes"].astype(np.float32) * step
        assert (np.abs(again - given) <= step * 0.5001).all()
        assert np.prod(step.shape) == max(step.shape)  # one for each output channel
        weights[name].CopyFrom(numpy_helper.from_array(again, name))
    images = noise_images(32)
    wanted = EmotionClassifier(saved(rounded, tmp_path / "rounded.onnx")).predict(images)
    np.testing.assert_allclose(EmotionClassifier(after).predict(images), wanted, atol=1e-5)


def test_members_of_other_classes_are_refused(
    joined: onnx.ModelProto, parts: list[Path], tmp_path: Path
) -> None:
    other = keras.Sequential(
        [keras.Input((48, 48, 1)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")]
    )
    write_onnx(other, tmp_path / "three.onnx", {})
    with pytest.raises(ModelError, match="the same number of classes, got 3, 7"):
        join([onnx.load(parts[0]), onnx.load(tmp_path / "three.onnx")], FACTS)
    with pytest.raises(ModelError, match="got none"):
        join([], FACTS)
