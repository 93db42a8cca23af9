"""Conversion of a `Graph` to an ONNX model: channels first, with standard operators only."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ferkit.errors import MissingDependencyError
from ferkit.export.onnx.graph import Graph, Shape, Step
from ferkit.metrics.calibration import KEPT_SHARE
from ferkit.version import __version__

# Operator set 17 and file format 8 are read by ONNX Runtime 1.12 and later.
OPSET, IR_VERSION = 17, 8
INPUT, OUTPUT = "pixels", "probabilities"

# Operators with weights.
WEIGHTED = ("Conv", "Gemm", "MatMul")

_PLAIN = {
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softplus": "Softplus",
    "selu": "Selu",
    "hard_silu": "HardSwish",
    "add": "Sum",
    "multiply": "Mul",
    "maximum": "Max",
    "minimum": "Min",
    "average": "Mean",
    "subtract": "Sub",
}


def emit(graph: Graph, metadata: dict[str, Any]) -> Any:
    """Return an `onnx.ModelProto` that computes what `graph` does.

    Args:
        graph: From `(h, w, 1)` raw pixels to probabilities `(c,)`.
        metadata: Metadata of the file under the key "ferkit", as JSON values.

    Raises:
        MissingDependencyError: onnx is not installed.
    """
    try:
        import onnx
        from onnx import TensorProto, helper
    except ImportError as error:
        raise MissingDependencyError.of("onnx", "Writing ONNX files", "export") from error
    writer = _Writer(graph)
    body = helper.make_graph(
        writer.nodes,
        "ferkit",
        [
            helper.make_tensor_value_info(
                INPUT, TensorProto.FLOAT, ["n", *graph.shapes[graph.input]]
            )
        ],
        [
            helper.make_tensor_value_info(
                OUTPUT, TensorProto.FLOAT, ["n", *graph.shapes[graph.output]]
            )
        ],
        writer.constants,
    )
    model = helper.make_model(
        body,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="ferkit",
        producer_version=__version__,
    )
    helper.set_model_props(model, {"ferkit": json.dumps(metadata, sort_keys=True)})
    onnx.checker.check_model(model, full_check=True)
    return model


class _Writer:
    """Writes the steps of a graph as ONNX nodes; images are `(n, c, h, w)` between them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._flat_orders = _flat_orders(graph)
        self._write_input()
        for step in graph.steps:
            getattr(self, f"_{step.kind}", self._plain)(step)
        self.nodes[-1].output[0] = OUTPUT

    def _write_input(self) -> None:
        height, width, channels = self.graph.shapes[self.graph.input]
        if channels == 1:  # the memory layout is the same, so a reshape is enough
            shape = self._constant("input_shape", np.array([0, 1, height, width]))
            self._node("Reshape", [INPUT, shape], self.graph.input)
        else:
            self._node("Transpose", [INPUT], self.graph.input, perm=[0, 3, 1, 2])

    def _constant(self, name: str, values: np.ndarray) -> str:
        from onnx import numpy_helper

        kept = values.astype(np.float32) if values.dtype.kind == "f" else values
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(kept), name))
        return name

    def _node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        name = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=name, **attributes))
        return output

    def _shape(self, name: str) -> Shape:
        return self.graph.shapes[name]

    # --- weights ---

    def _conv(self, step: Step) -> None:
        values = step.values
        kernel = self._constant(f"{step.output}_kernel", values["kernel"].transpose(3, 2, 0, 1))
        bias = self._constant(f"{step.output}_bias", values["bias"])
        self._node(
            "Conv",
            [step.inputs[0], kernel, bias],
            step.output,
            kernel_shape=list(values["kernel"].shape[:2]),
            strides=list(values["strides"]),
            pads=[int(p) for p in values["pads"]],
            dilations=list(values["dilations"]),
            group=int(values["groups"]),
        )

    def _dense(self, step: Step) -> None:
        kernel = step.values["kernel"]
        shape = self._flat_orders.get(step.inputs[0])
        if shape is not None:  # the vector is channels first, so the rows must be reordered
            kernel = kernel.reshape(*shape, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)
        names = [
            self._constant(f"{step.output}_kernel", kernel),
            self._constant(f"{step.output}_bias", step.values["bias"]),
        ]
        self._node("Gemm", [step.inputs[0], *names], step.output)

    def _scale(self, step: Step) -> None:
        spread = (-1, 1, 1) if len(self._shape(step.output)) == 3 else (-1,)
        factor = self._constant(f"{step.output}_factor", step.values["factor"].reshape(spread))
        if not step.values["offset"].any():
            self._node("Mul", [step.inputs[0], factor], step.output)
            return
        offset = self._constant(f"{step.output}_offset", step.values["offset"].reshape(spread))
        scaled = self._node("Mul", [step.inputs[0], factor], f"{step.output}_times")
        self._node("Add", [scaled, offset], step.output)

    # --- windows ---

    def _max_pool(self, step: Step) -> None:
        self._window("MaxPool", step)

    def _average_pool(self, step: Step) -> None:
        self._window("AveragePool", step)

    def _window(self, operator: str, step: Step) -> None:
        self._node(
            operator,
            step.inputs,
            step.output,
            kernel_shape=list(step.values["size"]),
            strides=list(step.values["strides"]),
            pads=[int(p) for p in step.values["pads"]],
        )

    def _global_average(self, step: Step) -> None:
        self._global("GlobalAveragePool", step)

    def _global_max(self, step: Step) -> None:
        self._global("GlobalMaxPool", step)

    def _global(self, operator: str, step: Step) -> None:
        if step.values["keep"]:
            self._node(operator, step.inputs, step.output)
        else:
            pooled = self._node(operator, step.inputs, f"{step.output}_pooled")
            self._node("Flatten", [pooled], step.output)

    def _pad(self, step: Step) -> None:
        top, left, bottom, right = step.values["pads"]
        pads = np.array([0, 0, top, left, 0, 0, bottom, right])
        self._node(
            "Pad", [step.inputs[0], self._constant(f"{step.output}_pads", pads)], step.output
        )

    def _resize(self, step: Step) -> None:
        before, after = self._shape(step.inputs[0]), self._shape(step.output)
        factors = np.array([1, 1, after[0] / before[0], after[1] / before[1]], np.float32)
        self._node(
            "Resize",
            [step.inputs[0], "", self._constant(f"{step.output}_factors", factors)],
            step.output,
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        )

    # --- shapes ---

    def _flatten(self, step: Step) -> None:
        source = step.inputs[0]
        if len(self._shape(source)) == 3 and step.output not in self._flat_orders:
            source = self._node("Transpose", [source], f"{step.output}_last", perm=[0, 2, 3, 1])
        self._node("Flatten", [source], step.output)

    def _reshape(self, step: Step) -> None:
        (source,), shape, target = (
            step.inputs,
            self._shape(step.inputs[0]),
            self._shape(step.output),
        )
        if len(shape) == 3 and shape[:2] != (1, 1):
            source = self._node("Transpose", [source], f"{step.output}_last", perm=[0, 2, 3, 1])
        if len(target) == 3 and target[:2] == (1, 1):
            self._to_shape(source, step.output, (target[2], 1, 1))
        elif len(target) == 3:
            self._to_shape(source, f"{step.output}_last", target)
            self._node("Transpose", [f"{step.output}_last"], step.output, perm=[0, 3, 1, 2])
        else:
            self._to_shape(source, step.output, target)

    def _to_shape(self, source: str, output: str, shape: Shape) -> None:
        target = self._constant(f"{output}_shape", np.array([0, *shape]))
        self._node("Reshape", [source, target], output)

    def _concatenate(self, step: Step) -> None:
        self._node("Concat", step.inputs, step.output, axis=1)

    # --- values ---

    def _plain(self, step: Step) -> None:
        operator = _PLAIN[step.kind]
        if operator == "Sum" and len(step.inputs) == 2:
            operator = "Add"  # the one that ONNX Runtime fuses and quantises
        self._node(operator, self._spread(step), step.output)

    def _spread(self, step: Step) -> list[str]:
        """Return the inputs; vectors that are combined with images become `(n, c, 1, 1)`."""
        if len(self._shape(step.output)) != 3:
            return step.inputs
        names = []
        for name in step.inputs:
            shape = self._shape(name)
            if len(shape) == 1:
                spread = f"{step.output}_of_{name}"
                self._to_shape(name, spread, (shape[0], 1, 1))
                name = spread
            names.append(name)
        return names

    def _softmax(self, step: Step) -> None:
        self._node("Softmax", step.inputs, step.output, axis=1)

    def _undo_smoothing(self, step: Step) -> None:
        """Subtract a share from the probabilities and take logarithms; see
        `ferkit.metrics.calibration.undo_smoothing`.
        """
        share = self._constant(f"{step.output}_share", np.array(step.values["share"]))
        kept = self._constant(f"{step.output}_kept", np.array(KEPT_SHARE))
        lowered = self._node("Sub", [step.inputs[0], share], f"{step.output}_lowered")
        least = self._node("Mul", [step.inputs[0], kept], f"{step.output}_least")
        undone = self._node("Max", [lowered, least], f"{step.output}_undone")
        self._node("Log", [undone], step.output)

    def _clip(self, step: Step) -> None:
        low = self._constant(f"{step.output}_low", np.array(step.values["low"], np.float64))
        high = self._constant(f"{step.output}_high", np.array(step.values["high"], np.float64))
        self._node("Clip", [step.inputs[0], low, high], step.output)

    def _leaky_relu(self, step: Step) -> None:
        self._node("LeakyRelu", step.inputs, step.output, alpha=float(step.values["slope"]))

    def _elu(self, step: Step) -> None:
        self._node("Elu", step.inputs, step.output, alpha=float(step.values["alpha"]))

    def _hard_sigmoid(self, step: Step) -> None:
        self._node("HardSigmoid", step.inputs, step.output, alpha=1 / 6, beta=0.5)

    def _silu(self, step: Step) -> None:
        gate = self._node("Sigmoid", step.inputs, f"{step.output}_gate")
        self._node("Mul", [step.inputs[0], gate], step.output)

    def _gelu(self, step: Step) -> None:
        """x/2 * (1 + erf(x / sqrt 2)), in the form that ONNX Runtime fuses."""
        root = self._constant(f"{step.output}_root", np.array(np.sqrt(2.0)))
        one = self._constant(f"{step.output}_one", np.array(1.0))
        half = self._constant(f"{step.output}_half", np.array(0.5))
        divided = self._node("Div", [step.inputs[0], root], f"{step.output}_divided")
        erf = self._node("Erf", [divided], f"{step.output}_erf")
        raised = self._node("Add", [erf, one], f"{step.output}_raised")
        times = self._node("Mul", [step.inputs[0], raised], f"{step.output}_times")
        self._node("Mul", [times, half], step.output)


def _flat_orders(graph: Graph) -> dict[str, Shape]:
    """Return the flattened images that only dense layers take, with the image's shape `(h, w, c)`.

    They remain channels first, and the rows of the dense layers' kernels are reordered instead.
    """
    return {
        step.output: graph.shapes[step.inputs[0]]
        for step in graph.steps
        if step.kind == "flatten"
        and len(graph.shapes[step.inputs[0]]) == 3
        and step.output != graph.output
        and all(user.kind == "dense" for user in graph.users(step.output))
    }
