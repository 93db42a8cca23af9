"""The heads of YuNet joined in memory, with the same results in less time.

Each of three levels has heads for the kind of a thing, its presence, its box and its landmarks,
with 1, 1, 4 and 10 channels: a 1x1 and a depthwise 3x3 convolution. ONNX Runtime works on blocks of
8 or 16 channels, so that each costs as much as one of 16. Here the weights of a level are joined,
which ONNX Runtime does once when it loads the model, and the answer is split into what the heads
gave.
"""

from __future__ import annotations

from typing import Final

from ferkit.inference.detectors.onnx_bytes import (
    NODE_INPUT,
    NODE_OPERATOR,
    NODE_OUTPUT,
    edited,
    field,
    fields,
    node,
)

_GRAPH: Final = 7  # of a model
_NODE: Final = 1  # of a graph
_HEAD: Final = b"bbox_head.multi_level_"
_CHANNELS: Final = {b"cls": 1, b"obj": 1, b"bbox": 4, b"kps": 10}

# Of a convolution in a head: what it takes, and what it gives.
_Heads = dict[bytes, tuple[bytes, bytes]]


def with_joined_heads(model: bytes) -> bytes:
    """Return the model with the heads of each level joined; one without such heads as it is.

    Args:
        model: The content of an ONNX file.

    Raises:
        ValueError: It is not an ONNX file, or lacks one of the heads.
    """
    return edited(model, {_GRAPH: _joined})


def _joined(graph: bytes) -> bytes:
    heads: _Heads = {}
    for number, content, _ in fields(graph):
        weights = _head_of(content) if number == _NODE else b""
        if weights:
            taken, given = (_names(content, kind)[0] for kind in (NODE_INPUT, NODE_OUTPUT))
            heads[weights] = taken, given
    parts = []
    for number, content, whole in fields(graph):
        weights = _head_of(content) if number == _NODE else b""
        if not weights:
            parts.append(whole)
        elif weights == _weights(b"cls", _level(weights), 1):
            # Where the first head of a level stood, all that it takes has been computed.
            parts += [field(_NODE, each) for each in _one_head(heads, _level(weights))]
    return b"".join(parts)


def _one_head(heads: _Heads, level: bytes) -> list[bytes]:
    """Return the nodes that stand for all heads of a level."""
    try:
        ends = [heads[_weights(kind, level, 2)][1] for kind in _CHANNELS]
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
    channels = list(_CHANNELS.values())
    return [
        *nodes,
        node("Conv", [start, *first], [middle], kernel_shape=[1, 1]),
        node(
            "Conv",
            [middle, *second],
            [end],
            kernel_shape=[3, 3],
            pads=[1, 1, 1, 1],
            group=sum(channels),
        ),
        node("Split", [end], ends, axis=1, split=channels),
    ]


def _head_of(content: bytes) -> bytes:
    """Return the name of the weights of a convolution in a head, nothing for any other node."""
    if _names(content, NODE_OPERATOR) != [b"Conv"]:
        return b""
    weights = _names(content, NODE_INPUT)[1]
    return weights if weights.startswith(_HEAD) else b""


def _names(content: bytes, kind: int) -> list[bytes]:
    return [name for number, name, _ in fields(content) if number == kind]


def _weights(kind: bytes, level: bytes, convolution: int, part: bytes = b"weight") -> bytes:
    return b"%s%s.%s.conv%d.%s" % (_HEAD, kind, level, convolution, part)


def _level(weights: bytes) -> bytes:
    return weights.split(b".")[2]
