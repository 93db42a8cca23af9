"""How long a training takes to reach an accuracy on test: 67 % on two cores, 70 % on one GPU.

The rules are those of airbench (github.com/KellerJordan/cifar10-airbench):

- The clock runs from `uint8` arrays in memory to the classes of the test images: model, compiling,
  every epoch with its validation, saving and loading the best one, and predicting. A `cold` run
  also imports Keras and starts the backend: it is the first of a fresh process. A `warm` run
  follows it in the same process.
- One recipe with a fixed schedule and no early stopping. The epoch is chosen on validation.
- No selection on test: every run counts, each with a different seed, and the figure is the mean
  accuracy of all runs.
- No test-time augmentation.

It trains by `ferkit.training.fit`, as `ferkit train` does; on JAX the images go to the device
within the clock, once. XLA's compiled programs are kept in a folder that is empty when a process
begins, so that warm runs need not compile again: `compiled` counts the programs that a run added.

    python benchmarks/speedrun.py --device cpu --data fer2013.csv --ferplus fer2013new.csv \
        --record records/speedrun.csv
    KERAS_BACKEND=jax python benchmarks/speedrun.py --device gpu ...
    python benchmarks/leaderboard.py
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from record import shown_command, write_record

TARGETS = {"cpu": 0.67, "gpu": 0.70}
CORES = 2


def main() -> None:
    arguments = parse()
    if arguments.worker is not None:
        work(arguments)
        return
    rows: list[dict[str, Any]] = []
    for process in range(arguments.processes):
        rows += run_process(process)
    command = shown_command(
        "benchmarks/speedrun.py", sys.argv[1:], arguments.data, arguments.ferplus
    )
    for row in rows:
        row["command"] = command
    print(summary(rows, TARGETS[arguments.device]))
    if arguments.record:
        # A machine seldom has both: the other device's rows stay, with what they were measured on.
        write_record(arguments.record, rows, keep=lambda row: row["device"] != arguments.device)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=TARGETS, required=True)
    parser.add_argument("--data", required=True, help="FER-2013, in any layout that ferkit reads")
    parser.add_argument("--recipe", default="speedrun")
    parser.add_argument("--ferplus", help="fer2013new.csv, for a recipe that learns from votes")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE")
    parser.add_argument("--processes", type=int, default=2, help="each begins with a cold run")
    parser.add_argument("--warm-runs", type=int, help="in each process (default: 1; on a GPU 3)")
    parser.add_argument("--record", type=Path, help="CSV file to write")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.warm_runs is None:
        arguments.warm_runs = 3 if arguments.device == "gpu" else 1
    return arguments


def run_process(process: int) -> list[dict[str, Any]]:
    """Run one fresh process and return its runs, told as they end."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    rows = []
    with tempfile.TemporaryDirectory() as cache:
        environment["JAX_COMPILATION_CACHE_DIR"] = cache
        environment["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        command = [sys.executable, __file__, *sys.argv[1:], "--worker", str(process)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment
        ) as worker:
            assert worker.stdout
            for line in worker.stdout:
                if line.startswith("{"):
                    rows.append(json.loads(line))
                    print(line, end="", file=sys.stderr, flush=True)
    if worker.returncode:
        raise SystemExit(f"The process of run {process} ended with {worker.returncode}.")
    return rows


def work(arguments: argparse.Namespace) -> None:
    """Train once cold, then warm, each time with another seed, and print a JSON line for each."""
    if arguments.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        os.environ["JAX_PLATFORMS"] = "cpu"
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    config = chosen_config(arguments)
    dataset = read_dataset(config)
    for number in range(1 + arguments.warm_runs):
        seed = arguments.worker * (1 + arguments.warm_runs) + number
        row = timed_run(config, dataset, seed, arguments.device)
        kind = "warm" if number else "cold"
        load = round(os.getloadavg()[0], 2)
        about = {"device": arguments.device, "kind": kind, "recipe": arguments.recipe}
        print(json.dumps({**about, **row, "load_average": load}), flush=True)


def chosen_config(arguments: argparse.Namespace) -> Any:
    from dataclasses import replace

    from ferkit.training.recipes import get_recipe

    settings = dict(setting.partition("=")[::2] for setting in arguments.set)
    config = get_recipe(arguments.recipe).config.with_settings(settings)
    ferplus = arguments.ferplus or config.ferplus
    return replace(config, data=arguments.data, ferplus=ferplus, tensorboard=False)


