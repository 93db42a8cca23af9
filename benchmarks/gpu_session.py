"""Use a few minutes of a GPU: train `large` in several ways, one after the other, with logs.

Trainings begin in the order of the list, each only if enough time is left for it. The command can
be repeated on the same machine or with a copy of the folder: finished trainings are not run again,
and an interrupted one resumes, which needs its state of 75 MB. Each writes its log, history,
metrics and float16 weights (`weights-float16.npz`, 13 MB). `answers-float16.npz` contains its
predictions for validation and test, averaged with the mirror image, for choosing an ensemble.

    KERAS_BACKEND=jax python benchmarks/gpu_session.py --data fer2013.csv --ferplus fer2013new.csv \
        --out runs/gpu --seconds 570
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from best import settings
from ferkit.files import atomic_path
from ferkit.runs.folder import RunFolder

SPEEDRUN = Path(__file__).with_name("speedrun.py")


@dataclass(frozen=True)
class Job:
    """One training, or the speedrun.

    Attributes:
        name: Of its folder.
        arguments: What follows the command `ferkit train`; `()` is the speedrun.
        seconds: What it takes on an H200, compiling included.
    """

    name: str
    arguments: tuple[str, ...]
    seconds: int


def large(name: str, epochs: int = 100, **values: object) -> Job:
    """Return a training of `large` with other settings; an epoch takes one to two seconds."""
    words = ("large", "--epochs", str(epochs), *settings(**values))
    return Job(name, words, 90 + round(1.4 * epochs))


# The decay lies between the two runs of 2026-11-27: 1e-3 learns the training images by heart (98.8
# % of them), 4e-3 holds back (80 %). `large` is taught nothing here, so that it may be a teacher.
JOBS = (
    large("decay-2", kernel_decay=0.002, seed=0),
    large("muon", optimizer="muon", learning_rate=0.1, kernel_decay=0.01, seed=0),
    Job("speedrun", (), 150),
    large("decay-2-seed-1", kernel_decay=0.002, seed=1),
    large("decay-2-seed-2", kernel_decay=0.002, seed=2),
    large("decay-2-cycle", kernel_decay=0.002, second_epochs=20, seed=0),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="FER-2013, in any layout that ferkit reads")
    parser.add_argument("--ferplus", required=True, help="fer2013new.csv of FER+")
    parser.add_argument("--out", type=Path, required=True, help="folder for all runs and logs")
    parser.add_argument("--seconds", type=float, default=570, help="time in all (default: 570)")
    parser.add_argument("jobs", nargs="*", help="names (default: all, in their order)")
    chosen = parser.parse_args()
    known = {job.name: job for job in JOBS}
    if unknown := [name for name in chosen.jobs if name not in known]:
        parser.error(f"there is no {', '.join(unknown)}; choose from {', '.join(known)}")
    jobs = [known[name] for name in chosen.jobs] or list(JOBS)
    chosen.out.mkdir(parents=True, exist_ok=True)
    describe_machine(chosen.out / "machine.txt")
    data = ("--data", chosen.data, "--ferplus", chosen.ferplus)
    left_out = run_jobs(jobs, chosen.out, chosen.seconds, data)
    print(f"Not run for want of time: {', '.join(left_out)}." if left_out else "All have run.")


def run_jobs(
    jobs: Sequence[Job],
    out: Path,
    seconds: float,
    data: Sequence[str],
    clock: Callable[[], float] = time.monotonic,
) -> list[str]:
    """Run the jobs that the time is enough for.

    Args:
        jobs: In the order in which they begin.
        out: The folder of all.
        seconds: Time in all.
        data: The options that name the data.
        clock: Seconds. Defaults to the monotonic clock.

    Returns:
        The names of the others.
    """
    left_out = []
    deadline = clock() + seconds
    for job in jobs:
        folder = out / job.name
        if is_done(folder):
            print(f"{job.name}: finished before", flush=True)
        elif clock() + job.seconds > deadline:
            left_out.append(job.name)
        else:
            began = clock()
            code = run_job(job, folder, data, deadline - began)
            print(f"{job.name}: exit code {code} after {clock() - began:.0f} s", flush=True)
    return left_out


def is_done(folder: Path) -> bool:
    """Return whether a job has left what it is run for."""
    return (folder / "answers-float16.npz").is_file() or (folder / "speedrun.csv").is_file()


def run_job(job: Job, folder: Path, data: Sequence[str], seconds: float) -> int:
    """Run one job until its end or the end of the time; its output goes to `console.log`.

    Returns:
        Its exit code; 124 where the time was up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = folder / "run"
    if job.arguments:
        # Killed before its first epoch, a training may have left a folder without a run.
        resume = ["--resume"] if RunFolder(run).config.exists() else []
        words = ["-m", "ferkit", "train", *job.arguments, "--out", str(run), *resume, *data]
    else:
        record = str(folder / "speedrun.csv")
        words = [str(SPEEDRUN), "--device", "gpu", "--processes", "1", "--record", record, *data]
    # A program that was compiled once is read from here by every process after it.
    cache = {
        "JAX_COMPILATION_CACHE_DIR": str(folder.parent / "jax-cache"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    with (folder / "console.log").open("a") as log:
        print("$", sys.executable, *words, file=log, flush=True)
        try:
            code = subprocess.run(
                [sys.executable, *words],
                stdout=log,
                stderr=log,
                env={**os.environ, **(cache if job.arguments else {})},
                timeout=seconds,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return 124
    if job.arguments and not code:
        keep_small(run, folder, data)
    return code


def keep_small(run: Path, folder: Path, data: Sequence[str]) -> None:
    """Write the weights and the answers of a finished run as float16."""
    from ferkit import load_fer2013
    from ferkit.evaluation.predictors import as_predictor, predict_probabilities
    from ferkit.evaluation.tta import with_tta
    from ferkit.models import load_model

    weights = [value.astype(np.float16) for value in load_model(RunFolder(run).model).get_weights()]
    write_arrays(folder / "weights-float16.npz", {str(i): w for i, w in enumerate(weights)})
    dataset = load_fer2013(data[1])
    predictor = with_tta(as_predictor(str(run)), "flip")
    answers = {
        split: predict_probabilities(predictor, dataset.split(split).images).astype(np.float16)
        for split in ("validation", "test")
    }
    write_arrays(folder / "answers-float16.npz", answers)


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an `.npz`, whole or not at all."""
    with atomic_path(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)


def describe_machine(path: Path) -> None:
    """Write what the GPU and its driver say of themselves, and the versions of the libraries."""
    from record import machine

    try:
        said = subprocess.run(["nvidia-smi"], capture_output=True, text=True, check=False).stdout
    except OSError:
        said = "no nvidia-smi\n"
    lines = [f"{name}: {value}" for name, value in machine().items()]
    path.write_text(said + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
