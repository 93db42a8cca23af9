"""Trainings on JAX, all in one process that `test_jax.py` starts; what they showed goes to a JSON
file.

KERAS_BACKEND=jax python jax_trainings.py DATA OUT
"""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tiny_net import register_tiny

import training_flops
from ferkit.backend.choosing import prepare_compute
from ferkit.data.dataset import FerDataset
from ferkit.data.ferplus import FERPLUS_EMOTIONS
from ferkit.data.load import load_fer2013
from ferkit.evaluation import evaluate as evaluating
from ferkit.models import load_model
from ferkit.runs.folder import RunFolder
from ferkit.training import TrainConfig, resident, train_and_evaluate
from ferkit.training.callbacks.epoch_seeds import EpochSeeds
from ferkit.training.fit import fit
from ferkit.training.start import write_start

register_tiny()
# Pictures are drawn from arrays of NumPy, so no backend has a part in them.
evaluating.write_figures = lambda *_: None
resident.STEPS_PER_DISPATCH = 3
# 56 images: two steps and none left. Adam's rate falls with every step.
PLAIN = TrainConfig(
    model="tiny",
    epochs=2,
    batch_size=28,
    learning_rate=3e-3,
    time_decay=0.01,
    augment="flip",
    image_sizes=(32, 48),
    precision="float32",
    tensorboard=False,
)
# Its one epoch is the first of PLAIN's, on 32x32.
HALF = replace(PLAIN, epochs=1, precision="bfloat16")
# 56 images: five steps in dispatches of three, so one only fills up, and six images are left.
VOTES = TrainConfig(
    model="tiny",
    epochs=2,
    batch_size=10,
    optimizer="nesterov",
    learning_rate=0.05,
    augment="affine-patch",
    votes_weight=1.0,
    ferplus="drawn",
    precision="float32",
    tensorboard=False,
)


class Counts:
    """How often a training step was traced, and how many programs XLA compiled."""

    def __init__(self) -> None:
        import jax

        self.traces = self.compiled = 0
        plain = resident.ResidentSequential.train_step

        def traced(model: Any, state: Any, data: Any) -> Any:
            self.traces += 1
            return plain(model, state, data)

        resident.ResidentSequential.train_step = traced
        jax.monitoring.register_event_listener(self.on_event)

    def on_event(self, event: str, **_: Any) -> None:
        self.compiled += event == "/jax/compilation_cache/cache_misses"

    def take(self) -> dict[str, int]:
        """Return the counts since the last time."""
        taken = {"traces": self.traces, "compiled": self.compiled}
        self.traces = self.compiled = 0
        return taken


def main() -> None:
    """Train on the data in the folder `argv[1]`, into the folder `argv[2]`."""
    data, out = load_fer2013(sys.argv[1]), Path(sys.argv[2])
    counts = Counts()
    found = {
        **resuming(data, out, counts),
        **against_batches(with_drawn_votes(data), out, counts),
        "bfloat16": rows(trained(HALF, data, out / "bfloat16")),
        "head_first": head_first(data, out),
        "order": order_of_indices(),
        "flops": flops(out / "flops.csv"),
    }
    (out / "found.json").write_text(json.dumps(found))


def resuming(data: FerDataset, out: Path, counts: Counts) -> dict[str, Any]:
    """Train in one go with all that follows it, then the same with a kill between the epochs."""
    counts.take()
    train_and_evaluate(PLAIN, out / "whole", data=data, quiet=True)
    whole = counts.take()
    with contextlib.suppress(KeyboardInterrupt), killed_before(epoch=1):
        trained(PLAIN, data, out / "resumed")
    stopped = rows(out / "resumed")
    trained(PLAIN, data, out / "resumed")
    runs = [load_model(out / name).get_weights() for name in ("whole", "resumed")]
    return {
        "whole": rows(out / "whole"),
        "stopped": stopped,
        "resumed": rows(out / "resumed"),
        "same_weights": all(np.array_equal(a, b) for a, b in zip(*runs, strict=True)),
        "whole_counts": whole,
        "again_counts": counts.take(),
    }


