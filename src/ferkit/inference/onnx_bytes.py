"""Reading and writing parts of an ONNX file without the package `onnx`.

An ONNX file is a protocol buffer: fields with a number, a wire type and a content, which may
consist of fields again. What is not edited is kept byte for byte. Field numbers are those of
onnx.proto.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

Edit = Callable[[bytes], bytes]

# Wire types: a number, 8 bytes, a length and that many bytes, 4 bytes.
_NUMBER, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5

# Fields of a model, of its graph, of a node and of its attributes; types of attributes.
GRAPH = 7
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_OUTPUT, GRAPH_VALUE = 1, 5, 11, 12, 13
NODE_INPUT, NODE_OUTPUT, NODE_OPERATOR, _NODE_ATTRIBUTE = 1, 2, 4, 5
_ATTRIBUTE_NAME, _ATTRIBUTE_INT, _ATTRIBUTE_INTS, _ATTRIBUTE_KIND = 1, 3, 8, 20
_INT, _INTS = 2, 7


def edited_within(message: bytes, path: tuple[int, ...], edit: Edit) -> bytes:
    """Return the message with the field at `path` (fields within fields) edited."""
    if not path:
        return edit(message)
    return edited(message, {path[0]: lambda content: edited_within(content, path[1:], edit)})


def edited(message: bytes, edits: Mapping[int, Edit], dropped: int | None = None) -> bytes:
    """Return the message with some of its fields changed, and those of one number left out."""
    return b"".join(
        field(number, edits[number](content)) if number in edits else whole
        for number, content, whole in fields(message)
        if number != dropped
    )


def fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield number, content and all bytes of each field.

    Raises:
        ValueError: The message is not a protocol buffer, or truncated.
    """
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


def contents(message: bytes, number: int) -> list[bytes]:
    """Return the content of each field with that number.

    Raises:
        ValueError: The message is not a protocol buffer, or truncated.
    """
    return [content for each, content, _ in fields(message) if each == number]


def field(number: int, content: bytes) -> bytes:
    """Return a field of bytes."""
    return _encoded(number << 3 | _BYTES) + _encoded(len(content)) + content


def _varint(message: bytes, start: int) -> tuple[int, int]:
    """Return the number that begins at `start`, seven bits per byte, lowest first, and its end."""
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


def node(
    operator: str,
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    **attributes: int | Sequence[int],
) -> bytes:
    """Return a node of a graph, with attributes that are whole numbers or lists of them."""
    parts = [field(NODE_INPUT, name) for name in inputs]
    parts += [field(NODE_OUTPUT, name) for name in outputs]
    parts.append(field(NODE_OPERATOR, operator.encode()))
    for name, value in attributes.items():
        one = isinstance(value, int)
        number = _ATTRIBUTE_INT if one else _ATTRIBUTE_INTS
        values = [value] if isinstance(value, int) else value
        content = field(_ATTRIBUTE_NAME, name.encode())
        content += b"".join(_number_field(number, each) for each in values)
        content += _number_field(_ATTRIBUTE_KIND, _INT if one else _INTS)
        parts.append(field(_NODE_ATTRIBUTE, content))
    return b"".join(parts)


def _number_field(number: int, value: int) -> bytes:
    return _encoded(number << 3 | _NUMBER) + _encoded(value)
