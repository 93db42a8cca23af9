"""Conversion of a Keras model to a `Graph`, without layers that only act in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ferkit.errors import ModelError
from ferkit.export.onnx.graph import Graph, Shape, Step
from ferkit.export.onnx.layers import SKIPPED, translate
from ferkit.labels import IMAGE_SIZE

if TYPE_CHECKING:
    import keras


def trace(model: keras.Model) -> Graph:
    """Return the inference graph of a functional or sequential Keras model.

    Args:
        model: A built model with one input `(n, h, w, c)` and one output `(n, classes)`, its layers
            with channels last.

    Returns:
        Its graph, without dropout, noise and random augmentation.

    Raises:
        ModelError: The model is not a graph of layers, or has a layer that ferkit cannot export.
    """
    if _graph_of(model) is None:
        raise ModelError(
            f"Expected a built functional or sequential Keras model, got {type(model).__name__}; "
            "create it with keras.Model(inputs, outputs)."
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1 or len(model.inputs[0].shape) != 4:
        raise ModelError(
            f"Expected one input (n, h, w, c) and one output, {model.name} has the inputs "
            f"{[tuple(t.shape) for t in model.inputs]} and {len(model.outputs)} outputs."
        )
    tracer = _Tracer()
    name = tracer.new_tensor(_input_shape(model))
    output = tracer.run(model, name)
    return Graph(tracer.steps, tracer.shapes, name, output)


class _Tracer:
    """Collects the steps of a model and of nested models."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.shapes: dict[str, Shape] = {}

    def new_tensor(self, shape: Shape) -> str:
        """Return a new name."""
        name = f"t{len(self.shapes)}"
        self.shapes[name] = shape
        return name

    def run(self, model: Any, source: str) -> str:
        """Add the steps of `model`, whose input is the tensor `source`; return its output's
        name.
        """
        function: Any = _graph_of(model)
        names = {id(function.inputs[0]): source}
        for depth in sorted(function._nodes_by_depth, reverse=True):
            for node in function._nodes_by_depth[depth]:
                if node.is_input:
                    continue
                taken = [names[id(tensor)] for tensor in node.input_tensors]
                names[id(node.outputs[0])] = self._call(node, taken)
        return names[id(function.outputs[0])]

    def _call(self, node: Any, taken: list[str]) -> str:
        layer = node.operation
        if _graph_of(layer) is not None:
            return self.run(layer, taken[0])
        if type(layer).__name__ in SKIPPED:
            return taken[0]
        if getattr(layer, "data_format", "channels_last") != "channels_last":
            raise ModelError(f"The layer {layer.name} has channels first; ferkit needs them last.")
        name = taken
        for kind, values, shape in translate(layer, [self.shapes[n] for n in taken], node):
            output = self.new_tensor(shape)
            self.steps.append(Step(kind, list(name), output, values))
            name = [output]
        made, wanted = self.shapes[name[0]], tuple(node.outputs[0].shape[1:])
        if len(made) != len(wanted) or any(
            w not in (None, m) for m, w in zip(made, wanted, strict=False)
        ):
            raise ModelError(
                f"The layer {layer.name} ({type(layer).__name__}) returns {wanted}, but ferkit's "
                f"translation {made}; it cannot be exported."
            )
        return name[0]


def _graph_of(model: Any) -> Any:
    """Return the functional model with a model's graph: a functional model itself, the one inside a
    sequential model, else None.
    """
    function = getattr(model, "_functional", None) or model
    return function if hasattr(function, "_nodes_by_depth") else None


def _input_shape(model: Any) -> Shape:
    """Return the shape of one image; a model of any size gets the size of FER-2013."""
    height, width, channels = model.inputs[0].shape[1:]
    return (height or IMAGE_SIZE, width or IMAGE_SIZE, channels)
