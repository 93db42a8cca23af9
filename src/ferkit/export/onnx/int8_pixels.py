"""The input of an 8-bit network: pixels are integers 0..255 already, and are used without loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

# Operators allowed between the input and the first layer with weights: none mixes two pixels.
_MOVING = ("Reshape", "SpaceToDepth")
_SCALING = ("Mul", "Add")


@dataclass(frozen=True)
class ScaledPixels:
    """The scaling of pixels before the first layer with weights: `scale * (pixel - zero_point)`.

    Attributes:
        tensor: Name of that layer's input.
        scale: Difference between two neighbouring grey values.
        zero_point: The grey value that becomes 0, an integer 0..255.
        nodes: Names of the nodes that scale, in order.
    """

    tensor: str
    scale: float
    zero_point: int
    nodes: tuple[str, ...]

    @property
    def overrides(self) -> dict[str, list[dict[str, Any]]]:
        """The scaling as an entry of ONNX Runtime's `TensorQuantOverrides`."""
        step, zero = np.array(self.scale, np.float32), np.array(self.zero_point, np.uint8)
        return {self.tensor: [{"scale": step, "zero_point": zero}]}


def input_name(model: Any) -> str:
    """Return the name of the image input of an `onnx.ModelProto`; older files list constants as
    inputs, too.
    """
    constants = {tensor.name for tensor in model.graph.initializer}
    return next(str(entry.name) for entry in model.graph.input if entry.name not in constants)


def scaled_pixels(model: Any) -> ScaledPixels | None:
    """Return how an `onnx.ModelProto` in float32 scales its pixels; None if integers cannot
    represent the result.
    """
    from onnx import numpy_helper

    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    tensor, factor, offset = input_name(model), 1.0, 0.0
    passed: list[str] = []
    while len(users := [node for node in model.graph.node if tensor in node.input]) == 1:
        (node,) = users
        if node.op_type in _SCALING and node.input[1] in constants:
            number = numpy_helper.to_array(constants[node.input[1]])
            if number.size != 1:
                return None
            if node.op_type == "Mul":
                factor, offset = factor * number.item(), offset * number.item()
            else:
                offset += number.item()
        elif node.op_type not in _MOVING:
            break
        passed.append(node.name)
        tensor = node.output[0]
    if not passed or factor <= 0:
        return None
    zero = -offset / factor
    if not -0.01 < zero < 255.01 or abs(zero - round(zero)) > 0.01:
        return None
    return ScaledPixels(tensor, factor, round(zero), tuple(passed))


def keep_pixels(model: Any, pixels: ScaledPixels) -> None:
    """Quantise the pixels at the input, instead of scaling them first and quantising the result.

    Args:
        model: A quantised `onnx.ModelProto` whose scaling nodes are in float32; changed in place.
        pixels: The result of `scaled_pixels` for the model before quantisation.
    """
    from onnx import helper, numpy_helper

    graph = model.graph
    entry = input_name(model)
    integers = f"{entry}_integers"
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.float32(1), f"{entry}_step"),
            numpy_helper.from_array(np.uint8(0), f"{entry}_black"),
        ]
    )
    names = [entry, f"{entry}_step", f"{entry}_black"]
    kept = [helper.make_node("QuantizeLinear", names, [integers], name=f"{entry}_as_integers")]
    by_name = {node.name: node for node in graph.node}
    for name in pixels.nodes:
        node = by_name[name]
        graph.node.remove(node)
        if node.op_type in _MOVING:
            node.input[0], integers = integers, node.output[0]
            kept.append(node)
    (rounding,) = (node for node in graph.node if pixels.tensor in node.input)
    (scaling,) = (node for node in graph.node if rounding.output[0] in node.input)
    graph.node.remove(rounding)
    scaling.input[0] = integers
    made = {node.output[0] for node in kept}
    for value in [value for value in graph.value_info if value.name in made]:  # they say float32
        graph.value_info.remove(value)
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*kept, *rest])
