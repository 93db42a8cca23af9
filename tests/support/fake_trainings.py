"""Trainings that cost nothing, for searches: their accuracy is a function of rate and epoch alone.

python fake_trainings.py TRIALS OUT STORAGE... searches on each of the storages, one after the
other, in two processes that begin together on each.
"""

from __future__ import annotations

import csv
import math
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from ferkit.data.dataset import FerDataset
from ferkit.files import write_json
from ferkit.runs.config import TrainConfig
from ferkit.runs.folder import RunFolder
from ferkit.training import fitted_run as SEAM  # noqa: N812 (a constant of these tests)
from ferkit.tuning import page
from ferkit.tuning.tune import tune

CONFIG = TrainConfig(model="demo", epochs=9, learning_rate=1e-4, tensorboard=False)
SPACE = ("learning_rate=1e-4..1e-1:log",)


@dataclass
class Fitted:
    run: RunFolder
    accuracy: float

    def validation(self) -> dict[str, float]:
        return {"accuracy": self.accuracy}


def accuracy_of(config: TrainConfig, epoch: int) -> float:
    """Return the accuracy after an epoch, from 0; a rate of 0.003 is best."""
    best = 0.8 - 0.2 * abs(math.log10(config.learning_rate / 3e-3))
    return best * (1 - math.exp(-4 * (epoch + 1) / config.epochs))


def fake_fit_run(
    config: TrainConfig,
    workdir: Path,
    *,
    data: FerDataset,
    resume: bool,
    callbacks: Sequence[Any],
    quiet: bool,
    pause: float = 0.0,
) -> Fitted:
    """Take the place of `ferkit.training.fit_run`."""
    run = RunFolder(workdir)
    run.path.mkdir(parents=True, exist_ok=True)
    assert run.config.exists() == resume
    write_json(run.config, config.to_dict())
    done = 0
    if run.history.exists():
        with run.history.open(newline="") as file:
            done = len(list(csv.DictReader(file)))
    else:
        run.history.write_text("epoch,val_accuracy\n")
    for epoch in range(done, config.epochs):
        time.sleep(pause)
        value = accuracy_of(config, epoch)
        with run.history.open("a") as file:
            file.write(f"{epoch},{value}\n")
        for callback in callbacks:
            callback.on_epoch_end(epoch, {"val_accuracy": value})
    return Fitted(run, accuracy_of(config, config.epochs - 1))


def no_images() -> FerDataset:
    """Return a data set with one grey image in each split."""
    return FerDataset(
        images=np.zeros((3, 48, 48, 1), np.uint8),
        labels=np.zeros(3, np.int64),
        splits=np.arange(3, dtype=np.int8),
        sources=np.array(["a", "b", "c"]),
    )


def meet(out: Path, number: int) -> None:
    """Wait until both processes have reached a storage."""
    (out / f"at-{number}-{os.getpid()}").touch()
    deadline = time.monotonic() + 60
    while len(list(out.glob(f"at-{number}-*"))) < 2:
        assert time.monotonic() < deadline, "the other process does not come"
        time.sleep(0.001)


def stand_in() -> ModuleType:
    """Return what a search takes from Keras, which takes longer to load than all trials here."""
    keras: Any = ModuleType("keras")
    keras.config = SimpleNamespace(backend=lambda: "numpy")
    keras.backend = SimpleNamespace(clear_session=lambda: None)
    keras.callbacks = SimpleNamespace(Callback=object)
    return keras


def main() -> None:
    trials, out, storages = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]

    def slow(*arguments: Any, **named: Any) -> Fitted:
        return fake_fit_run(*arguments, **named, pause=0.01)

    SEAM.fit_run = slow  # type: ignore[attr-defined]
    sys.modules["keras"] = stand_in()
    # Pictures and importances, whose libraries take longer than all trials; test_tune.py has
    # both.
    page._inline = lambda _: ""  # type: ignore[assignment]
    page.importances = lambda _: {}  # type: ignore[assignment]
    for number, storage in enumerate(storages):
        meet(out, number)
        folder = out / f"study-{number}"
        tune(CONFIG, folder, space=SPACE, trials=trials, storage=storage, data=no_images())


if __name__ == "__main__":
    main()