def read_dataset(config: Any) -> Any:
    """Return the arrays in memory, with the votes where the recipe learns from them."""
    from ferkit.data.load import load_fer2013

    dataset = load_fer2013(config.data)
    if config.votes_weight:
        from ferkit.data.ferplus import read_ferplus
        from ferkit.data.ferplus_labels import with_votes

        if not config.ferplus:
            raise SystemExit(f"The recipe {config.recipe} learns from FER+ votes: give --ferplus.")
        dataset = with_votes(dataset, read_ferplus(config.ferplus))
    return dataset


def timed_run(config: Any, dataset: Any, seed: int, device: str) -> dict[str, Any]:
    """Train, predict test, and return the seconds of it with the accuracies."""
    from dataclasses import replace

    from ferkit.data.duplicates import has_twin

    train, test = dataset.split("train"), dataset.split("test")
    config = replace(config, seed=seed)
    compiled = compiled_programs()
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        history, compute, predicted = train_and_predict(config, dataset, folder, device)
        seconds = time.perf_counter() - begin
    right = predicted == test.labels
    return {
        "seed": seed,
        "seconds": round(seconds, 2),
        "test_accuracy": float(right.mean()),
        "clean_accuracy": float(right[~has_twin(test.images, train.images)].mean()),
        "validation_accuracy": max(float(epoch["val_accuracy"]) for epoch in history),
        "epochs": len(history),
        "extra_labels": int(bool(config.votes_weight or config.labels != "fer2013")),
        "settings": json.dumps(differences(config), sort_keys=True),
        "backend": compute.backend,
        "computed_on": compute.device,
        "precision": compute.precision,
        "compiled": compiled_programs() - compiled if compute.backend == "jax" else "",
    }


def compiled_programs() -> int:
    """Return how many programs of XLA's are kept for other runs of this process."""
    cache = Path(os.environ.get("JAX_COMPILATION_CACHE_DIR", ""))
    return sum(1 for _ in cache.glob("*-cache"))


def train_and_predict(config: Any, dataset: Any, folder: str, device: str) -> tuple[Any, Any, Any]:
    """Return the history, what computed, and the classes of the test images: all that the clock
    measures.
    """
    from ferkit.backend.choosing import prepare_compute
    from ferkit.files import read_rows

    compute = prepare_compute(config.precision)
    if (compute.device == "cpu") != (device == "cpu"):
        raise SystemExit(
            f"--device {device} was asked for, but {compute.backend} computes on {compute.device}; "
            "choose a backend that sees the device (KERAS_BACKEND)."
        )
    from ferkit.backend.feeding import predict
    from ferkit.models.checkpoint import load_model
    from ferkit.runs.config_file import write_config
    from ferkit.runs.folder import RunFolder
    from ferkit.training.fit import fit

    run = RunFolder(folder)
    write_config(run, config, dataset)
    fit(config, dataset, run, compute, quiet=True)
    predicted = predict(load_model(run.model), dataset.split("test").images).argmax(axis=1)
    return read_rows(run.history), compute, predicted


def differences(config: Any) -> dict[str, Any]:
    """Return the settings that are not a config's defaults, without what a run has of its own."""
    from ferkit.runs.config import TrainConfig

    plain = TrainConfig().to_dict()
    own = {"seed", "data", "ferplus", "tensorboard"}
    return {k: v for k, v in config.to_dict().items() if k not in own and v != plain[k]}


def summary(rows: list[dict[str, Any]], target: float) -> str:
    """Return the mean accuracy over all runs, and the seconds of cold and warm ones."""
    accuracies = [100 * row["test_accuracy"] for row in rows]
    spread = f" ± {statistics.stdev(accuracies):.2f}" if len(accuracies) > 1 else ""
    lines = [f"test: {statistics.mean(accuracies):.2f}{spread} % over {len(rows)} seeds"]
    for kind in ("cold", "warm"):
        seconds = [row["seconds"] for row in rows if row["kind"] == kind]
        if seconds:
            low, high = min(seconds), max(seconds)
            lines.append(
                f"{kind}: {statistics.mean(seconds):.1f} s ({low:.1f} to {high:.1f}, "
                f"{len(seconds)} runs)"
            )
    reached = statistics.mean(accuracies) >= 100 * target
    lines.append(f"target of {100 * target:.0f} %: {'reached' if reached else 'missed'}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
