"""ONNX files made by other programs."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from ferkit.data.convention import _said
from ferkit.errors import ModelError, UsageError
from ferkit.inference.classifier import EmotionClassifier
from ferkit.inference.recognizer import EmotionRecognizer

NAMES = ("down", "flat", "up")


def written(path: Path, shape: list[int | str], *, channels_first: bool) -> np.ndarray:
    """Write a softmax over a linear map of the mean of each channel; return the map."""
    channels = int(shape[1] if channels_first else shape[3])
    weights = np.random.default_rng(2).normal(size=(channels, 3)).astype(np.float32)
    axes = [2, 3] if channels_first else [1, 2]
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["means"], axes=axes, keepdims=0),
        helper.make_node("MatMul", ["means", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["rows"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "theirs",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(weights, "weights")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path
    )
    return weights


@pytest.mark.parametrize(
    ("shape", "channels_first", "size"),
    [
        (["n", 3, 32, 40], True, (40, 32)),
        (["n", 32, 40, 3], False, (40, 32)),
        (["n", 48, 48, 1], False, (48, 48)),
        (["n", 1, "h", "w"], True, (48, 48)),
    ],
)
def test_layouts_sizes_and_channels(
    shape: list[int | str], channels_first: bool, size: tuple[int, int], tmp_path: Path
) -> None:
    weights = written(tmp_path / "theirs.onnx", shape, channels_first=channels_first)
    faces = np.random.default_rng(1).integers(0, 256, (4, 48, 48, 1)).astype(np.uint8)
    classifier = EmotionClassifier(tmp_path / "theirs.onnx", class_names=NAMES, pixels="-1-1")
    means = np.array([cv2.resize(face.astype(np.float32), size).mean() for face in faces])
    logits = np.outer(means / 127.5 - 1, weights.sum(axis=0))
    wanted = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert classifier.emotions == NAMES
    np.testing.assert_allclose(classifier.predict(faces), wanted, atol=1e-5)


def test_an_assumption_is_logged_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _said.clear()
    file = tmp_path / "theirs.onnx"
    written(file, ["n", 3, 64, 64], channels_first=True)
    for _ in range(2):
        recognizer = EmotionRecognizer(file, "none", class_names=NAMES)
    assert recognizer.emotions == NAMES
    assert capsys.readouterr().err == (
        f"ferkit: {file} was not made by ferkit: assuming that pixels are 0-255; each face is "
        "resized to 64x64, repeated in 3 channels (class_names and pixels say otherwise)\n"
    )
    with pytest.raises(ModelError, match="has 3 outputs and does not say what they mean; name"):
        EmotionClassifier(file)


def test_models_that_do_not_classify_images_are_refused(tmp_path: Path, tiny_onnx: Path) -> None:
    written(tmp_path / "one.onnx", [1, 48, 48, 1], channels_first=False)
    with pytest.raises(ModelError, match="with any n; export the model"):
        EmotionClassifier(tmp_path / "one.onnx", class_names=NAMES)
    with pytest.raises(UsageError, match="says itself which classes"):
        EmotionClassifier(tiny_onnx, class_names=NAMES)
