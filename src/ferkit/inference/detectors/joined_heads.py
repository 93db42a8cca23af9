"""The heads of YuNet joined in memory, with the same results in less time.

Each of three levels has heads for the class of an object, its presence, its box and its landmarks,
with 1, 1, 4 and 10 channels: a 1x1 and a depthwise 3x3 convolution. ONNX Runtime works on blocks of
8 or 16 channels, so each costs as much as one of 16. Here the weights of a level are concatenated,
which ONNX Runtime does once when it loads the model. The 33 small operators after the heads are
dropped: the reader of the outputs decodes only the few points that are faces.
"""

from __future__ import annotations

from typing import Final

from ferkit.inference.onnx_bytes import (
    GRAPH,
    GRAPH_NODE,
    GRAPH_OUTPUT,
    NODE_INPUT,
    NODE_OPERATOR,
    NODE_OUTPUT,
    contents,
    edited,
    field,
    fields,
    node,
)

_HEAD: Final = b"bbox_head.multi_level_"
_CHANNELS: Final = {b"cls": 1, b"obj": 1, b"bbox": 4, b"kps": 10}

# An output's type: a tensor of float32 with four dimensions of any length.
_FLOATS: Final = field(2, field(1, b"\x08\x01" + field(2, 4 * field(1, b""))))

# Of a convolution in a head: its input and its output.
_Heads = dict[bytes, tuple[bytes, bytes]]


def with_joined_heads(model: bytes) -> bytes:
    """Return the model with the heads of each level joined; a model without such heads unchanged.

    Args:
        model: The content of an ONNX file.

    Returns:
        A model with one output for each level, in the order of the file, `(n, 16, h, w)`: the
        logits of class and presence, four numbers of the box, ten of the landmarks.

    Raises:
        ValueError: It is not an ONNX file, or lacks one of the heads.
    """
    return edited(model, {GRAPH: _joined})


def _joined(graph: bytes) -> bytes:
    heads: _Heads = {}
    for number, content, _ in fields(graph):
        weights = _head_of(content) if number == GRAPH_NODE else b""
        if weights:
            taken, given = (contents(content, kind)[0] for kind in (NODE_INPUT, NODE_OUTPUT))
            heads[weights] = taken, given
    if not heads:
        return graph
    parts, ends = [], []
    behind = {given for weights, (_, given) in heads.items() if b".conv2." in weights}
    for number, content, whole in fields(graph):
        weights = _head_of(content) if number == GRAPH_NODE else b""
        if weights and weights == _weights(b"cls", _level(weights), 1):
            # At the position of a level's first head, all its inputs have been computed.
            nodes, end = _one_head(heads, _level(weights))
            parts += [field(GRAPH_NODE, each) for each in nodes]
            ends.append(field(GRAPH_OUTPUT, field(1, end) + _FLOATS))
        elif number == GRAPH_NODE and behind.intersection(contents(content, NODE_INPUT)):
            behind.update(contents(content, NODE_OUTPUT))
        elif not weights and number != GRAPH_OUTPUT:
            parts.append(whole)
    return b"".join(parts + ends)


def _one_head(heads: _Heads, level: bytes) -> tuple[list[bytes], bytes]:
    """Return the nodes that replace all heads of a level, and the name of their output."""
    try:
        for kind in _CHANNELS:
            heads[_weights(kind, level, 2)]
        start = heads[_weights(b"cls", level, 1)][0]
    except KeyError as error:
        raise ValueError(f"no heads of YuNet: {error} is missing") from error
    nodes, names = [], {}
    for convolution in (1, 2):
        for part in (b"weight", b"bias"):
            parts = [_weights(kind, level, convolution, part) for kind in _CHANNELS]
            joined = b"joined." + parts[0]
            names[convolution, part] = joined
            nodes.append(node("Concat", parts, [joined], axis=0))
    middle, end = b"joined.middle." + level, b"joined.end." + level
    first, second = ([names[n, part] for part in (b"weight", b"bias")] for n in (1, 2))
    nodes += [
        node("Conv", [start, *first], [middle], kernel_shape=[1, 1]),
        node(
            "Conv",
            [middle, *second],
            [end],
            kernel_shape=[3, 3],
            pads=[1, 1, 1, 1],
            group=sum(_CHANNELS.values()),
        ),
    ]
    return nodes, end


def _head_of(content: bytes) -> bytes:
    """Return the name of the weights of a convolution in a head, b"" for any other node."""
    if contents(content, NODE_OPERATOR) != [b"Conv"]:
        return b""
    weights = contents(content, NODE_INPUT)[1]
    return weights if weights.startswith(_HEAD) else b""


def _weights(kind: bytes, level: bytes, convolution: int, part: bytes = b"weight") -> bytes:
    return b"%s%s.%s.conv%d.%s" % (_HEAD, kind, level, convolution, part)


def _level(weights: bytes) -> bytes:
    return weights.split(b".")[2]
