"""Rewriting a network with operators for which ONNX Runtime has fast 8-bit kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

# A convolution costs one multiplication per channel and output value; ONNX Runtime's 8-bit pooling
# costs as much as about 400 of them (profiled, AVX512-VNNI).
_MOST_CHANNELS = 256


def use_fast_kernels(model: Any) -> None:
    """Rewrite operators that are slow in 8-bit integers; results do not change.

    Args:
        model: An `onnx.ModelProto` in float32, changed in place.
    """
    _pools_as_convolutions(model)
    _stem_over_blocks(model)


def _pools_as_convolutions(model: Any) -> None:
    """Replace average pooling with non-overlapping windows by a convolution.

    Its kernel is 1 / window size from each channel to itself, and 0 elsewhere, which int8
    represents exactly.
    """
    from onnx import helper, numpy_helper

    channels = _channels(model)
    for i, node in enumerate(list(model.graph.node)):
        if node.op_type != "AveragePool":
            continue
        settings = _settings(node)
        window, count = settings["kernel_shape"], channels.get(node.input[0], 0)
        overlaps = window != settings.get("strides") or any(settings.get("pads", ()))
        if overlaps or not 0 < count <= _MOST_CHANNELS:
            continue
        kernel = np.zeros((count, count, *window), np.float32)
        kernel[np.arange(count), np.arange(count)] = 1 / (window[0] * window[1])
        name = f"{node.output[0]}_kernel"
        model.graph.initializer.append(numpy_helper.from_array(kernel, name))
        pooling = helper.make_node(
            "Conv",
            [node.input[0], name],
            list(node.output),
            name=f"{node.name}_as_convolution",
            kernel_shape=window,
            strides=window,
        )
        model.graph.node[i].CopyFrom(pooling)


def _stem_over_blocks(model: Any) -> None:
    """Replace a 3x3 convolution of one channel with stride 2 by a 2x2 convolution over blocks of
    2x2 pixels, whose pixels are channels.

    The 8-bit kernels load four channels at once, but single pixels one by one.
    """
    from onnx import helper, numpy_helper

    constants = {t.name: t for t in model.graph.initializer}
    for i, node in enumerate(list(model.graph.node)):
        if node.op_type != "Conv" or node.input[1] not in constants:
            continue
        settings = _settings(node)
        old = constants[node.input[1]]
        kernel = numpy_helper.to_array(old)
        same = settings.get("strides") == [2, 2] and settings.get("pads") == [0, 0, 1, 1]
        if kernel.shape[1:] != (1, 3, 3) or not same or settings.get("dilations", [1, 1]) != [1, 1]:
            continue
        over = np.zeros((len(kernel), 4, 2, 2), np.float32)
        for y, x in np.ndindex(3, 3):
            over[:, y % 2 * 2 + x % 2, y // 2, x // 2] = kernel[:, 0, y, x]
        blocks, name = f"{node.output[0]}_blocks", f"{node.output[0]}_blocks_kernel"
        model.graph.initializer.append(numpy_helper.from_array(over, name))
        gather = helper.make_node(
            "SpaceToDepth", [node.input[0]], [blocks], name=f"{node.name}_blocks", blocksize=2
        )
        stem = helper.make_node(
            "Conv",
            [blocks, name, *node.input[2:]],
            list(node.output),
            name=f"{node.name}_over_blocks",
            kernel_shape=[2, 2],
            pads=[0, 0, 1, 1],
        )
        model.graph.node[i].CopyFrom(stem)
        model.graph.node.insert(i, gather)
        model.graph.initializer.remove(old)
        return  # only one convolution has the picture as input


def _settings(node: Any) -> dict[str, Any]:
    from onnx import helper

    return {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}


def _channels(model: Any) -> dict[str, int]:
    """Return the number of channels of every image between the nodes."""
    import onnx

    inferred = onnx.shape_inference.infer_shapes(model)
    return {
        value.name: value.type.tensor_type.shape.dim[1].dim_value
        for value in inferred.graph.value_info
        if len(value.type.tensor_type.shape.dim) == 4
    }
