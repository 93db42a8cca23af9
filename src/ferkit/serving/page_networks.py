"""The networks of the page, optimised in advance, because that takes a browser longer than a photo.

ONNX Runtime for browsers compiles each of its functions on the first call, and it has many
optimisers: without them, the first face takes half the processor time.
"""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from typing import Final

from ferkit.errors import ModelError
from ferkit.inference.detectors.free_size import with_free_size
from ferkit.inference.detectors.joined_heads import with_joined_heads
from ferkit.inference.onnx_bytes import (
    GRAPH,
    GRAPH_INITIALIZER,
    GRAPH_INPUT,
    GRAPH_NODE,
    NODE_OPERATOR,
    contents,
    edited,
    field,
    fields,
)
from ferkit.inference.onnx_runtime import load_onnxruntime
from ferkit.inference.onnx_session import VIEWS_INPUT

# Numbers of fields in onnx.proto: of an input, and of an initializer.
_INPUT_NAME: Final = 1
_INTEGERS, _TENSOR_NAME, _RAW = 7, 8, 9

# Operators that the optimisers insert and that the page's version of ONNX Runtime supports. A newer
# version for Python may insert others.
_FUSED: Final = {
    *("FusedConv", "FusedGemm", "FusedMatMul", "Gelu", "FastGelu", "QuickGelu", "QGemm"),
    *("QLinearConv", "QLinearAdd", "QLinearMul", "QLinearConcat", "QLinearSigmoid"),
    # Convolutions in 8 bits are faster with the channels last, between transpositions.
    *("QLinearAveragePool", "QLinearGlobalAveragePool", "Transpose", "NhwcMaxPool"),
}
# Arranges channels for the vector units of this machine, which WebAssembly does not have.
_OF_THIS_MACHINE: Final = ["NchwcTransformer"]


def detector_network(path: Path) -> bytes:
    """Return the face detector for pictures of any size, its heads joined as Python has them.

    Raises:
        ModelError: The file is not a YuNet model.
    """
    load_onnxruntime()
    try:
        return _optimized(with_free_size(with_joined_heads(path.read_bytes())))
    except Exception as error:  # ONNX Runtime's errors share no other base
        raise ModelError(f"{path} is not a YuNet model; name another file for it.") from error


def classifier_network(path: Path) -> bytes:
    """Return a model with one view per face, since the page itself mirrors faces.

    Raises:
        ModelError: The file is not an ONNX model.
    """
    load_onnxruntime()
    try:
        return _optimized(edited(path.read_bytes(), {GRAPH: _with_one_view}))
    except Exception as error:  # likewise
        raise ModelError(f"{path} is not a whole ONNX model; export it again.") from error


def _optimized(model: bytes) -> bytes:
    """Return the optimised model, or the original if a browser might not support the result."""
    try:
        folder = tempfile.TemporaryDirectory()
    except OSError:  # a read-only file system: it works as it is, but takes longer
        return model
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    with folder as path:
        file = Path(path) / "optimized.onnx"
        options.optimized_model_filepath = str(file)
        onnxruntime.InferenceSession(
            model,
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=_OF_THIS_MACHINE,
        )
        found = file.read_bytes()
    return found if _operators(found) <= _operators(model) | _FUSED else model


def _operators(model: bytes) -> set[str]:
    (graph,) = contents(model, GRAPH)
    return {_text(node, NODE_OPERATOR) for node in contents(graph, GRAPH_NODE)}


def _with_one_view(graph: bytes) -> bytes:
    """Return the graph with its input for the number of views, if it has one, fixed at 1.

    ONNX Runtime for browsers cannot set inputs that have a default.
    """
    return b"".join(
        field(GRAPH_INITIALIZER, _one(content))
        if number == GRAPH_INITIALIZER and _text(content, _TENSOR_NAME) == VIEWS_INPUT
        else whole
        for number, content, whole in fields(graph)
        if number != GRAPH_INPUT or _text(content, _INPUT_NAME) != VIEWS_INPUT
    )


def _one(tensor: bytes) -> bytes:
    shape = b"".join(
        whole for number, _, whole in fields(tensor) if number not in (_INTEGERS, _RAW)
    )
    return shape + field(_RAW, struct.pack("<q", 1))


def _text(message: bytes, wanted: int) -> str:
    return next(iter(contents(message, wanted)), b"").decode("utf-8", "replace")
