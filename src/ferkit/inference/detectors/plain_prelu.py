"""The operator PRelu in an ONNX model replaced by four simple ones, with the same results.

PRelu multiplies negative numbers by the slope of their channel. ONNX Runtime branches for each
number, which takes up to half of the time of a small network; `max(x, 0) + slope * min(x, 0)` is
bit-identical and works on whole vectors.
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
_NODE, _INITIALIZER = 1, 5  # of a graph
_NAME: Final = b"plain_prelu.zero"
# A float32 number without dimensions.
_ZERO: Final = b"\x10\x01" + field(8, _NAME) + field(9, bytes(4))


def with_plain_prelu(model: bytes) -> bytes:
    """Return the model without PRelu; a model that has none unchanged.

    Args:
        model: The content of an ONNX file, of operator set 8 or newer.

    Raises:
        ValueError: It is not an ONNX file.
    """
    return edited(model, {_GRAPH: _plain})


def _plain(graph: bytes) -> bytes:
    parts = []
    for number, content, whole in fields(graph):
        is_prelu = number == _NODE and (NODE_OPERATOR, b"PRelu") in _members(content)
        parts += [field(_NODE, each) for each in _four(content)] if is_prelu else [whole]
    changed = b"".join(parts)
    return changed if changed == graph else changed + field(_INITIALIZER, _ZERO)


def _four(prelu: bytes) -> list[bytes]:
    values, slope = (name for number, name in _members(prelu) if number == NODE_INPUT)
    (result,) = (name for number, name in _members(prelu) if number == NODE_OUTPUT)
    above, below, scaled = (result + part for part in (b".above", b".below", b".scaled"))
    return [
        node("Max", [values, _NAME], [above]),
        node("Min", [values, _NAME], [below]),
        node("Mul", [below, slope], [scaled]),
        node("Add", [above, scaled], [result]),
    ]


def _members(content: bytes) -> list[tuple[int, bytes]]:
    return [(number, value) for number, value, _ in fields(content)]
