"""Everything but TensorBoard works on JAX as well."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jax")


def ferkit(backend: str, *arguments: str | Path) -> str:
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-m", "ferkit", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_train_and_evaluate_on_jax(tiny_folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    settings = ["--set", "augment=flip-zoom", "--set", "time_decay=0.01", "--batch-size", "28"]
    train = ["train", "demo", "--data", tiny_folder, "--out", run, *settings, "--quiet"]
    ferkit("jax", *train, "--epochs", "2")
    environment = json.loads((run / "environment.json").read_text())
    assert (environment["backend"], environment["precision"]) == ("jax", "float32")
    with (run / "history.csv").open(newline="") as file:
        rates = [float(row["learning_rate"]) for row in csv.DictReader(file)]
    assert rates == pytest.approx([3e-3 / 1.02, 3e-3 / 1.04], rel=1e-5)
    assert (run / "report.html").exists()
    assert not (run / "tensorboard").exists()

    # The model that JAX saved gives TensorFlow the same figures.
    other = json.loads(ferkit("tensorflow", "evaluate", run, "--data", tiny_folder, "--json"))
    saved = json.loads((run / "metrics.json").read_text())["splits"]["test"]
    assert other["splits"]["test"]["confusion_matrix"] == saved["confusion_matrix"]
    assert other["splits"]["test"]["nll"] == pytest.approx(saved["nll"], abs=1e-4)
