"""How long a training waits for saving at the end of an epoch, in the background or directly.

Epochs of a few images of one network, whose best model improves each time, alternately with the
background writer of `ferkit train` and with direct writing. `waited` is the time within the
callbacks that save; `epoch` is the whole epoch. On a GPU, whose epochs leave the processor idle,
background writing costs nothing else; when the processor trains, it takes a share of the cores.

    python benchmarks/saving.py --model large --record records/saving.csv
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from record import shown_command, write_record

EPOCHS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="large")
    parser.add_argument("--images", type=int, default=32, help="training images of an epoch")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--record", type=Path, help="CSV file to write")
    arguments = parser.parse_args()
    command = shown_command("benchmarks/saving.py", sys.argv[1:])
    rows = []
    for number in range(arguments.rounds):
        for kind in ("in place", "beside"):
            row = {"writer": kind, "round": number, "model": arguments.model}
            rows.append({**row, **measured(kind, arguments), "command": command})
            print(rows[-1], flush=True)
    if arguments.record:
        write_record(arguments.record, rows)


def measured(kind: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train and return the median seconds of an epoch, and of the wait within it."""
    import keras

    from ferkit.backend.choosing import prepare_compute
    from ferkit.data.dataset import FerDataset
    from ferkit.files import read_rows
    from ferkit.runs.checks import make_free
    from ferkit.runs.folder import RunFolder
    from ferkit.training import TrainConfig, fit
    from ferkit.training.background_writer import BackgroundWriter
    from ferkit.training.callbacks.best_model import BestModel
    from ferkit.training.callbacks.training_state import TrainingState

    beside = kind == "beside"
    fit.BackgroundWriter = lambda **_: BackgroundWriter(beside=beside)  # type: ignore[assignment,misc]
    config = TrainConfig(model=arguments.model, epochs=EPOCHS, batch_size=16, augment="none")
    config = replace(config, precision="float32", tensorboard=False, plateau_factor=1.0)
    config = replace(config, checkpoint_monitor="loss")
    rng = np.random.default_rng(0)
    count = arguments.images + 16
    dataset = FerDataset(
        rng.integers(0, 256, (count, 48, 48, 1)).astype(np.uint8),
        np.arange(count) % 7,
        np.where(np.arange(count) < arguments.images, 0, 1).astype(np.int8),
        np.array([f"{number}.png" for number in range(count)]),
    )
    waits: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(folder)
        make_free(run)
        compute = prepare_compute(config.precision)
        with timed(BestModel, waits), timed(TrainingState, waits):
            fit.fit(config, dataset, run, compute, quiet=True)
        seconds = [float(row["seconds"]) for row in read_rows(run.history)][1:]
        size = sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file())
    keras.backend.clear_session()
    return {
        "epoch_s": round(statistics.median(seconds), 3),
        "waited_s": round(float(np.median(np.reshape(waits, (-1, 2)).sum(axis=1)[1:])), 3),
        "megabytes": round(size / 1e6, 1),
    }


@contextmanager
def timed(callback: Any, waits: list[float]) -> Iterator[None]:
    """Note how long the end of each epoch takes in a callback."""
    plain = callback.on_epoch_end

    def on_epoch_end(self: Any, *arguments: Any) -> None:
        begin = time.perf_counter()
        plain(self, *arguments)
        waits.append(time.perf_counter() - begin)

    callback.on_epoch_end = on_epoch_end
    try:
        yield
    finally:
        callback.on_epoch_end = plain


if __name__ == "__main__":
    main()
