"""Translation of Keras layers at inference into steps of a `Graph`."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ferkit.errors import ModelError
from ferkit.export.onnx.graph import Shape

# A step: (kind, values, shape of the output).
Part = tuple[str, dict[str, Any], Shape]

# Layers that do nothing at inference.
SKIPPED = frozenset(
    {
        *("Dropout", "SpatialDropout2D", "AlphaDropout", "GaussianDropout", "GaussianNoise"),
        *("ActivityRegularization", "Identity", "RandomFlip", "RandomRotation", "RandomZoom"),
        *("RandomTranslation", "RandomContrast", "RandomBrightness", "RandomErasing"),
    }
)

_MERGES = {
    "Add": "add",
    "Multiply": "multiply",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Average": "average",
    "Subtract": "subtract",
}


def translate(layer: Any, shapes: list[Shape], node: Any) -> list[Part]:
    """Return the steps of one call of `layer`; each takes the output of the previous one.

    Args:
        layer: A Keras layer, or an operation such as the `+` of two tensors.
        shapes: Shapes of its inputs without the batch.
        node: Keras's record of the call.

    Raises:
        ModelError: The layer cannot be exported.
    """
    name = type(layer).__name__
    if name in _MERGES:
        return [_merge(layer, name, shapes, node)]
    if name == "Concatenate":
        return [_concatenate(layer, shapes)]
    if name not in _LAYERS:
        known = ", ".join(sorted((*_LAYERS, *_MERGES, "Concatenate", *SKIPPED)))
        raise ModelError(
            f"The layer {layer.name} is a {name}, which ferkit cannot export; it exports {known}."
        )
    return _LAYERS[name](layer, shapes[0])


def activation_part(function: Any, shape: Shape, owner: str) -> list[Part]:
    """Return the steps of a Keras activation function, none for the linear one.

    Raises:
        ModelError: ferkit cannot export this function.
    """
    name = getattr(function, "__name__", type(function).__name__)
    if name == "linear":
        return []
    if name not in _ACTIVATIONS:
        known = ", ".join(_ACTIVATIONS)
        raise ModelError(
            f"The layer {owner} has the activation {name}, which ferkit cannot export; "
            f"it exports {known}."
        )
    kind, values = _ACTIVATIONS[name]
    return [(kind, dict(values), shape)]


# Names of functions in keras.activations -> kind and values.
_ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("relu", {}),
    "relu6": ("clip", {"low": 0.0, "high": 6.0}),
    "leaky_relu": ("leaky_relu", {"slope": 0.2}),
    "elu": ("elu", {"alpha": 1.0}),
    "selu": ("selu", {}),
    "sigmoid": ("sigmoid", {}),
    "hard_sigmoid": ("hard_sigmoid", {}),
    "tanh": ("tanh", {}),
    "silu": ("silu", {}),
    "hard_silu": ("hard_silu", {}),
    "gelu": ("gelu", {}),
    "softplus": ("softplus", {}),
    "softmax": ("softmax", {}),
}


def _array(variable: Any) -> np.ndarray:
    from keras import ops

    return np.asarray(ops.convert_to_numpy(ops.cast(variable, "float32")), np.float64)


def _bias(layer: Any, bias: Any, size: int) -> np.ndarray:
    return _array(bias) if layer.use_bias else np.zeros(size)


def _pads(layer: Any, shape: Shape, size: tuple[int, int], dilation: tuple[int, int]) -> Any:
    """Return the padding (top, left, bottom, right) by TensorFlow's rule: an odd pixel is added at
    the end.
    """
    if layer.padding == "valid":
        return (0, 0, 0, 0)
    if layer.padding != "same":
        raise ModelError(f"The layer {layer.name} has the padding {layer.padding}.")
    before, after = [], []
    for length, window, step, gap in zip(shape[:2], size, layer.strides, dilation, strict=True):
        reach = (window - 1) * gap + 1
        total = max((-(-length // step) - 1) * step + reach - length, 0)
        before.append(total // 2)
        after.append(total - total // 2)
    return (*before, *after)


def _slid(shape: Shape, size: Any, strides: Any, pads: Any, dilation: Any = (1, 1)) -> Shape:
    """Return height and width of the output of a sliding window over `shape`."""
    out = []
    for i in range(2):
        reach = (size[i] - 1) * dilation[i] + 1
        out.append((shape[i] + pads[i] + pads[i + 2] - reach) // strides[i] + 1)
    return tuple(out)


def _convolution(
    layer: Any, shape: Shape, kernel: np.ndarray, bias: np.ndarray, groups: int
) -> list[Part]:
    size, dilation = kernel.shape[:2], tuple(layer.dilation_rate)
    pads = _pads(layer, shape, size, dilation)
    out = (*_slid(shape, size, layer.strides, pads, dilation), kernel.shape[3])
    values = {
        "kernel": kernel,
        "bias": bias,
        "strides": tuple(layer.strides),
        "pads": pads,
        "dilations": dilation,
        "groups": groups,
    }
    return [("conv", values, out)]


def _conv(layer: Any, shape: Shape) -> list[Part]:
    kernel = _array(layer.kernel)
    bias = _bias(layer, layer.bias, kernel.shape[3])
    parts = _convolution(layer, shape, kernel, bias, layer.groups)
    return parts + activation_part(layer.activation, parts[0][2], layer.name)


def _as_groups(kernel: np.ndarray) -> np.ndarray:
    """Return a depthwise kernel `(h, w, in, times)` as that of a convolution in `in` groups."""
    return kernel.reshape(*kernel.shape[:2], 1, -1)


def _depthwise(layer: Any, shape: Shape) -> list[Part]:
    kernel = _as_groups(_array(layer.kernel))
    bias = _bias(layer, layer.bias, kernel.shape[3])
    parts = _convolution(layer, shape, kernel, bias, shape[2])
    return parts + activation_part(layer.activation, parts[0][2], layer.name)


def _separable(layer: Any, shape: Shape) -> list[Part]:
    depthwise = _as_groups(_array(layer.depthwise_kernel))
    (first,) = _convolution(layer, shape, depthwise, np.zeros(depthwise.shape[3]), shape[2])
    pointwise = _array(layer.pointwise_kernel)
    out = (*first[2][:2], pointwise.shape[3])
    values = {
        "kernel": pointwise,
        "bias": _bias(layer, layer.bias, pointwise.shape[3]),
        "strides": (1, 1),
        "pads": (0, 0, 0, 0),
        "dilations": (1, 1),
        "groups": 1,
    }
    parts = [first, ("conv", values, out)]
    return parts + activation_part(layer.activation, out, layer.name)


def _dense(layer: Any, shape: Shape) -> list[Part]:
    kernel = _array(layer.kernel)
    bias = _bias(layer, layer.bias, kernel.shape[1])
    out = (*shape[:-1], kernel.shape[1])
    values: dict[str, Any] = {"kernel": kernel, "bias": bias}
    kind = "dense"
    if len(shape) == 3:  # at every pixel: a 1x1 convolution
        kind = "conv"
        values["kernel"] = kernel[np.newaxis, np.newaxis]
        values |= {"strides": (1, 1), "pads": (0,) * 4, "dilations": (1, 1), "groups": 1}
    return [(kind, values, out), *activation_part(layer.activation, out, layer.name)]


def _scale(factor: np.ndarray, offset: np.ndarray, shape: Shape) -> list[Part]:
    channels = (shape[-1],)
    values = {
        "factor": np.broadcast_to(factor, channels).astype(np.float64),
        "offset": np.broadcast_to(offset, channels).astype(np.float64),
    }
    return [("scale", values, shape)]


def _rescaling(layer: Any, shape: Shape) -> list[Part]:
    return _scale(np.asarray(layer.scale), np.asarray(layer.offset), shape)


def _batch_norm(layer: Any, shape: Shape) -> list[Part]:
    if layer.axis not in (-1, len(shape)):
        raise ModelError(f"The layer {layer.name} normalises axis {layer.axis}, not the channels.")
    factor = 1 / np.sqrt(_array(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        factor = factor * _array(layer.gamma)
    offset = -_array(layer.moving_mean) * factor
    return _scale(factor, offset + _array(layer.beta) if layer.center else offset, shape)


def _relu(layer: Any, shape: Shape) -> list[Part]:
    top, slope = layer.max_value, float(layer.negative_slope)
    if layer.threshold or (slope and top is not None):
        raise ModelError(
            f"The layer {layer.name} is a ReLU with a threshold, or with a slope and a "
            "maximum, which ferkit cannot export."
        )
    if slope:
        return [("leaky_relu", {"slope": slope}, shape)]
    return [("relu", {}, shape) if top is None else ("clip", {"low": 0.0, "high": top}, shape)]


def _pool(kind: str) -> Callable[[Any, Shape], list[Part]]:
    def pool(layer: Any, shape: Shape) -> list[Part]:
        size = tuple(layer.pool_size)
        pads = _pads(layer, shape, size, (1, 1))
        values = {"size": size, "strides": tuple(layer.strides), "pads": pads}
        return [(kind, values, (*_slid(shape, size, layer.strides, pads), shape[2]))]

    return pool


def _global(kind: str) -> Callable[[Any, Shape], list[Part]]:
    def pool(layer: Any, shape: Shape) -> list[Part]:
        keep = bool(layer.keepdims)
        return [(kind, {"keep": keep}, (1, 1, shape[2]) if keep else (shape[2],))]

    return pool


def _reshape(layer: Any, shape: Shape) -> list[Part]:
    target = tuple(layer.target_shape)
    if -1 in target:
        rest = prod(shape) // -prod(target)
        target = tuple(rest if size == -1 else size for size in target)
    return [("reshape", {}, target)]


def _padding(layer: Any, shape: Shape) -> list[Part]:
    (top, bottom), (left, right) = layer.padding
    out = (shape[0] + top + bottom, shape[1] + left + right, shape[2])
    return [("pad", {"pads": (top, left, bottom, right)}, out)]


def _resizing(layer: Any, shape: Shape) -> list[Part]:
    """Return the step of a layer `Resizing` or of `keras.ops.image.resize`."""
    size = getattr(layer, "size", None) or (layer.height, layer.width)
    changes = ("antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio")
    if layer.interpolation != "bilinear" or any(getattr(layer, name, False) for name in changes):
        raise ModelError(
            f"The layer {layer.name} resizes in another way than bilinearly to a fixed size."
        )
    return [("resize", {}, (*size, shape[2]))]


def _merge(layer: Any, name: str, shapes: list[Shape], node: Any) -> Part:
    if len(shapes) < 2 or len(node.arguments.args) > len(shapes):
        raise ModelError(f"{layer.name} has a constant input; ferkit exports it for tensors only.")
    rank = max(len(shape) for shape in shapes)
    # Keras broadcasts a vector per image over all pixels.
    wide = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return (_MERGES[name], {}, tuple(np.broadcast_shapes(*wide)))


def _concatenate(layer: Any, shapes: list[Shape]) -> Part:
    if layer.axis not in (-1, len(shapes[0])):
        raise ModelError(f"The layer {layer.name} concatenates axis {layer.axis}, not channels.")
    return ("concatenate", {}, (*shapes[0][:-1], sum(shape[-1] for shape in shapes)))


_LAYERS: dict[str, Callable[[Any, Shape], list[Part]]] = {
    "Rescaling": _rescaling,
    "Resize": _resizing,
    "Resizing": _resizing,
    "Conv2D": _conv,
    "DepthwiseConv2D": _depthwise,
    "SeparableConv2D": _separable,
    "Dense": _dense,
    "BatchNormalization": _batch_norm,
    "FusedBatchNormalization": _batch_norm,
    "Activation": lambda layer, shape: activation_part(layer.activation, shape, layer.name),
    "ReLU": _relu,
    "LeakyReLU": lambda layer, shape: [("leaky_relu", {"slope": layer.negative_slope}, shape)],
    "ELU": lambda layer, shape: [("elu", {"alpha": float(layer.alpha)}, shape)],
    "Softmax": lambda _, shape: [("softmax", {}, shape)],
    "MaxPooling2D": _pool("max_pool"),
    "AveragePooling2D": _pool("average_pool"),
    "GlobalAveragePooling2D": _global("global_average"),
    "GlobalMaxPooling2D": _global("global_max"),
    "Flatten": lambda _, shape: [("flatten", {}, (prod(shape),))],
    "Reshape": _reshape,
    "ZeroPadding2D": _padding,
}
