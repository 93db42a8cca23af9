"""Conversion of a Keras model to an ONNX file."""

from __future__ import annotations

import os
from typing import Any

from ferkit.errors import ModelError
from ferkit.export.onnx.emit import emit
from ferkit.export.onnx.fold import calibrate, fold
from ferkit.export.onnx.graph import Graph
from ferkit.export.onnx.trace import trace
from ferkit.files import atomic_path
from ferkit.metrics.calibration import PLAIN, Calibration


def write_onnx(
    model: Any,
    path: str | os.PathLike[str],
    metadata: dict[str, Any],
    calibration: Calibration = PLAIN,
) -> None:
    """Write a Keras model as an ONNX file for inference.

    The file is written from Keras's layers directly rather than through TensorFlow: images are
    channels first throughout, without transpositions, BatchNormalization and parallel branches are
    folded into convolutions, and it works with any Keras backend.

    Args:
        model: A functional or sequential model from raw grey pixels `(n, 48, 48, 1)` to
            probabilities.
        path: The `.onnx` file.
        metadata: Metadata of the file under the key "ferkit", as JSON values.
        calibration: Calibration of the probabilities inside the file. Defaults to none.

    Raises:
        ModelError: The model has a layer that cannot be exported, or does not end in a softmax.
        MissingDependencyError: onnx is not installed.
        OutputError: The file cannot be written.
    """
    graph = trace(model)
    last = graph.producer(graph.output)
    if last is None or last.kind != "softmax" or len(graph.shapes[graph.output]) != 1:
        raise ModelError(f"{model.name} does not end in a softmax over classes; add one.")
    calibrate(graph, calibration)
    fold(graph)
    content = emit(graph, metadata).SerializeToString(deterministic=True)
    with atomic_path(path) as partial:
        partial.write_bytes(content)


def operations(model: Any) -> Graph:
    """Return the folded graph of a model: the operations that an exported file computes.

    Raises:
        ModelError: The model has a layer that cannot be exported.
    """
    graph = trace(model)
    fold(graph)
    return graph
