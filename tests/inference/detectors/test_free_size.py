"""A model of one image size, opened to any size without the package `onnx`."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from ferkit.inference.detectors.free_size import with_free_size


def fixed_model(axes: int = 4) -> bytes:
    """Return a network of one convolution for images of 8x8 that states every size in between."""
    shape = [1, 3, 8, 8][:axes]
    weights = np.arange(54, dtype=np.float32).reshape(2, 3, 3, 3) / 54
    nodes = [
        helper.make_node("Conv", ["images", "w"], ["hidden"], pads=[1] * 4, kernel_shape=[3, 3]),
        helper.make_node("Relu", ["hidden"], ["out"]),
    ]
    graph = helper.make_graph(
        nodes,
        "fixed",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 2, 8, 8])],
        [numpy_helper.from_array(weights, "w")],
        value_info=[helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [1, 2, 8, 8])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"note": "x" * 300})
    content: bytes = model.SerializeToString()
    return content


def session(content: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("shape", [(1, 3, 8, 8), (1, 3, 5, 16), (4, 3, 1, 1)])
def test_it_takes_any_number_of_images_of_any_size(shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).random(shape, np.float32)
    (found,) = session(with_free_size(fixed_model())).run(None, {"images": images})
    assert found.shape == (shape[0], 2, *shape[2:])
    model = onnx.load_from_string(fixed_model())
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        for dimension, length in zip(
            value.type.tensor_type.shape.dim, (shape[0], None, *shape[2:]), strict=True
        ):
            dimension.dim_value = length or dimension.dim_value
    (wanted,) = session(model.SerializeToString()).run(None, {"images": images})
    assert np.array_equal(found, wanted)


def test_everything_else_is_kept() -> None:
    before, after = (
        onnx.load_from_string(content) for content in (fixed_model(), with_free_size(fixed_model()))
    )
    onnx.checker.check_model(after)
    assert after.graph.node == before.graph.node
    assert after.graph.initializer == before.graph.initializer
    assert after.metadata_props == before.metadata_props
    assert [d.dim_value for d in after.graph.input[0].type.tensor_type.shape.dim] == [0, 3, 0, 0]
    assert len(after.graph.output[0].type.tensor_type.shape.dim) == 4


@pytest.mark.parametrize("content", [b"no model at all", b"\xff" * 40, fixed_model()[:-5]])
def test_other_content_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="protocol buffer"):
        with_free_size(content)


def test_a_model_without_image_input_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected images .* found 2 axes"):
        with_free_size(fixed_model(axes=2))
