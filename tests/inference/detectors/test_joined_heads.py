"""Detector heads joined into one pair of convolutions give the same results."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import NodeProto, TensorProto, helper, numpy_helper

from ferkit.inference.detectors.joined_heads import with_joined_heads

CHANNELS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}


def many_heads(levels: int = 2, without: str = "") -> bytes:
    """Return a model of 8 channels in and, at each level, four heads out, with random weights."""
    rng = np.random.default_rng(0)
    nodes: list[NodeProto] = []
    weights, outputs = [], []
    for level in range(levels):
        nodes.append(helper.make_node("Relu", ["x"], [f"r{level}"]))
        for kind, channels in CHANNELS.items():
            name = f"bbox_head.multi_level_{kind}.{level}"
            shapes = {"conv1": (channels, 8, 1, 1), "conv2": (channels, 1, 3, 3)}
            source = f"r{level}"
            for conv, shape in shapes.items():
                if f"{kind}.{conv}" == without:
                    continue
                for part, size in (("weight", shape), ("bias", (channels,))):
                    values = rng.normal(size=size).astype(np.float32)
                    weights.append(numpy_helper.from_array(values, f"{name}.{conv}.{part}"))
                inputs = [source, f"{name}.{conv}.weight", f"{name}.{conv}.bias"]
                group = 1 if conv == "conv1" else channels
                pads = [int(conv == "conv2")] * 4
                source = f"{kind}{level}{conv}"
                nodes.append(helper.make_node("Conv", inputs, [source], group=group, pads=pads))
            nodes.append(helper.make_node("Sigmoid", [source], [f"{kind}_{level}"]))
            outputs.append(
                helper.make_tensor_value_info(f"{kind}_{level}", TensorProto.FLOAT, [None] * 4)
            )
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 8, None, None])
    graph = helper.make_graph(nodes, "heads", [given], outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    content: bytes = model.SerializeToString()
    return content


def answers(content: bytes) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    pixels = np.random.default_rng(1).random((1, 8, 6, 9), np.float32)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"x": pixels}), strict=True))


def test_outputs_stay_equal_before_the_heads() -> None:
    wanted, found = answers(many_heads()), answers(with_joined_heads(many_heads()))
    assert len(found) == 2
    for level, values in enumerate(found.values()):
        assert values.shape == (1, 16, 6, 9)
        apart = np.split(1 / (1 + np.exp(-values)), [1, 2, 6], axis=1)
        for kind, some in zip(CHANNELS, apart, strict=True):
            assert some == pytest.approx(wanted[f"{kind}_{level}"], abs=1e-6), kind


def test_eight_convolutions_per_level_become_two() -> None:
    model = onnx.load_from_string(with_joined_heads(many_heads()))
    onnx.checker.check_model(model)
    kinds = [node.op_type for node in model.graph.node]
    assert {kind: kinds.count(kind) for kind in kinds} == {"Relu": 2, "Concat": 8, "Conv": 4}
    before = onnx.load_from_string(many_heads())
    assert model.graph.initializer == before.graph.initializer


def test_another_model_stays_unchanged() -> None:
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    given, found = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, 4, 4]) for name in "xy"
    )
    weights = numpy_helper.from_array(np.ones((1, 1, 1, 1), np.float32), "w")
    content = helper.make_model(helper.make_graph([node], "g", [given], [found], [weights]))
    assert with_joined_heads(content.SerializeToString()) == content.SerializeToString()


@pytest.mark.parametrize("without", ["kps.conv2", "bbox.conv2"])
def test_a_missing_head_is_named(without: str) -> None:
    name = without.replace(".", ".0.")
    with pytest.raises(ValueError, match=rf"no heads of YuNet: .*{name}\.weight' is missing"):
        with_joined_heads(many_heads(without=without))
