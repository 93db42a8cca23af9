"""Merging parallel linear branches, which are added, into one convolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ferkit.export.onnx.graph import Graph, Step


@dataclass(frozen=True, eq=False)
class _Branch:
    """One input of an addition as a convolution of `source`."""

    name: str
    source: str
    step: Step | None
    values: dict[str, Any]


def merge_branches(graph: Graph) -> bool:
    """Replace the first addition of branches that one convolution can compute; return whether there
    was one.
    """
    for step in graph.steps:
        if step.kind == "add" and len(set(step.inputs)) == len(step.inputs):
            group = _fitting_branches(graph, step)
            if group:
                _replace(graph, step, group)
                return True
    return False


def _fitting_branches(graph: Graph, addition: Step) -> list[_Branch]:
    """Return two or more inputs of `addition` with the same source and stride, of which at least
    one is a convolution.
    """
    convolutions = [
        _Branch(name, before.inputs[0], before, before.values)
        for name in addition.inputs
        if (before := graph.producer(name)) is not None
        and before.kind == "conv"
        and before.values["dilations"] == (1, 1)
        and graph.only_user(name) is addition
    ]
    for first in convolutions:
        group = [
            other
            for other in convolutions
            if other.source == first.source
            and all(other.values[k] == first.values[k] for k in ("strides", "groups"))
        ]
        taken = {branch.name for branch in group}
        for name in addition.inputs:
            branch = None if name in taken else _as_convolution(graph, name, first, addition)
            if branch is not None:
                group.append(branch)
        if len(group) > 1:
            return group
    return []


def _as_convolution(graph: Graph, name: str, like: _Branch, addition: Step) -> _Branch | None:
    """Return the identity or a scale of `like`'s source as a 1x1 convolution."""
    shape = graph.shapes[name]
    if like.values["strides"] != (1, 1) or graph.shapes[like.source] != shape:
        return None
    before = graph.producer(name)
    factor, offset = np.ones(shape[-1]), np.zeros(shape[-1])
    step = None
    if name != like.source:
        if before is None or before.kind != "scale" or before.inputs[0] != like.source:
            return None
        if graph.only_user(name) is not addition:
            return None
        factor, offset, step = before.values["factor"], before.values["offset"], before
    inside = like.values["kernel"].shape[2]
    kernel = np.zeros((1, 1, inside, shape[-1]))
    channels = np.arange(shape[-1])
    kernel[0, 0, channels % inside, channels] = factor
    return _Branch(name, like.source, step, {"kernel": kernel, "bias": offset, "pads": (0,) * 4})


def _replace(graph: Graph, addition: Step, group: list[_Branch]) -> None:
    merged = f"{addition.output}_merged"
    graph.shapes[merged] = graph.shapes[addition.output]
    first = next(branch for branch in group if branch.step and branch.step.kind == "conv")
    values = {**first.values, **_sum(group)}
    place = graph.steps.index(addition)
    graph.steps.insert(place, Step("conv", [first.source], merged, values))
    gone = {branch.name for branch in group}
    addition.inputs = [merged, *(name for name in addition.inputs if name not in gone)]
    for branch in group:
        if branch.step is not None:
            graph.steps.remove(branch.step)
    if len(addition.inputs) == 1:
        graph.drop(addition)


def _sum(group: list[_Branch]) -> dict[str, Any]:
    """Add kernels of different sizes, each aligned within the smallest window that covers all."""
    pads = np.array([branch.values["pads"] for branch in group])
    top, left = pads[:, 0].max(), pads[:, 1].max()
    sizes = np.array([branch.values["kernel"].shape[:2] for branch in group])
    places = np.stack([top - pads[:, 0], left - pads[:, 1]], axis=1)
    height, width = (places + sizes).max(axis=0)
    shape = group[0].values["kernel"].shape[2:]
    kernel, bias = np.zeros((height, width, *shape)), np.zeros(shape[1])
    for branch, (y, x), (h, w) in zip(group, places, sizes, strict=True):
        kernel[y : y + h, x : x + w] += branch.values["kernel"]
        bias = bias + branch.values["bias"]
    # Padding below and right that no window reaches does not matter.
    bottom, right = (pads[:, 2:] + (height, width) - (places + sizes)).max(axis=0)
    return {
        "kernel": kernel,
        "bias": bias,
        "pads": (int(top), int(left), int(bottom), int(right)),
    }
