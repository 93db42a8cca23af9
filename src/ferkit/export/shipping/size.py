"""How much an exported network computes."""

from __future__ import annotations

from math import prod

from ferkit.export.onnx.graph import Graph


def graph_macs(graph: Graph) -> int:
    """Return the multiply-accumulates of one image's way through a folded graph: convolutions and
    dense layers.
    """
    total = 0
    for step in graph.steps:
        if step.kind == "conv":
            height, width, _ = graph.shapes[step.output]
            total += height * width * step.values["kernel"].size
        elif step.kind == "dense":
            total += step.values["kernel"].size
    return int(total)


def graph_parameters(graph: Graph) -> int:
    """Return the number of weights in an exported file."""
    arrays = ("kernel", "bias", "factor", "offset")
    return sum(
        prod(step.values[key].shape) for step in graph.steps for key in arrays if key in step.values
    )
