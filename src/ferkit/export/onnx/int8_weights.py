"""8-bit weights whose products do not overflow in the kernels of any processor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ferkit.export.onnx.emit import WEIGHTED
from ferkit.inference.onnx_runtime import load_onnxruntime

# AVX2 and AVX-512 without VNNI add two products of an unsigned and a signed byte in 16 bits with
# saturation, where at most 255 * 128 fits.
MOST_OF_A_PAIR = 128

# Rounding can exceed the bound again; each attempt uses a slightly coarser step.
_TRIES = 50
_BATCH = 64


def round_weights(
    quantised: Any, weights: Mapping[str, np.ndarray], means: Mapping[str, np.ndarray]
) -> None:
    """Round the weights of a network again, so that its sums are exact on every processor.

    ONNX Runtime's kernels multiply unsigned activations by signed weights. On processors without
    VNNI, they add neighbouring products, of two input channels at one position of the kernel, in 16
    bits with saturation. Here, an output channel in which that could happen gets a coarser step
    that prevents it: `w[2i] + w[2i + 1]` with equal signs is at most 128. Most weights keep 7.5
    bits or more, whereas ONNX Runtime's `reduce_range` reduces all of them to 7. The mean error of
    rounding in each channel is subtracted from its bias.

    Args:
        quantised: An `onnx.ModelProto` from `quantize_static` in QDQ format with signed weights per
            channel; changed in place.
        weights: The weights before rounding, by their names in the float model.
        means: The mean of each input channel, `(inputs,)`, by the name of the weights.

    References:
        ONNX Runtime, "Quantize ONNX models", section "When and why do I need to try U8U8?".
        M. Nagel et al., "Data-free quantization through weight equalization and bias correction",
        ICCV 2019, section 4.2 (on images here).
    """
    stored = _Stored(quantised)
    for node in quantised.graph.node:
        kernel = stored.reader.get(node.input[1]) if node.op_type in WEIGHTED else None
        if kernel is None or kernel.input[0] not in stored.tensors:
            continue
        name, scale_name = kernel.input[:2]
        axis = next((a.i for a in kernel.attribute if a.name == "axis"), 1)
        given = name.removesuffix("_quantized")
        floats = np.moveaxis(weights[given], axis, 0)
        before = stored.read(scale_name)
        values, scale = bounded(floats, before)
        stored.write(name, np.moveaxis(values, 0, axis), np.int8)
        stored.write(scale_name, scale, np.float32)
        if len(node.input) < 3:
            continue
        # The step of a bias is the product of the steps of input and weights.
        bias, bias_scale = stored.reader[node.input[2]].input[:2]
        old = stored.read(bias_scale)
        new = old * scale / before
        error = (values * _along(scale, values) - floats).reshape(*floats.shape[:2], -1).sum(axis=2)
        # In a grouped convolution, an output depends only on the channels of its group.
        seen = means[given].reshape(-1, floats.shape[1])
        wanted = stored.read(bias) * old - (error * seen.repeat(len(error) // len(seen), 0)).sum(1)
        stored.write(bias, np.rint(wanted / new), np.int32)
        stored.write(bias_scale, new, np.float32)


class _Stored:
    """The constants of a quantised network, and the nodes that use them."""

    def __init__(self, model: Any) -> None:
        self.tensors = {tensor.name: tensor for tensor in model.graph.initializer}
        nodes = [node for node in model.graph.node if node.op_type == "DequantizeLinear"]
        self.reader = {node.output[0]: node for node in nodes}

    def read(self, name: str) -> np.ndarray:
        from onnx import numpy_helper

        return np.asarray(numpy_helper.to_array(self.tensors[name]), np.float64)

    def write(self, name: str, values: np.ndarray, dtype: type) -> None:
        from onnx import numpy_helper

        self.tensors[name].CopyFrom(numpy_helper.from_array(values.astype(dtype), name))


def input_means(model: Any, name: str, images: np.ndarray) -> dict[str, np.ndarray]:
    """Return the mean input of every convolution and dense layer, per channel.

    Args:
        model: A float `onnx.ModelProto`, which is not changed.
        name: Name of its input.
        images: `(n, 48, 48, 1)`, in the model's pixel range.

    Returns:
        `(inputs,)` by the name of the weights.
    """
    import onnx

    nodes = [node for node in model.graph.node if node.op_type in WEIGHTED]
    wanted = sorted({node.input[0] for node in nodes} - {name})
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    shown.graph.output.extend(onnx.ValueInfoProto(name=each) for each in wanted)
    runtime = load_onnxruntime()
    session = runtime.InferenceSession(
        shown.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    parts = [
        [_channel_means(rows) for rows in session.run(wanted, {name: images[i : i + _BATCH]})]
        for i in range(0, len(images), _BATCH)
    ]
    found = {each: np.concatenate([part[i] for part in parts]) for i, each in enumerate(wanted)}
    found[name] = _channel_means(images)
    return {node.input[1]: found[node.input[0]].mean(axis=0) for node in nodes}


def _channel_means(rows: np.ndarray) -> np.ndarray:
    """Return the means `(n, channels)` of `(n, channels, ...)`."""
    return np.asarray(rows.reshape(*rows.shape[:2], -1).mean(axis=2, dtype=np.float64))


def _along(scale: np.ndarray, like: np.ndarray) -> np.ndarray:
    return scale.reshape(-1, *[1] * (like.ndim - 1))


def bounded(weights: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rounded weights whose pairs are within the bound, and the step of each output channel.

    Args:
        weights: `(outputs, inputs, ...)`.
        scale: `(outputs,)`, the initial steps.

    Returns:
        Weights, float64 with integer values -127..127, and steps, float64 `(outputs,)`.
    """
    scale = np.asarray(scale, np.float64).copy()
    for _ in range(_TRIES):
        values = np.clip(np.rint(weights / _along(scale, weights)), -127, 127)
        pairs = largest_pair(values)
        if (pairs <= MOST_OF_A_PAIR).all():
            break
        scale *= np.where(pairs > MOST_OF_A_PAIR, pairs / MOST_OF_A_PAIR * 1.001, 1.0)
    return values, scale


def largest_pair(weights: np.ndarray) -> np.ndarray:
    """Return the largest absolute sum of two neighbours with equal signs, `(outputs,)`.

    Neighbours are the weights whose products ONNX Runtime adds: input channels `2i` and `2i + 1` at
    one position of the kernel, or, with an odd number of channels, the next weight in memory.

    Args:
        weights: `(outputs, inputs, ...)`, integer values.
    """
    rows = np.moveaxis(np.asarray(weights, np.float64), 1, -1).reshape(len(weights), -1)
    rows = np.pad(rows, ((0, 0), (0, rows.shape[1] % 2)))
    first, second = rows[:, ::2], rows[:, 1::2]
    positive = np.maximum(first, 0) + np.maximum(second, 0)
    negative = np.maximum(-first, 0) + np.maximum(-second, 0)
    return np.asarray(np.maximum(positive, negative).max(axis=1))
