"""Static quantisation of an ONNX file to 8-bit integers."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.errors import MissingDependencyError, ModelError
from ferkit.export.onnx.emit import WEIGHTED
from ferkit.export.onnx.int8_kernels import use_fast_kernels
from ferkit.export.onnx.int8_pixels import input_name, keep_pixels, scaled_pixels
from ferkit.export.onnx.int8_weights import input_means, round_weights
from ferkit.files import atomic_path
from ferkit.inference.onnx_runtime import load_onnxruntime
from ferkit.inference.onnx_session import EXACT_PAIRS, METADATA_KEY

# Operators of networks that are quantised already.
_OF_INTEGERS = ("DequantizeLinear", "QLinearConv", "ConvInteger", "MatMulInteger", "QLinearMatMul")

# Number of images for calibrating the ranges of activations, balanced over emotions if possible.
CALIBRATION_IMAGES = 512


def write_int8(
    source: Path, path: Path, data: FerDataset, *, name: str | None = None, seed: int = 0
) -> None:
    """Write an int8 version of a float ONNX file (int8 weights per channel, uint8 activations, QDQ)
    whose sums are exact on every processor.

    Args:
        source: A file written by `write_onnx`, or another one with the same input.
        path: The file to write.
        data: The data set; the ranges of activations are those of 512 training images, averaged
            over batches of 64.
        name: Name of the model in the metadata. Defaults to None: that in `source`.
        seed: Seed for choosing the images. Defaults to 0.

    Raises:
        DataError: The training split is empty.
        ModelError: The network has neither convolutions nor dense layers, or is quantised already.
        MissingDependencyError: onnx is not installed.
        OutputError: The file cannot be written.

    Reference:
        B. Jacob et al., "Quantization and training of neural networks for efficient
        integer-arithmetic-only inference", CVPR 2018.
    """
    try:
        import onnx

        load_onnxruntime()
        from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    except ImportError as error:
        raise MissingDependencyError.of("onnx", "Quantising ONNX files", "export") from error
    images = calibration_images(data, CALIBRATION_IMAGES, seed)
    model = onnx.load(source)
    _require_floats(model)
    entries = {entry.key: entry.value for entry in model.metadata_props}
    excluded = _behind_the_weights(model)
    use_fast_kernels(model)
    pixels = scaled_pixels(model)
    excluded += pixels.nodes if pixels else []
    # Before ONNX Runtime moves them out of `model`.
    weights = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    means = input_means(model, input_name(model), images)
    with atomic_path(path) as partial, _without_advice():
        quantize_static(
            model,
            partial,
            _Feed(images, input_name(model)),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=excluded,
            extra_options={
                # Averages the limits of batches instead of taking the extremes: with 256 steps for
                # the usual range, results are closer to float32 (records/LOG.md).
                "CalibMovingAverage": True,
                "TensorQuantOverrides": pixels.overrides if pixels else {},
            },
        )
        quantised = onnx.load(partial)
        round_weights(quantised, weights, means)
        if pixels is not None:
            keep_pixels(quantised, pixels)
        facts = {**json.loads(entries.get(METADATA_KEY, "{}")), **EXACT_PAIRS}
        entries[METADATA_KEY] = json.dumps(facts | ({"name": name} if name else {}))
        onnx.helper.set_model_props(quantised, entries)
        partial.write_bytes(quantised.SerializeToString(deterministic=True))


def _require_floats(model: Any) -> None:
    if any(node.op_type in _OF_INTEGERS for node in model.graph.node):
        raise ModelError(
            "Expected a network in float32 to convert to 8-bit integers, found one that has them "
            "already; name the float32 model, or export this one in the format onnx."
        )


def _behind_the_weights(model: Any) -> list[str]:
    """Return the names of the last nodes, which compute probabilities and stay in float32, since
    256 steps would be too few for them.
    """
    nodes = list(model.graph.node)
    weighted = [i for i, node in enumerate(nodes) if node.op_type in WEIGHTED]
    if not weighted:
        raise ModelError(
            "Expected a network with convolutions or dense layers to convert to 8-bit integers, "
            "found none; export it in the format onnx."
        )
    return [node.name for node in nodes[weighted[-1] + 1 :]]


def calibration_images(data: FerDataset, n: int, seed: int) -> np.ndarray:
    """Return at most `n` training images, balanced over emotions, as float32 `(m, 48, 48, 1)`.

    Raises:
        DataError: The training split is empty.
    """
    train = data.split("train")
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(train))
    # The first of every emotion, then the second of every emotion, and so on.
    rank = np.zeros(len(train), np.int64)
    for label in range(len(train.emotions)):
        members = order[train.labels[order] == label]
        rank[members] = np.arange(len(members))
    chosen = order[np.argsort(rank[order], kind="stable")][:n]
    return train.images[chosen].astype(np.float32)


class _Feed:
    """Batches of images for ONNX Runtime's calibration."""

    def __init__(self, images: np.ndarray, name: str, batch_size: int = 64) -> None:
        self._name = name
        self._batches = (images[i : i + batch_size] for i in range(0, len(images), batch_size))

    def get_next(self) -> dict[str, np.ndarray] | None:
        """Return the next batch by the input's name, None at the end."""
        batch = next(self._batches, None)
        return None if batch is None else {self._name: batch}

    def __iter__(self) -> Iterator[Any]:
        return iter(self.get_next, None)


class _without_advice:  # noqa: N801 (used like a function)
    """Suppresses ONNX Runtime's advice to pre-process the model, which has been done already."""

    def __enter__(self) -> None:
        self._level = logging.root.level
        logging.root.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        logging.root.setLevel(self._level)
