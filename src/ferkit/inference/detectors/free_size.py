"""An ONNX model of one image size, changed in memory so that it takes any number of images of any
size.

ONNX Runtime refuses images of another size than the file states, and its
`add_free_dimension_override` replaces only named sizes.
"""

from __future__ import annotations

from typing import Final

from ferkit.inference.onnx_bytes import (
    GRAPH,
    GRAPH_INPUT,
    GRAPH_OUTPUT,
    GRAPH_VALUE,
    edited,
    edited_within,
    fields,
)

# Field numbers in onnx.proto. Of an input or output: its type, of that the tensor type, of that the
# shape.
_SHAPE: Final = (2, 1, 2)
_DIMENSION: Final = 1  # of a shape
_OPEN: Final = b"\x0a\x00"  # a dimension that says nothing


def with_free_size(model: bytes) -> bytes:
    """Return the model with all sizes of its input and outputs open, except the channels of its
    input.

    Args:
        model: The content of an ONNX file whose one input is images, `(1, c, h, w)` of a fixed
            size, and whose layers would work at any.

    Raises:
        ValueError: It is no such file.
    """
    return edited(model, {GRAPH: _free_graph})


def _free_graph(graph: bytes) -> bytes:
    return edited(
        graph,
        {
            GRAPH_INPUT: lambda value: edited_within(value, _SHAPE, _free_images),
            GRAPH_OUTPUT: lambda value: edited_within(value, _SHAPE, _free_shape),
        },
        dropped=GRAPH_VALUE,  # sizes between layers, which ONNX Runtime infers
    )


def _free_images(shape: bytes) -> bytes:
    dimensions = [whole for number, _, whole in fields(shape) if number == _DIMENSION]
    if len(dimensions) != 4:
        raise ValueError(f"expected images (n, c, h, w) as input, found {len(dimensions)} axes")
    return b"".join([_OPEN, dimensions[1], _OPEN, _OPEN])


def _free_shape(shape: bytes) -> bytes:
    return b"".join(_OPEN if number == _DIMENSION else whole for number, _, whole in fields(shape))
