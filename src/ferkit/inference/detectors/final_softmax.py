"""The softmax at the end of an ONNX model left out, with the transpositions around it.

A detector asks many thousand positions, and hardly one is a face: the probabilities of those few
are computed by whoever reads the answer.
"""

from __future__ import annotations

from typing import Final

from ferkit.inference.onnx_bytes import (
    GRAPH,
    GRAPH_NODE,
    NODE_INPUT,
    NODE_OPERATOR,
    NODE_OUTPUT,
    contents,
    edited,
    field,
    fields,
)

_LEFT_OUT: Final = (b"Transpose", b"Softmax")


def with_logits(model: bytes) -> bytes:
    """Return the model with logits in place of probabilities, under the same name.

    Args:
        model: The content of an ONNX file whose only transpositions are one before and one after
            its only softmax, over channels, at its end.

    Raises:
        ValueError: It is no such file.
    """
    return edited(model, {GRAPH: _without_end})


def _without_end(graph: bytes) -> bytes:
    end = [content for content in contents(graph, GRAPH_NODE) if _is_end(content)]
    if [_name(content, NODE_OPERATOR) for content in end] != [*_LEFT_OUT, _LEFT_OUT[0]]:
        raise ValueError("expected a model that ends in a transposed softmax")
    names = {_name(end[0], NODE_INPUT): _name(end[-1], NODE_OUTPUT)}
    parts = []
    for number, content, whole in fields(graph):
        if number != GRAPH_NODE:
            parts.append(whole)
        elif not _is_end(content):
            renamed = edited(content, {NODE_OUTPUT: lambda name: names.get(name, name)})
            parts.append(field(GRAPH_NODE, renamed))
    return b"".join(parts)


def _is_end(content: bytes) -> bool:
    return _name(content, NODE_OPERATOR) in _LEFT_OUT


def _name(content: bytes, kind: int) -> bytes:
    return next(iter(contents(content, kind)), b"")
