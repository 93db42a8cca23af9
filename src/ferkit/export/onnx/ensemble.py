"""Several networks in one ONNX file, which returns the mean of their probabilities."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ferkit.errors import ModelError
from ferkit.export.onnx.emit import INPUT, OUTPUT, WEIGHTED
from ferkit.inference.onnx_session import METADATA_KEY

# Lower bound of probabilities, so that logarithms are finite in float32.
_SMALLEST = 1e-30


def join(members: Sequence[Any], metadata: dict[str, Any], temperature: float = 1.0) -> Any:
    """Return one model whose probabilities are the mean of those of its members.

    Args:
        members: `onnx.ModelProto`s as `write_onnx` makes them, from `pixels` `(n, 48, 48, 1)` to
            `probabilities` `(n, c)` of the same classes in the same order.
        metadata: Metadata of the file under the key "ferkit", as JSON values.
        temperature: Divisor of the logarithms of the mean. Defaults to 1.

    Raises:
        ModelError: There is no member, or the members have different numbers of classes.

    Reference:
        B. Lakshminarayanan, A. Pritzel, C. Blundell, "Simple and scalable predictive uncertainty
        estimation using deep ensembles", NeurIPS 2017.
    """
    from onnx import compose, helper, numpy_helper

    counts = {_classes(member) for member in members}
    if len(counts) != 1:
        raise ModelError(
            "Expected one or more members with the same number of classes, got "
            f"{', '.join(map(str, sorted(counts))) or 'none'}."
        )
    named = [compose.add_prefix(member, f"m{i}_") for i, member in enumerate(members)]
    graph = named[0].graph
    for member in named[1:]:
        graph.node.extend(member.graph.node)
        graph.initializer.extend(member.graph.initializer)
    for node in graph.node:
        for i, name in enumerate(node.input):
            if name.endswith(f"_{INPUT}") and name[1 : -len(INPUT) - 1].isdigit():
                node.input[i] = INPUT
    answers = [member.graph.output[0].name for member in named]
    constants = {"smallest": _SMALLEST, "temperature": temperature}
    graph.initializer.extend(
        numpy_helper.from_array(np.float32(value), name) for name, value in constants.items()
    )
    graph.node.extend(
        [
            helper.make_node("Mean", answers, ["mean"]),
            helper.make_node("Max", ["mean", "smallest"], ["positive"]),
            helper.make_node("Log", ["positive"], ["logarithms"]),
            helper.make_node("Div", ["logarithms", "temperature"], ["scaled"]),
            helper.make_node("Softmax", ["scaled"], [OUTPUT], axis=1),
        ]
    )
    graph.input[0].name, graph.output[0].name = INPUT, OUTPUT
    joined = named[0]
    helper.set_model_props(joined, {METADATA_KEY: json.dumps(metadata)})
    return joined


def store_in_bytes(model: Any) -> None:
    """Store the weights of a float model in 8 bits each; it still computes in float32.

    The file is a quarter as large, and its results are the same on every processor. ONNX Runtime
    multiplies the bytes by their step once, when it opens the file. Each output channel has its own
    step, so that no weight changes by more than half of 1 / 127 of the largest.

    Args:
        model: An `onnx.ModelProto` with weights in float32; it is changed.
    """
    from onnx import TensorProto, helper, numpy_helper

    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    axes = {
        node.input[1]: _output_axis(node) for node in model.graph.node if node.op_type in WEIGHTED
    }
    nodes = []
    for name in sorted(axes.keys() & stored.keys()):
        values = numpy_helper.to_array(stored[name])
        others = tuple(i for i in range(values.ndim) if i != axes[name])
        step = np.abs(values).max(axis=others, keepdims=True).astype(np.float32) / np.float32(127)
        step[step == 0] = 1
        small, whole = f"{name}_bytes", f"{name}_whole"
        model.graph.initializer.remove(stored[name])
        model.graph.initializer.extend(
            [
                numpy_helper.from_array(np.rint(values / step).astype(np.int8), small),
                numpy_helper.from_array(step, f"{name}_step"),
            ]
        )
        nodes += [
            helper.make_node("Cast", [small], [whole], to=TensorProto.FLOAT),
            helper.make_node("Mul", [whole, f"{name}_step"], [name]),
        ]
    computing = [*nodes, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(computing)


def _classes(member: Any) -> int:
    return int(member.graph.output[0].type.tensor_type.shape.dim[1].dim_value)


def _output_axis(node: Any) -> int:
    """Return the axis of output channels of a node's weights."""
    if node.op_type == "Conv":
        return 0
    turned = any(a.name == "transB" and a.i for a in node.attribute)
    return 0 if turned else 1
