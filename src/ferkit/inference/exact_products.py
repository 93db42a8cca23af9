"""Whether ONNX Runtime multiplies 8-bit integers exactly on this processor."""

from __future__ import annotations

import functools
import struct

import numpy as np

from ferkit.inference.onnx_bytes import (
    GRAPH,
    GRAPH_INPUT,
    GRAPH_NODE,
    GRAPH_OUTPUT,
    field,
    node,
)
from ferkit.inference.onnx_runtime import load_onnxruntime

# Two products of 255 and 127 exceed 16 bits, in which AVX2 and AVX-512 without VNNI add them.
_UNSIGNED, _SIGNED, _LENGTH = 255, 127, 4

# Of onnx.proto: fields of a model, a value and its type, and the types of tensors.
_IR_VERSION, _OPSET, _OPSET_VERSION = b"\x08\x08", 8, b"\x10\x0d"
_NAME, _TYPE, _TENSOR, _SHAPE, _DIMENSION = 1, 2, 1, 2, 1
_UINT8, _INT8, _INT32 = 2, 3, 6
_GRAPH_NAME = 2


@functools.cache
def products_are_exact() -> bool:
    """Return whether sums of products of unsigned and signed bytes are exact here.

    ONNX Runtime itself is asked to compute one, since it alone knows which instructions it takes:
    descriptions of the processor, such as `/proc/cpuinfo`, are those of the machine outside where
    an x86 program runs in an emulator, for example in a container on an ARM computer.
    """
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        _product(), options, providers=["CPUExecutionProvider"], enable_fallback=0
    )
    given = {
        "unsigned": np.full((1, _LENGTH), _UNSIGNED, np.uint8),
        "signed": np.full((_LENGTH, 1), _SIGNED, np.int8),
    }
    (found,) = session.run(None, given)
    return bool(found.item() == _LENGTH * _UNSIGNED * _SIGNED)


def _product() -> bytes:
    """Return a model that multiplies a row of unsigned and a column of signed bytes."""
    graph = (
        field(GRAPH_NODE, node("MatMulInteger", [b"unsigned", b"signed"], [b"product"]))
        + field(_GRAPH_NAME, b"product")
        + field(GRAPH_INPUT, _value(b"unsigned", _UINT8, 1, _LENGTH))
        + field(GRAPH_INPUT, _value(b"signed", _INT8, _LENGTH, 1))
        + field(GRAPH_OUTPUT, _value(b"product", _INT32, 1, 1))
    )
    return _IR_VERSION + field(_OPSET, _OPSET_VERSION) + field(GRAPH, graph)


def _value(name: bytes, kind: int, *shape: int) -> bytes:
    sizes = b"".join(field(_DIMENSION, struct.pack("BB", 8, size)) for size in shape)
    tensor = struct.pack("BB", 8, kind) + field(_SHAPE, sizes)
    return field(_NAME, name) + field(_TYPE, field(_TENSOR, tensor))
