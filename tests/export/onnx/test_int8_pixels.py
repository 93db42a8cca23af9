"""8-bit files take pixels as integers without rounding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import pytest
from keras import layers

from ferkit.data.dataset import FerDataset
from ferkit.export.onnx.convert import write_onnx
from ferkit.export.onnx.int8 import write_int8
from ferkit.export.onnx.int8_pixels import ScaledPixels, scaled_pixels
from ferkit.inference.classifier import EmotionClassifier


def scaled_model(tmp_path: Path, *scaling: keras.Layer) -> Path:
    keras.utils.set_random_seed(0)
    pixels = keras.Input((48, 48, 1))
    x = pixels
    for layer in scaling:
        x = layer(x)
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(pixels, layers.Dense(7, activation="softmax")(x), name="scaled")
    write_onnx(model, tmp_path / "scaled.onnx", {})
    return tmp_path / "scaled.onnx"


def pixels_of(path: Path) -> ScaledPixels | None:
    return scaled_pixels(onnx.load(path))


def rescaled(*steps: tuple[float, float]) -> list[keras.Layer]:
    return [layers.Rescaling(scale, offset=offset) for scale, offset in steps]


@pytest.mark.parametrize(
    ("steps", "scale", "zero_point"),
    [
        ([(1 / 64, -2)], 1 / 64, 128),
        ([(1 / 255, 0)], 1, 0),  # a mere factor is folded into the convolution
        ([(1 / 255, -1)], 1 / 255, 255),
        ([(1 / 8, -3), (1 / 4, 0)], 1 / 32, 24),
    ],
)
def test_scale_and_zero_point(
    tmp_path: Path, steps: list[tuple[float, float]], scale: float, zero_point: int
) -> None:
    found = pixels_of(scaled_model(tmp_path, *rescaled(*steps)))
    assert found is not None
    assert found.scale == pytest.approx(scale, rel=1e-6)
    assert found.zero_point == zero_point


@pytest.mark.parametrize(
    "steps",
    [
        [(1 / 127.5, -1)],  # zero is between two grey values
        [(1 / 64, 1)],  # no grey value is 0
        [(1 / 64, -5)],
        [(-1 / 64, 2)],  # black and white exchanged
    ],
)
def test_scalings_without_an_8_bit_equivalent(
    tmp_path: Path, steps: list[tuple[float, float]]
) -> None:
    assert pixels_of(scaled_model(tmp_path, *rescaled(*steps))) is None


@pytest.mark.parametrize("steps", [[(1 / 64, -2)], [(1 / 127.5, -1)], []])
def test_an_8bit_file_reads_every_pixel(
    tmp_path: Path, tiny_dataset: FerDataset, steps: list[tuple[float, float]]
) -> None:
    source, path = scaled_model(tmp_path, *rescaled(*steps)), tmp_path / "int8.onnx"
    write_int8(source, path, tiny_dataset)
    images = tiny_dataset.split("test").images
    rows = [EmotionClassifier(file, threads=1).predict(images) for file in (source, path)]
    assert np.abs(rows[0] - rows[1]).max() < 0.03
    shifted = EmotionClassifier(path, threads=1).predict(np.clip(images - np.float32(0.4), 0, 255))
    if steps == [(1 / 64, -2)]:
        content: Any = onnx.load(path)
        onnx.checker.check_model(content, full_check=True)
        kinds = [node.op_type for node in content.graph.node if node.op_type != "DequantizeLinear"]
        assert kinds[:4] == ["QuantizeLinear", "Reshape", "SpaceToDepth", "Conv"]
        np.testing.assert_array_equal(shifted, rows[1])  # rounded where it comes in
