"""An ONNX model of one image size, changed in memory so that it takes any number of images of any
size.

ONNX Runtime refuses images of another size than the file states, and its
`add_free_dimension_override` replaces named sizes alone. An ONNX file is a protocol buffer: fields
of a number, a kind and a content, which may be fields again. The few that state sizes are written
anew here, all others are kept byte for byte, so that the package `onnx` is not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

Edit = Callable[[bytes], bytes]

# Numbers of fields in onnx.proto, message by message.
_GRAPH: Final = 7  # of a model
_INPUT, _OUTPUT, _SIZE_BETWEEN_LAYERS = 11, 12, 13  # of a graph
_SHAPE: Final = (
    2,
    1,
    2,
)  # of an input or output: its type, of that the tensor type, of that the shape
_DIMENSION: Final = 1  # of a shape
_OPEN: Final = b"\x0a\x00"  # a dimension that says nothing

# Kinds of content: a number, 8 bytes, a length and so many bytes, 4 bytes.
_NUMBER, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5


def with_free_size(model: bytes) -> bytes:
    """Return the model with all sizes of its input and outputs open, but for the channels of its
    input.

    Args:
        model: The content of an ONNX file whose one input is images, `(1, c, h, w)` of a fixed
            size, and whose layers would work at any.

    Raises:
        ValueError: It is no such file.
    """
    return _edited(model, {_GRAPH: _free_graph})


def _free_graph(graph: bytes) -> bytes:
    return _edited(
        graph,
        {
            _INPUT: lambda value: _edited_within(value, _SHAPE, _free_images),
            _OUTPUT: lambda value: _edited_within(value, _SHAPE, _free_shape),
        },
        dropped=_SIZE_BETWEEN_LAYERS,  # ONNX Runtime infers them
    )


def _free_images(shape: bytes) -> bytes:
    dimensions = [whole for number, _, whole in _fields(shape) if number == _DIMENSION]
    if len(dimensions) != 4:
        raise ValueError(f"expected images (n, c, h, w) as input, found {len(dimensions)} axes")
    return b"".join([_OPEN, dimensions[1], _OPEN, _OPEN])


def _free_shape(shape: bytes) -> bytes:
    return b"".join(_OPEN if number == _DIMENSION else whole for number, _, whole in _fields(shape))


def _edited_within(message: bytes, path: tuple[int, ...], edit: Edit) -> bytes:
    """Return the message with the field edited that lies at `path`: fields within fields."""
    if not path:
        return edit(message)
    return _edited(message, {path[0]: lambda content: _edited_within(content, path[1:], edit)})


def _edited(message: bytes, edits: Mapping[int, Edit], dropped: int | None = None) -> bytes:
    """Return the message with some of its fields changed, and one kind of them left out."""
    return b"".join(
        _field(number, edits[number](content)) if number in edits else whole
        for number, content, whole in _fields(message)
        if number != dropped
    )


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield number and content of each field, and the field as a whole."""
    start = 0
    while start < len(message):
        key, begin = _varint(message, start)
        end, kind = begin, key & 7
        if kind == _BYTES:
            length, begin = _varint(message, begin)
            end = begin + length
        elif kind == _NUMBER:
            _, end = _varint(message, begin)
        elif kind in (_EIGHT, _FOUR):
            end = begin + (8 if kind == _EIGHT else 4)
        else:
            raise ValueError(f"no protocol buffer: a field of kind {kind}")
        if end > len(message):
            raise ValueError("a protocol buffer that is cut off")
        yield key >> 3, message[begin:end], message[start:end]
        start = end


def _field(number: int, content: bytes) -> bytes:
    """Return a field that holds bytes."""
    return _encoded(number << 3 | _BYTES) + _encoded(len(content)) + content


def _varint(message: bytes, start: int) -> tuple[int, int]:
    """Return the number that begins at `start`, seven bits a byte, the lowest first, and where it
    ends.
    """
    value = shift = 0
    for at in range(start, min(start + 10, len(message))):
        value |= (message[at] & 127) << shift
        if message[at] < 128:
            return value, at + 1
        shift += 7
    raise ValueError("a protocol buffer that is cut off")


def _encoded(value: int) -> bytes:
    """Return a number as `_varint` reads it."""
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + _encoded(rest) if rest else bytes([low])
