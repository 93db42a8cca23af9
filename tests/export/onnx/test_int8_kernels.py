"""A network rewritten for 8-bit kernels gives the same results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest
from keras import layers

from ferkit.export.onnx.convert import write_onnx
from ferkit.export.onnx.int8_kernels import use_fast_kernels
from ferkit.export.parity import noise_images
from ferkit.inference.classifier import EmotionClassifier

Make = Callable[[], keras.Model]


def model_of(*body: keras.Layer) -> keras.Model:
    keras.utils.set_random_seed(0)
    dense = layers.Dense(7, activation="softmax")
    pixels = keras.Input((48, 48, 1))
    stack = (layers.Rescaling(1 / 64, -2), *body, layers.GlobalAveragePooling2D(), dense)
    return keras.Sequential([pixels, *stack], name="rewritten")


def rewritten(model: keras.Model, tmp_path: Path) -> tuple[list[str], float]:
    """Return the operators of the rewritten file, and the largest difference of a probability."""
    before, after = tmp_path / "before.onnx", tmp_path / "after.onnx"
    write_onnx(model, before, {})
    content = onnx.load(before)
    use_fast_kernels(content)
    onnx.checker.check_model(content, full_check=True)
    onnx.save(content, after)
    images = noise_images(64)
    rows = [EmotionClassifier(path, threads=1).predict(images) for path in (before, after)]
    return [node.op_type for node in content.graph.node], float(np.abs(rows[0] - rows[1]).max())


def test_pools_and_stem_of_a_residual_net(tmp_path: Path) -> None:
    body = (
        layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
        layers.AveragePooling2D(2),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.AveragePooling2D((3, 2)),
    )
    operators, difference = rewritten(model_of(*body), tmp_path)
    assert "AveragePool" not in operators
    assert operators.count("SpaceToDepth") == 1
    assert operators.count("Conv") == 4
    assert difference < 1e-5


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.Conv2D(8, 5, strides=2, padding="same", activation="relu"),
        layers.Conv2D(8, 3, strides=2, activation="relu"),
        layers.AveragePooling2D(3, strides=2),
        layers.MaxPooling2D(2),
    ],
)
def test_other_operators_stay(layer: keras.Layer, tmp_path: Path) -> None:
    body = (layers.Conv2D(4, 3, activation="relu"), layer)
    if isinstance(layer, layers.Conv2D):
        body = (layer,)
    operators, difference = rewritten(model_of(*body), tmp_path)
    assert "SpaceToDepth" not in operators
    assert operators.count("Conv") == sum(isinstance(part, layers.Conv2D) for part in body)
    assert difference == 0
