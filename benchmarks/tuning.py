"""The savings of early stopping: one search with and one without it, with equal trials.

    python benchmarks/tuning.py --record records/tuning.csv        # on drawn faces
    python benchmarks/tuning.py --recipe nano --data FER2013 --ferplus FERPLUS --train-images 4000 \
        --trials 20 --then 40 --epochs 15 --out studies --record records/tuning.csv

The search with early stopping comes first and may continue with more trials, which are not timed.
The test split is not even in memory. On a busy machine, processor time is more reliable than wall
time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ferkit.labels import SPLITS
from record import write_record

if TYPE_CHECKING:
    from ferkit.data.dataset import FerDataset
    from ferkit.runs.config import TrainConfig


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="demo")
    parser.add_argument("--data", help="default: drawn faces")
    parser.add_argument("--ferplus", help="FER+'s table, for recipes that learn it")
    parser.add_argument("--per-class", type=int, default=100, help="drawn faces of each emotion")
    for split in ("train", "validation"):
        words = f"so many of {split}, evenly (default: all)"
        parser.add_argument(f"--{split}-images", type=int, help=words)
    parser.add_argument("--space", action="append", default=[], help="default: the levers' own")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--then", type=int, default=0, help="trials of the first search in the end")
    parser.add_argument("--epochs", type=int, default=27)
    parser.add_argument("--out", type=Path, help="folder for both studies (default: not kept)")
    parser.add_argument("--record", type=Path, help="CSV file for the rows")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(options, Path(folder))
    for name in rows[0]:
        print(f"{name:<18}", *(f"{row[name]!s:>12}" for row in rows))
    first, second = rows
    print(
        f"With early ends: {first['seconds'] / second['seconds']:.3f} x the time, "
        f"{first['cpu_seconds'] / second['cpu_seconds']:.3f} x the processor's time, best "
        f"validation {first['best_validation'] - second['best_validation']:+.2f} points"
    )
    if options.record:
        write_record(options.record, rows)


def measured(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Return a row of the search with and one without early ends."""
    config, dataset = prepared(options, folder)
    out = options.out or folder
    # What is loaded and traced once would count for the first search alone.
    search(options, replace(config, epochs=1), dataset, folder / "warm-up", trials=1)
    rows = []
    for name, early in (("early-ends", True), ("to-the-end", False)):
        begin, cpu = time.perf_counter(), time.process_time()
        found = search(options, config, dataset, out / name, trials=options.trials, prune=early)
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
        rows.append(
            {
                "ends_early": early,
                "recipe": options.recipe,
                **{f"{name}_images": dataset.sizes()[name] for name in ("train", "validation")},
                "epochs_each": options.epochs,
                "trials": len(found.trials),
                "epochs": sum(row["epochs"] for row in found.trials),
                "seconds": round(seconds, 1),
                "cpu_seconds": round(cpu, 1),
                "best_validation": round(100 * found.accuracy, 2),
            }
        )
        print(rows[-1], flush=True)
        if early and options.then > options.trials:
            search(options, config, dataset, out / name, trials=options.then)
    return rows


def prepared(options: argparse.Namespace, folder: Path) -> tuple[TrainConfig, FerDataset]:
    """Return the settings and the images of train and validation."""
    from ferkit.data.ferplus import read_ferplus
    from ferkit.data.ferplus_labels import with_votes
    from ferkit.synthetic.synthesize import synthesize
    from ferkit.training import get_recipe
    from ferkit.training.fitted_run import read_data

    data = options.data or synthesize(folder / "faces", per_class=options.per_class, seed=0)
    config = replace(
        get_recipe(options.recipe).config,
        data=str(data),
        ferplus=options.ferplus,
        epochs=options.epochs,
        second_epochs=0,
        tensorboard=False,
    )
    dataset = read_data(config)
    if config.votes_weight:  # by row of the whole table, so before some are left out
        dataset = with_votes(dataset, read_ferplus(config.ferplus))
    kept = [
        evenly(dataset, "train", options.train_images),
        evenly(dataset, "validation", options.validation_images),
    ]
    return config, dataset.select(np.sort(np.concatenate(kept)))


def evenly(dataset: FerDataset, split: str, count: int | None) -> np.ndarray:
    """Return the indices of so many images of a split, spread over it; of all for None."""
    found = np.flatnonzero(dataset.splits == SPLITS.index(split))
    return found[np.linspace(0, len(found) - 1, min(count or len(found), len(found))).astype(int)]


def search(
    options: argparse.Namespace,
    config: TrainConfig,
    dataset: FerDataset,
    out: Path,
    *,
    trials: int,
    prune: bool = True,
) -> Any:
    from ferkit.tuning.tune import tune

    return tune(config, out, space=options.space, trials=trials, prune=prune, data=dataset)


if __name__ == "__main__":
    main()
