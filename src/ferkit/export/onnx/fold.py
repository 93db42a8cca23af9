"""Folding scaling, normalisation and parallel branches into convolutions and dense layers."""

from __future__ import annotations

from math import prod
from typing import cast

import numpy as np

from ferkit.export.onnx.branches import merge_branches
from ferkit.export.onnx.graph import Graph, Step
from ferkit.metrics.calibration import Calibration

_LINEAR = ("conv", "dense")


def fold(graph: Graph) -> None:
    """Rewrite `graph` in place with fewer steps that compute the same, up to rounding.

    - A per-channel scale (BatchNormalization, Rescaling) is folded into the convolution or dense
      layer before or after it, across pooling if that is exact.
    - Zero padding is folded into the next convolution.
    - Convolutions, scales and the identity of the same tensor that are added become one convolution
      (X. Ding et al., "RepVGG: Making VGG-style ConvNets great again", CVPR 2021).

    A scale with an offset before a padded convolution is kept, since the padding is zero after
    scaling.
    """
    while (
        _fold_padding(graph)
        or _fold_back(graph)
        or merge_branches(graph)
        or _fold_forward(graph)
        or _drop_neutral(graph)
    ):
        pass


def calibrate(graph: Graph, calibration: Calibration) -> None:
    """Add a calibration to the end of a graph that ends in a softmax.

    A temperature divides the logits, which is folded into the layer before. To undo label
    smoothing, the probabilities are changed, and a second softmax normalises them again.
    """
    softmax = cast(Step, graph.producer(graph.output))
    if calibration.smoothing:
        shape = graph.shapes[graph.output]
        undone, output = f"{graph.output}_undone", f"{graph.output}_calibrated"
        graph.shapes |= {undone: shape, output: shape}
        share = calibration.smoothing / shape[-1]
        graph.steps.append(Step("undo_smoothing", [graph.output], undone, {"share": share}))
        softmax = Step("softmax", [undone], output)
        graph.steps.append(softmax)
        graph.output = output
    (logits,) = softmax.inputs
    classes = graph.shapes[logits][-1:]
    scaled = f"{logits}_scaled"
    graph.shapes[scaled] = graph.shapes[logits]
    temperature = calibration.temperature
    values = {"factor": np.full(classes, 1 / temperature), "offset": np.zeros(classes)}
    graph.steps.insert(graph.steps.index(softmax), Step("scale", [logits], scaled, values))
    softmax.inputs = [scaled]


def _fold_padding(graph: Graph) -> bool:
    for step in graph.steps:
        if step.kind != "pad":
            continue
        after = graph.only_user(step.output)
        if after is not None and after.kind == "conv":
            both = zip(step.values["pads"], after.values["pads"], strict=True)
            after.values["pads"] = tuple(a + b for a, b in both)
            graph.drop(step)
            return True
    return False


def _fold_back(graph: Graph) -> bool:
    for step in graph.steps:
        before = graph.producer(step.inputs[0])
        if step.kind != "scale" or before is None or before.kind not in (*_LINEAR, "scale"):
            continue
        if graph.only_user(before.output) is not step:
            continue
        factor, offset = step.values["factor"], step.values["offset"]
        weight, shift = ("factor", "offset") if before.kind == "scale" else ("kernel", "bias")
        before.values[weight] = before.values[weight] * factor
        before.values[shift] = before.values[shift] * factor + offset
        graph.drop(step)
        return True
    return False


def _fold_forward(graph: Graph) -> bool:
    for step in graph.steps:
        if step.kind != "scale":
            continue
        after = graph.only_user(step.output)
        if after is None:
            continue
        if after.kind in _LINEAR and _absorb(step, after):
            graph.drop(step)
            return True
        if _commutes(step, after) and _leads_to_linear(graph, after):
            _swap(graph, step, after)
            return True
    return False


def _absorb(scale: Step, linear: Step) -> bool:
    """Fold a scale into the next step, if that is exact."""
    factor, offset = scale.values["factor"], scale.values["offset"]
    kernel, bias = linear.values["kernel"], linear.values["bias"]
    if linear.kind == "dense":
        linear.values["kernel"], linear.values["bias"] = (
            kernel * factor[:, None],
            bias + offset @ kernel,
        )
        return True
    if any(linear.values["pads"]) and offset.any():
        return False
    # Input channel of every (in / groups, out) pair of the kernel.
    groups, (inside, out) = linear.values["groups"], kernel.shape[2:]
    channel = np.arange(inside)[:, None] + np.arange(out)[None, :] // (out // groups) * inside
    linear.values["kernel"] = kernel * factor[channel]
    linear.values["bias"] = bias + (kernel * offset[channel]).sum(axis=(0, 1, 2))
    return True


def _commutes(scale: Step, after: Step) -> bool:
    if after.kind == "max_pool":
        return bool((scale.values["factor"] > 0).all())
    return after.kind in ("average_pool", "global_average", "flatten")


def _leads_to_linear(graph: Graph, step: Step) -> bool:
    """Return whether the steps from here on end in one that could absorb a scale."""
    following: Step | None = step
    while following is not None and following.kind not in _LINEAR:
        if following.kind not in ("max_pool", "average_pool", "global_average", "flatten"):
            return False
        following = graph.only_user(following.output)
    return following is not None and not any(following.values.get("pads", ()))


def _swap(graph: Graph, scale: Step, after: Step) -> None:
    if after.kind == "flatten":
        shape = graph.shapes[after.inputs[0]]
        for key in ("factor", "offset"):
            scale.values[key] = np.tile(scale.values[key], prod(shape[:-1]))
    source, middle, output = scale.inputs[0], scale.output, after.output
    after.inputs, after.output = [source], middle
    scale.inputs, scale.output = [middle], output
    graph.shapes[middle] = graph.shapes[output]
    first, second = graph.steps.index(scale), graph.steps.index(after)
    graph.steps[first], graph.steps[second] = after, scale


def _drop_neutral(graph: Graph) -> bool:
    for step in graph.steps:
        if (
            step.kind == "scale"
            and (step.values["factor"] == 1).all()
            and not step.values["offset"].any()
        ):
            graph.drop(step)
            return True
    return False
