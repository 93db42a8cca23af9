"""The speed of TensorFlow's convolution and normalisation at the shapes of small networks.

An architecture for a CPU is chosen by this table rather than by its number of multiplications: a
normalisation of 24 channels takes ten times as long as one of 32. Run it on an idle machine; other
load makes the results misleading (records/LOG.md).

    python benchmarks/kernel_speed.py --record records/kernel_speed.csv
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from record import write_record

# Edge, input channels, output channels, kernel, stride.
CONVOLUTIONS = (
    *((48, 1, 32, 3, 2), (24, 24, 24, 3, 1), (24, 32, 32, 3, 1), (24, 64, 64, 3, 1)),
    *((24, 32, 64, 3, 2), (12, 64, 128, 3, 2), (12, 32, 64, 1, 1), (12, 64, 64, 3, 1)),
    *((12, 96, 96, 3, 1), (6, 64, 64, 3, 1), (6, 128, 128, 3, 1), (6, 256, 256, 3, 1)),
    (3, 128, 128, 3, 1),
)
# Edge, channels.
NORMALISATIONS = ((24, 24), (24, 32), (24, 64), (12, 64), (6, 96), (6, 128), (3, 160))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=128, help="images at once")
    parser.add_argument("--runs", type=int, default=12, help="runs of each kernel")
    parser.add_argument("--record", type=Path, help="CSV file to write")
    arguments = parser.parse_args()

    from ferkit.backend.choosing import prepare_backend

    prepare_backend()
    rows = []
    for precision in ("bfloat16", "float32"):
        for shape in CONVOLUTIONS:
            rows += convolution_rows(arguments, precision, shape)
        for edge, channels in NORMALISATIONS:
            rows += normalisation_rows(arguments, precision, edge, channels)
    print(f"{'kernel':<16} {'shape':<22} {'precision':<9} {'median ms':>9} {'GFLOP/s':>8}")
    for row in rows:
        print(
            f"{row['kernel']:<16} {row['shape']:<22} {row['precision']:<9} "
            f"{row['median_ms']:>9} {row['gflops']:>8}"
        )
    if arguments.record:
        write_record(arguments.record, rows)


def convolution_rows(
    arguments: argparse.Namespace, precision: str, shape: tuple[int, int, int, int, int]
) -> list[dict[str, Any]]:
    """Time a convolution forwards, and both of its gradients."""
    import tensorflow as tf

    edge, inputs, outputs, kernel, stride = shape
    n, out = arguments.batch, edge // stride
    x = tf.cast(tf.random.normal((n, edge, edge, inputs)), precision)
    w = tf.cast(tf.random.normal((kernel, kernel, inputs, outputs)), precision)
    y = tf.cast(tf.random.normal((n, out, out, outputs)), precision)
    how = {"strides": [1, stride, stride, 1], "padding": "SAME"}
    kernels: dict[str, Callable[[], Any]] = {
        "forward": lambda: tf.raw_ops.Conv2D(input=x, filter=w, **how),
        "input gradient": lambda: tf.raw_ops.Conv2DBackpropInput(
            input_sizes=x.shape, filter=w, out_backprop=y, **how
        ),
        "kernel gradient": lambda: tf.raw_ops.Conv2DBackpropFilter(
            input=x, filter_sizes=w.shape, out_backprop=y, **how
        ),
    }
    label = f"{edge}x{edge} {inputs}>{outputs} {kernel}x{kernel}/{stride}"
    operations = 2 * n * out * out * kernel * kernel * inputs * outputs
    return [
        row(name, label, precision, median_seconds(run, arguments.runs), operations)
        for name, run in kernels.items()
    ]


def normalisation_rows(
    arguments: argparse.Namespace, precision: str, edge: int, channels: int
) -> list[dict[str, Any]]:
    """Time a batch normalisation in training, and its gradient."""
    import tensorflow as tf

    x = tf.cast(tf.random.normal((arguments.batch, edge, edge, channels)), precision)
    ones, none = tf.ones((channels,)), tf.constant([], "float32")
    kernels: dict[str, Callable[[], Any]] = {
        "norm": lambda: tf.raw_ops.FusedBatchNormV3(
            x=x, scale=ones, offset=ones, mean=none, variance=none, is_training=True
        )[0],
        "norm gradient": lambda: tf.raw_ops.FusedBatchNormGradV3(
            y_backprop=x,
            x=x,
            scale=ones,
            reserve_space_1=ones,
            reserve_space_2=ones,
            reserve_space_3=ones,
            is_training=True,
        )[0],
    }
    label = f"{edge}x{edge} {channels}"
    return [
        row(name, label, precision, median_seconds(run, arguments.runs), 0)
        for name, run in kernels.items()
    ]


def median_seconds(run: Callable[[], Any], runs: int) -> float:
    """Return the median time of a kernel in a graph of its own."""
    import tensorflow as tf

    compiled = tf.function(run)
    compiled()
    compiled()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        compiled()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def row(kernel: str, shape: str, precision: str, seconds: float, operations: int) -> dict[str, Any]:
    """Return one line of the table."""
    return {
        "kernel": kernel,
        "shape": shape,
        "precision": precision,
        "median_ms": round(seconds * 1e3, 3),
        "gflops": round(operations / seconds / 1e9) if operations else "",
    }


if __name__ == "__main__":
    main()