@contextlib.contextmanager
def killed_before(epoch: int) -> Iterator[None]:
    begin = EpochSeeds.on_epoch_begin

    def end(self: EpochSeeds, now: int, logs: Any = None) -> None:
        if now == epoch:
            raise KeyboardInterrupt
        begin(self, now, logs)

    EpochSeeds.on_epoch_begin = end  # type: ignore[method-assign]
    try:
        yield
    finally:
        EpochSeeds.on_epoch_begin = begin  # type: ignore[method-assign]


def against_batches(data: FerDataset, out: Path, counts: Counts) -> dict[str, Any]:
    """Train with the images on the device, and with a batch from the host for each step."""
    counts.take()
    on_device = rows(trained(VOTES, data, out / "device"))
    traced = counts.take()["traces"]
    largest, resident.LARGEST = resident.LARGEST, 0
    told = io.StringIO()
    with contextlib.redirect_stderr(told):
        trained(VOTES, data, out / "host", quiet=False)
    resident.LARGEST = largest
    return {
        "device": on_device,
        "device_traces": traced,
        "host": rows(out / "host"),
        "host_told": told.getvalue(),
    }


def head_first(data: FerDataset, out: Path) -> list[list[bool]]:
    """Return for each epoch of a fine-tuning, and each weight that learns, whether it changed."""
    config = replace(PLAIN, start="whole", image_sizes=(48,), head_epochs=1, body_rate=0.1)
    folder = out / "tuned"
    folder.mkdir()
    write_start(str(out / "whole"), data.emotions, RunFolder(folder).start)
    seen: list[list[np.ndarray]] = []
    begin = EpochSeeds.on_epoch_begin

    def look(self: EpochSeeds, epoch: int, logs: Any = None) -> None:
        seen.append([np.array(v) for v in self.model.trainable_variables])
        begin(self, epoch, logs)

    EpochSeeds.on_epoch_begin = look  # type: ignore[method-assign]
    trained(replace(config, epochs=3), data, folder)
    EpochSeeds.on_epoch_begin = begin  # type: ignore[method-assign]
    return [
        [bool((a != b).any()) for a, b in zip(*pair, strict=True)]
        for pair in itertools.pairwise(seen)
    ]


def order_of_indices() -> list[list[list[int]]]:
    """Return the indices of every dispatch of 23 images in batches of 3."""
    from ferkit.backend.feeding import Batches, one_hot

    images = np.zeros((23, 48, 48, 1), np.uint8)
    batches = Batches(images, one_hot(np.zeros(23, int), 7), 3, seed=5)
    batches.set_epoch(1)
    dispatches = resident.ResidentBatches(batches)
    return [dispatches[index][0].tolist() for index in range(len(dispatches))]


def flops(record: Path) -> dict[str, str]:
    """Return the record of `benchmarks/training_flops.py` for `tiny`."""
    settings = ["model=tiny", "batch_size=28", "augment=flip", "precision=float32"]
    sizes = ["--images", "56", "--epochs", "1", "--matmul", "64", "--products", "2"]
    chosen = [part for setting in settings for part in ("--set", setting)]
    with contextlib.redirect_stdout(io.StringIO()):
        training_flops.main(["--recipe", "demo", *sizes, *chosen, "--record", str(record)])
    with record.open(newline="") as file:
        (row,) = csv.DictReader(file)
    return row


def with_drawn_votes(data: FerDataset) -> FerDataset:
    """Return `data` with a vote for every image but a third."""
    votes = np.eye(len(FERPLUS_EMOTIONS), dtype=np.float32)[data.labels]
    votes[::3] = 0
    return replace(data, votes=votes)


def trained(config: TrainConfig, data: FerDataset, folder: Path, quiet: bool = True) -> Path:
    folder.mkdir(exist_ok=True)
    fit(config, data, RunFolder(folder), prepare_compute(config.precision), quiet=quiet)
    return folder


def rows(folder: Path) -> list[dict[str, float]]:
    """Return a history without its durations."""
    with (folder / "history.csv").open(newline="") as file:
        read = csv.DictReader(file)
        return [{k: float(v) for k, v in row.items() if k != "seconds"} for row in read]


if __name__ == "__main__":
    main()
