"""Model FLOP/s of a recipe's training, relative to those of large matrix products.

A trained image counts as 3 x 2 x MACs: forward, and twice as much backward; convolutions and dense
layers only. Augmentation, normalisation and optimizer are included in the time, not in the count.
The pixels are random; they and the targets are on the device, as in `ferkit train` on JAX. Each
image size of the recipe has its row. The matrix products are of bfloat16, on the same device in the
same process.

    KERAS_BACKEND=jax python benchmarks/training_flops.py --recipe large --record
    records/training_flops.csv
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from record import shown_command, write_record

CLASSES = 7


def main(arguments: list[str] | None = None) -> None:
    chosen = parse(arguments)
    config, compute = prepared(chosen)
    peak = matmul_rate(chosen.matmul, chosen.products)
    print(f"{compute}; matrix products of {chosen.matmul}: {peak / 1e12:.3g} TFLOP/s in bfloat16")
    print(f"{'size':>4} {'MMACs':>8} {'images/s':>10} {'TFLOP/s':>9} {'of matmul':>9}")
    rows = []
    for size, macs, rate in measured(config, chosen.images, chosen.epochs):
        flops = 6 * macs * rate
        print(
            f"{size:>4} {macs / 1e6:>8.1f} {rate:>10.1f} {flops / 1e12:>9.3g} {flops / peak:>9.1%}"
        )
        rows.append(
            {
                "recipe": chosen.recipe,
                "batch_size": config.batch_size,
                "size": size,
                "macs": macs,
                "images_per_second": round(rate, 1),
                "training_flops": round(flops),
                "matmul_flops": round(peak),
                "share": round(flops / peak, 4),
                "images": chosen.images,
                "epochs": chosen.epochs,
                "matmul": chosen.matmul,
                "computed_on": compute.device,
                "precision": compute.precision,
                "command": shown_command("benchmarks/training_flops.py", arguments or sys.argv[1:]),
            }
        )
    if chosen.record:
        write_record(chosen.record, rows)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="large")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE")
    parser.add_argument("--images", type=int, default=28_709, help="images of an epoch")
    parser.add_argument("--epochs", type=int, default=3, help="timed epochs of each image size")
    parser.add_argument("--matmul", type=int, default=8192, help="edge of the square matrices")
    parser.add_argument("--products", type=int, default=200, help="matrix products of each timing")
    parser.add_argument("--record", type=Path, help="CSV file to write")
    return parser.parse_args(arguments)


def prepared(arguments: argparse.Namespace) -> tuple[Any, Any]:
    """Return the recipe's config with the settings, and what computes."""
    from ferkit.backend.choosing import prepare_compute
    from ferkit.training.recipes import get_recipe

    settings = dict(setting.partition("=")[::2] for setting in arguments.set)
    config = get_recipe(arguments.recipe).config.with_settings(settings)
    compute = prepare_compute(config.precision)
    if compute.backend != "jax":
        raise SystemExit(
            f"This measures training on JAX, not on {compute.backend}; set KERAS_BACKEND=jax."
        )
    return config, compute


def matmul_rate(edge: int, products: int) -> float:
    """Return the FLOP/s of `products` bfloat16 products of square matrices, the best of three
    timings.
    """
    import jax

    # Random numbers, as zeros take a GPU less power; scaled so that the products stay where they
    # are.
    keys = jax.random.split(jax.random.key(0))
    first, by = (jax.random.normal(key, (edge, edge), "bfloat16") for key in keys)
    by = by / edge**0.5

    @jax.jit
    def chain(first: Any, by: Any) -> Any:
        return jax.lax.fori_loop(0, products, lambda _, product: product @ by, first)

    chain(first, by).block_until_ready()
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        chain(first, by).block_until_ready()
        seconds.append(time.perf_counter() - begin)
    return 2 * edge**3 * products / min(seconds)


def measured(config: Any, images: int, epochs: int) -> list[tuple[int, int, float]]:
    """Return size, MACs and trained images per second for each image size of `config`."""
    batches = random_batches(config, images)
    model = built(config, len(batches))
    (feed,) = model.hold(batches)
    found = []
    for size in dict.fromkeys(config.image_sizes):
        model.get_layer("training_size").size = size
        model.make_train_function(force=True)
        seconds = seconds_of_epochs(model, feed, epochs)
        found.append((size, macs_at(config, size), images * epochs / seconds))
    return found


def random_batches(config: Any, images: int) -> Any:
    import numpy as np

    from ferkit.backend.feeding import Batches, one_hot
    from ferkit.data.ferplus import FERPLUS_EMOTIONS

    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (images, 48, 48, 1)).astype(np.uint8)
    targets = one_hot(rng.integers(0, CLASSES, images), CLASSES)
    if config.votes_weight:
        votes = one_hot(rng.integers(0, len(FERPLUS_EMOTIONS), images), len(FERPLUS_EMOTIONS))
        targets = np.concatenate([targets, votes], axis=1)
    return Batches(pixels, targets, config.batch_size, seed=0)


def built(config: Any, steps: int) -> Any:
    """Return the model as `ferkit train` fits it."""
    from ferkit.training.training_model import training_model

    core = core_of(config, None if config.image_sizes != (48,) else 48)
    return training_model(core, config, steps, CLASSES, resident=True)


def core_of(config: Any, size: int | None) -> Any:
    from ferkit.data.ferplus import FERPLUS_EMOTIONS
    from ferkit.models import create_model
    from ferkit.training.votes_head import with_votes_head

    sized = {} if size == 48 else {"image_size": size}
    core = create_model(config.model, num_classes=CLASSES, **sized)
    return with_votes_head(core, votes=len(FERPLUS_EMOTIONS)) if config.votes_weight else core


def macs_at(config: Any, size: int) -> int:
    """Return the multiply-accumulates of the trained model for one image of `size` pixels."""
    from ferkit.models.size import count_macs

    return count_macs(core_of(config, size))


def seconds_of_epochs(model: Any, feed: Any, epochs: int) -> float:
    """Fit one epoch, which compiles, and return the seconds of `epochs` more."""
    import keras

    class Clock(keras.callbacks.Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.ends: list[float] = []

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            feed.batches.set_epoch(epoch)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            float(logs["loss"])  # waits for the device
            self.ends.append(time.perf_counter())

    clock = Clock()
    model.fit(feed, epochs=1 + epochs, shuffle=False, verbose=0, callbacks=[clock])
    return clock.ends[-1] - clock.ends[0]


if __name__ == "__main__":
    main()
