"""A model without its final softmax answers with logits under the same name."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from ferkit.inference.detectors.final_softmax import with_logits

ENDS = {"Transpose": {"perm": [0, 2, 3, 1]}, "Softmax": {"axis": 3}}


def model(*end: str) -> bytes:
    """Return a model of two channels that doubles its input and ends in these operators."""
    names = [*["doubled", "a", "b", "c"][: len(end)], "found"]
    nodes = [helper.make_node("Add", ["x", "x"], ["doubled" if end else "found"])]
    for kind, given, result in zip(end, names, names[1:], strict=False):
        first = kind == "Transpose" and given == "doubled"
        more = {} if kind != "Transpose" or first else {"perm": [0, 3, 1, 2]}
        nodes.append(helper.make_node(kind, [given], [result], **{**ENDS[kind], **more}))
    images = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 2, None, None])
        for name in ("x", "found")
    ]
    graph = helper.make_graph(nodes, "end", images[:1], images[1:])
    whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    content: bytes = whole.SerializeToString()
    return content


def answer(content: bytes, pixels: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found: np.ndarray = session.run(["found"], {"x": pixels})[0]
    return found


def test_probabilities_of_the_logits_are_those_of_the_model() -> None:
    pixels = np.random.default_rng(0).normal(size=(1, 2, 4, 5)).astype(np.float32)
    before = model("Transpose", "Softmax", "Transpose")
    onnx.checker.check_model(onnx.load_from_string(with_logits(before)))
    logits = answer(with_logits(before), pixels)
    assert np.array_equal(logits, 2 * pixels)
    expected = answer(before, pixels)[:, 1]
    assert 1 / (1 + np.exp(logits[:, 0] - logits[:, 1])) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("end", [(), ("Transpose",), ("Softmax",)])
def test_another_end_is_refused(end: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="ends in a transposed softmax"):
        with_logits(model(*end))
