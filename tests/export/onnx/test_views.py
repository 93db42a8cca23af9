"""The mirror image inside a file equals two predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from ferkit.export.onnx.views import add_mirror
from ferkit.inference.classifier import EmotionClassifier
from ferkit.labels import EMOTIONS

FACES = np.random.default_rng(1).integers(0, 256, (5, 48, 48, 1), np.uint8)


@pytest.fixture
def lopsided(tmp_path: Path) -> Path:
    """Write a linear model with a different weight for every pixel."""
    weights = np.random.default_rng(0).normal(0, 1e-3, (48 * 48, 7)).astype(np.float32)
    constants = {"flat": np.array([0, -1]), "weights": weights}
    nodes = [
        helper.make_node("Reshape", ["pixels", "flat"], ["rows"]),
        helper.make_node("MatMul", ["rows", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "lopsided",
        [info("pixels", TensorProto.FLOAT, ["n", 48, 48, 1])],
        [info("probabilities", TensorProto.FLOAT, ["n", 7])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "plain.onnx")
    return tmp_path / "plain.onnx"


def test_one_file_serves_both_views(lopsided: Path) -> None:
    model = onnx.load(lopsided)
    add_mirror(model)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, lopsided.with_name("mirror.onnx"))
    plain = EmotionClassifier(lopsided)
    one = EmotionClassifier(lopsided.with_name("mirror.onnx"))
    both = EmotionClassifier(lopsided.with_name("mirror.onnx"), views="flip", batch_size=2)
    rows, mirrored = plain.predict(FACES), plain.predict(FACES[:, :, ::-1])
    assert np.abs(rows - mirrored).max() > 0.01
    assert one.predict(FACES) == pytest.approx(rows, abs=1e-6)
    assert both.predict(FACES) == pytest.approx((rows + mirrored) / 2, abs=1e-6)
    assert both.emotions == EMOTIONS


def test_a_program_that_names_no_views_gets_both(lopsided: Path) -> None:
    import onnxruntime

    model = onnx.load(lopsided)
    add_mirror(model)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    assert [given.name for given in session.get_inputs()] == ["pixels"]
    (rows,) = session.run(None, {"pixels": FACES.astype(np.float32)})
    both = EmotionClassifier(lopsided, views="flip").predict(FACES)
    assert rows == pytest.approx(both, abs=1e-6)
