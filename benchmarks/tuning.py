"""What ending trials early saves: the same search with and without it, on drawn faces.

python benchmarks/tuning.py --trials 20 --epochs 27 --record records/tuning.csv
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

SPACE = ("learning_rate=3e-5..3e-1:log", "label_smoothing=0..0.4", "batch_size=16,32,64")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="demo")
    parser.add_argument("--data", help="default: drawn faces")
    parser.add_argument("--per-class", type=int, default=100, help="drawn faces of each emotion")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=27)
    parser.add_argument("--record", type=Path, help="CSV file for the rows")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(options, Path(folder))
    for name in rows[0]:
        print(f"{name:<28}", *(f"{row[name]!s:>12}" for row in rows))
    if options.record:
        with options.record.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def measured(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Return a row of the search without and one with early ends."""
    from ferkit.runs.environment import git_commit, processor_name
    from ferkit.synthetic.synthesize import synthesize
    from ferkit.training import get_recipe
    from ferkit.training.fitted_run import read_data
    from ferkit.tuning.tune import tune

    data = options.data or synthesize(folder / "faces", per_class=options.per_class, seed=0)
    config = replace(
        get_recipe(options.recipe).config,
        data=str(data),
        epochs=options.epochs,
        tensorboard=False,
    )
    dataset = read_data(config)
    warm_up = replace(config, epochs=1)
    tune(warm_up, folder / "warm-up", space=SPACE, trials=1, dataset=dataset, quiet=True)
    rows = []
    for prune in (False, True):
        begin = time.perf_counter()
        out = folder / f"prune-{prune}"
        found = tune(
            config,
            out,
            space=SPACE,
            trials=options.trials,
            storage="journal",
            prune=prune,
            dataset=dataset,
        )
        seconds = time.perf_counter() - begin
        rows.append(
            {
                "ends_early": prune,
                "recipe": options.recipe,
                "trials": len(found.trials),
                "epochs": sum(row["epochs"] for row in found.trials),
                "seconds": round(seconds, 1),
                "best_validation": round(100 * found.accuracy, 2),
                "time_share": round(seconds / rows[0]["seconds"], 3) if rows else 1.0,
                "processor": processor_name(),
                "commit": git_commit(),
            }
        )
    return rows


if __name__ == "__main__":
    main()
