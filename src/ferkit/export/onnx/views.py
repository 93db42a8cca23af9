"""The mirror image inside an ONNX file, so that every program that runs the file has it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ferkit.export.onnx.emit import INPUT, OUTPUT
from ferkit.inference.onnx_session import VIEWS_INPUT


def add_mirror(model: Any, default: int = 2) -> None:
    """Make a model average its answers to a face and to its mirror image, where `views` is 2.

    `views` is an input that need not be given: an int64 whose default lies in the file. Behind the
    given faces come the first `n * (views - 1)` of their mirror images, which are none for 1, so
    that one face then costs what it did.

    Args:
        model: An `onnx.ModelProto` from `pixels` `(n, 48, 48, 1)` to `probabilities` `(n, c)`; it
            is changed.
        default: What `views` is where it is not given. Defaults to 2.
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
