"""PRelu in simple operators is bit-identical."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from ferkit.inference.detectors.plain_prelu import with_plain_prelu


def model(*operators: str) -> bytes:
    """Return a chain of these operators on three channels, PRelu with slopes of both signs."""
    slopes = np.array([-1.25, 0.3, 1.1], np.float32).reshape(3, 1, 1)
    names = ["x", *(f"y{i}" for i in range(len(operators)))]
    nodes = [
        helper.make_node(kind, [given, *(["slope"] if kind == "PRelu" else [])], [result])
        for kind, given, result in zip(operators, names, names[1:], strict=False)
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 3, None, None])
        for name in (names[0], names[-1])
    ]
    weights = [numpy_helper.from_array(slopes, "slope")]
    graph = helper.make_graph(nodes, "chain", ends[:1], ends[1:], weights)
    whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    content: bytes = whole.SerializeToString()
    return content


def answer(content: bytes, pixels: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found: np.ndarray = session.run(None, {"x": pixels})[0]
    return found


def test_outputs_stay_bit_identical() -> None:
    pixels = np.random.default_rng(0).normal(size=(2, 3, 9, 7)).astype(np.float32)
    pixels[0, :, 0] = 0
    before = model("PRelu", "Neg", "PRelu")
    assert np.array_equal(answer(with_plain_prelu(before), pixels), answer(before, pixels))


def test_no_prelu_remains() -> None:
    changed = onnx.load_from_string(with_plain_prelu(model("PRelu", "Neg", "PRelu")))
    onnx.checker.check_model(changed)
    kinds = [node.op_type for node in changed.graph.node]
    assert kinds == ["Max", "Min", "Mul", "Add", "Neg", "Max", "Min", "Mul", "Add"]


def test_a_model_without_prelu_stays_unchanged() -> None:
    assert with_plain_prelu(model("Neg")) == model("Neg")


def test_a_file_that_is_no_model_is_refused() -> None:
    with pytest.raises(ValueError, match="protocol buffer"):
        with_plain_prelu(b"no model")
