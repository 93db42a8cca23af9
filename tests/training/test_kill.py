"""Killed at any moment and resumed: no finished epoch is lost, and each is there once."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from ferkit.data.load import load_fer2013
from ferkit.models import load_model
from ferkit.models.backend import prepare_compute
from ferkit.training.fit import fit
from ferkit.training.recipes import get_recipe
from ferkit.training.run_folder import RunFolder

EPOCHS = 15
SETTINGS = ["precision=float32", "tensorboard=false", "augment=flip", "batch_size=28"]


def command(data: Path, out: Path, *more: str) -> list[str]:
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    start = [
        sys.executable,
        "-m",
        "ferkit",
        "train",
        "demo",
        "--data",
        str(data),
        "--out",
        str(out),
    ]
    return [*start, "--epochs", str(EPOCHS), *settings, *more]


def rows_of(out: Path) -> list[dict[str, str]]:
    if not (out / "history.csv").exists():
        return []
    with (out / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.pop("seconds")
    return rows


def signal_after(epochs: int, number: signal.Signals, start: list[str], out: Path) -> int:
    """Start a training, send a signal once `epochs` rows are there, and return its exit code."""
    # Where the suite runs in the background, a shell has told it to ignore SIGINT, and children inherit that.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(start, stderr=subprocess.PIPE, preexec_fn=heed) as process:
        deadline = time.monotonic() + 120
        while len(rows_of(out)) < epochs and process.poll() is None:
            assert time.monotonic() < deadline, "the training does not get on"
            time.sleep(0.01)
        process.send_signal(number)
        process.communicate()
        return process.returncode


def fit_here(data: Path, out: Path) -> None:
    """Run the same training in this process, in one go and without evaluation."""
    settings = dict(setting.split("=") for setting in [*SETTINGS, f"epochs={EPOCHS}"])
    config = get_recipe("demo").config.with_settings(settings)
    run, dataset = RunFolder(out), load_fer2013(data)
    run.check_free()
    fit(config, dataset, run, prepare_compute(config.precision), quiet=True)


@pytest.mark.slow
def test_killed_training_resumes_where_it_was(tiny_folder: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole", tmp_path / "killed"
    fit_here(tiny_folder, whole)

    first = command(tiny_folder, out)
    assert signal_after(2, signal.SIGKILL, first, out) == -signal.SIGKILL
    before = rows_of(out)
    assert 2 <= len(before) < EPOCHS
    load_model(out)  # whole, whenever the kill came

    again = command(tiny_folder, out, "--resume")
    code = signal_after(len(before) + 3, signal.SIGINT, again, out)
    assert code == 130
    middle = rows_of(out)
    assert middle[: len(before)] == before

    done = subprocess.run(again, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [row["epoch"] for row in rows_of(out)] == [str(epoch) for epoch in range(EPOCHS)]
    assert rows_of(out) == rows_of(whole)
    assert "Report: " in done.stdout
    assert not (out / "state").exists()
