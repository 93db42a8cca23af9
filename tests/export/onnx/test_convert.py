"""ONNX files agree with Keras and contain only what inference needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest
from keras import layers

from ferkit.errors import ModelError, OutputError
from ferkit.export.onnx.convert import operations, write_onnx
from ferkit.export.parity import noise_images
from ferkit.inference.classifier import EmotionClassifier
from ferkit.labels import EMOTIONS
from ferkit.metrics.calibration import PLAIN, Calibration
from ferkit.models import list_models
from ferkit.models.size import count_macs

Build = Callable[[str], keras.Model]
FACTS = {"emotions": list(EMOTIONS), "name": "made"}
IMAGES = noise_images(24)


def exported(model: keras.Model, folder: Path, calibration: Calibration = PLAIN) -> Path:
    path = folder / f"{model.name}.onnx"
    write_onnx(model, path, FACTS, calibration)
    return path


def operators(path: Path) -> Counter[str]:
    return Counter(node.op_type for node in onnx.load(path).graph.node)


def keras_rows(model: keras.Model) -> np.ndarray:
    return np.asarray(model(IMAGES.astype(np.float32), training=False), np.float32)


@pytest.mark.parametrize("name", ["residual", "branched", "mixed", *list_models()])
def test_probabilities_are_those_of_keras(build: Build, name: str, tmp_path: Path) -> None:
    model = build(name)
    path = exported(model, tmp_path)
    wanted = keras_rows(model)
    assert np.ptp(wanted, axis=0).max() > 0.01, "the model says the same of every image"
    found = EmotionClassifier(path, threads=1).predict(IMAGES)
    assert found == pytest.approx(wanted, abs=1e-4)
    assert not {"BatchNormalization", "Transpose", "Dropout"} & set(operators(path))


def test_the_metadata_describes_the_model(build: Build, tmp_path: Path) -> None:
    path = exported(build("demo"), tmp_path)
    classifier = EmotionClassifier(path)
    assert (classifier.name, classifier.emotions) == ("made", EMOTIONS)
    graph = onnx.load(path).graph
    assert [graph.input[0].name, graph.output[0].name] == ["pixels", "probabilities"]


def test_the_same_model_gives_the_same_bytes(build: Build, tmp_path: Path) -> None:
    model = build("demo")
    first = exported(model, tmp_path).read_bytes()
    assert exported(model, tmp_path / "again").read_bytes() == first


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_the_temperature_is_inside(build: Build, temperature: float, tmp_path: Path) -> None:
    for name in ("residual", "branched"):  # softmax in the dense layer, and as a separate layer
        model = build(name)
        path = exported(model, tmp_path, Calibration(temperature))
        wanted = Calibration(temperature).apply(keras_rows(model))
        assert EmotionClassifier(path).predict(IMAGES) == pytest.approx(wanted, abs=1e-4)
        assert operators(path) == operators(exported(model, tmp_path / "plain"))


@pytest.mark.parametrize("smoothing", [0.05, 0.4])
def test_the_unsmoothing_is_inside(build: Build, smoothing: float, tmp_path: Path) -> None:
    calibration = Calibration(1.2, smoothing)
    for name in ("residual", "branched"):
        model = build(name)
        wanted = calibration.apply(keras_rows(model))
        found = EmotionClassifier(exported(model, tmp_path, calibration)).predict(IMAGES)
        assert found == pytest.approx(wanted, abs=1e-4)
        assert np.abs(found - keras_rows(model)).max() > 0.005


def test_branches_become_one_convolution(build: Build, tmp_path: Path) -> None:
    path = exported(build("branched"), tmp_path)
    # Four blocks, and the depthwise convolution with its identity.
    assert operators(path)["Conv"] == 5
    assert not {"Add", "Sum"} & set(operators(path))


def test_scaling_without_offset_and_normalisation_are_gone(build: Build, tmp_path: Path) -> None:
    for name in ("branched", "mixed", "cnn4"):
        assert not {"Mul", "Add"} & set(operators(exported(build(name), tmp_path)))


def test_branches_of_different_inputs_or_strides_stay_apart(tmp_path: Path) -> None:
    pixels = keras.Input((48, 48, 1))
    a = layers.Conv2D(4, 3, padding="same", name="a")(pixels)
    b = layers.Conv2D(4, 1)(a)
    pooled = layers.MaxPooling2D(2)(layers.Add()([a, b]))
    c = layers.Conv2D(4, 3, padding="same", use_bias=False)(pooled)
    d = layers.Conv2D(4, 3, padding="same", dilation_rate=2)(pooled)
    x = layers.GlobalAveragePooling2D()(layers.Add()([c, d]))
    model = keras.Model(pixels, layers.Dense(7, activation="softmax")(x), name="apart")
    path = exported(model, tmp_path)
    assert EmotionClassifier(path).predict(IMAGES) == pytest.approx(keras_rows(model), abs=2e-5)
    # a + b(a) is one; c and d are not, since only one of them is dilated.
    assert operators(path)["Conv"] == 4


def test_multiplications_are_counted_as_in_keras(build: Build) -> None:
    for name in ("cnn4", "cnn6", "demo", "residual"):
        model = build(name)
        assert operations(model).macs == count_macs(model)
    # One 3x3 convolution is left of the 3x3, the 1x1 and the identity.
    assert operations(build("branched")).macs < count_macs(build("branched"))


def test_weights_are_counted_without_normalisation(build: Build) -> None:
    model = build("demo")
    convolutions = sum(9 * a * b + b for a, b in ((1, 16), (16, 32), (32, 64), (64, 128)))
    assert operations(model).parameters == convolutions + 128 * 7 + 7 + 2


def test_an_open_input_size_becomes_48_pixels(tmp_path: Path) -> None:
    pixels = keras.Input((None, None, 1))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, strides=2, padding="same")(pixels))
    model = keras.Model(pixels, layers.Dense(7, activation="softmax")(x), name="open")
    path = exported(model, tmp_path)
    assert EmotionClassifier(path).predict(IMAGES) == pytest.approx(keras_rows(model), abs=2e-5)


class Custom(layers.Layer):
    def call(self, x: object) -> object:
        return x


def ends(layer: layers.Layer, last: str = "softmax") -> keras.Model:
    pixels = keras.Input((48, 48, 1))
    x = layers.Flatten()(layer(pixels))
    return keras.Model(pixels, layers.Dense(7, activation=last)(x), name="odd")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (lambda: ends(Custom(name="mine")), "layer mine is a Custom, which ferkit cannot export"),
        (lambda: ends(layers.Identity(), "relu"), "does not end in a softmax"),
        (lambda: ends(layers.Activation("mish")), "the activation mish"),
        (lambda: ends(layers.ReLU(threshold=1.0)), "ReLU with a threshold"),
        (lambda: ends(layers.BatchNormalization(axis=1)), "normalises axis 1"),
        (lambda: keras.Sequential([layers.Dense(7)]), "Expected a built functional"),
        (lambda: keras.Sequential([keras.Input((9,)), layers.Dense(7)]), r"input \(n, h, w, c\)"),
    ],
)
def test_an_unsupported_layer_is_named(
    model: Callable[[], keras.Model], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=words):
        write_onnx(model(), tmp_path / "odd.onnx", FACTS)
    assert not list(tmp_path.iterdir())


def test_a_file_that_can_not_be_written_is_an_output_error(build: Build, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot write"):
        write_onnx(build("demo"), tmp_path / "file" / "demo.onnx", FACTS)
