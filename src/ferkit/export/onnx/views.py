"""Averaging over the mirror image inside an ONNX file, for every program that runs the file."""

from __future__ import annotations

from typing import Any

import numpy as np

from ferkit.export.onnx.emit import INPUT, OUTPUT
from ferkit.inference.onnx_session import VIEWS_INPUT


def add_mirror(model: Any, default: int = 2) -> None:
    """Change a model so that it averages over each face and its mirror image if `views` is 2.

    `views` is an optional int64 input with a default. The first `n * (views - 1)` mirror images are
    appended to the faces; with 1 there are none, so that the cost is that of the original model.

    Args:
        model: An `onnx.ModelProto` from `pixels` `(n, 48, 48, 1)` to `probabilities` `(n, c)`;
            changed in place.
        default: Default of `views`. Defaults to 2.
    """
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    for node in graph.node:
        _rename(node.input, INPUT, "faces")
        _rename(node.output, OUTPUT, "answers")
    constants = {
        "views_zero": np.array([0]),
        "views_one": np.array(1),
        "views_axis": np.array([0]),
        "views_left": np.array([-1]),
        "views_end": np.array([np.iinfo(np.int64).min]),
        "views_width": np.array([2]),
        "views_split": np.array([-1, graph.output[0].type.tensor_type.shape.dim[1].dim_value]),
        VIEWS_INPUT: np.array(default),
    }
    graph.initializer.extend(
        numpy_helper.from_array(value.astype(np.int64), name) for name, value in constants.items()
    )
    node = helper.make_node
    before = [
        node("Shape", [INPUT], ["views_count"], start=0, end=1),
        node("Sub", [VIEWS_INPUT, "views_one"], ["views_more"]),
        node("Mul", ["views_count", "views_more"], ["views_wanted"]),
        node("Slice", [INPUT, "views_zero", "views_wanted", "views_axis"], ["views_chosen"]),
        node(
            "Slice",
            ["views_chosen", "views_left", "views_end", "views_width", "views_left"],
            ["views_mirrored"],
        ),
        node("Concat", [INPUT, "views_mirrored"], ["faces"], axis=0),
    ]
    after = [
        node("Unsqueeze", [VIEWS_INPUT, "views_zero"], ["views_list"]),
        node("Concat", ["views_list", "views_split"], ["views_shape"], axis=0),
        node("Reshape", ["answers", "views_shape"], ["views_answers"]),
        node("ReduceMean", ["views_answers"], [OUTPUT], axes=[0], keepdims=0),
    ]
    nodes = [*before, *graph.node, *after]
    del graph.node[:]
    graph.node.extend(nodes)
    graph.input.append(helper.make_tensor_value_info(VIEWS_INPUT, TensorProto.INT64, []))


def _rename(names: Any, old: str, new: str) -> None:
    for i, name in enumerate(names):
        if name == old:
            names[i] = new
