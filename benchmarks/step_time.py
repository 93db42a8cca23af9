"""The time of the parts of a cnn6 training step, and what each of ferkit's changes to Keras saves.

All variants alternate in one process, so that a slow moment of the machine affects all equally.
The last two rows fit one epoch of the same steps from arrays, as Keras wraps them, and from
ferkit's batches.

    python benchmarks/step_time.py --record records/step_time.csv
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from record import write_record

BATCH = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12, help="steps of each variant")
    parser.add_argument("--epoch-steps", type=int, default=20, help="steps of the two epochs")
    parser.add_argument("--record", type=Path, help="CSV file to write")
    arguments = parser.parse_args()

    steps = make_steps()
    times: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()
        step()
    for _ in range(arguments.rounds):
        for name, step in steps.items():
            times[name].append(timed(step))
    for name, epoch in make_epochs(arguments.epoch_steps).items():
        times[name] = [timed(epoch) for _ in range(2)]
    rows = [
        {
            "variant": name,
            "median_ms": round(1e3 * statistics.median(values), 1),
            "runs": len(values),
        }
        for name, values in times.items()
    ]
    print(f"{'variant':<44} {'median ms':>9}")
    for row in rows:
        print(f"{row['variant']:<44} {row['median_ms']:>9}")
    if arguments.record:
        write_record(arguments.record, rows)


def make_steps() -> dict[str, Callable[[], Any]]:
    """Return one training step per variant, on the same random pixels."""
    from ferkit.backend.choosing import prepare_compute

    prepare_compute("float32")
    import keras
    import numpy as np

    from ferkit.backend.fused_norm import with_fused_norm
    from ferkit.models import create_model
    from ferkit.training.optimizers.adam import TimeDecayAdam

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (BATCH, 48, 48, 1)).astype(np.float32)
    labels = np.eye(7, dtype=np.float32)[rng.integers(0, 7, BATCH)]

    def step_of(policy: str, fused_norm: bool, optimizer: Any) -> Callable[[], Any]:
        keras.config.set_dtype_policy(policy)
        model = create_model("cnn6")
        if fused_norm:
            model = with_fused_norm(model)
        model.compile(optimizer, "categorical_crossentropy")
        return lambda: model.train_on_batch(images, labels)

    adam = keras.optimizers.Adam
    return {
        "Keras, float32": step_of("float32", False, adam(1e-4)),
        "Keras, bfloat16": step_of("mixed_bfloat16", False, adam(1e-4)),
        "bfloat16, fused norm": step_of("mixed_bfloat16", True, adam(1e-4)),
        "bfloat16, fused norm, fused Adam (ferkit)": step_of(
            "mixed_bfloat16", True, TimeDecayAdam(1e-4)
        ),
    }


def make_epochs(steps: int) -> dict[str, Callable[[], Any]]:
    """Return a whole epoch from arrays and one from ferkit's batches, on the same model."""
    import keras
    import numpy as np

    from ferkit.backend.feeding import Batches
    from ferkit.backend.fused_norm import with_fused_norm
    from ferkit.models import create_model
    from ferkit.training.optimizers.adam import TimeDecayAdam

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (BATCH * steps, 48, 48, 1)).astype(np.uint8)
    labels = np.eye(7, dtype=np.float32)[rng.integers(0, 7, len(images))]
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = with_fused_norm(create_model("cnn6"))
    model.compile(TimeDecayAdam(1e-4), "categorical_crossentropy")
    model.fit(images[:BATCH], labels[:BATCH], verbose=0)
    batches = Batches(images, labels, BATCH, seed=0).for_fit()
    return {
        f"epoch of {steps} steps from arrays": lambda: model.fit(
            images, labels, batch_size=BATCH, verbose=0
        ),
        f"epoch of {steps} steps from batches (ferkit)": lambda: model.fit(
            batches, verbose=0, shuffle=False
        ),
    }


def timed(run: Callable[[], Any]) -> float:
    """Return the seconds that `run` takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
